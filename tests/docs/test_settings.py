"""docs/settings.md is held to the code, and the README's length to a page or two."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from tests.support.environment import SETTINGS

PAGE = Path(settings.BASE_DIR, "docs", "settings.md").read_text()
ROWS = dict(re.findall(r"^\| `([A-Z_]+)` \| (.+?) \|", PAGE, re.MULTILINE))

DESCRIBED: dict[str, tuple[str, object]] = {  # defaults that depend on the machine
    "WEB_WORKERS": ("number of cores", os.cpu_count()),
    "DATABASE_REPLICA_URLS": ("not set", []),
    "REDIS_URL": ("not set", ""),
    "METRICS_TOKEN": ("not set", ""),
    "SECRET_KEY": ("made once, in `DATA_DIR/secret_key`", ""),
}


def settings_as_read(tmp_path):
    """The environment variables that the settings ask for, and what they are when not set."""
    program = (
        "import json; from drawsite import settings; from drawsite.environment import env;"
        "print(json.dumps(env.dump(), default=str))"
    )
    environment = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=settings.BASE_DIR,
        env={**environment, "DATA_DIR": str(tmp_path)},
        capture_output=True,
        check=True,
    )
    return json.loads(result.stdout)


def test_the_table_of_settings_lists_each_one_with_its_default(tmp_path):
    read = settings_as_read(tmp_path)
    read["DATA_DIR"] = "data"
    read["DATABASE_URL"] = f"sqlite:///{read['DATABASE_URL']['NAME']}".replace(
        str(tmp_path), "DATA_DIR"
    )
    for rate in [name for name in read if name.endswith("_RATE")]:
        read[rate] = "{}/m".format(*read[rate])
    read["CANVAS_SIZES"] = "{}x{}".format(*read["CANVAS_SIZES"][0])

    assert ROWS.keys() == read.keys()
    for name, default in read.items():
        text, value = DESCRIBED.get(name, (None, None))
        if text:
            assert (ROWS[name], default) == (text, value)
        elif isinstance(default, bool):
            assert ROWS[name] == ("`on`" if default else "`off`")
        elif isinstance(default, list):
            assert ROWS[name] == f"`{','.join(default)}`"
        else:
            assert ROWS[name] == f"`{default}`"


def test_the_tests_start_from_the_defaults_of_every_setting(tmp_path):
    assert set(SETTINGS) == settings_as_read(tmp_path).keys() - {"DATA_DIR"}

"""The table of docs/settings.md agrees with the code."""

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

# Settings whose default the table gives in words: those words, and the default in the code.
DESCRIBED: dict[str, tuple[str, object]] = {
    "WEB_WORKERS": ("number of cores", os.cpu_count()),
    "DATABASE_REPLICA_URLS": ("not set", []),
    "REDIS_URL": ("not set", ""),
    "METRICS_TOKEN": ("not set", ""),
    "SECRET_KEY": ("made once, in `DATA_DIR/secret_key`", ""),
}


def read_defaults(tmp_path):
    """Returns the environment variables that the settings read, with their defaults."""
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


def test_the_table_lists_every_setting_with_its_default(tmp_path):
    defaults = read_defaults(tmp_path)
    defaults["DATA_DIR"] = "data"
    defaults["DATABASE_URL"] = f"sqlite:///{defaults['DATABASE_URL']['NAME']}".replace(
        str(tmp_path), "DATA_DIR"
    )
    for rate in [name for name in defaults if name.endswith("_RATE")]:
        defaults[rate] = "{}/m".format(*defaults[rate])
    defaults["CANVAS_SIZES"] = ["{}x{}".format(*size) for size in defaults["CANVAS_SIZES"]]

    assert ROWS.keys() == defaults.keys()
    for name, default in defaults.items():
        text, value = DESCRIBED.get(name, (None, None))
        if text:
            assert (ROWS[name], default) == (text, value)
        elif isinstance(default, bool):
            assert ROWS[name] == ("`on`" if default else "`off`")
        elif isinstance(default, list):
            assert ROWS[name] == f"`{','.join(default)}`"
        else:
            assert ROWS[name] == f"`{default}`"


def test_the_tests_reset_every_setting(tmp_path):
    assert set(SETTINGS) == read_defaults(tmp_path).keys() - {"DATA_DIR"}

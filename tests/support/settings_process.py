"""Processes that read the settings and print them."""

import json
import os
import subprocess
import sys

from django.conf import settings as project

from tests.support.environment import SETTINGS

SHOW = """
import json
from drawsite import settings
print(json.dumps({name: getattr(settings, name, None) for name in dir(settings) if name.isupper()},
                 default=str))
"""


def starting(data_dir, **variables):
    """Start a process that prints the settings as JSON."""
    left = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    return subprocess.Popen(
        [sys.executable, "-c", SHOW],
        cwd=project.BASE_DIR,
        env={**left, "DATA_DIR": str(data_dir), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def start(data_dir, **variables):
    """Returns the settings that a process with these variables reads."""
    with starting(data_dir, **variables) as process:
        out, err = process.communicate()
    assert process.returncode == 0, err
    return json.loads(out)

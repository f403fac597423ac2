"""The Python blocks of docs/data.md run in order, against a site with drawings."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from drawings.datasets.demo import scenes
from drawings.models import ApiToken, Drawing
from drawings.services import api_tokens

BASE_DIR = Path(settings.BASE_DIR)
PAGE = BASE_DIR / "docs" / "data.md"
SITE = "http://127.0.0.1:8000"
BLOCKS = re.findall(r"^```python ?(\w*)\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
# The datasets library must not use the network.
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
DRAWINGS = 60


@pytest.fixture
def run(server, tmp_path):
    """A function that runs blocks of Python as one program, in a folder with manage.py."""
    Drawing.objects.bulk_create(Drawing(**scene) for scene in scenes.make_scenes(DRAWINGS, seed=0))
    (tmp_path / "manage.py").symlink_to(BASE_DIR / "manage.py")

    def run(*blocks):
        program = "\n".join(blocks).replace(SITE, server.url)
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            env={**server.environment, **OFFLINE, "HF_HOME": str(tmp_path / "home")},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr

    return run


@pytest.mark.files_alone
def test_the_python_blocks_of_the_page_run_in_order(run, admin_user):
    token = ApiToken(name="A notebook", user=admin_user, may_export=True)
    secret = api_tokens.set_secret(token)
    token.save()
    checks = [
        "assert x.dtype == np.uint8 and x.ndim == 3 and len(x) > 50",
        f"assert len(table) == {Drawing.objects.published().filter(colormap='gray').count()}",
        f"assert len(data['ids']) == len(frame) == {Drawing.objects.published().count()} + 1",
        "assert (255 - ink == train).all() and months['drawings'].sum() == len(frame)",
        "assert first.dtype == np.uint8 and first.ndim == 2",
        "assert folders.keys() == dataset.keys() and folders.num_rows == dataset.num_rows",
        "assert drawn and len(everything['ids']) == len(data['ids']) + 100 and pending",
    ]
    run(f"token = {secret!r}", *[code for kind, code in BLOCKS if kind != "torch"], *checks)


if importlib.util.find_spec("torch"):

    def test_the_pytorch_block_runs(run):
        setup = [
            "import subprocess, sys, numpy as np, pandas as pd",
            "subprocess.run([sys.executable, 'manage.py', 'export_drawings', 'wall.npz'])",
            "data = np.load('wall.npz')",
        ]
        [block] = [code for kind, code in BLOCKS if kind == "torch"]
        run(*setup, block, "assert batch.shape[1:] == (1, 200, 200) and 0 <= batch.min() < 1")

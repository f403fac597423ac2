"""How long the site takes to start, beside a project with nothing in it."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.harness.lab import Lab
from benchmarks.harness.site import ROOT, Site
from benchmarks.harness.table import Row

TIMES = 9
TARGET = 0.5

START = "import django; django.setup(); from django.urls import get_resolver; get_resolver()"
URLS = f"{START}.url_patterns"


def measure(lab: Lab) -> list[Row]:
    with lab.fresh() as site, tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "django", "startproject", "bare", folder]
        subprocess.run(command, check=True)
        _start(site, ROOT, "drawsite.settings")
        _start(site, Path(folder), "bare.settings")
        times = [
            (_start(site, ROOT, "drawsite.settings"), _start(site, Path(folder), "bare.settings"))
            for _ in range(TIMES)
        ]
    ours, theirs = (median(each) for each in zip(*times, strict=True))
    return [
        Row(
            "a process with settings and URLs loaded; a new Django project",
            f"{ours:.2f} s",
            f"{theirs:.2f} s",
            f"{ours / theirs:.2f}",
            f"<= {TARGET} s more",
            ours - theirs <= TARGET,
        )
    ]


def _start(site: Site, folder: Path, settings: str) -> float:
    environment = site.environment(DJANGO_SETTINGS_MODULE=settings)
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", URLS], cwd=folder, env=environment, check=True)
    return time.perf_counter() - begin

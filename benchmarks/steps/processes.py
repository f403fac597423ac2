"""The time that a process takes to load the site, and the memory of the server's workers."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.harness import generator
from benchmarks.harness.client import Client
from benchmarks.harness.mixed_load import (
    DRAWINGS,
    REQUESTS,
    build_mixed_requests,
    check_statuses,
)
from benchmarks.harness.site import MAX_MEMORY_GROWTH, ROOT, Server, Site
from benchmarks.harness.submissions import BEHIND_PROXY
from benchmarks.harness.table import Row, WrongAnswerError
from benchmarks.harness.workspace import Workspace

START_TIMES = 9
MAX_SECONDS_MORE = 0.5

LOAD_URLS = (
    "import django; django.setup(); from django.urls import get_resolver;"
    " get_resolver().url_patterns"
)

MAX_MEGABYTES = 110
FIGURE_MODULES = ("matplotlib.figure", "matplotlib.backends.backend_", "matplotlib.pyplot")


def measure_start(workspace: Workspace) -> Iterator[Row]:
    """Compare the time to load the site's settings and URLs with a new Django project's."""
    with workspace.fresh_site() as site, tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "django", "startproject", "bare", folder]
        subprocess.run(command, check=True)
        _time_start(site, ROOT, "drawsite.settings")
        _time_start(site, Path(folder), "bare.settings")
        times = [
            (
                _time_start(site, ROOT, "drawsite.settings"),
                _time_start(site, Path(folder), "bare.settings"),
            )
            for _ in range(START_TIMES)
        ]
    ours, baseline = (median(each) for each in zip(*times, strict=True))
    yield Row(
        "a process with settings and URLs loaded; a new Django project",
        f"{ours:.2f} s",
        f"{baseline:.2f} s",
        f"{ours / baseline:.2f}",
        f"<= {MAX_SECONDS_MORE} s more",
        ours - baseline <= MAX_SECONDS_MORE,
    )


def _time_start(site: Site, folder: Path, settings: str) -> float:
    environment = site.environment(DJANGO_SETTINGS_MODULE=settings)
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", LOAD_URLS], cwd=folder, env=environment, check=True)
    return time.perf_counter() - begin


def measure_memory(workspace: Workspace) -> Iterator[Row]:
    """Measure the workers' memory after many requests, and its growth during the soak."""
    settings = {**BEHIND_PROXY, "DJANGO_SETTINGS_MODULE": "benchmarks.baselines.settings"}
    with workspace.fresh_site(drawings=DRAWINGS) as site, site.serving(**settings) as server:
        requests = list(build_mixed_requests(site, server))
        [responses] = generator.run_plans(
            server.port, [generator.Plan(requests)], keep_bodies=False
        )
        check_statuses(responses)
        warm = server.worker_megabytes()
        yield Row(
            f"each worker after {REQUESTS:,} mixed requests, without figures",
            f"{max(warm.values()):.0f} MB",
            target=f"<= {MAX_MEGABYTES} MB",
            is_met=max(warm.values()) <= MAX_MEGABYTES,
        )
        yield _measure_soak(server, requests, warm, workspace.soak_seconds)
        loaded = _loaded_figure_modules(server)
        yield Row(
            "modules that only figures need, loaded in a worker before a first figure",
            ", ".join(sorted(loaded)) or "none",
            target="none",
            is_met=not loaded,
        )


def _measure_soak(
    server: Server, requests: list[bytes], warm: dict[int, float], seconds: float
) -> Row:
    plan = generator.Plan(requests, seconds=seconds)
    [responses] = generator.run_plans(server.port, [plan], keep_bodies=False)
    check_statuses(responses)
    late = server.worker_megabytes()
    if late.keys() != warm.keys():
        raise WrongAnswerError("A worker died during the soak")
    growth = max(late[pid] / warm[pid] for pid in warm) - 1
    return Row(
        f"each worker after {seconds / 60:g} minutes and {len(responses):,} more requests;"
        " after the first",
        f"{max(late.values()):.0f} MB",
        f"{max(warm.values()):.0f} MB",
        f"{1 + growth:.2f}",
        f"< {1 + MAX_MEMORY_GROWTH:g} x",
        growth < MAX_MEMORY_GROWTH,
    )


def _loaded_figure_modules(server: Server) -> set[str]:
    """The modules for figures that any worker has loaded.

    Requests until every worker has answered one.
    """
    found: dict[int, set[str]] = {}
    for _ in range(500):
        with Client(server) as client:
            loaded = json.loads(client.get("/bench/modules").body)
        found[loaded["pid"]] = {
            name for name in loaded["modules"] if name.startswith(FIGURE_MODULES)
        }
        if len(found) == len(server.workers()):
            return set().union(*found.values())
    raise WrongAnswerError("Some worker never responds")

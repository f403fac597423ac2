"""gunicorn's configuration, which it reads from the working directory."""

import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drawsite.settings")

from django.conf import settings

import drawsite.ratelimit.shared_counters  # noqa: F401 - imported before the fork, so that workers share it
from drawsite.environment import exit_on_invalid_setting
from drawsite.server.stopping import drain_when_stopped
from drawsite.server.worker import claim_share

with exit_on_invalid_setting():
    host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
bind = f"{host}:{settings.PORT}"
workers = settings.WEB_WORKERS
worker_class = "drawsite.server.worker.Worker"
threads = settings.WEB_THREADS
logger_class = "drawsite.server.logging.GunicornLogger"
timeout = 30
graceful_timeout = 30
control_socket_disable = True
# TRUSTED_PROXIES decides which proxies are trusted, not the peer address.
forwarded_allow_ips = ""
# Each worker touches a file as its heartbeat. On a stalled disk it would miss it and be killed.
memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
worker_tmp_dir = memory

# The files in which the processes count for /metrics. In memory, because a process that counts on a
# full disk is killed.
METRICS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
METRICS_PREFIX = "drawsite-metrics-"
if settings.METRICS_TOKEN and METRICS_VARIABLE not in os.environ:
    os.environ[METRICS_VARIABLE] = tempfile.mkdtemp(prefix=METRICS_PREFIX, dir=memory)


when_ready = drain_when_stopped


def pre_fork(server: Any, worker: Any) -> None:
    claim_share(worker, list(server.WORKERS.values()))


def on_exit(server: Any) -> None:
    directory = Path(os.environ.get(METRICS_VARIABLE, ""))
    if directory.name.startswith(METRICS_PREFIX):  # not a directory that the environment has set
        shutil.rmtree(directory, ignore_errors=True)


def post_worker_init(worker: Any) -> None:
    """Ignore Ctrl+C in workers: the master stops them. A worker that also gets the signal from the
    terminal can hang in gunicorn's shutdown, and keeps the port until it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

"""How gunicorn serves the wall; it reads this file by itself."""

import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drawsite.settings")

from django.conf import settings

import drawsite.ratelimit.shared_counters  # noqa: F401 - before the fork, so that the workers share it
from drawsite.environment import told_in_a_sentence
from drawsite.server.stopping import drain_when_stopped
from drawsite.server.worker import claim_share

with told_in_a_sentence():
    host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
bind = f"{host}:{settings.PORT}"
workers = settings.WEB_WORKERS
worker_class = "drawsite.server.worker.Worker"
threads = settings.WEB_THREADS
logger_class = "drawsite.server.logging.GunicornLogger"
timeout = 30
graceful_timeout = 30
control_socket_disable = True
# Which proxies to believe is for TRUSTED_PROXIES to say, not for where the connection comes from.
forwarded_allow_ips = ""
# A worker proves that it lives by touching a file; on a disk that stalls it would be killed.
memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
worker_tmp_dir = memory

# Where the processes count for /metrics: in memory, as a full disk would kill who counts there.
METRICS_DIR = "PROMETHEUS_MULTIPROC_DIR"
OWN = "drawsite-metrics-"
if settings.METRICS_TOKEN and METRICS_DIR not in os.environ:
    os.environ[METRICS_DIR] = tempfile.mkdtemp(prefix=OWN, dir=memory)


when_ready = drain_when_stopped


def pre_fork(server: Any, worker: Any) -> None:
    claim_share(worker, list(server.WORKERS.values()))


def on_exit(server: Any) -> None:
    directory = Path(os.environ.get(METRICS_DIR, ""))
    if directory.name.startswith(OWN):  # not one that the host has named
        shutil.rmtree(directory, ignore_errors=True)


def post_worker_init(worker: Any) -> None:
    """Leave Ctrl+C to the master: a worker that gets it too, from the terminal, can lock up in
    gunicorn's own shutdown, and the port stays taken until it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

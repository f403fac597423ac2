"""How gunicorn serves the wall; it reads this file by itself."""

import os
import signal
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drawsite.settings")

from django.conf import settings

host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
bind = f"{host}:{settings.PORT}"
workers = settings.WEB_WORKERS
worker_class = "drawsite.worker.Worker"
threads = settings.WEB_THREADS
timeout = 30
graceful_timeout = 30
control_socket_disable = True
# Which proxies to believe is for TRUSTED_PROXIES to say, not for where the connection comes from.
forwarded_allow_ips = ""
# A worker proves that it lives by touching a file; on a disk that stalls it would be killed.
if Path("/dev/shm").is_dir():  # noqa: S108
    worker_tmp_dir = "/dev/shm"  # noqa: S108


def post_worker_init(worker: Any) -> None:
    """Leave Ctrl+C to the master: a worker that gets it too, from the terminal, can lock up in
    gunicorn's own shutdown, and the port stays taken until it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

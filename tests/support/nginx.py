"""nginx in front of the site, with the configuration that deploy/ ships."""

import os
import pwd
import re
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

TEMPLATES = Path(__file__).resolve().parents[2] / "deploy" / "nginx"
# Debian installs nginx outside the PATH of ordinary users.
SEARCH_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"
START_SECONDS = 30


def fill_in(template: str, values: dict[str, str]) -> str:
    """Replace `${NAME}` and `$NAME` for these names only, as envsubst does."""
    names = "|".join(values)
    return re.sub(
        rf"\$(?:\{{({names})\}}|({names})\b)",
        lambda match: values[match[1] or match[2]],
        template,
    )


class Nginx:
    """nginx on a free port, with its files in `folder`. Keywords override the default values."""

    def __init__(self, folder: Path, site_port: int, **values: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self.log = folder / "nginx.log"
        self.values = {
            "NGINX_LISTEN": f"127.0.0.1:{self.port}",
            "NGINX_SITE": f"127.0.0.1:{site_port}",
            "NGINX_STATE": str(folder),
            "NGINX_CACHE_SIZE": "10m",
            "NGINX_ACCESS_LOG": str(folder / "access.log"),
            "MAX_UPLOAD_BYTES": "2000000",
            **values,
        }

    def command(self, *options: str) -> list[str]:
        """Write the configuration; the command that starts nginx with it."""
        for template in TEMPLATES.glob("*.template"):
            text = fill_in(template.read_text(), self.values)
            (self.folder / template.stem).write_text(text)
        user = f"user {pwd.getpwuid(os.geteuid()).pw_name};" if os.geteuid() == 0 else ""
        own = f"daemon off; pid {self.folder}/nginx.pid; {user}"
        configuration = str(self.folder / "nginx.conf")
        return [
            "nginx",
            "-p",
            str(self.folder),
            "-e",
            "stderr",
            "-c",
            configuration,
            "-g",
            own,
            *options,
        ]

    def __enter__(self) -> Self:
        with self.log.open("wb") as log:
            environment = {**os.environ, "PATH": SEARCH_PATH}
            self.process = subprocess.Popen(self.command(), env=environment, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"nginx did not start:\n{self.log.read_text()}")
            time.sleep(0.05)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.terminate()
        self.process.wait(timeout=START_SECONDS)

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        except OSError:
            return False
        return True

"""nginx with a static copy of a page and its files: about the fastest that this machine can be."""

import http.client
import os
import pwd
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.harness.client import Response

# Debian installs it outside the PATH of ordinary users.
NGINX_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"
# Headers of a transfer, not of the file.
TRANSFER_HEADERS = {
    "server",
    "date",
    "connection",
    "content-length",
    "content-encoding",
    "content-type",
}

CONFIGURATION = """
daemon off;
worker_processes auto;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
{user}
events {{ }}
http {{
    access_log off;
    sendfile on;
    gzip on;
    gzip_comp_level {gzip_level};
    gzip_min_length 200;
    gzip_types text/css text/javascript image/svg+xml;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    etag off;
    server {{
        listen 127.0.0.1:{port};
        {locations}
    }}
}}
"""


def quote_header(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


@contextmanager
def serve_copy(files: Mapping[str, Response], gzip_level: int = 1) -> Iterator[str]:
    """Serve uncompressed responses by path, with their headers. Yields the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="drawsite-bench-nginx-") as name:
        folder = Path(name)
        locations = []
        for number, (path, response) in enumerate(files.items()):
            (folder / str(number)).write_bytes(response.body)
            content_type = response.headers["Content-Type"].split(";")[0]
            headers = "".join(
                f" add_header {name} '{quote_header(value)}';"
                for name, value in response.headers.items()
                if name.lower() not in TRANSFER_HEADERS
            )
            locations.append(
                # Not an alias: nginx looks for a folder's index where a path ends in a slash.
                f"location = {path} {{ root {folder}; try_files /{number} =404;"
                f" types {{ }} default_type '{content_type}';{headers} }}"
            )
        user = f"user {pwd.getpwuid(os.geteuid()).pw_name};" if os.geteuid() == 0 else ""
        text = CONFIGURATION.format(
            folder=folder,
            port=port,
            user=user,
            gzip_level=gzip_level,
            locations="\n        ".join(locations),
        )
        configuration = folder / "nginx.conf"
        configuration.write_text(text)
        command = ["nginx", "-p", name, "-c", str(configuration), "-e", f"{name}/error.log"]
        environment = {**os.environ, "PATH": NGINX_PATH}
        process = subprocess.Popen(command, env=environment)
        try:
            _wait_until_ready(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_until_ready(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/")
            connection.getresponse().read()
            return
        except ConnectionError:
            if process.poll() is not None:
                break
            time.sleep(0.05)
    raise RuntimeError("nginx did not start")

"""A canvas page with jQuery and Bootstrap, of the kind that the Flask app had."""

import base64
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPMessage
from pathlib import Path
from typing import NamedTuple

from benchmarks.baselines import static_copy
from benchmarks.harness.client import Response

DOWNLOAD_SECONDS = 60
# As small as a server makes files that it compresses only once.
GZIP_LEVEL = 9


class UnavailableError(Exception):
    """The libraries cannot be downloaded here."""


class Package(NamedTuple):
    name: str  # with its version, as npm takes it
    archive: str
    sha512: str  # of the archive, base64 as in npm's lock files
    files: dict[str, str]  # paths in the archive by paths on the site


PACKAGES = (
    Package(
        "jquery@2.1.4",
        "jquery-2.1.4.tgz",
        "wWR+eCq/T/Qt0NcFyM+QVho0ZVzWxFYANijmSMImXiM5mjr1aOaf4SF0eOEPc92bbK2L2vDpxw3lIszus7eO8Q==",
        {"/jquery.min.js": "package/dist/jquery.min.js"},
    ),
    Package(
        "bootstrap@3.3.7",
        "bootstrap-3.3.7.tgz",
        "qcFaisBrcBhTFkz1IUnGDYnX6ZWfFzH8zOixUDtHW9Ip+r+7MfMFav2rzy7cIHc7rgIg7xjhWBoo1mS/U26j4g==",
        {
            "/bootstrap.min.css": "package/dist/css/bootstrap.min.css",
            "/bootstrap.min.js": "package/dist/js/bootstrap.min.js",
        },
    ),
)
CONTENT_TYPES = {".css": "text/css", ".js": "text/javascript", ".html": "text/html"}

# The scripts are at the end of the body, as Bootstrap 3's starter template has them.
HTML = """<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Draw</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/bootstrap.min.css">
  </head>
  <body>
    <nav class="navbar navbar-default">
      <div class="container">
        <div class="navbar-header"><a class="navbar-brand" href="/">Draw</a></div>
        <ul class="nav navbar-nav"><li class="active"><a href="/">Draw</a></li></ul>
      </div>
    </nav>
    <div class="container">
      <h1>Draw something</h1>
      <canvas id="paper" width="200" height="200" style="border: 1px solid"></canvas>
      <form class="form-inline">
        <input class="form-control" name="title" placeholder="Title">
        <button type="submit" class="btn btn-primary">Send</button>
        <button type="button" class="btn btn-default" id="clear">Clear</button>
      </form>
    </div>
    <script src="/jquery.min.js"></script>
    <script src="/bootstrap.min.js"></script>
    <script src="/draw.js"></script>
  </body>
</html>
"""
SCRIPT = """$(document).ready(function () {
  var canvas = $("#paper");
  var context = canvas[0].getContext("2d");
  var isDrawing = false;

  function draw(event) {
    if (!isDrawing) return;
    var corner = canvas.offset();
    context.beginPath();
    context.arc(event.pageX - corner.left, event.pageY - corner.top, 3, 0, 2 * Math.PI);
    context.fill();
  }

  canvas.on("mousedown", function (event) {
    isDrawing = true;
    draw(event);
  });
  canvas.on("mousemove", draw);
  $(document).on("mouseup", function () {
    isDrawing = false;
  });
  $("#clear").on("click", function () {
    context.clearRect(0, 0, canvas[0].width, canvas[0].height);
  });
});
"""


@contextmanager
def serve() -> Iterator[str]:
    """Serve the page by nginx. Yields the address.

    Raises UnavailableError if the libraries cannot be downloaded.
    """
    files = {"/": HTML.encode(), "/draw.js": SCRIPT.encode(), **download_libraries()}
    with static_copy.serve_copy(
        {path: _make_response(path, body) for path, body in files.items()}, GZIP_LEVEL
    ) as address:
        yield address


def download_libraries() -> dict[str, bytes]:
    """The libraries' minified files by path on the site. Nothing of them is in this repository.

    Raises UnavailableError if they cannot be downloaded.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise UnavailableError("npm, which downloads jQuery and Bootstrap, is not installed")
    command = [npm, "pack", "--silent", *(package.name for package in PACKAGES)]
    with tempfile.TemporaryDirectory(prefix="drawsite-bench-npm-") as folder:
        try:
            subprocess.run(
                command, cwd=folder, check=True, capture_output=True, timeout=DOWNLOAD_SECONDS
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise UnavailableError("npm cannot download jQuery and Bootstrap") from error
        files = {}
        for package in PACKAGES:
            archive = Path(folder, package.archive)
            check_archive(archive.read_bytes(), package)
            with tarfile.open(archive) as tar:
                for path, name in package.files.items():
                    if (file := tar.extractfile(name)) is None:
                        raise ValueError(f"{package.name} has no file {name}")
                    files[path] = file.read()
    return files


def check_archive(archive: bytes, package: Package) -> None:
    """Raises ValueError unless the archive is the one that was pinned."""
    if base64.b64encode(hashlib.sha512(archive).digest()).decode() != package.sha512:
        raise ValueError(f"{package.name} is not the package that this benchmark knows")


def _make_response(path: str, body: bytes) -> Response:
    headers = HTTPMessage()
    headers["Content-Type"] = CONTENT_TYPES.get(Path(path).suffix, "text/html")
    return Response(200, headers, body, 0)

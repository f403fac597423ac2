"""Run wrk on a list of paths, so that each request is a different one."""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.harness.site import Server
from benchmarks.harness.table import WrongAnswerError

CONNECTIONS = 8

SCRIPT = """
local requests, sent = {}, 0
function init(arguments)
  for line in io.lines(arguments[1]) do
    local path, etag = line:match("^(%S+)%s*(.*)$")
    local headers = {}
    if etag ~= "" then headers["If-None-Match"] = etag end
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
end
function request()
  sent = sent + 1
  return requests[(sent - 1) % #requests + 1]
end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\\n{"requests": %d, "microseconds": %d, "bytes": %d, "refused": %d, "broken": %d}\\n',
    summary.requests, summary.duration, summary.bytes, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
"""


class Load(NamedTuple):
    per_second: float
    requests: int
    bytes_each: float


def run(
    server: Server,
    requests: Sequence[str],
    seconds: float,
    *,
    connections: int = CONNECTIONS,
    repeats: bool = False,
) -> Load:
    """Request the paths in order. A path may have a space and an ETag behind it, to revalidate.

    Raises WrongAnswerError for any response but 2xx and 3xx, and when the paths run out, unless it
    `repeats` them.
    """
    with (
        tempfile.NamedTemporaryFile("w", suffix=".lua") as script,
        tempfile.NamedTemporaryFile("w") as lines,
    ):
        script.write(SCRIPT)
        script.flush()
        lines.write("\n".join(requests))
        lines.flush()
        options = [f"-c{connections}", f"-d{round(seconds)}s", "-t1", "--timeout=30s"]
        command = ["wrk", *options, "-s", script.name, server.url, "--", lines.name]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    summary = json.loads(done.stdout.splitlines()[-1])
    if summary["refused"] or summary["broken"]:
        raise WrongAnswerError(f"{requests[0]} and so on: {summary}")
    if summary["requests"] >= len(requests) and not repeats:
        raise WrongAnswerError(f"{summary['requests']} requests exhausted the paths")
    return Load(
        summary["requests"] / summary["microseconds"] * 1e6,
        summary["requests"],
        summary["bytes"] / max(1, summary["requests"]),
    )

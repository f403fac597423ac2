"""wrk, with another request each time."""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.harness.site import Server
from benchmarks.harness.table import WrongAnswerError

CONNECTIONS = 8

SCRIPT = """
local requests, at = {}, 0
function init(arguments)
  for line in io.lines(arguments[1]) do
    local path, etag = line:match("^(%S+)%s*(.*)$")
    local headers = {}
    if etag ~= "" then headers["If-None-Match"] = etag end
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
end
function request()
  at = at + 1
  return requests[(at - 1) % #requests + 1]
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
    """Ask for the paths in turn, each perhaps with an ETag behind a space.

    Any answer but 2xx and 3xx is a WrongAnswerError, and so is it to come round to the first path
    again, unless it `repeats`.
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
    told = json.loads(done.stdout.splitlines()[-1])
    if told["refused"] or told["broken"]:
        raise WrongAnswerError(f"{requests[0]} and so on: {told}")
    if told["requests"] >= len(requests) and not repeats:
        raise WrongAnswerError(f"{told['requests']} requests came round to the first path again")
    return Load(
        told["requests"] / told["microseconds"] * 1e6,
        told["requests"],
        told["bytes"] / max(1, told["requests"]),
    )

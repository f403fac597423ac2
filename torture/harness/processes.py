"""The processes of a running server."""

from pathlib import Path

from benchmarks.harness.site import Server


def list_processes(server: Server) -> list[int]:
    """The process ids of the server and of all its descendants."""
    found = [server.pid]
    for pid in found:
        children = Path(f"/proc/{pid}/task").glob("*/children")
        found += [int(child) for each in children for child in each.read_text().split()]
    return found

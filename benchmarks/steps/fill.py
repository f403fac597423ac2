"""How fast fill_gallery stores drawings."""

from benchmarks.harness.table import Row, WrongAnswerError
from benchmarks.harness.workspace import SQLITE, Workspace

TARGET = 5_000


def measure(workspace: Workspace) -> list[Row]:
    return [_measure_backend(workspace, backend) for backend in workspace.backends]


def _measure_backend(workspace: Workspace, backend: str) -> Row:
    number = workspace.large_count
    speed = number / workspace.fill_seconds(backend, number)
    stored = workspace.filled_site(backend, number).run_function("count_drawings")
    if stored != number:
        raise WrongAnswerError(f"fill_gallery stored {stored} of {number} drawings")
    what = f"fill_gallery, {number:,} drawings, {backend}"
    if backend != SQLITE:
        return Row(what, f"{speed:,.0f} drawings/s")
    target = f">= {TARGET:,} drawings/s"
    return Row(what, f"{speed:,.0f} drawings/s", target=target, is_met=speed >= TARGET)

"""Exports of a large wall: their speed, and their peak memory."""

import io
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Set
from pathlib import Path

import numpy as np
from PIL import Image
from pyarrow import parquet

from benchmarks.harness.sample_drawings import decode_field
from benchmarks.harness.site import Site
from benchmarks.harness.table import Row, WrongAnswerError, at_least
from benchmarks.harness.workspace import Workspace
from drawings.imaging import pixels

MAX_MEGABYTES = 300
TARGET = 0.5
# NumPy reads all fields at once, and an uncompressed field takes 40 kB.
NPZ_DRAWINGS = 20_000
# Drawings whose pixels are compared, spread over all of them.
COMPARED = 50

BASELINE = "benchmarks.baselines.export"
SUFFIXES = {"parquet": "", "zip": ".zip", "npz": ".npz"}
LIBRARIES = {"parquet": "pyarrow", "zip": "zipfile", "npz": "numpy.savez_compressed"}


def measure(workspace: Workspace) -> Iterator[Row]:
    for backend in workspace.backends:
        yield from _measure_backend(workspace, backend)


def _measure_backend(workspace: Workspace, backend: str) -> Iterator[Row]:
    for name in SUFFIXES:
        drawings = (
            min(workspace.large_count, NPZ_DRAWINGS) if name == "npz" else workspace.large_count
        )
        site = workspace.filled_site(backend, drawings)
        with tempfile.TemporaryDirectory(prefix="drawsite-bench-export-") as folder:
            what = f"{name}, {drawings:,} drawings, {backend}"
            yield from _measure_export(site, name, Path(folder), what)


def _measure_export(site: Site, name: str, folder: Path, what: str) -> Iterator[Row]:
    target, again = (folder / f"{each}{SUFFIXES[name]}" for each in ("wall", "again"))
    # Fill the page cache first, so that both read the database from there.
    site.run_function("read_rows", module=BASELINE)
    ours = site.run_function("measure_export", str(target))
    read_seconds = site.run_function("read_rows", module=BASELINE)
    write_seconds = site.run_function("write_rows", name, str(target), str(again), module=BASELINE)
    number = _check_export(site, name, target)
    yield at_least(
        f"{what}; the rows read by the driver alone, the same bytes written by {LIBRARIES[name]}"
        f" alone ({read_seconds:.1f} + {write_seconds:.1f} s)",
        number / ours["seconds"],
        number / (read_seconds + write_seconds),
        TARGET,
        "drawings/s",
    )
    yield Row(
        f"{what}: peak memory of the process",
        f"{ours['megabytes']:.0f} MB",
        target=f"<= {MAX_MEGABYTES} MB",
        is_met=ours["megabytes"] <= MAX_MEGABYTES,
    )


def _check_export(site: Site, name: str, target: Path) -> int:
    """The number of exported drawings. Raises WrongAnswerError unless they are the wall's."""
    ids = site.run_function("published_ids")
    sample = ids[:: max(1, len(ids) // COMPARED)]
    found, fields = READERS[name](target, set(sample))
    if found != ids:
        raise WrongAnswerError(
            f"{target.name} has {len(found)} of {len(ids)} drawings, or different ones"
        )
    for row in site.run_function("read_drawings", sample):
        if not np.array_equal(fields[row["id"]], decode_field(row)):
            raise WrongAnswerError(f"{target.name} has the wrong pixels for {row['id']}")
    return len(ids)


# --- Read the ids in an export, in ascending order, and the fields of a sample ----------------

Contents = tuple[list[str], dict[str, pixels.Field]]


def _read_parquet(target: Path, sample: Set[str]) -> Contents:
    table = parquet.read_table(target / "data", columns=["id"])
    rows = parquet.read_table(target / "data", filters=[("id", "in", sample)])
    pngs = zip(rows["id"].to_pylist(), rows["image"].to_pylist(), strict=True)
    return sorted(table["id"].to_pylist()), {id: _decode(png["bytes"]) for id, png in pngs}


def _read_zip(target: Path, sample: Set[str]) -> Contents:
    with zipfile.ZipFile(target) as archive:
        names = {name[-40:-4]: name for name in archive.namelist() if name.endswith(".png")}
        return list(names), {id: _decode(archive.read(names[id])) for id in sample}


def _read_npz(target: Path, sample: Set[str]) -> Contents:
    with np.load(target, allow_pickle=False) as archive:
        ids, images = archive["ids"].tolist(), archive["images"]
    return ids, {id: images[at] for at, id in enumerate(ids) if id in sample}


def _decode(png: bytes) -> pixels.Field:
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture)


READERS: dict[str, Callable[[Path, Set[str]], Contents]] = {
    "parquet": _read_parquet,
    "zip": _read_zip,
    "npz": _read_npz,
}

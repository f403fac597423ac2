"""Datasets of a large wall: how fast they are made, and in how much memory."""

import base64
import io
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Set
from pathlib import Path

import numpy as np
from PIL import Image
from pyarrow import parquet

from benchmarks.harness.lab import Lab
from benchmarks.harness.site import Site
from benchmarks.harness.table import Row, WrongAnswerError, at_least
from drawings.imaging import pixels

MEGABYTES = 300
TARGET = 0.5
# Fields as they are take 40 kB each, and NumPy reads them all at once.
NPZ_DRAWINGS = 20_000
# So many drawings are compared, from the oldest to the newest.
COMPARED = 50

SUFFIXES = {"parquet": "", "zip": ".zip", "npz": ".npz"}
LIBRARIES = {"parquet": "pyarrow", "zip": "zipfile", "npz": "numpy.savez_compressed"}


def measure(lab: Lab) -> list[Row]:
    return [row for backend in lab.backends for row in _measure(lab, backend)]


def _measure(lab: Lab, backend: str) -> Iterator[Row]:
    for name in SUFFIXES:
        drawings = min(lab.large, NPZ_DRAWINGS) if name == "npz" else lab.large
        site = lab.filled(backend, drawings)
        with tempfile.TemporaryDirectory(prefix="drawsite-bench-export-") as folder:
            what = f"{name}, {drawings:,} drawings, {backend}"
            yield from _export(site, name, Path(folder), what)


def _export(site: Site, name: str, folder: Path, what: str) -> Iterator[Row]:
    target, again = (folder / f"{each}{SUFFIXES[name]}" for each in ("wall", "again"))
    site.ask(
        "read", of="benchmarks.compared.plain"
    )  # what the system keeps of the file, both find there
    ours = site.ask("export", str(target))
    read = site.ask("read", of="benchmarks.compared.plain")
    wrote = site.ask("write", name, str(target), str(again), of="benchmarks.compared.plain")
    number = _check(site, name, target)
    yield at_least(
        f"{what}; the rows read by the driver alone, the same bytes written by {LIBRARIES[name]}"
        f" alone ({read:.1f} + {wrote:.1f} s)",
        number / ours["seconds"],
        number / (read + wrote),
        TARGET,
        "drawings/s",
    )
    yield Row(
        f"{what}: peak memory of the process",
        f"{ours['megabytes']:.0f} MB",
        target=f"<= {MEGABYTES} MB",
        is_met=ours["megabytes"] <= MEGABYTES,
    )


def _check(site: Site, name: str, target: Path) -> int:
    """How many drawings there are; WrongAnswerError if they are not those of the wall."""
    ids = site.ask("published_ids")
    some = ids[:: max(1, len(ids) // COMPARED)]
    found, fields = READERS[name](target, set(some))
    if found != ids:
        raise WrongAnswerError(f"{target.name} has {len(found)} of {len(ids)} drawings, or others")
    for row in site.ask("drawings", some):
        field = pixels.read_blob(base64.b64decode(row["blob"]), row["height"], row["width"])
        if not np.array_equal(fields[row["id"]], field):
            raise WrongAnswerError(f"{target.name} has other pixels of {row['id']}")
    return len(ids)


# --- The ids in an export, by ascending id, and the fields of some ----------------------------

Found = tuple[list[str], dict[str, pixels.Field]]


def _in_parquet(target: Path, some: Set[str]) -> Found:
    table = parquet.read_table(target / "data", columns=["id"])
    few = parquet.read_table(target / "data", filters=[("id", "in", some)])
    pngs = zip(few["id"].to_pylist(), few["image"].to_pylist(), strict=True)
    return sorted(table["id"].to_pylist()), {id: _field(png["bytes"]) for id, png in pngs}


def _in_zip(target: Path, some: Set[str]) -> Found:
    with zipfile.ZipFile(target) as archive:
        names = {name[-40:-4]: name for name in archive.namelist() if name.endswith(".png")}
        return list(names), {id: _field(archive.read(names[id])) for id in some}


def _in_npz(target: Path, some: Set[str]) -> Found:
    with np.load(target, allow_pickle=False) as archive:
        ids, images = archive["ids"].tolist(), archive["images"]
    return ids, {id: images[at] for at, id in enumerate(ids) if id in some}


def _field(png: bytes) -> pixels.Field:
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture)


READERS: dict[str, Callable[[Path, Set[str]], Found]] = {
    "parquet": _in_parquet,
    "zip": _in_zip,
    "npz": _in_npz,
}

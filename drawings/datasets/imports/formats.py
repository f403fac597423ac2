"""Which kind a source is of."""

from collections.abc import Callable
from pathlib import Path

from drawings.datasets.imports import files
from drawings.datasets.imports.readers import arrays, idx, images, ndjson, npz, parquet
from drawings.datasets.imports.records import BadSourceError, Options, Source

ZIP = b"PK"

READERS: dict[str, Callable[[Path, Options], Source]] = {
    "ndjson": ndjson.read,
    "npz": npz.read,
    "arrays": arrays.read,
    "idx": idx.read,
    "parquet": parquet.read,
    "folder": images.read_folder,
    "zip": images.read_zip,
}


def opened(path: Path, format: str | None, options: Options) -> Source:
    """BadSourceError if nothing can be read of it."""
    if not path.exists():
        raise BadSourceError("There is no such file or folder.")
    return READERS[format or format_of(path)](path, options)


def format_of(path: Path) -> str:
    """By what it begins with, and by its name where that is not enough."""
    if path.is_dir():
        return "parquet" if parquet.parts(path) else "folder"
    with files.opened(path) as reader:
        begins = reader.read(64)
    if begins.startswith(ZIP):
        return _format_of_zip(path)
    if begins.startswith(arrays.NPY):
        return "arrays"
    if begins.startswith(idx.IMAGES):
        return "idx"
    if begins.startswith(parquet.MAGIC):
        return "parquet"
    if begins.lstrip().startswith(b"{") or path.suffix in (".ndjson", ".jsonl"):
        return "ndjson"
    raise BadSourceError(
        f"It is of no kind that is known. Say which it is with --format: {', '.join(READERS)}."
    )


def _format_of_zip(path: Path) -> str:
    with files.open_zip(path) as archive:
        names = archive.namelist()
    if not all(name.endswith(".npy") for name in names):
        return "zip"
    return "npz" if "ids.npy" in names else "arrays"

"""The import formats, by name, and how they are detected."""

from collections.abc import Callable
from pathlib import Path

from drawings.datasets.imports import files
from drawings.datasets.imports.readers import arrays, idx, images, ndjson, npz, parquet
from drawings.datasets.imports.records import BadSourceError, Options, Source

ZIP_MAGIC = b"PK"

READERS: dict[str, Callable[[Path, Options], Source]] = {
    "ndjson": ndjson.read_ndjson,
    "npz": npz.read_npz,
    "arrays": arrays.read_arrays,
    "idx": idx.read_idx,
    "parquet": parquet.read_parquet,
    "folder": images.read_folder,
    "zip": images.read_zip,
}


def open_source(path: Path, format: str | None, options: Options) -> Source:
    """Returns the source at a path. Without a `format` it is detected.

    Raises BadSourceError if the source cannot be read.
    """
    if not path.exists():
        raise BadSourceError("There is no such file or folder.")
    return READERS[format or detect_format(path)](path, options)


def detect_format(path: Path) -> str:
    """Returns the format of a file or folder, by its first bytes and its name.

    Raises BadSourceError if it is unknown.
    """
    if path.is_dir():
        return "parquet" if parquet.list_parts(path) else "folder"
    with files.open_file(path) as reader:
        head = reader.read(64)
    if head.startswith(ZIP_MAGIC):
        return _detect_zip_format(path)
    if head.startswith(arrays.NPY_MAGIC):
        return "arrays"
    if head.startswith(idx.IMAGES_MAGIC):
        return "idx"
    if head.startswith(parquet.MAGIC):
        return "parquet"
    if head.lstrip().startswith(b"{") or path.suffix in (".ndjson", ".jsonl"):
        return "ndjson"
    raise BadSourceError(f"Its format is unknown. Name it with --format: {', '.join(READERS)}.")


def _detect_zip_format(path: Path) -> str:
    with files.open_zip(path) as archive:
        names = archive.namelist()
    if not all(name.endswith(".npy") for name in names):
        return "zip"
    return "npz" if "ids.npy" in names else "arrays"

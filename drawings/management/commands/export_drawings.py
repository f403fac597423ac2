"""`manage.py export_drawings`: write a dataset in one of the export formats."""

import errno
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from tqdm import tqdm

from drawings.datasets.exports import ndjson, parquet
from drawings.datasets.exports.formats import FORMATS, find_problem
from drawings.datasets.exports.source import Source, snapshot
from drawings.forms import error_sentences
from drawings.forms.export import FilterForm
from drawings.management.prepared_database import PreparedDatabaseCommand
from drawings.models import Drawing
from drawings.queries.filters import DrawingFilter
from drawsite.lib.atomic_files import atomic_file, atomic_folder

FILTER_HELP = {
    "q": "whose title or artist has these words, or with this id",
    "cmap": "in this colormap",
    "artist": "by the artist with exactly this name",
    "since": "sent on this day (UTC) or later, as YYYY-MM-DD",
    "until": "sent on this day (UTC) or earlier, as YYYY-MM-DD",
}


class Command(PreparedDatabaseCommand):
    help = (
        "Write the published drawings to one dataset, the oldest first. TARGET's suffix sets the"
        " format: .npz (NumPy), .zip (folders of PNGs), .ndjson (strokes), .parquet, .csv (no"
        " pixels); without a suffix it is a folder of Parquet files. If anything fails, nothing is"
        " written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target", type=Path, metavar="TARGET")
        parser.add_argument("--format", choices=FORMATS, help="the format, if not TARGET's suffix")
        for name, selected in FILTER_HELP.items():
            parser.add_argument(f"--{name}", default="", help=f"only drawings {selected}")
        parser.add_argument(
            "--status",
            default=Drawing.Status.PUBLISHED,
            choices=Drawing.Status.values,
            help="only drawings of this status (%(default)s)",
        )
        parser.add_argument("--overwrite", action="store_true", help="replace an existing TARGET")

    def handle(
        self, *, target: Path, format: str | None, overwrite: bool, verbosity: int, **options: Any
    ) -> None:
        drawing_filter = parse_filter(options)
        target = target.absolute()
        name = format or format_from_suffix(target)
        check_target(target, name, overwrite)
        if (sentence := find_problem(name, drawing_filter)) is not None:
            raise CommandError(sentence)
        try:
            with snapshot(drawing_filter) as source:
                source.scratch = target.parent
                total = source.count()
                with (
                    write_dataset(target, name, source) as steps,
                    tqdm(total=total, desc="Exporting", unit=" drawings", disable=None) as progress,
                ):
                    for done in steps:
                        progress.update(done - progress.n)
        except KeyboardInterrupt as error:
            raise CommandError("Stopped: nothing was written.", returncode=130) from error
        except OSError as error:
            raise CommandError(f"Nothing was written. {describe_error(error, target)}") from error
        if verbosity:
            counts = ", ".join(f"{number:,} {split}" for split, number in source.counts.items())
            self.stdout.write(f"{source.counts.total():,} drawings in {target}: {counts}.")
        for damaged in source.damaged:
            self.stderr.write(f"The drawing {damaged} is damaged: it is exported as a white image.")


def parse_filter(options: dict[str, Any]) -> DrawingFilter:
    """Returns the filter. Raises CommandError, with the name of the option, if one is invalid."""
    form = FilterForm(options)
    for name, errors in error_sentences(form).items():
        raise CommandError(f"--{name}: {' '.join(errors)}")
    return form.drawing_filter()


def format_from_suffix(target: Path) -> str:
    """Returns the name of the format. Raises CommandError if the suffix is unknown."""
    suffix = target.suffix.removeprefix(".").lower()
    if suffix and suffix not in FORMATS:
        known = ", ".join(f".{name}" for name in FORMATS)
        raise CommandError(
            f"{target.name} has no suffix of a format ({known}): rename it, or use --format."
        )
    return suffix or "parquet"


def is_folder(target: Path, name: str) -> bool:
    """Whether the target is to be a folder, which only Parquet can be."""
    return name == "parquet" and not target.suffix


def check_target(target: Path, name: str, overwrite: bool) -> None:
    """Raise CommandError if a file or folder exists that must not be replaced."""
    targets = [target, card_beside(target)] if name == "ndjson" else [target]
    existing = [path for path in targets if path.exists()]
    if existing and not overwrite:
        raise CommandError(f"{existing[0]} already exists. Use --overwrite to replace it.")
    if target not in existing:
        return
    folder = is_folder(target, name)
    if target.is_dir() != folder or (folder and not is_export(target)):
        raise CommandError(f"{target} is not an export of this format: name another target.")


def is_export(folder: Path) -> bool:
    """Whether the folder has only what a Parquet export writes."""
    return all(
        path in {folder / "README.md", folder / "data"}
        or (path.parent == folder / "data" and path.suffix == ".parquet")
        for path in folder.rglob("*")
    )


@contextmanager
def write_dataset(target: Path, name: str, source: Source) -> Iterator[Iterator[int]]:
    """Provide the writer's steps, to be run in the `with` block. The target appears after it."""
    if is_folder(target, name):
        with (
            atomic_folder(target) as folder,
            closing(parquet.write_folder(folder, source)) as steps,
        ):
            yield steps
        return
    with ExitStack() as stack:
        # Entered first, so that it is renamed to its target after the drawings.
        card = stack.enter_context(atomic_file(card_beside(target))) if name == "ndjson" else None
        file = stack.enter_context(atomic_file(target))
        with file.open("wb") as out, closing(FORMATS[name].write(out, source)) as steps:
            yield steps
        if card is not None:
            card.write_text(ndjson.card_text(source), encoding="utf-8")


def card_beside(target: Path) -> Path:
    """Returns the path of the dataset card for a format that cannot contain it."""
    return target.with_name(f"{target.name}.md")


def describe_error(error: OSError, target: Path) -> str:
    if error.errno == errno.ENOSPC:
        return "The disk is full: free some space, or name a target on another disk."
    return f"{target} cannot be written: {error.strerror or error}."

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
from drawings.forms import sentences
from drawings.forms.export import FilterForm
from drawings.management.wall_command import WallCommand
from drawings.models import Drawing
from drawings.queries.filters import DrawingFilter
from drawsite.lib.atomic_files import file_draft, folder_draft

SELECTING = {
    "q": "whose title or artist has these words, or the one with this id",
    "cmap": "in this colormap",
    "artist": "by this artist, exactly",
    "since": "sent on this day (UTC) or later, as YYYY-MM-DD",
    "until": "sent on this day (UTC) or earlier, as YYYY-MM-DD",
}


class Command(WallCommand):
    help = (
        "Write the published drawings into one dataset, the oldest first. TARGET's suffix says as"
        " what: .npz (NumPy), .zip (folders of PNGs), .ndjson (strokes), .parquet, .csv (no"
        " pixels); without one it is a folder of Parquet files. It is there whole, or not at all."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target", type=Path, metavar="TARGET")
        parser.add_argument("--format", choices=FORMATS, help="whatever TARGET's suffix is")
        for name, which in SELECTING.items():
            parser.add_argument(f"--{name}", default="", help=f"only drawings {which}")
        parser.add_argument(
            "--status",
            default=Drawing.Status.PUBLISHED,
            choices=Drawing.Status.values,
            help="only drawings of this status (%(default)s)",
        )
        parser.add_argument(
            "--overwrite", action="store_true", help="replace a TARGET that is there"
        )

    def handle(
        self, *, target: Path, format: str | None, overwrite: bool, verbosity: int, **options: Any
    ) -> None:
        drawing_filter = filter_of(options)
        target = target.absolute()
        name = format or format_of(target)
        check(target, name, overwrite)
        if (sentence := find_problem(name, drawing_filter)) is not None:
            raise CommandError(sentence)
        try:
            with snapshot(drawing_filter) as source:
                source.scratch = target.parent
                total = source.count()
                with (
                    dataset(target, name, source) as steps,
                    tqdm(total=total, desc="Exporting", unit=" drawings", disable=None) as progress,
                ):
                    for done in steps:
                        progress.update(done - progress.n)
        except KeyboardInterrupt as error:
            raise CommandError("Stopped: nothing was made.", returncode=130) from error
        except OSError as error:
            raise CommandError(f"Nothing was made. {reason(error, target)}") from error
        if verbosity:
            counts = ", ".join(f"{number:,} {split}" for split, number in source.counts.items())
            self.stdout.write(f"{source.counts.total():,} drawings in {target}: {counts}.")
        for damaged in source.damaged:
            self.stderr.write(f"The drawing {damaged} is damaged: white paper stands for it.")


def filter_of(options: dict[str, Any]) -> DrawingFilter:
    """CommandError says which option makes no sense."""
    form = FilterForm(options)
    for name, found in sentences(form).items():
        raise CommandError(f"--{name}: {' '.join(found)}")
    return form.drawing_filter()


def format_of(target: Path) -> str:
    suffix = target.suffix.removeprefix(".").lower()
    if suffix and suffix not in FORMATS:
        known = ", ".join(f".{name}" for name in FORMATS)
        raise CommandError(
            f"{target.name} does not end as any format does ({known}): rename it, or say --format."
        )
    return suffix or "parquet"


def is_folder(target: Path, name: str) -> bool:
    """Whether the target is a folder: of all formats Parquet alone may be one."""
    return name == "parquet" and not target.suffix


def check(target: Path, name: str, overwrite: bool) -> None:
    """CommandError if there is something that must not be replaced."""
    targets = [target, card_beside(target)] if name == "ndjson" else [target]
    there = [path for path in targets if path.exists()]
    if there and not overwrite:
        raise CommandError(f"{there[0]} is already there. Replace it with --overwrite.")
    if target not in there:
        return
    folder = is_folder(target, name)
    if target.is_dir() != folder or (folder and not is_export(target)):
        raise CommandError(f"{target} is there, and no such export: name another target.")


def is_export(folder: Path) -> bool:
    """Whether nothing is in the folder that an export did not put there."""
    return all(
        path in {folder / "README.md", folder / "data"}
        or (path.parent == folder / "data" and path.suffix == ".parquet")
        for path in folder.rglob("*")
    )


@contextmanager
def dataset(target: Path, name: str, source: Source) -> Iterator[Iterator[int]]:
    """The steps of writing it, which has to be done within; then it is there."""
    if is_folder(target, name):
        with folder_draft(target) as draft, closing(parquet.write_folder(draft, source)) as steps:
            yield steps
        return
    with ExitStack() as drafts:
        # Entered first, so that it is in its place after the drawings.
        beside = drafts.enter_context(file_draft(card_beside(target))) if name == "ndjson" else None
        draft = drafts.enter_context(file_draft(target))
        with draft.open("wb") as out, closing(FORMATS[name].write(out, source)) as steps:
            yield steps
        if beside is not None:
            beside.write_text(ndjson.card_text(source), encoding="utf-8")


def card_beside(target: Path) -> Path:
    """Where the dataset card is of a format that has no place for it."""
    return target.with_name(f"{target.name}.md")


def reason(error: OSError, target: Path) -> str:
    if error.errno == errno.ENOSPC:
        return "The disk is full: make room, or name a target on another one."
    return f"{target} cannot be written: {error.strerror or error}."

"""The texts about a sample and its plots: captions, and alternatives for screen readers."""

from datetime import date
from typing import NamedTuple

from drawings.plotting import gallery_plots
from drawings.queries import sampling
from drawings.queries.sampling import Days, SameSize, Sample


class Figure(NamedTuple):
    """A plot on the page, with its texts."""

    kind: str
    name: str
    text: str
    alt: str
    size: tuple[int, int]  # width and height in pixels
    is_wide: bool


def count_of(number: int, what: str = "drawing") -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def describe_sample(sample: Sample, is_selected: bool) -> str:
    """The drawings of a sample, and those that plots of single pixels leave out."""
    number, of = len(sample.drawings), "of this selection" if is_selected else "on the wall"
    oldest, newest = long_date(sample.oldest_day), long_date(sample.newest_day)
    if sample.is_whole:
        span = f"of {newest}" if oldest == newest else f"from {oldest} to {newest}"
        some = f"The one drawing {of}" if number == 1 else f"All {count_of(number)} {of}"
        taken = f"{some}, {span}."
    else:
        taken = (
            f"A sample of {count_of(number)} {of}: up to {sampling.IN_A_ROW} in a row at each of"
            f" {sampling.PLACES} places, evenly spread in time from the oldest, of {oldest}, to the"
            f" newest, of {newest}."
        )
    same_size = sampling.same_size(sample.drawings)
    left_out = []
    if same_size.other_sizes:
        left_out.append(f"{same_size.other_sizes:,} of other sizes")
    if same_size.not_taken:
        left_out.append(f"{same_size.not_taken:,} more of this size, which are too many pixels")
    if left_out:
        taken += (
            f" Mean, spread and ink show {len(same_size.drawings):,} of them,"
            f" {_size(same_size)} each; left out are {' and '.join(left_out)}."
        )
    return taken


def figures(sample: Sample, days: Days) -> list[Figure]:
    """The plots of a sample, in the order of the page."""
    same_size = sampling.same_size(sample.drawings)
    contacts = len(sampling.contacts(sample.drawings))
    of = f"{count_of(len(same_size.drawings))} of {_size(same_size)}"
    total = sum(number for _, number in days.counts)
    day, most = max(days.counts, key=lambda each: each[1])
    chosen = (
        "All of them" if contacts == len(sample.drawings) else f"{contacts} of them, evenly chosen"
    )
    texts = [
        ("mean", "Mean", "The mean brightness of each pixel.", f"Mean brightness of {of}."),
        (
            "spread",
            "Spread",
            "The standard deviation: bright where the drawings differ most.",
            f"Standard deviation of the brightness of {of}.",
        ),
        (
            "ink",
            "Ink",
            "The share of the drawings with ink at each pixel, darker than middle grey.",
            f"Share with ink at each pixel, of {of}.",
        ),
        (
            "days",
            "Drawings per day",
            _days_caption(days),
            f"Bars: {count_of(total)}{' or more' if days.is_capped else ''} on"
            f" {count_of(len(days.counts), 'day')}, the last of them"
            f" {long_date(days.counts[-1][0])}; most, {count_in_day(days, most)},"
            f" on {long_date(day)}.",
        ),
        (
            "contact",
            "Contact sheet",
            f"{chosen}, the newest first.",
            f"Contact sheet of {count_of(contacts)}, the newest first.",
        ),
    ]
    return [
        Figure(
            kind,
            name,
            text,
            alt,
            gallery_plots.size(kind, (same_size.height, same_size.width), contacts),
            kind not in gallery_plots.MEASURES,
        )
        for kind, name, text, alt in texts
    ]


def count_in_day(days: Days, number: int) -> str:
    """The number of drawings on a day; "or more" where counting stopped."""
    return f"{number:,}{' or more' if number >= days.most else ''}"


def days_byline(days: Days) -> list[str]:
    """The byline of the plot of drawings per day."""
    byline = ["days of UTC"]
    if days.how == "newest":
        byline.append(f"of the newest {sampling.MAX_DRAWINGS:,} found")
    if days.is_capped:
        byline.append(f"{days.most:,} stands for {days.most:,} or more")
    return byline


def _days_caption(days: Days) -> str:
    if days.how == "newest":
        return f"Days (UTC) of the newest {sampling.MAX_DRAWINGS:,} that were found."
    if days.how == "last":
        capped = f" A day is counted as far as {sampling.MAX_IN_A_DAY:,}."
        days_shown = f"The last {len(days.counts)} days (UTC), all drawings."
        return f"{days_shown}{capped if days.is_capped else ''}"
    if len(days.counts) == sampling.MAX_DAYS:
        return f"The last {sampling.MAX_DAYS} days (UTC)."
    return "By days of UTC."


def _size(same_size: SameSize) -> str:
    return f"{same_size.width} × {same_size.height} pixels"


def long_date(day: date) -> str:
    """3 March 2026."""
    return f"{day.day} {day:%B %Y}"

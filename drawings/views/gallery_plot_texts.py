"""What is said of a sample and its figures, for those who read and those who do not see them."""

from datetime import date
from typing import NamedTuple

from drawings.plotting import gallery_plots
from drawings.queries import sampling
from drawings.queries.sampling import Alike, Days, Sample


class Figure(NamedTuple):
    """A figure on the page."""

    kind: str
    name: str
    text: str
    alt: str
    size: tuple[int, int]  # width and height in pixels
    is_wide: bool


def counted(number: int, what: str = "drawing") -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def which(sample: Sample, is_selected: bool) -> str:
    """Which drawings a sample is, and which of them are left out of what is told of each pixel."""
    number, of = len(sample.drawings), "of this selection" if is_selected else "on the wall"
    oldest, newest = spelled(sample.oldest_day), spelled(sample.newest_day)
    if sample.is_whole:
        span = f"of {newest}" if oldest == newest else f"from {oldest} to {newest}"
        some = f"The one drawing {of}" if number == 1 else f"All {counted(number)} {of}"
        taken = f"{some}, {span}."
    else:
        taken = (
            f"A sample of {counted(number)} {of}: up to {sampling.IN_A_ROW} in a row at each of"
            f" {sampling.PLACES} places, evenly spread in time from the oldest, of {oldest}, to the"
            f" newest, of {newest}."
        )
    alike = sampling.alike(sample.drawings)
    left_out = []
    if alike.other_sizes:
        left_out.append(f"{alike.other_sizes:,} of other sizes")
    if alike.not_taken:
        left_out.append(f"{alike.not_taken:,} more of this size, which are too many pixels")
    if left_out:
        taken += (
            f" Mean, spread and ink are of {len(alike.drawings):,} of them, {_size(alike)} each;"
            f" left out are {' and '.join(left_out)}."
        )
    return taken


def figures(sample: Sample, days: Days) -> list[Figure]:
    """The figures of a sample, in the order of the page."""
    alike = sampling.alike(sample.drawings)
    contacts = len(sampling.contacts(sample.drawings))
    of = f"{counted(len(alike.drawings))} of {_size(alike)}"
    total = sum(number for _, number in days.counts)
    day, most = max(days.counts, key=lambda each: each[1])
    chosen = (
        "All of them" if contacts == len(sample.drawings) else f"{contacts} of them, evenly chosen"
    )
    said = [
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
            _how(days),
            f"Bars: {counted(total)}{' or more' if days.is_capped else ''} on"
            f" {counted(len(days.counts), 'day')}, the last of them"
            f" {spelled(days.counts[-1][0])}; most, {in_a_day(days, most)}, on {spelled(day)}.",
        ),
        (
            "contact",
            "Contact sheet",
            f"{chosen}, the newest first.",
            f"Contact sheet of {counted(contacts)}, the newest first.",
        ),
    ]
    return [
        Figure(
            kind,
            name,
            text,
            alt,
            gallery_plots.size(kind, (alike.height, alike.width), contacts),
            kind not in gallery_plots.MEASURES,
        )
        for kind, name, text, alt in said
    ]


def in_a_day(days: Days, number: int) -> str:
    """How many came on one of the days, as far as that was counted."""
    return f"{number:,}{' or more' if number >= days.most else ''}"


def about_days(days: Days) -> list[str]:
    """What the figure of the days says below its title."""
    about = ["days of UTC"]
    if days.how == "newest":
        about.append(f"of the newest {sampling.MOST:,} found")
    if days.is_capped:
        about.append(f"{days.most:,} stands for {days.most:,} or more")
    return about


def _how(days: Days) -> str:
    if days.how == "newest":
        return f"Days (UTC) of the newest {sampling.MOST:,} that were found."
    if days.how == "last":
        capped = f" A day is counted as far as {sampling.MOST_IN_A_DAY:,}."
        which = f"The last {len(days.counts)} days (UTC), all drawings."
        return f"{which}{capped if days.is_capped else ''}"
    if len(days.counts) == sampling.MOST_DAYS:
        return f"The last {sampling.MOST_DAYS} days (UTC)."
    return "By days of UTC."


def _size(alike: Alike) -> str:
    return f"{alike.width} × {alike.height} pixels"


def spelled(day: date) -> str:
    """3 March 2026."""
    return f"{day.day} {day:%B %Y}"

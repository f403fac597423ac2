"""Texts about a sample and its plots: captions, bylines, and alt texts for screen readers."""

from datetime import date
from typing import NamedTuple

from drawings.plotting import gallery_plots
from drawings.queries import sampling
from drawings.queries.sampling import Days, SameSize, Sample


class PlotDescription(NamedTuple):
    """What the page needs to show a plot: its texts and its size."""

    kind: str
    name: str
    text: str
    alt: str
    size: tuple[int, int]  # width and height in pixels
    is_wide: bool


def format_count(number: int, noun: str = "drawing") -> str:
    """The number and the noun, which is plural unless the number is 1."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def describe_sample(sample: Sample, is_selected: bool) -> str:
    """Which drawings a sample has, and which of them the plots of single pixels leave out."""
    number, of = len(sample.drawings), "of this selection" if is_selected else "on the wall"
    oldest, newest = format_date(sample.oldest_day), format_date(sample.newest_day)
    if sample.is_whole:
        span = f"from {newest}" if oldest == newest else f"from {oldest} to {newest}"
        drawings = f"The only drawing {of}" if number == 1 else f"All {format_count(number)} {of}"
        text = f"{drawings}, {span}."
    else:
        text = (
            f"A sample of {format_count(number)} {of}: up to {sampling.PER_PLACE} consecutive ones"
            f" at each of {sampling.PLACES} points in time, evenly spread from the oldest"
            f" ({oldest}) to the newest ({newest})."
        )
    same_size = sampling.pick_same_size(sample.drawings)
    left_out = []
    if same_size.other_sizes:
        left_out.append(f"{same_size.other_sizes:,} of other sizes")
    if same_size.not_taken:
        left_out.append(f"{same_size.not_taken:,} more of this size (too many pixels)")
    if left_out:
        text += (
            f" Mean, spread and ink show {len(same_size.drawings):,} of them,"
            f" {_format_size(same_size)} each, and leave out {' and '.join(left_out)}."
        )
    return text


def describe_plots(sample: Sample, days: Days) -> list[PlotDescription]:
    """The plots of a sample, in the order of the page."""
    same_size = sampling.pick_same_size(sample.drawings)
    contacts = len(sampling.pick_contacts(sample.drawings))
    of = f"{format_count(len(same_size.drawings))} of {_format_size(same_size)}"
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
            "The share of drawings with ink (darker than middle grey) at each pixel.",
            f"Share with ink at each pixel of {of}.",
        ),
        (
            "days",
            "Drawings per day",
            _days_caption(days),
            f"Bars: {format_count(total)}{' or more' if days.is_capped else ''} on"
            f" {format_count(len(days.counts), 'day')}, ending {format_date(days.counts[-1][0])}."
            f" The most, {format_day_count(days, most)}, on {format_date(day)}.",
        ),
        (
            "contact",
            "Contact sheet",
            f"{chosen}, newest first.",
            f"Contact sheet of {format_count(contacts)}, newest first.",
        ),
    ]
    return [
        PlotDescription(
            kind,
            name,
            text,
            alt,
            gallery_plots.plot_size(kind, (same_size.height, same_size.width), contacts),
            kind not in gallery_plots.MEASURES,
        )
        for kind, name, text, alt in texts
    ]


def format_day_count(days: Days, number: int) -> str:
    """The number of drawings on a day; "or more" where counting stopped."""
    return f"{number:,}{' or more' if number >= days.most else ''}"


def days_byline(days: Days) -> list[str]:
    """The byline of the plot of drawings per day."""
    byline = ["days in UTC"]
    if days.how == "newest":
        byline.append(f"newest {sampling.MAX_DRAWINGS:,} found")
    if days.is_capped:
        byline.append(f"{days.most:,} means {days.most:,} or more")
    return byline


def _days_caption(days: Days) -> str:
    if days.how == "newest":
        return f"The newest {sampling.MAX_DRAWINGS:,} drawings found, by day (UTC)."
    if days.how == "last":
        capped = f" Each day is counted up to {sampling.MAX_PER_DAY:,}."
        days_shown = f"The last {len(days.counts)} days (UTC), all drawings."
        return f"{days_shown}{capped if days.is_capped else ''}"
    if len(days.counts) == sampling.MAX_DAYS:
        return f"The last {sampling.MAX_DAYS} days (UTC)."
    return "By day (UTC)."


def _format_size(same_size: SameSize) -> str:
    return f"{same_size.width} × {same_size.height} pixels"


def format_date(day: date) -> str:
    """The date as in "3 March 2026"."""
    return f"{day.day} {day:%B %Y}"

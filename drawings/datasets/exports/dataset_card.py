"""The dataset card that goes with an export: Markdown behind the YAML that Hugging Face reads."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from drawings.datasets.exports.source import Source
from drawings.datasets.splits import SPLITS

# Hugging Face's names for how many rows there are.
SIZES = {
    1_000: "n<1K",
    10_000: "1K<n<10K",
    100_000: "10K<n<100K",
    1_000_000: "100K<n<1M",
    10_000_000: "1M<n<10M",
    100_000_000: "10M<n<100M",
    1_000_000_000: "100M<n<1B",
}
LARGER = "n>1B"

# What all formats say of a drawing, by the name that they have for it.
SAID = {
    "id": "the drawing's id: a UUIDv7, which begins with the time that it was sent at",
    "label": "its title, as it was typed; empty if it has none",
    "artist": "the name that its artist gave; empty if none was given",
    "colormap": "the colormap of matplotlib that it is shown in",
    "width": "pixels from left to right",
    "height": "pixels from top to bottom",
    "vmin": "the brightness that gets the colormap's first colour",
    "vmax": "the brightness that gets the colormap's last colour",
    "created_at": "when it was sent, in UTC",
    "split": "`train`, `validation` or `test`",
}
STROKES = "null if there is none, or `manage.py verify_strokes` has not found that it fits"
STATUS = {"status": "`published`, `pending` or `hidden` on the wall"}

SELECTED = {
    "q": "found by the search for",
    "cmap": "in the colormap",
    "artist": "by the artist",
    "since": "sent from this time on:",
    "until": "sent before",
    "status": "with the status",
}

CARD = """\
---
pretty_name: Drawings of a wall
task_categories:
- unconditional-image-generation
- image-classification
tags:
- drawings
- sketches
size_categories:
- {size}
{configs}# license: the name of the terms, once you have decided on them
---

# Drawings of a wall

{number:,} drawings that people sent to a drawing wall, taken out on {now:%d %B %Y at %H:%M} UTC.

A drawing is a field of brightness, one byte a pixel: **0 is black ink, 255 is white paper**. (MNIST
and the bitmaps of Quick, Draw! have it the other way round: subtract from 255 to compare.)

## Splits

| split | drawings |
| --- | --- |
{splits}

A drawing's split depends on its id alone, so it is the same in every export: the first 8 bytes of
the SHA-256 of the id's 16 bytes, as a big-endian number, modulo 100. Below 80 it is `train`, below
90 `validation`, else `test`.

## Which drawings

{selection}

## Fields

{layout}

| field | what |
| --- | --- |
{fields}

## Loading

{loading}

## Licence

This card names none. Only who runs the wall can say on which terms its artists drew: say it here,
and in the first lines of this file, before you pass the drawings on.
"""


def text(
    source: Source,
    *,
    layout: str,
    fields: Mapping[str, str],
    loading: str,
    data_files: str = "",
) -> str:
    """The card of an export of all that was read from the source.

    `data_files` is where the files of a split are, with `{split}` for its name, for a format that
    Hugging Face's `datasets` cannot find them in by itself.
    """
    present = [split for split in SPLITS if source.counts[split]]
    number = source.counts.total()
    configs = ["configs:", "- config_name: default", "  data_files:"]
    for split in present:
        configs += [f"  - split: {split}", f"    path: {data_files.format(split=split)}"]
    return CARD.format(
        size=next((name for most, name in SIZES.items() if number < most), LARGER),
        configs="".join(f"{line}\n" for line in configs) if data_files and present else "",
        number=number,
        now=datetime.now(UTC),
        splits="\n".join(f"| {split} | {source.counts[split]:,} |" for split in SPLITS),
        selection="\n".join(
            f"- {SELECTED[name]} {_quoted(value)}"
            for name, value in source.filter.described().items()
        )
        + "".join(f"\n- `{each}` is damaged: white paper stands for it" for each in source.damaged),
        layout=layout,
        fields="\n".join(
            f"| `{name}` | {what} |"
            for name, what in {**fields, **(STATUS if source.has_status else {})}.items()
        ),
        loading=loading,
    )


def _quoted(text: str) -> str:
    """As code, whatever is in it that Markdown or HTML would take for its own."""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence} {text} {fence}"

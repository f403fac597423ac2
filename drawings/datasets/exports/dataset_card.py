"""The dataset card of an export: YAML front matter for Hugging Face, then Markdown."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from drawings.datasets.exports.source import Source
from drawings.datasets.splits import SPLITS

# Hugging Face's size categories, by their upper bound (exclusive).
SIZE_CATEGORIES = {
    1_000: "n<1K",
    10_000: "1K<n<10K",
    100_000: "10K<n<100K",
    1_000_000: "100K<n<1M",
    10_000_000: "1M<n<10M",
    100_000_000: "10M<n<100M",
    1_000_000_000: "100M<n<1B",
}
LARGEST_CATEGORY = "n>1B"

# The fields that all formats have, by the name that most of them use.
FIELD_DESCRIPTIONS = {
    "id": "the drawing's id: a UUIDv7, which begins with the time at which it was sent",
    "label": "its title; empty if it has none",
    "artist": "the name that its artist gave; empty if there is none",
    "colormap": "the colormap of the drawing: one of matplotlib's, or crayons",
    "width": "its width in pixels",
    "height": "its height in pixels",
    "vmin": "the brightness that gets the colormap's first colour",
    "vmax": "the brightness that gets the colormap's last colour",
    "created_at": "when it was sent, in UTC",
    "split": "`train`, `validation` or `test`",
}
STROKES_NULL = "null unless it is verified and public"
STATUS_DESCRIPTION = {"status": "`published`, `pending` or `hidden`"}

FILTER_DESCRIPTIONS = {
    "q": "matching the search",
    "cmap": "in the colormap",
    "artist": "by the artist",
    "since": "sent at or after",
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

{number:,} drawings that people sent to a drawing wall, exported on {now:%d %B %Y at %H:%M} UTC.

A drawing is a field of brightness, one byte a pixel: **0 is black ink, 255 is white paper**. (In
MNIST and the bitmaps of Quick, Draw! it is the other way round: subtract from 255 to compare.)

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

This card names no licence. Only the site's owner can say under which terms the artists drew.
Before you share the drawings, state the licence here and in the first lines of this file.
"""


def render_card(
    source: Source,
    *,
    layout: str,
    fields: Mapping[str, str],
    loading: str,
    data_files: str = "",
) -> str:
    """Returns the card of an export of all drawings read from the source, as Markdown.

    `layout` describes the files, `fields` maps the name of each field to its description, and
    `loading` has code examples. `data_files` is a glob of a split's files with `{split}` for its
    name, for a format whose files Hugging Face's `datasets` cannot find by itself.
    """
    present = [split for split in SPLITS if source.counts[split]]
    number = source.counts.total()
    configs = ["configs:", "- config_name: default", "  data_files:"]
    for split in present:
        configs += [f"  - split: {split}", f"    path: {data_files.format(split=split)}"]
    return CARD.format(
        size=next(
            (name for limit, name in SIZE_CATEGORIES.items() if number < limit), LARGEST_CATEGORY
        ),
        configs="".join(f"{line}\n" for line in configs) if data_files and present else "",
        number=number,
        now=datetime.now(UTC),
        splits="\n".join(f"| {split} | {source.counts[split]:,} |" for split in SPLITS),
        selection="\n".join(
            f"- {FILTER_DESCRIPTIONS[name]} {_as_code(value)}"
            for name, value in source.filter.describe().items()
        )
        + "".join(f"\n- `{each}` is damaged: it is a white image here" for each in source.damaged),
        layout=layout,
        fields="\n".join(
            f"| `{name}` | {description} |"
            for name, description in {
                **fields,
                **(STATUS_DESCRIPTION if source.has_status else {}),
            }.items()
        ),
        loading=loading,
    )


def _as_code(text: str) -> str:
    """Returns the text as inline code, so that Markdown and HTML in it have no effect."""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence} {text} {fence}"

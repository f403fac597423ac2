"""The names of files that people download."""

import re
import unicodedata
from typing import Protocol
from uuid import UUID

# File systems allow names of 255 bytes; the rest is for what follows the title.
MAX_BYTES = 160
# Characters with a meaning to Windows, to a shell or in a Content-Disposition header.
UNSAFE = re.compile(r'[/\\:*?"<>|%;`$&\']')
# Unicode categories: control, format, unassigned, private use, surrogate, separators.
INVISIBLE = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
# Windows takes a name for a device if it is one of these up to the first dot.
DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(\.|$)", re.I)
AT_THE_EDGES = " .-~_"


class HasTitle(Protocol):
    """A drawing, or some columns of it."""

    @property
    def id(self) -> UUID: ...

    @property
    def title(self) -> str: ...


def file_name(drawing: HasTitle, ending: str) -> str:
    """A name that is safe on any system, such as `Sleeping cat (5f0e21aa).npy` for "npy".

    The digits are the last ones of the id, which tell drawings of one title apart. (The first ones
    are the time.)
    """
    return f"{safe_stem(drawing.title)} ({drawing.id.hex[-8:]}).{ending}"


def safe_stem(title: str) -> str:
    """The title without unsafe characters, in any script; "Untitled" if nothing is left."""
    text = "".join(
        " " if unicodedata.category(each) in INVISIBLE else each
        for each in unicodedata.normalize("NFC", title)
    )
    text = " ".join(UNSAFE.sub(" ", text).split()).strip(AT_THE_EDGES)
    text = text.encode()[:MAX_BYTES].decode(errors="ignore").rstrip(AT_THE_EDGES)
    if DEVICE.match(text):
        text = f"Drawing {text}"
    return text or "Untitled"

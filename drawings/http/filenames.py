"""What the files are called that people take with them."""

import re
import unicodedata
from typing import Protocol
from uuid import UUID

# File systems hold names of 255 bytes; what follows the title has room in the rest.
MOST_BYTES = 160
# Signs that are more than letters to Windows, to a shell or to a Content-Disposition header.
UNSAFE = re.compile(r'[/\\:*?"<>|%;`$&\']')
# Controls, marks of direction and other format characters, private, surrogates, line separators.
INVISIBLE = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
# A file is a device to Windows if its name is one of these up to the first dot.
DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(\.|$)", re.I)
AT_THE_EDGES = " .-~_"


class HasTitle(Protocol):
    """A drawing, as much of it as was read."""

    @property
    def id(self) -> UUID: ...

    @property
    def title(self) -> str: ...


def file_name(drawing: HasTitle, ending: str) -> str:
    """`Sleeping cat (5f0e21aa).npy`, for the ending `npy`: a safe name on any system.

    In brackets are the last digits of the id, which tell drawings of one title apart: the first
    ones are the minute that it came in.
    """
    return f"{safe_stem(drawing.title)} ({drawing.id.hex[-8:]}).{ending}"


def safe_stem(title: str) -> str:
    """The title as a file can be called, in any script: "Untitled" if nothing of it is left."""
    text = "".join(
        " " if unicodedata.category(each) in INVISIBLE else each
        for each in unicodedata.normalize("NFC", title)
    )
    text = " ".join(UNSAFE.sub(" ", text).split()).strip(AT_THE_EDGES)
    text = text.encode()[:MOST_BYTES].decode(errors="ignore").rstrip(AT_THE_EDGES)
    if DEVICE.match(text):
        text = f"Drawing {text}"
    return text or "Untitled"

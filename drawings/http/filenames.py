"""Names for the files that people download."""

import re
import unicodedata
from typing import Protocol
from uuid import UUID

# File systems allow names of 255 bytes; the rest is for the id and the extension.
MAX_BYTES = 160
# Characters that are special to Windows, to shells or in a Content-Disposition header.
UNSAFE = re.compile(r'[/\\:*?"<>|%;`$&\']')
# Unicode categories: control, format, unassigned, private use, surrogate, separators.
INVISIBLE = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
# Windows treats a name as a device if the part before its first dot is one of these.
DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(\.|$)", re.I)
STRIPPED_AT_EDGES = " .-~_"


class HasTitle(Protocol):
    """A drawing, or some columns of it."""

    @property
    def id(self) -> UUID: ...

    @property
    def title(self) -> str: ...


def file_name(drawing: HasTitle, extension: str) -> str:
    """Returns a name that is safe on any system, such as `Sleeping cat (5f0e21aa).npy` for "npy".

    The id's last digits distinguish drawings with the same title. (Its first digits are the time.)
    """
    return f"{safe_stem(drawing.title)} ({drawing.id.hex[-8:]}).{extension}"


def safe_stem(title: str) -> str:
    """Returns the title, in any script, without unsafe characters; "Untitled" if none is left."""
    text = "".join(
        " " if unicodedata.category(each) in INVISIBLE else each
        for each in unicodedata.normalize("NFC", title)
    )
    text = " ".join(UNSAFE.sub(" ", text).split()).strip(STRIPPED_AT_EDGES)
    text = text.encode()[:MAX_BYTES].decode(errors="ignore").rstrip(STRIPPED_AT_EDGES)
    if DEVICE.match(text):
        text = f"Drawing {text}"
    return text or "Untitled"

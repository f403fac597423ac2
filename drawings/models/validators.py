"""What text and names may be, wherever they come in: the site, the admin, imports."""

import unicodedata

from django.core.exceptions import ValidationError

from drawings.imaging import colormaps

# Control characters, lone surrogates, line and paragraph separators.
REFUSED_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
# What bytes that are not text decode to, and what turns the direction of a whole page's text.
REFUSED = set("\ufffd\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Letters and symbols to Unicode, nothing to the eye.
INVISIBLE = set("\u115f\u1160\u2800\u3164\uffa0")


def validate_line(value: str) -> None:
    """One line of text that every database can keep and that can be seen."""
    if any(unicodedata.category(char) in REFUSED_CATEGORIES or char in REFUSED for char in value):
        raise ValidationError("This contains a character we can't use. Please remove it.")
    if not any(
        unicodedata.category(char)[0] not in "CZ" and char not in INVISIBLE for char in value
    ):
        raise ValidationError("This has no character that can be seen.")


def validate_colormap(value: str) -> None:
    """A colormap that matplotlib has."""
    if not colormaps.is_colormap(value):
        raise ValidationError("matplotlib has no colormap of this name.")

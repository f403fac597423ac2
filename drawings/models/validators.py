"""Validators for text and names from the site, the admin and imports."""

import unicodedata

from django.core.exceptions import ValidationError

from drawings.imaging import colormaps

# Control characters, lone surrogates, line and paragraph separators.
REFUSED_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
# The replacement character, and characters that change the direction of the text around them.
REFUSED = set("\ufffd\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Letters and symbols in Unicode that look empty.
INVISIBLE = set("\u115f\u1160\u2800\u3164\uffa0")


def validate_line(value: str) -> None:
    """Raise ValidationError unless the value is one visible line that every database can store."""
    if any(unicodedata.category(char) in REFUSED_CATEGORIES or char in REFUSED for char in value):
        raise ValidationError("This contains a character we can't use. Please remove it.")
    if not any(
        unicodedata.category(char)[0] not in "CZ" and char not in INVISIBLE for char in value
    ):
        raise ValidationError("This looks empty. Please use visible characters.")


def validate_colormap(value: str) -> None:
    """Raise ValidationError unless there is a colormap of this name."""
    if not colormaps.is_colormap(value):
        raise ValidationError("There is no colormap of this name.")

"""JSON from strangers: every way in which it can be bad is one kind of error."""

import json
from typing import Any


def loads(text: str | bytes) -> Any:
    """What the text says. ValueError if it is not JSON, nested too deep, or has a number too long.

    NaN and Infinity still come through, as in Python's own parser: who takes numbers checks them.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error

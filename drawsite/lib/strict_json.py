"""JSON from untrusted clients: every fault raises the same exception."""

import json
from typing import Any


def loads(text: str | bytes) -> Any:
    """Like json.loads. Raises ValueError if the text is not JSON, is nested too deeply, or has an
    integer with too many digits.

    NaN and Infinity are accepted, as in json.loads: callers that expect numbers must check them.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error

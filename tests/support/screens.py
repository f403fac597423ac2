"""Touch screens of several sizes, for tests of the studio."""

from typing import Any

import pytest


def screen(width: int, height: int, **more: Any) -> Any:
    """A touch screen of this size in CSS pixels, to parametrize a test with."""
    marker = pytest.mark.browser_context_args(
        viewport={"width": width, "height": height}, is_mobile=True, **more
    )
    return pytest.param(marks=marker, id=f"{width}x{height}")


SCREENS = [screen(360, 640), screen(390, 664), screen(844, 390), screen(820, 1180)]
on_every_screen = pytest.mark.parametrize((), SCREENS)
on_a_phone = pytest.mark.parametrize((), [screen(390, 664)])

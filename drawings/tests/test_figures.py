import numpy as np
import pytest
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from drawings import figures
from drawings.tests import samples


@pytest.mark.parametrize(
    ("height", "width", "scale"), [(240, 240, 2), (120, 120, 4), (120, 240, 2), (480, 160, 1)]
)
def test_a_figure_is_the_picture_at_480_pixels(height, width, scale):
    field = samples.shades(height, width)

    png = figures.image_png(field, cmap="viridis", vmin=20, vmax=180)

    colours = ScalarMappable(Normalize(20, 180), "viridis").to_rgba(field, bytes=True)
    expected = colours.repeat(scale, axis=0).repeat(scale, axis=1)
    assert np.array_equal(samples.decoded(png, "RGBA"), expected)


@pytest.mark.parametrize(("height", "width"), [(16, 16), (16, 1024), (1024, 16)])
def test_a_figure_of_any_size_is_at_most_480_pixels_a_side(height, width):
    png = figures.image_png(samples.shades(height, width), cmap="gray", vmin=0, vmax=255)

    shape = samples.decoded(png).shape[:2]
    assert max(shape) == 480
    assert min(shape) == pytest.approx(480 * min(height, width) / max(height, width), abs=1)

"""The crayons' colours: the colormap `crayons` itself is tested with all others."""

import matplotlib
import numpy as np
import pytest

from drawings.imaging import colormaps
from drawings.imaging.crayons import CRAYONS, drawing_shades


def lightness(rgb):
    """CIELAB's L* (0 to 100) of sRGB bytes: IEC 61966-2-1, and CIE 15 with its white point D65."""
    values = np.asarray(rgb) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    luminance = linear @ (0.2126, 0.7152, 0.0722)
    return 116 * np.cbrt(luminance) - 16 if luminance > 216 / 24389 else luminance * 24389 / 27


def rgb_of(colour):
    return tuple(bytes.fromhex(colour[1:]))


def test_there_are_sixteen_from_black_to_white():
    assert len(set(CRAYONS.values())) == len(CRAYONS) == 16
    assert next(iter(CRAYONS.items())) == ("Black", "#000000")
    assert list(CRAYONS.items())[-1] == ("White", "#ffffff")


def test_they_are_ordered_by_luminance():
    all_lightness = [lightness(rgb_of(colour)) for colour in CRAYONS.values()]

    assert all_lightness == sorted(all_lightness)


@pytest.mark.parametrize("number", range(1, 15))
def test_each_is_as_light_as_the_grey_in_the_middle_of_its_shades(number):
    colour = list(CRAYONS.values())[number]
    greys = [16 * number + 7, 16 * number + 8]

    for grey in greys:
        assert abs(lightness(rgb_of(colour)) - lightness((grey,) * 3)) <= 6


def test_each_covers_sixteen_shades_in_matplotlib():
    colours = matplotlib.colormaps["crayons"](np.arange(256) / 255, bytes=True)[:, :3]

    expected = np.repeat([rgb_of(colour) for colour in CRAYONS.values()], 16, axis=0)
    assert np.array_equal(colours, expected)


def test_the_shade_that_a_crayon_leaves_has_its_colour():
    hex_colours = colormaps.hex_colours("crayons")

    for shade, name, colour in drawing_shades():
        assert hex_colours[shade] == colour == CRAYONS[name]
    assert [shade for shade, _, _ in drawing_shades()] == [0, *range(23, 240, 16), 255]

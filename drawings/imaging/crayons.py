"""The site's own colours: sixteen crayons for drawing, ordered by luminance."""

# From darkest to lightest: name and sRGB colour. Each covers 16 of the 256 shades, and its CIELAB
# lightness is within 6 of that of the grey in their middle. So a drawing made with crayons looks
# right in grey, too.
CRAYONS = {
    "Black": "#000000",
    "Navy": "#12154a",
    "Purple": "#471273",
    "Brown": "#6b2f12",
    "Dark green": "#0b5a2b",
    "Blue": "#1f4fd8",
    "Red": "#dc1f26",
    "Grey": "#777777",
    "Tan": "#b3814f",
    "Green": "#3fae3a",
    "Orange": "#ff8a1a",
    "Sky": "#54bdf2",
    "Pink": "#ffb0cd",
    "Peach": "#ffd4b0",
    "Yellow": "#ffe833",
    "White": "#ffffff",
}
SHADES_EACH = 256 // len(CRAYONS)


def drawing_shades() -> list[tuple[int, str, str]]:
    """The shade (0 to 255) that each crayon leaves, with its name and colour.

    It is the middle of the crayon's shades, except that black is ink's 0 and white is paper's 255.
    """
    middles = [number * SHADES_EACH + SHADES_EACH // 2 - 1 for number in range(len(CRAYONS))]
    shades = [0, *middles[1:-1], 255]
    return [(shade, *crayon) for shade, crayon in zip(shades, CRAYONS.items(), strict=True)]

// @ts-check
/**
 * Which colour is nearest to another, as people see it: the distance in CIELAB (CIE 76), of sRGB
 * colours (IEC 61966-2-1) under D65.
 */

const WHITE_POINT = [0.95047, 1, 1.08883];
const LINEAR = Float64Array.from({ length: 256 }, (_, byte) => {
  const value = byte / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
});

/**
 * Returns L*, a* and b* of a colour, of which each part is 0 to 255.
 *
 * @param {number} red
 * @param {number} green
 * @param {number} blue
 * @returns {[number, number, number]}
 */
export function toLab(red, green, blue) {
  const [r, g, b] = [LINEAR[red], LINEAR[green], LINEAR[blue]];
  const x = compress((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / WHITE_POINT[0]);
  const y = compress((0.2126729 * r + 0.7151522 * g + 0.072175 * b) / WHITE_POINT[1]);
  const z = compress((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / WHITE_POINT[2]);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function compress(value) {
  return value > 216 / 24389 ? Math.cbrt(value) : (value * (24389 / 27) + 16) / 116;
}

/**
 * Returns the index of the colour that is nearest to each pixel.
 *
 * @param {Uint8ClampedArray} rgba four bytes for each pixel, opaque
 * @param {[number, number, number][]} colours in CIELAB, at most 256
 * @returns {Uint8Array}
 */
export function nearestColours(rgba, colours) {
  const nearest = new Uint8Array(rgba.length / 4);
  for (let pixel = 0; pixel < nearest.length; pixel++) {
    const at = 4 * pixel;
    const [l, a, b] = toLab(rgba[at], rgba[at + 1], rgba[at + 2]);
    let least = Number.POSITIVE_INFINITY;
    for (let index = 0; index < colours.length; index++) {
      const colour = colours[index];
      const distance = (colour[0] - l) ** 2 + (colour[1] - a) ** 2 + (colour[2] - b) ** 2;
      if (distance >= least) continue;
      least = distance;
      nearest[pixel] = index;
    }
  }
  return nearest;
}

// @ts-check
/** @import { ColourTable, Field, Rect } from "../types.js" */

/** Shows a field on a canvas in a colormap's colours, with one putImageData per change. */
export class Renderer {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Field} field
   * @param {ColourTable} colours
   */
  constructor(canvas, field, colours) {
    this.colours = colours;
    this.context = canvas.getContext("2d", { alpha: false });
    this.setField(field, canvas);
  }

  /**
   * @param {Field} field
   * @param {HTMLCanvasElement | OffscreenCanvas} [canvas]
   */
  setField(field, canvas = this.context.canvas) {
    this.field = field;
    canvas.width = field.width;
    canvas.height = field.height;
    this.image = this.context.createImageData(field.width, field.height);
    this.packed = new Uint32Array(this.image.data.buffer);
    this.paint();
  }

  /** @param {ColourTable} colours */
  setColours(colours) {
    this.colours = colours;
    this.paint();
  }

  /** @param {Rect} [rect] the changed pixels; all if left out */
  paint(rect) {
    const { pixels, width, height } = this.field;
    const { x0, y0, x1, y1 } = rect ?? { x0: 0, y0: 0, x1: width, y1: height };
    for (let y = y0; y < y1; y++) {
      for (let i = y * width + x0; i < y * width + x1; i++) {
        this.packed[i] = this.colours[pixels[i]];
      }
    }
    this.context.putImageData(this.image, 0, 0, x0, y0, x1 - x0, y1 - y0);
  }
}

/**
 * Returns matplotlib's `gray`, for use until another colour table is loaded.
 *
 * @returns {ColourTable}
 */
export function greyColours() {
  return packColours(Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3)));
}

/**
 * Returns the table of a colormap that has a few colours only, each for as many shades.
 *
 * @param {string[]} colours as "#rrggbb"; their number divides 256
 * @returns {ColourTable}
 */
export function tableOf(colours) {
  const bytes = colours.map((colour) =>
    [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)),
  );
  return packColours(
    Uint8Array.from(
      { length: 768 },
      (_, i) => bytes[Math.floor((i / 768) * colours.length)][i % 3],
    ),
  );
}

/**
 * Fetches a colour table.
 *
 * @param {string} url a palette PNG's
 * @returns {Promise<ColourTable>}
 */
export async function fetchColours(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  const { readPalette } = await import("../raster/png.js");
  return packColours(readPalette(await response.arrayBuffer()));
}

function packColours(rgb) {
  const bytes = new Uint8Array(1024).fill(255);
  for (let shade = 0; shade < 256; shade++) {
    bytes.set(rgb.subarray(shade * 3, shade * 3 + 3), shade * 4);
  }
  return new Uint32Array(bytes.buffer);
}

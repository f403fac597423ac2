import { readPalette } from "../raster/png.js";

/** Shows a field on a canvas in the colours of a colormap, one putImageData a change. */
export class Display {
  constructor(canvas, paper, colours) {
    this.colours = colours; // 256 packed RGBA values, in the machine's own byte order
    this.context = canvas.getContext("2d", { alpha: false });
    this.show(paper, canvas);
  }

  /** Show this paper from now on. */
  show(paper, canvas = this.context.canvas) {
    this.paper = paper;
    canvas.width = paper.width;
    canvas.height = paper.height;
    this.image = this.context.createImageData(paper.width, paper.height);
    this.packed = new Uint32Array(this.image.data.buffer);
    this.paint();
  }

  recolour(colours) {
    this.colours = colours;
    this.paint();
  }

  /** Paint a rectangle of the paper, or all of it. */
  paint(rect) {
    const { pixels, width, height } = this.paper;
    const { x0, y0, x1, y1 } = rect ?? { x0: 0, y0: 0, x1: width, y1: height };
    for (let y = y0; y < y1; y++) {
      for (let i = y * width + x0; i < y * width + x1; i++) {
        this.packed[i] = this.colours[pixels[i]];
      }
    }
    this.context.putImageData(this.image, 0, 0, x0, y0, x1 - x0, y1 - y0);
  }
}

/** matplotlib's `gray`: what the canvas shows until another table has come. */
export function greys() {
  return pack(Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3)));
}

/** A colormap's table, from the server's strip of it. */
export async function fetchColours(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return pack(readPalette(await response.arrayBuffer()));
}

function pack(rgb) {
  const bytes = new Uint8Array(1024).fill(255);
  for (let shade = 0; shade < 256; shade++) {
    bytes.set(rgb.subarray(shade * 3, shade * 3 + 3), shade * 4);
  }
  return new Uint32Array(bytes.buffer);
}

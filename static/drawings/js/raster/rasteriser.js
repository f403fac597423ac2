// @ts-check
/**
 * Draws operations into pixels, exactly as docs/strokes.md defines them. In IEEE doubles, with the
 * same steps in the same order, drawings/imaging/rasteriser.py gives the same bytes.
 */

/** @import { Axis, Fill, Point, Rect } from "../types.js" */

export const WHITE = 255;

/** How far from the flood an edge may be. */
const EDGE_WIDTH = 2;

/**
 * The smallest rectangle around two others, each of which may be null.
 *
 * @param {Rect | null} a
 * @param {Rect | null} b
 * @returns {Rect | null}
 */
export function unionRects(a, b) {
  if (!a || !b) return a ?? b;
  return {
    x0: Math.min(a.x0, b.x0),
    y0: Math.min(a.y0, b.y0),
    x1: Math.max(a.x1, b.x1),
    y1: Math.max(a.y1, b.y1),
  };
}

/** Draws strokes into a field, point by point. */
export class Rasteriser {
  /**
   * @param {Uint8Array} pixels the field, row by row: strokes change it in place
   * @param {number} width
   * @param {number} height
   */
  constructor(pixels, width, height) {
    this.pixels = pixels;
    this.width = width;
    this.height = height;
    this.before = new Uint8Array(pixels.length);
    this.coverage = new Float64Array(pixels.length);
  }

  /**
   * Begins a stroke.
   *
   * @param {number} shade 0 to 255
   * @param {boolean} [antialiased]
   */
  begin(shade, antialiased = true) {
    this.shade = shade;
    this.antialiased = antialiased;
    this.last = null;
    this.touched = null;
    this.before.set(this.pixels);
  }

  /**
   * Continues the stroke to a point. Returns the rectangle that may have changed.
   *
   * @param {Point} point
   * @returns {Rect | null}
   */
  extend(point) {
    const changed = this.#drawSegment(this.last ?? point, point);
    this.last = point;
    this.touched = unionRects(this.touched, changed);
    return changed;
  }

  /**
   * Removes everything the stroke has drawn so far. Returns the rectangle that changed.
   *
   * @returns {Rect | null}
   */
  restart() {
    const rect = this.touched;
    this.#clearCoverage((row, x0, x1) => {
      this.pixels.set(this.before.subarray(row + x0, row + x1), row + x0);
    });
    this.last = null;
    this.touched = null;
    return rect;
  }

  /**
   * Ends the stroke. Returns the rectangle it touched and the pixels that were there before.
   *
   * @returns {{rect: Rect, before: Uint8Array} | null}
   */
  end() {
    const rect = this.touched;
    if (!rect) return null;
    this.#clearCoverage(() => {});
    return { rect, before: copyRect(this.before, this.width, rect) };
  }

  #clearCoverage(onRow) {
    if (!this.touched) return;
    const { x0, y0, x1, y1 } = this.touched;
    for (let y = y0; y < y1; y++) {
      const row = y * this.width;
      this.coverage.fill(0, row + x0, row + x1);
      onRow(row, x0, x1);
    }
  }

  #drawSegment([ax, ay, ar], [bx, by, br]) {
    const { pixels, before, coverage, width, height, shade, antialiased } = this;
    const reach = Math.max(ar, br) + 1;
    const x0 = Math.max(0, Math.floor(Math.min(ax, bx) - reach));
    const y0 = Math.max(0, Math.floor(Math.min(ay, by) - reach));
    const x1 = Math.min(width, Math.ceil(Math.max(ax, bx) + reach));
    const y1 = Math.min(height, Math.ceil(Math.max(ay, by) + reach));
    if (x0 >= x1 || y0 >= y1) return null;
    const dx = bx - ax;
    const dy = by - ay;
    const dr = br - ar;
    const squared = dx * dx + dy * dy;
    for (let j = y0; j < y1; j++) {
      const py = j + 0.5 - ay;
      for (let i = x0; i < x1; i++) {
        const px = i + 0.5 - ax;
        let along = 0;
        if (squared > 0) along = Math.min(1, Math.max(0, (px * dx + py * dy) / squared));
        const ex = px - along * dx;
        const ey = py - along * dy;
        const reached = ar + along * dr + 0.5 - Math.sqrt(ex * ex + ey * ey);
        const covered = antialiased ? Math.min(1, reached) : Number(reached >= 0.5);
        const at = j * width + i;
        if (covered <= coverage[at]) continue;
        coverage[at] = covered;
        pixels[at] = Math.floor(before[at] + (shade - before[at]) * covered + 0.5);
      }
    }
    return { x0, y0, x1, y1 };
  }
}

/**
 * Copies a rectangle's pixels, row by row.
 *
 * @param {Uint8Array} pixels
 * @param {number} width
 * @param {Rect} rect
 * @returns {Uint8Array}
 */
export function copyRect(pixels, width, { x0, y0, x1, y1 }) {
  const part = new Uint8Array((x1 - x0) * (y1 - y0));
  for (let y = y0; y < y1; y++) {
    const row = y * width;
    part.set(pixels.subarray(row + x0, row + x1), (y - y0) * (x1 - x0));
  }
  return part;
}

/**
 * Writes pixels that `copyRect` returned back into a field.
 *
 * @param {Uint8Array} pixels
 * @param {number} width
 * @param {Rect} rect
 * @param {Uint8Array} part
 */
export function pasteRect(pixels, width, { x0, y0, x1, y1 }, part) {
  for (let y = y0; y < y1; y++) {
    const row = (y - y0) * (x1 - x0);
    pixels.set(part.subarray(row, row + x1 - x0), y * width + x0);
  }
}

/**
 * Fills from pixel (x, y), over the four neighbours, every pixel whose brightness is within
 * `tolerance` of the first one's. If antialiased, blends the edges beside the fill into the new
 * shade, by the rule of a version of the document. Returns the rectangle that may have changed.
 *
 * @param {Uint8Array} pixels
 * @param {number} width
 * @param {number} height
 * @param {Fill} fill
 * @param {number} version
 * @returns {Rect}
 */
export function floodFill(pixels, width, height, fill, version) {
  const { x, y, tolerance, shade, antialiased } = fill;
  const origin = pixels[y * width + x];
  const inside = (at) => Math.abs(pixels[at] - origin) <= tolerance && !filled[at];
  const filled = new Uint8Array(pixels.length);
  const runs = []; // each as two numbers: where it begins, and where the next pixel is
  let rect = null;
  const seeds = [y * width + x];
  while (seeds.length) {
    const seed = seeds.pop();
    if (!inside(seed)) continue;
    const row = seed - (seed % width);
    let left = seed;
    let right = seed;
    while (left > row && inside(left - 1)) left--;
    while (right < row + width - 1 && inside(right + 1)) right++;
    filled.fill(1, left, right + 1);
    runs.push(left, right + 1);
    const j = row / width;
    rect = unionRects(rect, { x0: left - row, y0: j, x1: right - row + 1, y1: j + 1 });
    for (const next of [row - width, row + width]) {
      if (next < 0 || next >= pixels.length) continue;
      // One seed for each run of pixels beside this one.
      let before = false;
      for (let at = next + left - row; at <= next + right - row; at++) {
        const now = inside(at);
        if (now && !before) seeds.push(at);
        before = now;
      }
    }
  }
  const edges = antialiased ? findEdges(pixels, width, filled, runs, origin, version) : [];
  // Edges keep their share of the line, and replace the rest, the old background, by the new shade.
  const blended = edges.map((at) => {
    const line = climb(pixels, width, height, at, origin, version === 1 ? 1 : 8);
    const share = ((pixels[at] - origin) * (line - shade)) / (line - origin);
    return Math.floor(shade + share + 0.5);
  });
  for (let n = 0; n < runs.length; n += 2) pixels.fill(shade, runs[n], runs[n + 1]);
  for (let n = 0; n < edges.length; n++) pixels[edges[n]] = blended[n];
  return {
    x0: Math.max(0, rect.x0 - EDGE_WIDTH),
    y0: Math.max(0, rect.y0 - EDGE_WIDTH),
    x1: Math.min(width, rect.x1 + EDGE_WIDTH),
    y1: Math.min(height, rect.y1 + EDGE_WIDTH),
  };
}

/** Returns the pixels beside the flood that may be smoothed edges of lines, and adds them to `filled`. */
function findEdges(pixels, width, filled, runs, origin, version) {
  const edges = [];
  const look = (before, step, isLast) => {
    const here = before + step;
    if (filled[here]) return;
    if (version > 1) {
      // Only uphill, and on the side of a line that faces the flood: on the other side, the next
      // pixel is lower than the one before. Beyond its border, the field repeats its last pixel.
      const side = Math.sign(pixels[here] - origin);
      const after = isLast ? here : here + step;
      if (side * (pixels[here] - pixels[before]) <= 0) return;
      if (side * (pixels[after] - pixels[before]) < 0) return;
    }
    filled[here] = 1;
    edges.push(here);
  };
  const lookAround = (at) => {
    const i = at % width;
    if (i > 0) look(at, -1, i === 1);
    if (i < width - 1) look(at, 1, i === width - 2);
    if (at >= width) look(at, -width, at < 2 * width);
    if (at < pixels.length - width) look(at, width, at >= pixels.length - 2 * width);
  };
  for (let n = 0; n < runs.length; n += 2) {
    for (let at = runs[n]; at < runs[n + 1]; at++) {
      const isInside = filled[at - 1] && filled[at + 1] && filled[at - width] && filled[at + width];
      if (!isInside) lookAround(at);
    }
  }
  if (version > 1) for (const at of edges.slice()) lookAround(at);
  return edges;
}

/**
 * Returns the brightness at the top of a climb: away from `origin`, each step to the farthest of
 * the 3 x 3 pixels around, the first of them in reading order.
 */
function climb(pixels, width, height, at, origin, steps) {
  const isLighter = pixels[at] > origin;
  let found = pixels[at];
  for (let n = 0; n < steps; n++) {
    const i = at % width;
    const j = (at - i) / width;
    const begin = at;
    for (let y = Math.max(0, j - 1); y <= Math.min(height - 1, j + 1); y++) {
      for (let x = Math.max(0, i - 1); x <= Math.min(width - 1, i + 1); x++) {
        const value = pixels[y * width + x];
        if (isLighter ? value <= found : value >= found) continue;
        found = value;
        at = y * width + x;
      }
    }
    if (at === begin) break;
  }
  return found;
}

/**
 * Replaces every value v with 255 - v.
 *
 * @param {Uint8Array} pixels
 */
export function invert(pixels) {
  for (let at = 0; at < pixels.length; at++) pixels[at] = WHITE - pixels[at];
}

/**
 * Mirrors left and right ("horizontal") or top and bottom ("vertical").
 *
 * @param {Uint8Array} pixels
 * @param {number} width
 * @param {number} height
 * @param {Axis} axis
 */
export function flip(pixels, width, height, axis) {
  if (axis === "horizontal") {
    for (let y = 0; y < height; y++) pixels.subarray(y * width, (y + 1) * width).reverse();
  } else {
    pixels.reverse();
    flip(pixels, width, height, "horizontal");
  }
}

/**
 * Operations to pixels, exactly: docs/strokes.md says how. In IEEE doubles, with these steps in
 * this order, any other implementation (drawings/imaging/strokes.py is one) gives the same bytes.
 */

export const WHITE = 255;

/** The rectangle of pixels x0 <= x < x1, y0 <= y < y1 around two others, or either of them. */
export function union(a, b) {
  if (!a || !b) return a ?? b;
  return {
    x0: Math.min(a.x0, b.x0),
    y0: Math.min(a.y0, b.y0),
    x1: Math.max(a.x1, b.x1),
    y1: Math.max(a.y1, b.y1),
  };
}

/** Lays strokes into a field of pixels (uint8, row by row), point by point as they come. */
export class Rasteriser {
  constructor(pixels, width, height) {
    this.pixels = pixels;
    this.width = width;
    this.height = height;
    this.before = new Uint8Array(pixels.length);
    this.coverage = new Float64Array(pixels.length);
  }

  /** Begin a stroke of one shade, 0 to 255. */
  begin(shade, antialiased = true) {
    this.shade = shade;
    this.antialiased = antialiased;
    this.last = null;
    this.touched = null;
    this.before.set(this.pixels);
  }

  /**
   * Go on to a point [x, y, radius], in pixels from the top left corner. Returns the rectangle
   * that may have changed, or null.
   */
  extend(point) {
    const changed = this.#segment(this.last ?? point, point);
    this.last = point;
    this.touched = union(this.touched, changed);
    return changed;
  }

  /** Take back what the stroke has left so far; it may go on from nothing. Returns the rectangle. */
  restart() {
    const rect = this.touched;
    this.#forget((row, x0, x1) => {
      this.pixels.set(this.before.subarray(row + x0, row + x1), row + x0);
    });
    this.last = null;
    this.touched = null;
    return rect;
  }

  /** End the stroke. Returns the rectangle that it touched and what was there before, or null. */
  end() {
    const rect = this.touched;
    if (!rect) return null;
    this.#forget(() => {});
    return { rect, before: cut(this.before, this.width, rect) };
  }

  #forget(each) {
    if (!this.touched) return;
    const { x0, y0, x1, y1 } = this.touched;
    for (let y = y0; y < y1; y++) {
      const row = y * this.width;
      this.coverage.fill(0, row + x0, row + x1);
      each(row, x0, x1);
    }
  }

  #segment([ax, ay, ar], [bx, by, br]) {
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

/** A rectangle's pixels, row by row. */
export function cut(pixels, width, { x0, y0, x1, y1 }) {
  const part = new Uint8Array((x1 - x0) * (y1 - y0));
  for (let y = y0; y < y1; y++) {
    const row = y * width;
    part.set(pixels.subarray(row + x0, row + x1), (y - y0) * (x1 - x0));
  }
  return part;
}

/** Put back a rectangle that was cut. */
export function paste(pixels, width, { x0, y0, x1, y1 }, part) {
  for (let y = y0; y < y1; y++) {
    const row = (y - y0) * (x1 - x0);
    pixels.set(part.subarray(row, row + x1 - x0), y * width + x0);
  }
}

/**
 * Flood from pixel (x, y) over the four neighbours as far as the brightness stays within
 * `tolerance` of where it began, and, antialiased, blend the edges beside the flood into the new shade.
 * Returns the rectangle that may have changed.
 */
export function flood(pixels, width, height, { x, y, tolerance, shade, antialiased }) {
  const origin = pixels[y * width + x];
  const inside = (at) => Math.abs(pixels[at] - origin) <= tolerance && !filled[at];
  const filled = new Uint8Array(pixels.length);
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
    const j = row / width;
    rect = union(rect, { x0: left - row, y0: j, x1: right - row + 1, y1: j + 1 });
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
  rect = {
    x0: Math.max(0, rect.x0 - 1),
    y0: Math.max(0, rect.y0 - 1),
    x1: Math.min(width, rect.x1 + 1),
    y1: Math.min(height, rect.y1 + 1),
  };
  const result = cut(pixels, width, rect);
  let n = 0;
  for (let j = rect.y0; j < rect.y1; j++) {
    for (let i = rect.x0; i < rect.x1; i++, n++) {
      const at = j * width + i;
      if (filled[at]) result[n] = shade;
      else if (!antialiased) continue;
      else if (
        (i > 0 && filled[at - 1]) ||
        (i < width - 1 && filled[at + 1]) ||
        filled[at - width] ||
        filled[at + width]
      ) {
        // Between the flood and a line, a smoothed edge: as much of the line as before, the rest
        // in the new shade instead of the old.
        const beyond = farthest(pixels, width, height, i, j, origin);
        const share = ((pixels[at] - origin) * (beyond - shade)) / (beyond - origin);
        result[n] = Math.floor(shade + share + 0.5);
      }
    }
  }
  paste(pixels, width, rect, result);
  return rect;
}

/** The pixel (i, j), or that of the 3 x 3 around it which is farther from `origin`, on its side. */
function farthest(pixels, width, height, i, j, origin) {
  const isLighter = pixels[j * width + i] > origin;
  let found = origin;
  for (let y = Math.max(0, j - 1); y <= Math.min(height - 1, j + 1); y++) {
    for (let x = Math.max(0, i - 1); x <= Math.min(width - 1, i + 1); x++) {
      const value = pixels[y * width + x];
      if (isLighter ? value > found : value < found) found = value;
    }
  }
  return found;
}

export function invert(pixels) {
  for (let at = 0; at < pixels.length; at++) pixels[at] = WHITE - pixels[at];
}

/** Mirror left and right ("horizontal") or top and bottom ("vertical"). */
export function flip(pixels, width, height, axis) {
  if (axis === "horizontal") {
    for (let y = 0; y < height; y++) pixels.subarray(y * width, (y + 1) * width).reverse();
  } else {
    pixels.reverse();
    flip(pixels, width, height, "horizontal");
  }
}

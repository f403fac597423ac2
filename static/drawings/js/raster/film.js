import { flip, flood, invert, Rasteriser, union, WHITE } from "./rasteriser.js";
import { moments } from "./timeline.js";

/** How much memory the keyframes may take, whatever the drawing. */
const KEYFRAME_BYTES = 48e6;
/** How much is drawn between two keyframes, in pixels visited: well under a frame's time. */
const KEYFRAME_SPACING = 1e6;
/** What beginning an operation costs for each pixel of the field, in pixels visited. */
const OPERATION_WORK = 1 / 50;

/**
 * A drawing at any moment of its making: `pixels` is what was on the paper then.
 *
 * Forwards it draws on; backwards it starts again from the last keyframe (a copy of the pixels)
 * that is not too late. When the keyframes have used up their memory, every other is given up.
 */
export class Film {
  /**
   * @param {{width: number, height: number, operations: object[]}} strokes a strokes document
   * @param {Uint8Array|null} ground the paper's pixels, null for white
   */
  constructor({ width, height, operations }, ground) {
    this.width = width;
    this.height = height;
    this.pixels = ground ? ground.slice() : new Uint8Array(width * height).fill(WHITE);
    this.operations = operations;
    this.moments = moments(operations);
    this.ends = this.moments.map((of) => of.at(-1));
    this.duration = this.ends.at(-1) ?? 0;
    this.rasteriser = new Rasteriser(this.pixels, width, height);
    this.done = 0; // so many operations are finished
    this.laid = 0; // so many points of the next one are on the paper
    this.keyframes = [{ done: 0, pixels: this.pixels.slice() }];
    this.spacing = KEYFRAME_SPACING;
    this.work = 0; // since the last keyframe
  }

  /**
   * What is on the paper at a moment: how many operations are finished, and how many points of the
   * next one are laid.
   */
  at(moment) {
    const done = countUpTo(this.ends, moment);
    return { done, laid: done < this.ends.length ? countUpTo(this.moments[done], moment) : 0 };
  }

  /** The moment at which so many operations are finished. */
  endOf(done) {
    return done > 0 ? this.ends[Math.min(done, this.ends.length) - 1] : 0;
  }

  /**
   * Go towards a moment for at most `budget` milliseconds (the last step may take longer). Returns
   * the rectangle that changed, null if nothing did, and whether it has arrived.
   *
   * @returns {{rect: object|null, arrived: boolean}}
   */
  goTo(moment, budget = Infinity) {
    const deadline = performance.now() + budget;
    const { done, laid } = this.at(moment);
    let rect = this.#jump(done, laid);
    while (this.done < done || this.laid < laid) {
      rect = union(rect, this.#step());
      if (performance.now() > deadline) break;
    }
    return { rect, arrived: this.done === done && this.laid === laid };
  }

  /** Go back, or ahead by a keyframe; what is left to draw comes after. Returns what changed. */
  #jump(done, laid) {
    if (done === this.done && laid < this.laid) {
      // Within the stroke that is being drawn: it is only taken back itself.
      this.laid = 0;
      return this.rasteriser.restart();
    }
    const keyframe = this.keyframes.findLast((each) => each.done <= done);
    if (done >= this.done && keyframe.done <= this.done) return null;
    if (this.laid) this.rasteriser.restart();
    this.pixels.set(keyframe.pixels);
    this.done = keyframe.done;
    this.laid = 0;
    this.work = 0;
    return this.#all();
  }

  /** Draw the next point, or the next operation that has none. Returns what changed. */
  #step() {
    const operation = this.operations[this.done];
    const isStroke = Array.isArray(operation.t);
    const rect = isStroke ? this.#point(operation) : this.#perform(operation);
    if (rect) this.work += (rect.x1 - rect.x0) * (rect.y1 - rect.y0);
    if (isStroke && this.laid < operation.t.length) return rect;
    if (isStroke) this.rasteriser.end();
    this.laid = 0;
    this.done++;
    this.#keep();
    return rect;
  }

  #point({ shade, antialiased, x, y, radius }) {
    if (this.laid === 0) this.rasteriser.begin(shade, antialiased);
    const n = this.laid++;
    return this.rasteriser.extend([x[n], y[n], radius[n]]);
  }

  #perform(operation) {
    const { pixels, width, height } = this;
    if (operation.tool === "fill") flood(pixels, width, height, operation);
    else if (operation.tool === "flip") flip(pixels, width, height, operation.axis);
    else if (operation.tool === "invert") invert(pixels);
    else if (operation.tool === "clear") pixels.fill(WHITE);
    else throw new Error(`An operation that is not known: ${operation.tool}`);
    return this.#all();
  }

  /** Keep a keyframe, if enough was drawn since the last one. */
  #keep() {
    this.work += this.pixels.length * OPERATION_WORK;
    if (this.work < this.spacing || this.done <= this.keyframes.at(-1).done) return;
    this.keyframes.push({ done: this.done, pixels: this.pixels.slice() });
    this.work = 0;
    if (this.keyframes.length * this.pixels.length <= KEYFRAME_BYTES) return;
    this.keyframes = this.keyframes.filter((_, index) => index % 2 === 0);
    this.spacing *= 2;
  }

  #all() {
    return { x0: 0, y0: 0, x1: this.width, y1: this.height };
  }
}

/** How many of the sorted numbers are at most `limit`. */
function countUpTo(sorted, limit) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

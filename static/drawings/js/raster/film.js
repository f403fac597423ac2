// @ts-check
import { flip, floodFill, invert, Rasteriser, unionRects, WHITE } from "./rasteriser.js";
import { replayTimes } from "./timeline.js";

/** @import { Rect, StrokesDocument } from "../types.js" */

/** The memory for all keyframes, whatever the drawing's size. */
const KEYFRAME_BYTES = 48e6;
/** The work between two keyframes, in pixels visited: takes much less time than one frame. */
const KEYFRAME_SPACING = 1e6;
/** The work of starting an operation, in pixels visited per pixel of the field. */
const OPERATION_WORK = 1 / 50;

/**
 * A drawing at any time of its replay: `pixels` is the field at that time.
 *
 * Going forwards, it continues to draw. Going backwards, it starts from the latest keyframe (a
 * copy of the pixels) before the wanted time. When the keyframes exceed their memory, every other
 * one is dropped.
 */
export class Film {
  /**
   * @param {Pick<StrokesDocument, "version" | "width" | "height" | "operations">} strokes
   * @param {Uint8Array | null} base the base image's pixels, null for white
   */
  constructor({ version, width, height, operations }, base) {
    this.version = version;
    this.width = width;
    this.height = height;
    this.pixels = base ? base.slice() : new Uint8Array(width * height).fill(WHITE);
    this.operations = operations;
    this.times = replayTimes(operations);
    this.ends = this.times.map((ofPoints) => ofPoints.at(-1));
    this.duration = this.ends.at(-1) ?? 0; // in milliseconds
    this.rasteriser = new Rasteriser(this.pixels, width, height);
    this.done = 0; // number of operations finished
    this.drawn = 0; // number of points drawn of the next operation
    this.keyframes = [{ done: 0, pixels: this.pixels.slice() }];
    this.spacing = KEYFRAME_SPACING;
    this.work = 0; // since the last keyframe
  }

  /**
   * Returns how far the drawing is at a time: the number of operations finished, and of points
   * drawn of the next one.
   *
   * @param {number} time in milliseconds
   * @returns {{done: number, drawn: number}}
   */
  progressAt(time) {
    const done = countUpTo(this.ends, time);
    return { done, drawn: done < this.ends.length ? countUpTo(this.times[done], time) : 0 };
  }

  /**
   * Returns the time in milliseconds at which the first `done` operations are finished.
   *
   * @param {number} done
   * @returns {number}
   */
  endOf(done) {
    return done > 0 ? this.ends[Math.min(done, this.ends.length) - 1] : 0;
  }

  /**
   * Draws towards a time for at most `budget` milliseconds, except that the last step may take
   * longer. Returns the rectangle that changed (null for none) and whether the time is reached.
   *
   * @param {number} time in milliseconds
   * @param {number} [budget]
   * @returns {{rect: Rect | null, arrived: boolean}}
   */
  goTo(time, budget = Infinity) {
    const deadline = performance.now() + budget;
    const { done, drawn } = this.progressAt(time);
    let rect = this.#jump(done, drawn);
    while (this.done < done || this.drawn < drawn) {
      rect = unionRects(rect, this.#drawNext());
      if (performance.now() > deadline) break;
    }
    return { rect, arrived: this.done === done && this.drawn === drawn };
  }

  /** Goes back, or ahead to a nearer keyframe, without drawing. Returns the changed rectangle. */
  #jump(done, drawn) {
    if (done === this.done && drawn < this.drawn) {
      // Back within the current stroke: only the stroke itself is removed.
      this.drawn = 0;
      return this.rasteriser.restart();
    }
    const keyframe = this.keyframes.findLast((each) => each.done <= done);
    if (done >= this.done && keyframe.done <= this.done) return null;
    if (this.drawn) this.rasteriser.restart();
    this.pixels.set(keyframe.pixels);
    this.done = keyframe.done;
    this.drawn = 0;
    this.work = 0;
    return this.#wholeField();
  }

  /** Draws the next point, or an operation without points. Returns the changed rectangle. */
  #drawNext() {
    const operation = this.operations[this.done];
    const { t } = operation;
    const isStroke = Array.isArray(t);
    const rect = isStroke ? this.#drawPoint(operation) : this.#applyOperation(operation);
    if (rect) this.work += (rect.x1 - rect.x0) * (rect.y1 - rect.y0);
    if (isStroke && this.drawn < t.length) return rect;
    if (isStroke) this.rasteriser.end();
    this.drawn = 0;
    this.done++;
    this.#addKeyframe();
    return rect;
  }

  #drawPoint(stroke) {
    const { shade, antialiased, x, y, radius } = stroke;
    if (this.drawn === 0) this.rasteriser.begin(shade, antialiased);
    const n = this.drawn++;
    return this.rasteriser.extend([x[n], y[n], radius[n]]);
  }

  #applyOperation(operation) {
    const { pixels, width, height, version } = this;
    if (operation.tool === "fill") floodFill(pixels, width, height, operation, version);
    else if (operation.tool === "flip") flip(pixels, width, height, operation.axis);
    else if (operation.tool === "invert") invert(pixels);
    else if (operation.tool === "clear") pixels.fill(WHITE);
    else throw new Error(`Unknown operation: ${operation.tool}`);
    return this.#wholeField();
  }

  /** Adds a keyframe if enough was drawn since the last one. */
  #addKeyframe() {
    this.work += this.pixels.length * OPERATION_WORK;
    if (this.work < this.spacing || this.done <= this.keyframes.at(-1).done) return;
    this.keyframes.push({ done: this.done, pixels: this.pixels.slice() });
    this.work = 0;
    if (this.keyframes.length * this.pixels.length <= KEYFRAME_BYTES) return;
    this.keyframes = this.keyframes.filter((_, index) => index % 2 === 0);
    this.spacing *= 2;
  }

  #wholeField() {
    return { x0: 0, y0: 0, x1: this.width, y1: this.height };
  }
}

/** Counts the sorted numbers that are at most `limit`. */
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

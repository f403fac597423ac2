import { cut, flip, flood, invert, paste, Rasteriser, union, WHITE } from "./rasteriser.js";

export { WHITE };

export const VERSION = 1;
/** How much memory what undoes operations may take: then the oldest cannot be undone any more. */
const UNDO_BYTES = 128e6;

/** What a strokes document may hold; docs/strokes.md has these limits. */
const LEAST = -2048;
const GREATEST = 3072;
const MAX_TIME = 7 * 24 * 3600 * 1000;
const MAX_OPERATIONS = 10_000;
const MAX_POINTS = 200_000;

const hundredths = (value) => Math.round(value * 100) / 100;
const within = (value) => Math.min(GREATEST, Math.max(LEAST, value));

/**
 * The paper and what was done to it: a list of operations (docs/strokes.md), and the field of
 * pixels (uint8, row by row, 0 black to 255 white) that they come to. The field lives here and is
 * never read back from a canvas: browsers that guard against fingerprinting alter what a canvas
 * gives back.
 *
 * Fires "change", whose detail has the `rect` to show again (null for nothing, undefined for all)
 * and whether an operation was `finished`.
 */
export class Paper extends EventTarget {
  /**
   * `source` says what was drawn on, as in a strokes document: null for white paper, else
   * {drawing: id} or {image: base64}, and then `ground` holds its pixels.
   */
  constructor(width, height, { source = null, ground = null } = {}) {
    super();
    this.width = width;
    this.height = height;
    this.source = source;
    this.ground = ground;
    this.pixels = ground ? ground.slice() : new Uint8Array(width * height).fill(WHITE);
    this.rasteriser = new Rasteriser(this.pixels, width, height);
    this.operations = [];
    this.undone = []; // the next to redo is the last
    this.patches = []; // what undoes each of the last operations
    this.undoBytes = 0; // of all patches together
    this.stroke = null; // the operation that is being drawn
    this.began = performance.now();
    this.clock = 0; // the t of the last point or operation
  }

  /** The paper that a strokes document describes. */
  static from({ width, height, paper: source, operations }, ground = null) {
    const paper = new Paper(width, height, { source, ground });
    for (const operation of operations) paper.#apply(operation);
    paper.clock = operations.at(-1) ? lastTime(operations.at(-1)) : 0;
    paper.began = performance.now() - paper.clock;
    return paper;
  }

  /** Whether the wall takes the strokes: else it takes the picture alone. */
  get isWithinLimits() {
    const points = this.operations.reduce((sum, { t }) => sum + (t.length ?? 1), 0);
    return this.operations.length <= MAX_OPERATIONS && points <= MAX_POINTS;
  }

  /** The strokes document of what is on the paper. */
  toDocument() {
    const { width, height, source, operations } = this;
    return { version: VERSION, width, height, paper: source, operations };
  }

  get isBlank() {
    return this.pixels.every((value) => value === this.pixels[0]);
  }

  /** Whether there is anything that would be a pity to lose. */
  get isTouched() {
    return this.operations.length > 0;
  }

  get canUndo() {
    return this.patches.length > 0;
  }

  get canRedo() {
    return this.undone.length > 0;
  }

  // --- Strokes -------------------------------------------------------------------------------

  begin(tool, shade, antialiased = true) {
    this.end();
    this.stroke = { tool, shade, antialiased, x: [], y: [], radius: [], t: [] };
    this.rasteriser.begin(shade, antialiased);
  }

  /** Draw on to a point, in pixels. `timeStamp` is its event's. */
  extend(x, y, radius, timeStamp = performance.now()) {
    if (!this.stroke) return; // ended meanwhile, by undo from the keyboard
    const point = [within(x), within(y), radius].map(hundredths);
    const last = this.rasteriser.last;
    if (last && point.every((value, index) => value === last[index])) return;
    this.#record(point, timeStamp);
    this.#changed(this.rasteriser.extend(point), false);
  }

  /**
   * Make the stroke go through these [x, y, radius] and no others, but for the first `kept` points
   * that it has: an outline, or a straight line, that is being dragged.
   */
  outline(points, timeStamp = performance.now(), kept = 0) {
    if (!this.stroke) return;
    const { x, y, radius, t } = this.stroke;
    this.#changed(this.rasteriser.restart(), false);
    for (const list of [x, y, radius, t]) list.length = kept;
    let rect = null;
    for (let n = 0; n < kept; n++) {
      rect = union(rect, this.rasteriser.extend([x[n], y[n], radius[n]]));
    }
    this.#changed(rect, false);
    for (const point of points) this.extend(...point, timeStamp);
  }

  end() {
    const operation = this.stroke;
    if (!operation) return;
    this.stroke = null;
    const patch = this.rasteriser.end();
    // A stroke wholly beside the paper is none.
    if (patch) this.#finish(operation, patch);
  }

  /** Leave the stroke that is being drawn as if it had never begun. */
  cancel() {
    if (!this.stroke) return;
    this.stroke = null;
    this.#changed(this.rasteriser.restart(), false);
  }

  #record([x, y, radius], timeStamp) {
    this.stroke.x.push(x);
    this.stroke.y.push(y);
    this.stroke.radius.push(radius);
    this.stroke.t.push(this.#tick(timeStamp));
  }

  #tick(timeStamp = performance.now()) {
    this.clock = Math.min(MAX_TIME, Math.max(this.clock, Math.round(timeStamp - this.began)));
    return this.clock;
  }

  // --- What is done in one go ----------------------------------------------------------------

  fill(x, y, shade, tolerance, antialiased = true) {
    this.#do({ tool: "fill", shade, antialiased, tolerance, x, y, t: this.#tick() });
  }

  clear() {
    this.#do({ tool: "clear", t: this.#tick() });
  }

  invert() {
    this.#do({ tool: "invert", t: this.#tick() });
  }

  flip(axis) {
    this.#do({ tool: "flip", axis, t: this.#tick() });
  }

  undo() {
    this.end();
    const undo = this.patches.pop();
    if (!undo) return;
    this.undone.push(this.operations.pop());
    this.undoBytes -= undo.before?.length ?? 0;
    if (undo.before) paste(this.pixels, this.width, undo.rect, undo.before);
    else this.#perform(this.undone.at(-1)); // its own opposite
    this.#changed(undo.rect, true);
  }

  redo() {
    this.end();
    const operation = this.undone.pop();
    if (!operation) return;
    const later = this.undone;
    this.#apply(operation);
    this.undone = later;
    this.#changed(null, true);
  }

  #do(operation) {
    this.end();
    this.#apply(operation);
  }

  #apply(operation) {
    this.#finish(operation, this.#perform(operation));
  }

  /** Change the pixels; returns what undoes it: {rect, before}, or no `before` if doing it again does. */
  #perform(operation) {
    const { pixels, width, height } = this;
    const all = { x0: 0, y0: 0, x1: width, y1: height };
    switch (operation.tool) {
      case "clear": {
        const before = pixels.slice();
        pixels.fill(WHITE);
        return { rect: all, before };
      }
      case "invert":
        invert(pixels);
        return { rect: all };
      case "flip":
        flip(pixels, width, height, operation.axis);
        return { rect: all };
      case "fill": {
        const whole = pixels.slice();
        const rect = flood(pixels, width, height, operation);
        return { rect, before: cut(whole, width, rect) };
      }
      default: {
        const { x, y, radius } = operation;
        this.rasteriser.begin(operation.shade, operation.antialiased);
        for (let n = 0; n < x.length; n++) this.rasteriser.extend([x[n], y[n], radius[n]]);
        return (
          this.rasteriser.end() ?? {
            rect: { x0: 0, y0: 0, x1: 0, y1: 0 },
            before: new Uint8Array(),
          }
        );
      }
    }
  }

  #finish(operation, patch) {
    this.operations.push(operation);
    this.undone = [];
    this.patches.push(patch);
    this.undoBytes += patch.before?.length ?? 0;
    while (this.undoBytes > UNDO_BYTES) this.undoBytes -= this.patches.shift().before?.length ?? 0;
    this.#changed(patch.rect, true);
  }

  #changed(rect, finished) {
    this.dispatchEvent(new CustomEvent("change", { detail: { rect, finished } }));
  }
}

/** The t at which an operation was finished. */
function lastTime({ t }) {
  return Array.isArray(t) ? t.at(-1) : t;
}

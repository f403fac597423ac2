// @ts-check
import {
  copyRect,
  flip,
  floodFill,
  invert,
  pasteRect,
  Rasteriser,
  unionRects,
  WHITE,
} from "./rasteriser.js";

/** @import { Axis, BaseImageSource, Operation, Point } from "../types.js" */
/** @import { Stroke, StrokesDocument } from "../types.js" */

/** The version of new documents. */
export const VERSION = 2;
/** The memory for undo: beyond it, the oldest operations can no longer be undone. */
const UNDO_BYTES = 128e6;

// The limits of a strokes document (docs/strokes.md).
const MIN_COORDINATE = -2048;
const MAX_COORDINATE = 3072;
const MAX_TIME = 7 * 24 * 3600 * 1000;
const MAX_OPERATIONS = 10_000;
const MAX_POINTS = 200_000;

/** The thinnest stroke without antialiasing that always covers some pixel's centre. */
const MIN_HARD_RADIUS = 0.75;

const roundToHundredths = (value) => Math.round(value * 100) / 100;
const clampCoordinate = (value) => Math.min(MAX_COORDINATE, Math.max(MIN_COORDINATE, value));

/**
 * A drawing in the making: the list of its operations (docs/strokes.md) and the field they result
 * in. All of it is antialiased or none of it, as the drawing's colormap demands. The field is never read back from a canvas, because browsers that guard against
 * fingerprinting alter what a canvas returns.
 *
 * Fires "change". Its detail has `rect`, the pixels to repaint (null for none), and `finished`,
 * whether an operation was completed.
 */
export class Paper extends EventTarget {
  /**
   * @param {number} width
   * @param {number} height
   * @param {object} [options]
   * @param {BaseImageSource} [options.source] what the drawing begins with, null for white paper
   * @param {Uint8Array | null} [options.base] the pixels of that
   * @param {boolean} [options.antialiased]
   * @param {number} [options.began] when the visitor began to draw, as in `performance.now()`
   */
  constructor(
    width,
    height,
    { source = null, base = null, antialiased = true, began = performance.now() } = {},
  ) {
    super();
    this.version = VERSION;
    this.width = width;
    this.height = height;
    this.source = source;
    this.base = base;
    this.antialiased = antialiased;
    this.pixels = base ? base.slice() : new Uint8Array(width * height).fill(WHITE);
    this.rasteriser = new Rasteriser(this.pixels, width, height);
    /** @type {Operation[]} */
    this.operations = [];
    this.undone = []; // the last one is redone first
    this.patches = []; // each undoes one of the last operations
    this.undoBytes = 0; // of all patches
    /** @type {Stroke | null} */
    this.stroke = null; // the stroke in progress
    this.began = began;
    this.clock = 0; // the t of the last point or operation
  }

  /**
   * Applies the operations of a document to its base image, without antialiasing if one of them is.
   * The paper keeps the document's version, so that a draft of an earlier one looks as it did and the
   * site accepts its strokes.
   *
   * @param {StrokesDocument} document
   * @param {Uint8Array | null} [base] the pixels of the document's base image
   */
  static from({ version, width, height, paper: source, operations }, base = null) {
    const antialiased = !operations.some(
      (operation) => "antialiased" in operation && !operation.antialiased,
    );
    const paper = new Paper(width, height, { source, base, antialiased });
    paper.version = version;
    for (const operation of operations) paper.#apply(operation);
    paper.clock = operations.length ? endTime(operations.at(-1)) : 0;
    paper.began = performance.now() - paper.clock;
    return paper;
  }

  /** Whether the site accepts these strokes. If not, it accepts the image without them. */
  get isWithinLimits() {
    const points = this.operations.reduce(
      (sum, { t }) => sum + (Array.isArray(t) ? t.length : 1),
      0,
    );
    return this.operations.length <= MAX_OPERATIONS && points <= MAX_POINTS;
  }

  /** @returns {StrokesDocument} */
  toDocument() {
    const { version, width, height, source } = this;
    const operations = this.operations.map((operation) => this.#asDrawn(operation));
    return { version, width, height, paper: source, operations };
  }

  get isBlank() {
    return this.pixels.every((value) => value === this.pixels[0]);
  }

  /** Whether there is work that the visitor could lose. */
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

  /**
   * Begins a stroke.
   *
   * @param {Stroke["tool"]} tool
   * @param {number} shade 0 to 255
   */
  begin(tool, shade) {
    this.end();
    const { antialiased } = this;
    this.stroke = { tool, shade, antialiased, x: [], y: [], radius: [], t: [] };
    this.rasteriser.begin(shade, antialiased);
  }

  /**
   * Continues the stroke to a point.
   *
   * @param {number} x
   * @param {number} y
   * @param {number} radius
   * @param {number} [timeStamp] the event's
   */
  extend(x, y, radius, timeStamp = performance.now()) {
    if (!this.stroke) return; // ended in the meantime, by undo from the keyboard
    /** @type {Point} */
    const point = [
      roundToHundredths(clampCoordinate(x)),
      roundToHundredths(clampCoordinate(y)),
      roundToHundredths(radius),
    ];
    const { x: xs, y: ys, radius: radii } = this.stroke;
    if (xs.at(-1) === point[0] && ys.at(-1) === point[1] && radii.at(-1) === point[2]) return;
    this.#addPoint(point, timeStamp);
    this.#notify(this.#drawPoint(...point), false);
  }

  /**
   * Replaces the stroke's points, except the first `kept`: for a shape or a straight line while it
   * is dragged.
   *
   * @param {Point[]} points
   * @param {number} [timeStamp] the event's
   * @param {number} [kept]
   */
  replacePoints(points, timeStamp = performance.now(), kept = 0) {
    if (!this.stroke) return;
    const { x, y, radius, t } = this.stroke;
    this.#notify(this.rasteriser.restart(), false);
    for (const list of [x, y, radius, t]) list.length = kept;
    let rect = null;
    for (let n = 0; n < kept; n++) {
      rect = unionRects(rect, this.#drawPoint(x[n], y[n], radius[n]));
    }
    this.#notify(rect, false);
    for (const point of points) this.extend(...point, timeStamp);
  }

  /** Ends the stroke. It becomes an operation, unless it lies wholly outside the field. */
  end() {
    const operation = this.stroke;
    if (!operation) return;
    this.stroke = null;
    const patch = this.rasteriser.end();
    if (patch) this.#finish(operation, patch);
  }

  /** Discards the stroke in progress. */
  cancel() {
    if (!this.stroke) return;
    this.stroke = null;
    this.#notify(this.rasteriser.restart(), false);
  }

  #drawPoint(x, y, radius) {
    return this.rasteriser.extend([x, y, this.#drawnRadius(radius)]);
  }

  #drawnRadius(radius) {
    return this.antialiased ? radius : Math.max(MIN_HARD_RADIUS, radius);
  }

  #addPoint([x, y, radius], timeStamp) {
    this.stroke.x.push(x);
    this.stroke.y.push(y);
    this.stroke.radius.push(radius);
    this.stroke.t.push(this.#advanceClock(timeStamp));
  }

  #advanceClock(timeStamp = performance.now()) {
    this.clock = Math.min(MAX_TIME, Math.max(this.clock, Math.round(timeStamp - this.began)));
    return this.clock;
  }

  // --- Other operations ----------------------------------------------------------------------

  /**
   * Fills from the pixel in column x and row y.
   *
   * @param {number} x
   * @param {number} y
   * @param {number} shade 0 to 255
   * @param {number} tolerance 0 to 255
   */
  fill(x, y, shade, tolerance) {
    const { antialiased } = this;
    this.#run({ tool: "fill", shade, antialiased, tolerance, x, y, t: this.#advanceClock() });
  }

  clear() {
    this.#run({ tool: "clear", t: this.#advanceClock() });
  }

  invert() {
    this.#run({ tool: "invert", t: this.#advanceClock() });
  }

  /** @param {Axis} axis */
  flip(axis) {
    this.#run({ tool: "flip", axis, t: this.#advanceClock() });
  }

  /**
   * Draws everything anew, with or without antialiasing, on the same base image or on another of
   * the same size. Everything can still be undone and redone, and a stroke in progress goes on.
   *
   * @param {object} options
   * @param {boolean} options.antialiased
   * @param {BaseImageSource} [options.source]
   * @param {Uint8Array | null} [options.base]
   */
  drawAnew({ antialiased, source = this.source, base = this.base }) {
    if (antialiased === this.antialiased && base === this.base) return;
    const { operations, undone, stroke } = this;
    if (stroke) this.rasteriser.restart();
    Object.assign(this, { antialiased, source, base });
    Object.assign(this, { operations: [], patches: [], undoBytes: 0 });
    if (base) this.pixels.set(base);
    else this.pixels.fill(WHITE);
    for (const operation of operations) this.#keep(operation, this.#changePixels(operation));
    this.undone = undone;
    if (stroke) {
      stroke.antialiased = antialiased;
      this.rasteriser.begin(stroke.shade, antialiased);
      const { x, y, radius } = stroke;
      for (let n = 0; n < x.length; n++) this.#drawPoint(x[n], y[n], radius[n]);
    }
    this.#notify({ x0: 0, y0: 0, x1: this.width, y1: this.height }, false);
  }

  undo() {
    this.end();
    const patch = this.patches.pop();
    if (!patch) return;
    this.undone.push(this.operations.pop());
    this.undoBytes -= patch.before?.length ?? 0;
    if (patch.before) pasteRect(this.pixels, this.width, patch.rect, patch.before);
    else this.#changePixels(this.undone.at(-1));
    this.#notify(patch.rect, true);
  }

  redo() {
    this.end();
    const operation = this.undone.pop();
    if (!operation) return;
    const stillUndone = this.undone;
    this.#apply(operation);
    this.undone = stillUndone;
    this.#notify(null, true);
  }

  #run(operation) {
    this.end();
    this.#apply(operation);
  }

  /** Returns an operation as it is drawn, and stored: antialiased or not, whatever it began as. */
  #asDrawn(operation) {
    if (!("antialiased" in operation)) return operation;
    const { antialiased } = this;
    if (!("radius" in operation)) return { ...operation, antialiased };
    const radius = operation.radius.map((each) => this.#drawnRadius(each));
    return { ...operation, antialiased, radius };
  }

  #apply(operation) {
    this.#finish(operation, this.#changePixels(operation));
  }

  /**
   * Returns the patch that undoes the change: {rect, before}. Without `before`, the operation is
   * its own inverse.
   */
  #changePixels(operation) {
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
        const rect = floodFill(pixels, width, height, this.#asDrawn(operation), this.version);
        return { rect, before: copyRect(whole, width, rect) };
      }
      default: {
        const { x, y, radius } = operation;
        this.rasteriser.begin(operation.shade, this.antialiased);
        for (let n = 0; n < x.length; n++) this.#drawPoint(x[n], y[n], radius[n]);
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
    this.undone = [];
    this.#keep(operation, patch);
    this.#notify(patch.rect, true);
  }

  #keep(operation, patch) {
    this.operations.push(operation);
    this.patches.push(patch);
    this.undoBytes += patch.before?.length ?? 0;
    while (this.undoBytes > UNDO_BYTES) this.undoBytes -= this.patches.shift().before?.length ?? 0;
  }

  #notify(rect, finished) {
    this.dispatchEvent(new CustomEvent("change", { detail: { rect, finished } }));
  }
}

function endTime({ t }) {
  return Array.isArray(t) ? t.at(-1) : t;
}

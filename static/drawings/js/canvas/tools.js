// @ts-check
/** Turns the samples of a pointer, or of the keyboard, into operations of the selected tool. */

import { WHITE } from "../raster/rasteriser.js";

/** @import { Paper } from "../raster/paper.js" */
/** @import { Sample, ToolSettings } from "../types.js" */

/** The tolerance of a fill in a continuous colormap. */
export const SMOOTH_TOLERANCE = 24;
const SNAP_ANGLE = Math.PI / 12; // 15 degrees

/** Smooths a freehand stroke: each point goes only `share` of the way to the pointer. */
class Stabiliser {
  constructor(share) {
    this.share = share;
  }

  /** @returns {[x: number, y: number]} */
  follow({ x, y }) {
    this.x = this.x === undefined ? x : this.x + (x - this.x) * this.share;
    this.y = this.y === undefined ? y : this.y + (y - this.y) * this.share;
    return [this.x, this.y];
  }
}

/** Returns the width's factor for a pen's pressure: 1 for 0.5, which also means "unknown". */
function pressureScale({ pressure, pointerType }) {
  if (pointerType !== "pen" || pressure === 0 || pressure === 0.5) return 1;
  return 0.3 + 1.4 * pressure;
}

function line(a, b, snap) {
  if (!snap)
    return [
      [a.x, a.y],
      [b.x, b.y],
    ];
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  const angle = Math.round(Math.atan2(b.y - a.y, b.x - a.x) / SNAP_ANGLE) * SNAP_ANGLE;
  return [
    [a.x, a.y],
    [a.x + length * Math.cos(angle), a.y + length * Math.sin(angle)],
  ];
}

function rectangle(a, b, snap) {
  const { x, y } = oppositeCorner(a, b, snap);
  return [
    [a.x, a.y],
    [x, a.y],
    [x, y],
    [a.x, y],
    [a.x, a.y],
  ];
}

function ellipse(a, b, snap) {
  const { x, y } = oppositeCorner(a, b, snap);
  const [cx, cy, rx, ry] = [
    (a.x + x) / 2,
    (a.y + y) / 2,
    Math.abs(x - a.x) / 2,
    Math.abs(y - a.y) / 2,
  ];
  const steps = Math.round(Math.min(180, Math.max(24, 2 * (rx + ry))));
  return Array.from({ length: steps + 1 }, (_, step) => {
    const angle = (step / steps) * 2 * Math.PI;
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)];
  });
}

/** Returns b, or with `snap` the corner of a square. */
function oppositeCorner(a, b, snap) {
  if (!snap) return b;
  const side = Math.max(Math.abs(b.x - a.x), Math.abs(b.y - a.y));
  return { x: a.x + side * Math.sign(b.x - a.x || 1), y: a.y + side * Math.sign(b.y - a.y || 1) };
}

const SHAPES = { line, rectangle, ellipse };
const ONE_CLICK_TOOLS = ["fill", "eyedropper"];

/** Draws with the selected tool. A stroke keeps the settings it began with. */
export class ToolDriver {
  /**
   * @param {() => Paper} getPaper
   * @param {() => ToolSettings} getSettings
   * @param {(shade: number) => void} onPick receives the shade that the eyedropper finds
   */
  constructor(getPaper, getSettings, onPick) {
    this.getPaper = getPaper;
    this.getSettings = getSettings;
    this.onPick = onPick;
  }

  /** @param {Sample} sample */
  begin(sample) {
    this.paper = this.getPaper();
    this.settings = this.getSettings();
    this.start = sample;
    this.last = sample;
    this.straightFrom = null;
    const { tool, shade, smoothing } = this.settings;
    // One-click tools act at the end: until then, the touch may become a gesture.
    if (tool === "fill" || tool === "eyedropper") return;
    this.stabiliser = new Stabiliser(1 - smoothing);
    this.paper.begin(tool, tool === "eraser" ? WHITE : shade);
    this.#draw([sample]);
  }

  /** Whether the selected tool acts at a single position. */
  get isOneClick() {
    return ONE_CLICK_TOOLS.includes(this.getSettings().tool);
  }

  /** @param {Sample[]} samples at least one */
  move(samples) {
    this.last = samples.at(-1);
    if (!ONE_CLICK_TOOLS.includes(this.settings.tool)) this.#draw(samples);
  }

  end() {
    const { tool, smoothing } = this.settings;
    if (tool === "fill") this.#fillAt(this.start);
    else if (tool === "eyedropper") this.#pickAt(this.last);
    // A smoothed stroke lags behind the pointer: draw the rest of the way.
    else if (smoothing && this.#isFreehand() && !this.straightFrom) {
      this.#addPoint(this.last, [this.last.x, this.last.y]);
    }
    this.paper.end();
  }

  cancel() {
    this.paper.cancel();
  }

  #isFreehand() {
    return this.settings.tool === "pen" || this.settings.tool === "eraser";
  }

  #draw(samples) {
    const last = samples.at(-1);
    if (!this.#isFreehand()) this.#drawShape(SHAPES[this.settings.tool], this.start, last);
    else if (last.shiftKey) this.#drawStraight(last);
    else {
      this.straightFrom = null;
      for (const sample of samples) this.#addPoint(sample, this.stabiliser.follow(sample));
    }
  }

  /** Continues a freehand stroke with a straight line, while Shift is held. */
  #drawStraight(to) {
    if (!this.straightFrom) {
      const { x = [], y = [] } = this.paper.stroke ?? {};
      const from = x.length ? { x: x.at(-1), y: y.at(-1) } : this.start;
      this.straightFrom = { ...from, kept: x.length };
    }
    this.#drawShape(line, this.straightFrom, to, this.straightFrom.kept);
    this.stabiliser = new Stabiliser(1 - this.settings.smoothing);
    this.stabiliser.follow(to);
  }

  #drawShape(shape, from, to, kept = 0) {
    const radius = this.#radius();
    const points = shape(from, to, to.shiftKey).map((point) => [...point, radius]);
    this.paper.replacePoints(points, to.timeStamp, kept);
  }

  #fillAt({ x, y }) {
    const [i, j] = [Math.floor(x), Math.floor(y)];
    const { shade, tolerance } = this.settings;
    if (this.#isOnPaper(i, j)) this.paper.fill(i, j, shade, tolerance);
  }

  #addPoint(sample, [x, y]) {
    const scale = this.settings.usesPressure ? pressureScale(sample) : 1;
    this.paper.extend(x, y, this.#radius(scale), sample.timeStamp);
  }

  #radius(scale = 1) {
    return (this.settings.size / 2) * scale;
  }

  #pickAt({ x, y }) {
    const [i, j] = [Math.floor(x), Math.floor(y)];
    if (this.#isOnPaper(i, j)) this.onPick(this.paper.pixels[j * this.paper.width + i]);
  }

  #isOnPaper(x, y) {
    return x >= 0 && y >= 0 && x < this.paper.width && y < this.paper.height;
  }
}

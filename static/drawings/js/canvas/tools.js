/** What each tool makes of a pointer's way over the paper. */

import { WHITE } from "../raster/rasteriser.js";

const SNAP = Math.PI / 12; // 15 degrees
/** The thinnest pen that cannot miss every pixel's centre. */
const LEAST_HARD_RADIUS = 0.75;

/** Steadies a hand: each point goes only part of the way to where the pointer is. */
class Stabiliser {
  /** `share` of the way: 1 follows the pointer as it is. */
  constructor(share) {
    this.share = share;
  }

  follow({ x, y }) {
    this.x = this.x === undefined ? x : this.x + (x - this.x) * this.share;
    this.y = this.y === undefined ? y : this.y + (y - this.y) * this.share;
    return [this.x, this.y];
  }
}

/** How a pen's pressure changes a width: 0.5, which also means "not known", leaves it. */
function widthAt({ pressure, pointerType }) {
  if (pointerType !== "pen" || pressure === 0 || pressure === 0.5) return 1;
  return 0.3 + 1.4 * pressure;
}

/** The points of a straight line; `snap` turns it to the nearest 15 degrees. */
export function line(a, b, snap) {
  if (!snap)
    return [
      [a.x, a.y],
      [b.x, b.y],
    ];
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  const angle = Math.round(Math.atan2(b.y - a.y, b.x - a.x) / SNAP) * SNAP;
  return [
    [a.x, a.y],
    [a.x + length * Math.cos(angle), a.y + length * Math.sin(angle)],
  ];
}

export function rectangle(a, b, snap) {
  const { x, y } = corner(a, b, snap);
  return [
    [a.x, a.y],
    [x, a.y],
    [x, y],
    [a.x, y],
    [a.x, a.y],
  ];
}

export function ellipse(a, b, snap) {
  const { x, y } = corner(a, b, snap);
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

/** The corner opposite to a; `snap` makes the sides equal. */
function corner(a, b, snap) {
  if (!snap) return b;
  const side = Math.max(Math.abs(b.x - a.x), Math.abs(b.y - a.y));
  return { x: a.x + side * Math.sign(b.x - a.x || 1), y: a.y + side * Math.sign(b.y - a.y || 1) };
}

const OUTLINES = { line, rectangle, ellipse };
const AT_ONCE = ["fill", "eyedropper"];

/**
 * A hand that draws on the paper as the settings say when a stroke begins: {tool, shade, size,
 * antialiased, tolerance, steadiness, usesPressure}. `pick` is told the shade that the eyedropper finds.
 */
export class Hand {
  constructor(getPaper, getSettings, pick) {
    this.getPaper = getPaper;
    this.getSettings = getSettings;
    this.pick = pick;
  }

  begin(sample) {
    this.paper = this.getPaper();
    this.settings = this.getSettings();
    this.start = sample;
    this.last = sample;
    this.straightFrom = null;
    const { tool, shade, antialiased, steadiness } = this.settings;
    if (AT_ONCE.includes(tool)) return; // when the pointer is lifted: until then it may become a gesture
    this.stabiliser = new Stabiliser(1 - steadiness);
    this.paper.begin(tool, tool === "eraser" ? WHITE : shade, antialiased);
    this.#draw([sample]);
  }

  /** Whether the tool that is chosen does one thing at one place. */
  get isAtOnce() {
    return AT_ONCE.includes(this.getSettings().tool);
  }

  move(samples) {
    this.last = samples.at(-1);
    if (!AT_ONCE.includes(this.settings.tool)) this.#draw(samples);
  }

  end() {
    const { tool, steadiness } = this.settings;
    if (tool === "fill") this.#fill(this.start);
    else if (tool === "eyedropper") this.#pickAt(this.last);
    // A steadied line lags behind: it ends where the pointer did.
    else if (steadiness && this.#isFreehand() && !this.straightFrom) {
      this.#point(this.last, [this.last.x, this.last.y]);
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
    if (!this.#isFreehand()) this.#outline(OUTLINES[this.settings.tool], this.start, last);
    else if (last.shiftKey) this.#straight(last);
    else {
      this.straightFrom = null;
      for (const sample of samples) this.#point(sample, this.stabiliser.follow(sample));
    }
  }

  /** With Shift a freehand stroke goes on straight from where it is. */
  #straight(to) {
    if (!this.straightFrom) {
      const { x = [], y = [] } = this.paper.stroke ?? {};
      const from = x.length ? { x: x.at(-1), y: y.at(-1) } : this.start;
      this.straightFrom = { ...from, kept: x.length };
    }
    this.#outline(line, this.straightFrom, to, this.straightFrom.kept);
    this.stabiliser = new Stabiliser(1 - this.settings.steadiness);
    this.stabiliser.follow(to);
  }

  #outline(shape, from, to, kept = 0) {
    const radius = this.#radius();
    const points = shape(from, to, to.shiftKey).map((point) => [...point, radius]);
    this.paper.outline(points, to.timeStamp, kept);
  }

  #fill({ x, y }) {
    const [i, j] = [Math.floor(x), Math.floor(y)];
    const { shade, tolerance, antialiased } = this.settings;
    if (this.#isOnPaper(i, j)) this.paper.fill(i, j, shade, tolerance, antialiased);
  }

  #point(sample, [x, y]) {
    const share = this.settings.usesPressure ? widthAt(sample) : 1;
    this.paper.extend(x, y, this.#radius(share), sample.timeStamp);
  }

  #radius(share = 1) {
    const radius = (this.settings.size / 2) * share;
    return this.settings.antialiased ? radius : Math.max(LEAST_HARD_RADIUS, radius);
  }

  #pickAt({ x, y }) {
    const [i, j] = [Math.floor(x), Math.floor(y)];
    if (this.#isOnPaper(i, j)) this.pick(this.paper.pixels[j * this.paper.width + i]);
  }

  #isOnPaper(x, y) {
    return x >= 0 && y >= 0 && x < this.paper.width && y < this.paper.height;
  }
}

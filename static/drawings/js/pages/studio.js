// @ts-check
/**
 * The canvas page: the paper and what draws on it. This loads first, so that ink flows at once; the
 * controls around the paper load after the first stroke, or when the visitor pauses.
 */

import { Pointers } from "../canvas/pointer.js";
import { greyColours, Renderer, tableOf } from "../canvas/renderer.js";
import { SMOOTH_TOLERANCE, ToolDriver } from "../canvas/tools.js";
import { Viewport } from "../canvas/viewport.js";
import { Paper } from "../raster/paper.js";

/** @import { ChosenSettings, EarlyEvents } from "../types.js" */
/** @import { StudioControls } from "./studio_controls.js" */

/** How long a visitor may hesitate before the controls begin to load, in milliseconds. */
const PAUSE_MS = 500;
const RETRY_MS = 2000;

/** @type {(id: string) => any} */
const $ = (id) => document.getElementById(id);

/** The paper on the page, with what shows it and what draws on it. Fires "paper" and "change". */
export class Easel extends EventTarget {
  /** @param {EarlyEvents} early what happened before this module loaded */
  constructor(early) {
    super();
    this.early = early;
    this.form = $("studio");
    const canvas = $("paper");
    const crayons = [...$("crayons").querySelectorAll("circle")].map((dot) =>
      dot.getAttribute("fill"),
    );
    const hasCrayons = this.form.dataset.cmap === "crayons";
    this.crayons = tableOf(crayons);
    /** The greatest difference between shades that a fill covers: not another crayon. */
    this.tolerance = hasCrayons ? 128 / crayons.length - 1 : SMOOTH_TOLERANCE;
    /** @type {ChosenSettings | undefined} */
    this.earlySettings = undefined; // of the early event that is being handled
    /** @type {Promise<StudioControls> | undefined} */
    this.controls = undefined;
    this.paper = new Paper(canvas.width, canvas.height, {
      antialiased: !hasCrayons,
      began: early.pointers[0]?.timeStamp,
    });
    this.renderer = new Renderer(canvas, this.paper, hasCrayons ? this.crayons : greyColours());
    this.viewport = new Viewport(canvas, $("sheet"), $("easel"));
    this.driver = new ToolDriver(
      () => this.paper,
      () => this.#readSettings(),
      async (shade) => (await this.loadControls()).pickShade(shade),
    );
    this.pointers = new Pointers(canvas, this.viewport, {
      begin: (sample) => this.driver.begin(sample),
      move: (samples) => this.driver.move(samples),
      end: () => this.#endStroke(),
      cancel: () => this.driver.cancel(),
      removeStroke: (operation) => {
        if (operation && this.paper.operations.at(-1) === operation) this.paper.undo();
      },
      undo: async () => (await this.loadControls()).undo(),
      redo: async () => (await this.loadControls()).redo(),
      onFirstPen: async () => {
        this.pointers.penOnly = true; // a resting finger must not draw from now on
        (await this.loadControls()).onFirstPen();
      },
      onIdleFinger: async () => (await this.loadControls()).offerFingers(),
    });
    this.#watch();
    // Strokes on a draft or another drawing wait until that has been opened.
    if (!early.isContinued) this.drawEarlyStrokes();
  }

  /** Draws what happened before, once, and handles all further events. */
  drawEarlyStrokes() {
    const { early, pointers } = this;
    if (pointers.isListening) return;
    early.stopPointers();
    pointers.listen();
    for (const event of early.pointers) {
      this.earlySettings = early.settings.get(event);
      pointers.handle(event);
    }
    this.earlySettings = undefined;
  }

  /** Loads the controls around the paper, once. */
  loadControls() {
    this.controls ??= this.#connectControls().catch((error) => {
      this.controls = undefined; // the next stroke or press tries again
      setTimeout(() => this.loadControls(), RETRY_MS);
      $("status").className = "status problem";
      $("status").textContent = "Part of this page hasn't loaded yet. Trying again…";
      throw error;
    });
    return this.controls;
  }

  async #connectControls() {
    const [{ StudioControls }] = await Promise.all([
      import("./studio_controls.js"),
      // Modules that it needs indirectly: requested now, they arrive together with it.
      import("../components/sending.js"),
      import("../storage/outbox.js"),
      import("../raster/png.js"),
    ]);
    const controls = new StudioControls(this);
    controls.drawing.isOpen.then(() => {
      this.early.stop();
      for (const button of this.early.buttons) button.click();
    });
    return controls;
  }

  /** @param {Paper} paper */
  setPaper(paper) {
    this.paper = paper;
    $("easel").style.setProperty("--aspect", String(paper.width / paper.height));
    this.renderer.setField(paper);
    this.viewport.reset();
    this.#watch();
    this.dispatchEvent(new CustomEvent("paper"));
  }

  #watch() {
    this.paper.addEventListener("change", (event) => {
      const { detail } = /** @type {CustomEvent} */ (event);
      if (detail.rect) this.renderer.paint(detail.rect);
      this.dispatchEvent(new CustomEvent("change", { detail }));
    });
  }

  #endStroke() {
    const before = this.paper.operations.length;
    this.driver.end();
    this.loadControls();
    return this.paper.operations.length > before ? this.paper.operations.at(-1) : null;
  }

  #readSettings() {
    return {
      ...(this.earlySettings ?? this.early.readSettings()),
      tolerance: this.tolerance,
      smoothing: Number($("smoothing").value),
      usesPressure: $("pressure").checked,
    };
  }
}

const easel = new Easel(/** @type {any} */ (window).earlyEvents);
if (easel.early.isContinued || easel.early.buttons.length) easel.loadControls();
else setTimeout(loadUnlessDrawing, PAUSE_MS);
for (const type of ["pointerdown", "keydown", "focusin"]) {
  document.addEventListener(type, ({ target }) => {
    if (target !== $("paper") || type === "keydown") easel.loadControls();
  });
}

function loadUnlessDrawing() {
  if (!easel.paper.stroke) easel.loadControls(); // else the end of the stroke does
}

export { easel };

// @ts-check
/** Keyboard shortcuts, and drawing with the arrow keys. */

/** @import { Sample, Shortcut } from "../types.js" */
/** @import { ToolDriver } from "./tools.js" */
/** @import { Viewport } from "./viewport.js" */

/**
 * Runs a shortcut's action when its key is pressed outside text fields. A key may begin with
 * "Mod+" (Ctrl, or Command on a Mac) and "Shift+".
 *
 * @param {Shortcut[]} shortcuts
 */
export function listenForShortcuts(shortcuts) {
  const actions = new Map(shortcuts.map(({ key, action }) => [key, action]));
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.isComposing || event.defaultPrevented) return;
    const target = /** @type {Element} */ (event.target);
    if (target.closest("input[type=text], textarea, select, dialog")) return;
    const action = actions.get(nameKey(event));
    if (!action) return;
    event.preventDefault();
    action();
  });
}

/**
 * Adds each shortcut's key, as printed on this machine's keyboard, and its label to a list.
 *
 * @param {Shortcut[]} shortcuts
 * @param {HTMLElement} list
 */
export function listShortcuts(shortcuts, list) {
  const modifier = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘ " : "Ctrl ";
  for (const { key, label } of shortcuts) {
    const row = document.createElement("li");
    const keys = document.createElement("kbd");
    keys.textContent = key.replace("Mod+", modifier).replace("Shift+", "⇧ ").toUpperCase();
    row.append(keys, label);
    list.append(row);
  }
}

function nameKey(event) {
  const mod = event.ctrlKey || event.metaKey ? "Mod+" : "";
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  // Shift is part of characters such as "?", but not of letters and named keys.
  const shift = event.shiftKey && (/^[a-z]$/.test(key) || key.length > 1) ? "Shift+" : "";
  return mod + shift + key;
}

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * A cross that the arrow keys move over the focused canvas, by 1 pixel or, with Shift, by 10. Space
 * or Enter puts the pen down and lifts it. Escape cancels the stroke.
 */
export class KeyboardCursor {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLElement} cross
   * @param {Viewport} viewport
   * @param {ToolDriver} driver
   * @param {(text: string) => void} say
   */
  constructor(canvas, cross, viewport, driver, say) {
    this.canvas = canvas;
    this.cross = cross;
    this.viewport = viewport;
    this.driver = driver;
    this.say = say;
    this.isDown = false;
    this.x = null;
    canvas.addEventListener("keydown", this.#onKey.bind(this));
    canvas.addEventListener("blur", () => {
      this.#penUp();
      canvas.classList.remove("by-pointer");
    });
    canvas.addEventListener("pointerdown", () => {
      this.#penUp();
      this.cross.hidden = true;
      canvas.classList.add("by-pointer"); // hides the focus ring
    });
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = STEPS[event.key];
    if (step) this.#move(step, event.shiftKey ? 10 : 1);
    else if (event.key === " " || event.key === "Enter") {
      if (!event.repeat) this.isDown ? this.#penUp() : this.#penDown();
    } else if (event.key === "Escape" && this.isDown) {
      this.isDown = false;
      this.driver.cancel();
      this.say("Stroke cancelled.");
    } else return;
    event.preventDefault();
  }

  #move([dx, dy], distance) {
    this.#showCross();
    const limit = (value, size) => Math.min(size - 0.5, Math.max(0.5, value));
    this.x = limit(this.x + dx * distance, this.canvas.width);
    this.y = limit(this.y + dy * distance, this.canvas.height);
    this.#showCross();
    if (this.isDown) this.driver.move([this.#makeSample()]);
    this.say(this.#describePosition());
  }

  #penDown() {
    this.#showCross();
    this.driver.begin(this.#makeSample());
    if (this.driver.isOneClick) {
      this.driver.end();
      this.say(`Done at ${this.#describePosition()}`);
    } else {
      this.isDown = true;
      this.say(`Pen down at ${this.#describePosition()}`);
    }
  }

  #penUp() {
    if (!this.isDown) return;
    this.isDown = false;
    this.driver.end();
    this.say(`Pen up at ${this.#describePosition()}`);
  }

  #describePosition() {
    return `${Math.floor(this.x)}, ${Math.floor(this.y)}.`;
  }

  #showCross() {
    if (this.x === null || this.x > this.canvas.width || this.y > this.canvas.height) {
      this.x = Math.floor(this.canvas.width / 2) + 0.5;
      this.y = Math.floor(this.canvas.height / 2) + 0.5;
    }
    this.cross.hidden = false;
    this.canvas.classList.remove("by-pointer");
    this.cross.style.left = `${(this.x / this.canvas.width) * 100}%`;
    this.cross.style.top = `${(this.y / this.canvas.height) * 100}%`;
    this.viewport.reveal(this.x, this.y);
  }

  /** @returns {Sample} */
  #makeSample() {
    const [pointerType, timeStamp] = ["keyboard", performance.now()];
    return { x: this.x, y: this.y, pressure: 0, shiftKey: false, timeStamp, pointerType };
  }
}

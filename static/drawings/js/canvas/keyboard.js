// @ts-check
/** Keyboard shortcuts, and drawing with the arrow keys. */

import { recall, remember } from "../storage/preferences.js";

/** @import { Easel } from "../pages/studio.js" */
/** @import { Sample, Shortcut } from "../types.js" */

/** How long the cross must rest before its position is announced, in milliseconds. */
const REST_MS = 500;
const SINGLE_KEYS_OFF = "single-keys-off"; // the name of the remembered text

/**
 * Runs a shortcut's action when its key is pressed outside text fields. A key may begin with
 * "Mod+" (Ctrl, or Command on a Mac) and "Shift+". Keys without them can be switched off (WCAG
 * 2.1.4), and then stay off in this browser.
 *
 * @param {Shortcut[]} shortcuts
 * @param {HTMLInputElement} singleKeys the check box that switches them on
 */
export function listenForShortcuts(shortcuts, singleKeys) {
  singleKeys.checked = recall(SINGLE_KEYS_OFF) === "";
  updateTooltips(singleKeys.checked);
  singleKeys.addEventListener("change", () => {
    remember(SINGLE_KEYS_OFF, singleKeys.checked ? "" : "yes");
    updateTooltips(singleKeys.checked);
  });
  const actions = new Map(shortcuts.map(({ key, action }) => [key, action]));
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.isComposing || event.defaultPrevented) return;
    const target = /** @type {Element} */ (event.target);
    if (target.closest("input[type=text], textarea, select, dialog")) return;
    const key = nameKey(event);
    const action = actions.get(key);
    if (!action || (key.length === 1 && !singleKeys.checked)) return;
    event.preventDefault();
    action();
  });
}

/** Lets the tooltips name single keys, as in "Pen (P)", only while these are shortcuts. */
function updateTooltips(areOn) {
  for (const element of document.querySelectorAll("[title]")) {
    element.dataset.title ??= element.title;
    element.title = areOn ? element.dataset.title : element.dataset.title.replace(/ \(.\)$/, "");
  }
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
 * or Enter puts the pen down and lifts it. Escape cancels the stroke. Where a mouse or finger drew
 * last, Space is held to move the paper instead.
 */
export class KeyboardCursor {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLElement} cross
   * @param {Easel} easel
   * @param {(text: string) => void} announce for screen readers
   */
  constructor(canvas, cross, { viewport, driver, pointers }, announce) {
    this.canvas = canvas;
    this.cross = cross;
    this.viewport = viewport;
    this.driver = driver;
    this.pointers = pointers;
    this.announce = (text) => {
      clearTimeout(this.resting);
      announce(text);
    };
    this.isDown = false;
    this.x = null;
    this.resting = 0; // a timer
    canvas.addEventListener("keydown", this.#onKey.bind(this));
    canvas.addEventListener("keyup", ({ key }) => {
      if (key === " ") this.pointers.holdSpace(false);
    });
    canvas.addEventListener("blur", () => {
      this.#penUp();
      this.pointers.holdSpace(false);
      canvas.classList.remove("by-pointer");
    });
    canvas.addEventListener("pointerdown", () => {
      this.#penUp();
      this.cross.hidden = true;
    });
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = STEPS[event.key];
    if (step) this.#move(step, event.shiftKey ? 10 : 1);
    else if (event.key === " " && this.canvas.classList.contains("by-pointer")) {
      this.pointers.holdSpace(true);
    } else if (event.key === " " || event.key === "Enter") {
      if (!event.repeat) this.isDown ? this.#penUp() : this.#penDown();
    } else if (event.key === "Escape" && this.isDown) {
      this.isDown = false;
      this.driver.cancel();
      this.announce("Stroke cancelled.");
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
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.announce(this.#describePosition()), REST_MS);
  }

  #penDown() {
    this.#showCross();
    this.driver.begin(this.#makeSample());
    if (this.driver.isOneClick) {
      this.driver.end();
      this.announce(`Done at ${this.#describePosition()}`);
    } else {
      this.isDown = true;
      this.announce(`Pen down at ${this.#describePosition()}`);
    }
  }

  #penUp() {
    if (!this.isDown) return;
    this.isDown = false;
    this.driver.end();
    this.announce(`Pen up at ${this.#describePosition()}`);
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

// @ts-check
import { SMOOTH_TOLERANCE } from "./tools.js";

/** @import { ColourTable } from "../types.js" */

/** A colormap with more distinct colours than this counts as continuous, not as qualitative. */
const MAX_QUALITATIVE_COLOURS = 24;
const SVG = "http://www.w3.org/2000/svg";

/**
 * Returns the shade to draw each colour with, or null if the colormap is continuous: the middle of
 * a colour's shades, but 0 for the first and 255 for the last, as black ink and white paper have.
 *
 * @param {ColourTable} colours
 * @returns {number[] | null}
 */
export function findDistinctShades(colours) {
  const shades = [];
  for (let begin = 0; begin < 256 && shades.length <= MAX_QUALITATIVE_COLOURS; ) {
    let end = begin;
    while (end < 256 && colours[end] === colours[begin]) end++;
    shades.push(begin === 0 ? 0 : end === 256 ? 255 : (begin + end - 1) >> 1);
    begin = end;
  }
  return shades.length > MAX_QUALITATIVE_COLOURS ? null : shades;
}

/**
 * Selects the shade to draw with: the crayons by name, a button for each colour of another
 * qualitative colormap, or a slider above the strip of a continuous one.
 */
export class ShadePicker {
  /**
   * `slider` is inside a label. `crayons` has a radio button for each of its colours.
   *
   * @param {{slider: HTMLInputElement, strip: HTMLImageElement, value: HTMLElement,
   *   buttons: HTMLElement, crayons: HTMLElement}} elements
   */
  constructor({ slider, strip, value, buttons, crayons }) {
    this.slider = slider;
    this.strip = strip;
    this.value = value;
    this.buttons = buttons;
    this.crayons = crayons;
    /** @type {number[] | null} */
    this.distinct = null;
    slider.addEventListener("input", () => this.#show());
    for (const group of [buttons, crayons]) {
      group.addEventListener("change", ({ target }) => {
        this.set(Number(/** @type {HTMLInputElement} */ (target).value));
      });
    }
    if (!crayons.hidden) {
      slider.value = /** @type {HTMLInputElement} */ (crayons.querySelector(":checked")).value;
    }
  }

  get shade() {
    return Number(this.slider.value);
  }

  /** The name of the colour, or the shade's number if it has none. */
  get name() {
    const radio = [...this.#group().querySelectorAll("input")].find((input) => input.checked);
    return radio?.ariaLabel ?? `Shade ${this.shade}`;
  }

  /** The tolerance of a fill, which must stop at another colour. */
  get tolerance() {
    return this.distinct
      ? Math.max(0, Math.floor(128 / this.distinct.length) - 1)
      : SMOOTH_TOLERANCE;
  }

  /** @param {number} shade 0 to 255 */
  set(shade) {
    this.slider.value = String(this.distinct ? this.#nearest(shade) : shade);
    this.#show();
  }

  /**
   * Selects the next shade or colour.
   *
   * @param {1 | -1} direction lighter or darker
   */
  step(direction) {
    if (!this.distinct) return this.set(this.shade + 16 * direction);
    const at = this.distinct.indexOf(this.#nearest(this.shade)) + direction;
    this.set(this.distinct[Math.min(this.distinct.length - 1, Math.max(0, at))]);
  }

  /**
   * Offers the colours of a colormap.
   *
   * @param {string} cmap
   * @param {ColourTable} colours
   * @param {string} url the strip's
   */
  setColours(cmap, colours, url) {
    this.distinct = findDistinctShades(colours);
    const isCrayons = cmap === "crayons";
    this.slider.closest("label").hidden = this.distinct !== null;
    this.crayons.hidden = !isCrayons;
    this.buttons.hidden = isCrayons || this.distinct === null;
    if (this.distinct === null) this.strip.src = url;
    this.buttons.replaceChildren(...(this.buttons.hidden ? [] : this.#makeButtons(colours)));
    this.set(this.shade);
  }

  #makeButtons(colours) {
    const bytes = new Uint8Array(colours.buffer);
    return this.distinct.map((shade, number) => {
      const [red, green, blue] = bytes.subarray(shade * 4, shade * 4 + 3);
      return makeColourButton(shade, number + 1, `rgb(${red} ${green} ${blue})`);
    });
  }

  #group() {
    return this.crayons.hidden ? this.buttons : this.crayons;
  }

  #nearest(shade) {
    return this.distinct.reduce((best, each) =>
      Math.abs(each - shade) < Math.abs(best - shade) ? each : best,
    );
  }

  #show() {
    this.value.textContent = this.slider.value;
    for (const input of this.#group().querySelectorAll("input")) {
      input.checked = Number(input.value) === this.shade;
    }
  }
}

function makeColourButton(shade, number, colour) {
  const label = document.createElement("label");
  label.className = "colour";
  const input = document.createElement("input");
  Object.assign(input, {
    type: "radio",
    name: "colour",
    value: shade,
    ariaLabel: `Colour ${number}`,
  });
  const dot = document.createElementNS(SVG, "svg");
  dot.setAttribute("viewBox", "0 0 2 2");
  const circle = document.createElementNS(SVG, "circle");
  for (const side of ["cx", "cy", "r"]) circle.setAttribute(side, "1");
  circle.setAttribute("fill", colour);
  dot.append(circle);
  label.append(input, dot);
  return label;
}

// @ts-check
/** @import { ColourTable } from "../types.js" */

/** A colormap with more distinct colours than this counts as continuous, not as qualitative. */
const MAX_QUALITATIVE_COLOURS = 24;
/** The tolerance of a fill in a continuous colormap. */
const SMOOTH_TOLERANCE = 24;

/** Returns the middle shade of each colour, or null if the colormap is continuous. */
function findDistinctShades(colours) {
  const shades = [];
  for (let begin = 0; begin < 256 && shades.length <= MAX_QUALITATIVE_COLOURS; ) {
    let end = begin;
    while (end < 256 && colours[end] === colours[begin]) end++;
    shades.push((begin + end - 1) >> 1);
    begin = end;
  }
  return shades.length > MAX_QUALITATIVE_COLOURS ? null : shades;
}

/**
 * Selects the shade to draw with: a slider above the colormap's strip or, for a qualitative
 * colormap, a button for each colour.
 */
export class ShadePicker {
  /**
   * `slider` is inside a label.
   *
   * @param {{slider: HTMLInputElement, strip: HTMLImageElement,
   *   buttons: HTMLElement, value: HTMLElement}} elements
   */
  constructor({ slider, strip, buttons, value }) {
    this.slider = slider;
    this.strip = strip;
    this.buttons = buttons;
    this.value = value;
    /** @type {number[] | null} */
    this.distinct = null;
    slider.addEventListener("input", () => this.#show());
    buttons.addEventListener("change", ({ target }) => {
      this.set(Number(/** @type {HTMLInputElement} */ (target).value));
    });
  }

  get shade() {
    return Number(this.slider.value);
  }

  /** Whether to antialias: between two colours of a qualitative colormap lies an unrelated one. */
  get isSmooth() {
    return this.distinct === null;
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
   * @param {ColourTable} colours
   * @param {string} url the strip's
   */
  setColours(colours, url) {
    this.strip.src = url;
    this.distinct = findDistinctShades(colours);
    this.slider.closest("label").hidden = !this.isSmooth;
    this.buttons.hidden = this.isSmooth;
    const bytes = new Uint8Array(colours.buffer);
    this.buttons.replaceChildren(
      ...(this.distinct ?? []).map((shade, number) => {
        const [red, green, blue] = bytes.subarray(shade * 4, shade * 4 + 3);
        return makeColourButton(shade, number + 1, `rgb(${red} ${green} ${blue})`);
      }),
    );
    this.set(this.shade);
  }

  #nearest(shade) {
    return this.distinct.reduce((best, each) =>
      Math.abs(each - shade) < Math.abs(best - shade) ? each : best,
    );
  }

  #show() {
    this.value.textContent = this.slider.value;
    for (const input of this.buttons.querySelectorAll("input")) {
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
  const dot = document.createElement("span");
  dot.style.backgroundColor = colour;
  label.append(input, dot);
  return label;
}

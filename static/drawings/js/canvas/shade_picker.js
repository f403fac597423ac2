/** Choosing a shade as a colour of the chosen colormap. */

/** A colormap with at most so many colours, each for a run of shades, is a qualitative one. */
const QUALITATIVE = 24;
const SMOOTH_TOLERANCE = 24;

/** The shades in the middle of each run of one colour, or null if the colours change smoothly. */
function distinctShades(colours) {
  const shades = [];
  for (let begin = 0; begin < 256 && shades.length <= QUALITATIVE; ) {
    let end = begin;
    while (end < 256 && colours[end] === colours[begin]) end++;
    shades.push((begin + end - 1) >> 1);
    begin = end;
  }
  return shades.length > QUALITATIVE ? null : shades;
}

/**
 * The shade to draw with: a slider over the colormap's strip or, for a qualitative colormap, a
 * button for each of its colours.
 */
export class Palette {
  constructor({ slider, strip, buttons, value }) {
    this.slider = slider; // the range input, in a label
    this.strip = strip;
    this.buttons = buttons; // where the buttons go
    this.value = value; // where the number is shown
    this.distinct = null;
    slider.addEventListener("input", () => this.#show());
    buttons.addEventListener("change", ({ target }) => this.set(Number(target.value)));
  }

  get shade() {
    return Number(this.slider.value);
  }

  /** Whether edges may be smoothed: between two colours of a qualitative map lies a third. */
  get isSmooth() {
    return this.distinct === null;
  }

  /** How far from a shade another counts as the same one: a fill stops at other colours. */
  get tolerance() {
    return this.distinct
      ? Math.max(0, Math.floor(128 / this.distinct.length) - 1)
      : SMOOTH_TOLERANCE;
  }

  set(shade) {
    this.slider.value = this.distinct ? this.#nearest(shade) : shade;
    this.#show();
  }

  /** Step to the next darker or lighter shade or colour. */
  step(direction) {
    if (!this.distinct) return this.set(this.shade + 16 * direction);
    const at = this.distinct.indexOf(this.#nearest(this.shade)) + direction;
    this.set(this.distinct[Math.min(this.distinct.length - 1, Math.max(0, at))]);
  }

  /** Offer the colours of a colormap's table; `url` is the picture of its strip. */
  recolour(colours, url) {
    this.strip.src = url;
    this.distinct = distinctShades(colours);
    this.slider.closest("label").hidden = !this.isSmooth;
    this.buttons.hidden = this.isSmooth;
    const bytes = new Uint8Array(colours.buffer);
    this.buttons.replaceChildren(
      ...(this.distinct ?? []).map((shade, number) => {
        const [red, green, blue] = bytes.subarray(shade * 4, shade * 4 + 3);
        return colourButton(shade, number + 1, `rgb(${red} ${green} ${blue})`);
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
    this.value.textContent = this.shade;
    for (const input of this.buttons.querySelectorAll("input")) {
      input.checked = Number(input.value) === this.shade;
    }
  }
}

function colourButton(shade, number, colour) {
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

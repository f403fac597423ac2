/** How large the paper is shown, and which part of it: zoom and pan inside the easel. */

const MAX_ZOOM = 16;
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

export class View {
  /** `sheet` has the canvas in it and is what is moved inside the easel. */
  constructor(canvas, sheet, easel) {
    this.canvas = canvas;
    this.sheet = sheet;
    this.easel = easel;
    this.reset();
    new ResizeObserver(() => this.#apply()).observe(easel);
  }

  reset() {
    this.zoom = 1;
    this.x = 0;
    this.y = 0;
    this.#apply();
  }

  /** The point of the field, in pixels, under a point of the window. */
  toField(clientX, clientY, box = this.easel.getBoundingClientRect()) {
    const { canvas, sheet, zoom } = this;
    return [
      ((clientX - box.left - this.x) / zoom / sheet.offsetWidth) * canvas.width,
      ((clientY - box.top - this.y) / zoom / sheet.offsetHeight) * canvas.height,
    ];
  }

  /** Zoom by a factor around a point of the window (the middle of the easel, if none is given). */
  zoomBy(factor, clientX, clientY) {
    const box = this.easel.getBoundingClientRect();
    const x = clientX ?? box.left + box.width / 2;
    const y = clientY ?? box.top + box.height / 2;
    this.hold(this.toField(x, y, box), x, y, this.zoom * factor);
  }

  /** Show the paper at a zoom, so that a point of the field is under a point of the window. */
  hold([fieldX, fieldY], clientX, clientY, zoom) {
    const { canvas, sheet, easel } = this;
    const box = easel.getBoundingClientRect();
    this.zoom = clamp(zoom, 1, MAX_ZOOM);
    this.x = clientX - box.left - (fieldX / canvas.width) * sheet.offsetWidth * this.zoom;
    this.y = clientY - box.top - (fieldY / canvas.height) * sheet.offsetHeight * this.zoom;
    this.#apply();
  }

  /** Move the paper by so many CSS pixels. */
  panBy(x, y) {
    this.x += x;
    this.y += y;
    this.#apply();
  }

  /** Move the paper so far that a point of the field is to be seen. */
  reveal(fieldX, fieldY) {
    const { canvas, sheet, zoom } = this;
    const [width, height] = [sheet.offsetWidth, sheet.offsetHeight];
    const x = (fieldX / canvas.width) * width * zoom + this.x;
    const y = (fieldY / canvas.height) * height * zoom + this.y;
    this.panBy(clamp(x, 0, width) - x, clamp(y, 0, height) - y);
  }

  #apply() {
    const { sheet, zoom } = this;
    // The paper never leaves the easel.
    this.x = clamp(this.x, sheet.offsetWidth * (1 - zoom), 0);
    this.y = clamp(this.y, sheet.offsetHeight * (1 - zoom), 0);
    sheet.style.transform = zoom === 1 ? "" : `translate(${this.x}px, ${this.y}px) scale(${zoom})`;
  }
}

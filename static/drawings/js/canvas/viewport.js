// @ts-check
/** Zooms and pans the canvas inside the easel. */

const MAX_ZOOM = 16;
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

export class Viewport {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLElement} sheet contains the canvas and moves inside the easel
   * @param {HTMLElement} easel
   */
  constructor(canvas, sheet, easel) {
    this.canvas = canvas;
    this.sheet = sheet;
    this.easel = easel;
    this.onZoom = () => {}; // called whenever the zoom may have changed
    this.reset();
    new ResizeObserver(() => this.#apply()).observe(easel);
  }

  reset() {
    this.zoom = 1;
    this.x = 0;
    this.y = 0;
    this.#apply();
  }

  /**
   * Converts a position in the window to field pixels.
   *
   * @param {number} clientX
   * @param {number} clientY
   * @param {DOMRect} [box] the easel's, if it is already known
   * @returns {[x: number, y: number]}
   */
  toField(clientX, clientY, box = this.easel.getBoundingClientRect()) {
    const { canvas, sheet, zoom } = this;
    return [
      ((clientX - box.left - this.x) / zoom / sheet.offsetWidth) * canvas.width,
      ((clientY - box.top - this.y) / zoom / sheet.offsetHeight) * canvas.height,
    ];
  }

  /**
   * Zooms around a position in the window, or else around the easel's centre.
   *
   * @param {number} factor
   * @param {number} [clientX]
   * @param {number} [clientY]
   */
  zoomBy(factor, clientX, clientY) {
    const box = this.easel.getBoundingClientRect();
    const x = clientX ?? box.left + box.width / 2;
    const y = clientY ?? box.top + box.height / 2;
    this.zoomTo(this.toField(x, y, box), x, y, this.zoom * factor);
  }

  /**
   * Sets the zoom, and moves a point of the field to a position in the window.
   *
   * @param {[x: number, y: number]} point
   * @param {number} clientX
   * @param {number} clientY
   * @param {number} zoom limited to the range 1 to MAX_ZOOM
   */
  zoomTo([fieldX, fieldY], clientX, clientY, zoom) {
    const { canvas, sheet, easel } = this;
    const box = easel.getBoundingClientRect();
    this.zoom = clamp(zoom, 1, MAX_ZOOM);
    this.x = clientX - box.left - (fieldX / canvas.width) * sheet.offsetWidth * this.zoom;
    this.y = clientY - box.top - (fieldY / canvas.height) * sheet.offsetHeight * this.zoom;
    this.#apply();
  }

  /**
   * @param {number} x in CSS pixels
   * @param {number} y
   */
  panBy(x, y) {
    this.x += x;
    this.y += y;
    this.#apply();
  }

  /**
   * Pans until a point of the field is visible.
   *
   * @param {number} fieldX
   * @param {number} fieldY
   */
  reveal(fieldX, fieldY) {
    const { canvas, sheet, zoom } = this;
    const [width, height] = [sheet.offsetWidth, sheet.offsetHeight];
    const x = (fieldX / canvas.width) * width * zoom + this.x;
    const y = (fieldY / canvas.height) * height * zoom + this.y;
    this.panBy(clamp(x, 0, width) - x, clamp(y, 0, height) - y);
  }

  #apply() {
    const { sheet, zoom } = this;
    // The canvas always covers the easel.
    this.x = clamp(this.x, sheet.offsetWidth * (1 - zoom), 0);
    this.y = clamp(this.y, sheet.offsetHeight * (1 - zoom), 0);
    sheet.style.transform = zoom === 1 ? "" : `translate(${this.x}px, ${this.y}px) scale(${zoom})`;
    this.onZoom();
  }
}

// @ts-check
/** The colormap of the drawing: what the paper looks like, and what the picker offers. */

import { fetchColours } from "../canvas/renderer.js";
import { findDistinctShades } from "../canvas/shade_picker.js";
import { connectColormapPicker } from "./colormap_picker.js";

/** @import { ShadePicker } from "../canvas/shade_picker.js" */
/** @import { Easel } from "../pages/studio.js" */
/** @import { ColourTable } from "../types.js" */

/** What a drawing is in until its colormap has loaded. */
const FIRST_COLORMAPS = ["crayons", "gray"];

export class PaperColours {
  #wanted;

  /**
   * @param {Easel} easel
   * @param {ShadePicker} shadePicker
   * @param {HTMLElement} root contains the picker of colormaps
   * @param {{onChange: () => void, onFailure: (shown: string) => void}} handlers
   */
  constructor(easel, shadePicker, root, { onChange, onFailure }) {
    this.easel = easel;
    this.shadePicker = shadePicker;
    this.onFailure = onFailure;
    const begun = easel.form.dataset.cmap;
    /** The colormap that the paper is shown in, and sent with. */
    this.shown = FIRST_COLORMAPS.includes(begun) ? begun : "gray";
    this.#wanted = this.shown;
    /** The picture that the paper began as, for other colours: four bytes (RGBA) for each pixel. */
    this.pictures = new WeakMap(); // by Paper
    this.picker = connectColormapPicker(root, async (cmap) => {
      if (await this.use(cmap)) onChange();
    });
    shadePicker.setColours(this.shown, easel.renderer.colours, this.#url(this.shown));
    this.#updateTolerance();
  }

  /** The shades of a qualitative colormap's colours, or null. */
  get distinct() {
    return this.shadePicker.distinct;
  }

  /**
   * Shows the paper in a colormap, and draws it anew if that is antialiased and the paper is not,
   * or the other way round. Returns whether it succeeded and no other was wanted meanwhile.
   *
   * @param {string} cmap
   * @returns {Promise<boolean>}
   */
  async use(cmap) {
    this.#wanted = cmap;
    this.picker.setValue(cmap);
    try {
      const colours = cmap === "crayons" ? this.easel.crayons : await fetchColours(this.#url(cmap));
      const ground = await this.#makeGround(colours);
      if (this.#wanted !== cmap) return false;
      this.#show(cmap, colours, ground);
      return true;
    } catch (error) {
      console.warn(error);
      if (this.#wanted !== cmap) return false;
      this.#wanted = this.shown;
      this.picker.setValue(this.shown);
      this.onFailure(this.shown);
      return false;
    }
  }

  /** Puts a picture on new paper, in the colours that are shown. */
  async usePicture(paper, rgba) {
    this.pictures.set(paper, rgba);
    const { makeBaseImage } = await import("./uploads.js");
    const { colours } = this.easel.renderer;
    const ground = await makeBaseImage(rgba, paper.width, paper.height, colours, this.distinct);
    paper.drawAnew({ antialiased: paper.antialiased, ...ground });
  }

  async #makeGround(colours) {
    const { paper } = this.easel;
    const rgba = this.pictures.get(paper);
    if (!rgba) return {};
    const { makeBaseImage } = await import("./uploads.js");
    return makeBaseImage(rgba, paper.width, paper.height, colours, findDistinctShades(colours));
  }

  #show(cmap, colours, ground) {
    const { paper, renderer } = this.easel;
    this.shown = cmap;
    this.shadePicker.setColours(cmap, colours, this.#url(cmap));
    this.#updateTolerance();
    paper.drawAnew({ antialiased: this.distinct === null, ...ground });
    renderer.setColours(colours);
  }

  #updateTolerance() {
    this.easel.tolerance = this.shadePicker.tolerance;
  }

  #url(cmap) {
    return this.easel.form.dataset.colormapUrl.replace("NAME", cmap);
  }
}

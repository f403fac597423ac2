// @ts-check
/** The colormap of the drawing: what the paper looks like, and what the picker offers. */

import { fetchColours } from "../canvas/renderer.js";
import { findDistinctShades } from "../canvas/shade_picker.js";
import { connectColormapPicker } from "./colormap_picker.js";

/** @import { ShadePicker } from "../canvas/shade_picker.js" */
/** @import { Easel } from "../pages/studio.js" */
/** @import { Paper } from "../raster/paper.js" */
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
    this.isChosen = false; // by the visitor
    /** The upload that a paper began as, for other colours: four bytes (RGBA) for each pixel. */
    this.uploads = new WeakMap(); // by Paper
    this.picker = connectColormapPicker(root, async (cmap) => {
      this.isChosen = true;
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
   * or the other way round. Returns false if it failed, or another was chosen meanwhile.
   *
   * @param {string} cmap
   * @returns {Promise<boolean>}
   */
  async use(cmap) {
    this.#wanted = cmap;
    this.picker.setValue(cmap);
    try {
      const colours = cmap === "crayons" ? this.easel.crayons : await fetchColours(this.#url(cmap));
      const { paper } = this.easel;
      const baseImage = await this.#makeBaseImage(paper, colours, findDistinctShades(colours));
      if (this.#wanted !== cmap) return false;
      if (paper !== this.easel.paper) return this.use(cmap); // a new sheet in the meantime
      this.#show(cmap, colours, baseImage);
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

  /**
   * Puts an upload on new paper, in the colours that are shown.
   *
   * @param {Paper} paper
   * @param {Uint8ClampedArray} rgba its pixels
   */
  async putUpload(paper, rgba) {
    this.uploads.set(paper, rgba);
    const { colours } = this.easel.renderer;
    const baseImage = await this.#makeBaseImage(paper, colours, this.distinct);
    if (colours !== this.easel.renderer.colours) return this.putUpload(paper, rgba);
    paper.drawAnew({ antialiased: this.distinct === null, ...baseImage });
  }

  /** Returns the base image of a paper that began as an upload, in other colours. */
  async #makeBaseImage(paper, colours, distinct) {
    const rgba = this.uploads.get(paper);
    if (!rgba) return {};
    const { makeBaseImage } = await import("./uploads.js");
    return makeBaseImage(rgba, paper.width, paper.height, colours, distinct);
  }

  #show(cmap, colours, baseImage) {
    const { paper, renderer } = this.easel;
    this.shown = cmap;
    this.shadePicker.setColours(cmap, colours, this.#url(cmap));
    this.#updateTolerance();
    paper.drawAnew({ antialiased: this.distinct === null, ...baseImage });
    renderer.setColours(colours);
  }

  #updateTolerance() {
    this.easel.tolerance = this.shadePicker.tolerance;
  }

  #url(cmap) {
    return this.easel.form.dataset.colormapUrl.replace("NAME", cmap);
  }
}

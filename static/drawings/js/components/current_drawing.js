// @ts-check
/** The drawing on the page: its title and name, its draft in the browser, and its way to the wall. */

import { Paper, VERSION } from "../raster/paper.js";
import { randomUuid } from "../storage/database.js";
import { Drafts } from "../storage/drafts.js";
import { recall, remember } from "../storage/preferences.js";
import { Sender } from "./sending.js";
import { isShown, openSheet } from "./sheets.js";

/** @import { Easel } from "../pages/studio.js" */
/** @import { BaseImageSource, Details, Draft, Say } from "../types.js" */
/** @import { PaperColours } from "./paper_colours.js" */

/** @type {(id: string) => any} */
const $ = (id) => document.getElementById(id);
const ARTIST = "artist"; // the name of the remembered text

export class CurrentDrawing {
  /**
   * @param {Easel} easel
   * @param {PaperColours} colours
   * @param {Say} say
   */
  constructor(easel, colours, say) {
    this.easel = easel;
    this.form = easel.form;
    this.colours = colours;
    this.say = say;
    this.baseId = new URLSearchParams(location.search).get("on"); // of the drawing to draw on
    this.submissionKey = randomUuid(); // replaced whenever the submission would change
    this.hasWarned = false; // that drafts cannot be stored
    this.drafts = new Drafts(() => this.resetStatus());
    this.sender = new Sender(this.form, $("send"), this, say);
    this.#connectDetails();
    this.#connectSending();
    /** Settles when the draft, or the drawing to draw on, has been opened. */
    this.isOpen = this.#open();
  }

  get paper() {
    return this.easel.paper;
  }

  /**
   * Makes paper that is antialiased if the colormap is continuous.
   *
   * @param {number} width
   * @param {number} height
   * @param {{source?: BaseImageSource, base?: Uint8Array}} [baseImage]
   */
  makePaper(width, height, baseImage = {}) {
    return new Paper(width, height, { ...baseImage, antialiased: this.paper.antialiased });
  }

  /** Continues with other paper, which is not drawn on top of another drawing. */
  replacePaper(paper) {
    if (this.baseId) history.replaceState(null, "", location.pathname); // a reload begins as here
    this.baseId = null;
    this.easel.setPaper(paper);
    this.save();
  }

  // --- Title and name -----------------------------------------------------------------------

  #connectDetails() {
    const { title, artist } = this.form.elements;
    for (const input of [title, artist]) input.addEventListener("input", () => this.save());
    const keep = $("remember-artist");
    if (!artist.value) artist.value = recall(ARTIST);
    keep.checked = recall(ARTIST) !== "";
    const update = () => remember(ARTIST, keep.checked ? artist.value : "");
    artist.addEventListener("change", update);
    keep.addEventListener("change", update);
  }

  /** @returns {Details} */
  readDetails() {
    const { submissionKey, form, colours } = this;
    const { title, artist } = form.elements;
    return { submissionKey, title: title.value, artist: artist.value, colormap: colours.shown };
  }

  // --- Drafts -------------------------------------------------------------------------------

  /** Clears the message, or says once that drafts cannot be stored. */
  resetStatus() {
    if (this.drafts.canStore || this.hasWarned) return this.say("");
    this.hasWarned = true;
    this.say("This browser can't keep drafts, so send your drawing before you close the page.", {
      isProblem: true,
      outlastsStrokes: true,
    });
  }

  /** Saves the draft after a change, and renews the submission key. */
  save() {
    this.submissionKey = randomUuid();
    return this.#store();
  }

  #store() {
    // Untouched paper is no draft: the next page starts with white paper.
    if (!this.paper.isTouched && !this.paper.source?.image && !this.form.elements.title.value) {
      return this.drafts.delete();
    }
    const { paper } = this;
    return this.drafts.save({
      ...this.readDetails(),
      beginsOn: this.baseId,
      // Both names must stay, for drafts that are already stored. The operations are not as they
      // are drawn in this colormap, which may be too coarse for a thin stroke.
      document: { ...paper.toDocument(), operations: paper.operations },
      ground: paper.base,
      upload: this.colours.uploads.get(paper),
    });
  }

  /** Opens the draft, the drawing named by ?on=, or white paper. */
  async #open() {
    const on = this.baseId;
    const draft = await this.drafts.find(on ? ({ beginsOn }) => beginsOn === on : null);
    const isBegun = this.paper.isTouched || this.paper.stroke;
    if (isBegun) {
      // The visitor began to draw before the storage answered: leave the draft for another page.
      if (draft) await this.drafts.setAside();
      if (!this.sender.isSent) this.#store(); // under the key that it may already be sent with
    } else if (draft) {
      await this.#openDraft(draft);
    } else if (on) {
      await this.#openDrawing(on);
    }
    const { cmap } = this.form.dataset;
    if ((isBegun || !draft) && cmap !== this.colours.shown && !this.colours.isChosen) {
      await this.colours.use(cmap);
    }
    this.easel.drawEarlyStrokes();
    this.sender.resume();
    this.form.dataset.ready = "";
  }

  /** @param {Draft} draft */
  async #openDraft(draft) {
    try {
      if (!(draft.document.version <= VERSION)) throw new Error("A draft of another version");
      const { antialiased } = this.paper;
      const paper = Paper.from(draft.document, draft.ground);
      if (draft.upload) this.colours.uploads.set(paper, draft.upload);
      this.easel.setPaper(paper);
      const { title, artist } = this.form.elements;
      this.submissionKey = draft.submissionKey;
      title.value = draft.title;
      artist.value = draft.artist;
      const isShown = !this.colours.isChosen && (await this.colours.use(draft.colormap));
      if (isShown) this.say("Welcome back! Here's your unfinished drawing.");
      else paper.drawAnew({ antialiased }); // in the colours that are there
    } catch (error) {
      await this.drafts.setAside();
      this.say("We found an older draft but can't open it. It hasn't been deleted.", {
        isProblem: true,
      });
      console.warn(error);
    }
  }

  async #openDrawing(id) {
    try {
      const { fetchNpy } = await import("../raster/base_images.js");
      const url = this.form.dataset.npyUrl.replace(/[0-]{36}/, encodeURIComponent(id));
      const { width, height, pixels } = await fetchNpy(url);
      this.easel.setPaper(this.makePaper(width, height, { source: { drawing: id }, base: pixels }));
    } catch {
      this.say("Couldn't load the drawing to draw on. Here's a blank sheet instead.", {
        isProblem: true,
      });
    }
  }

  // --- Sending ------------------------------------------------------------------------------

  #connectSending() {
    const { form } = this;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    $("sent").addEventListener("close", () => this.startAgain());
    addEventListener("beforeunload", (event) => {
      const isSafe = this.drafts.canStore || this.sender.isSent;
      if (!isSafe && this.paper.isTouched) event.preventDefault();
    });
  }

  /** Sends the drawing; where title and name have no room beside the paper, asks for them first. */
  async #send() {
    await this.isOpen;
    this.paper.end();
    if (this.paper.isBlank) {
      this.say("The paper is still blank. Draw something first!", { isProblem: true });
      $("paper").focus();
    } else if (!isShown($("details"))) {
      this.say("");
      openSheet($("send-sheet"), $("details"));
    } else {
      $("send-sheet").close();
      this.sender.send();
    }
  }

  /** Whether a submission of this key is still the drawing on the page. */
  isUnchanged(key) {
    return key === this.submissionKey && !this.paper.stroke;
  }

  deleteDraft() {
    return this.drafts.delete();
  }

  /** Shows that the site has the drawing, whose page has this URL. */
  async celebrate(url) {
    const title = this.form.elements.title.value;
    try {
      const { showArrival } = await import("./arrival.js");
      showArrival($("sent"), { url, title, canvas: $("paper") });
    } catch {
      location.assign(url); // its page shows it, too
    }
  }

  /** Focuses the first of these fields that exists, where the visitor can see it. */
  focusField(fields) {
    const { title, artist } = this.form.elements;
    const field = [title, artist].find(({ name }) => fields.includes(name));
    if (!field) return;
    if (!isShown($("details"))) {
      const { textContent } = $("status");
      openSheet($("send-sheet"), $("details"));
      this.say(textContent, { isProblem: true }); // in the sheet now
    }
    field.focus();
  }

  /** Continues with blank paper. */
  startAgain() {
    if ($("sent").open) return $("sent").close(); // which starts again
    this.form.elements.title.value = "";
    this.form.elements.artist.value = recall(ARTIST); // the next visitor may be another
    this.replacePaper(this.makePaper(this.paper.width, this.paper.height));
  }
}

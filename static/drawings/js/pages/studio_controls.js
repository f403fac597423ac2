// @ts-check
/** The controls around the paper: connects tools, colours, drafts and the outbox to the page. */

import { KeyboardCursor, listenForShortcuts, listShortcuts } from "../canvas/keyboard.js";
import { ShadePicker } from "../canvas/shade_picker.js";
import { showArrival } from "../components/arrival.js";
import { Messages, makeAction } from "../components/messages.js";
import { PaperColours } from "../components/paper_colours.js";
import { Sender } from "../components/sending.js";
import { connectSheets, isShown, openSheet } from "../components/sheets.js";
import { Paper, VERSION } from "../raster/paper.js";
import { randomUuid } from "../storage/database.js";
import { Drafts } from "../storage/drafts.js";
import { recall, remember } from "../storage/preferences.js";

/** @import { Easel } from "./studio.js" */
/** @import { Draft } from "../types.js" */

/** @type {(id: string) => any} */
const $ = (id) => document.getElementById(id);
const ARTIST = "artist"; // the name of the remembered text

export class StudioControls {
  /** @param {Easel} easel */
  constructor(easel) {
    this.easel = easel;
    this.form = easel.form;
    this.baseId = new URLSearchParams(location.search).get("on"); // of the drawing to draw on
    this.submissionKey = randomUuid(); // replaced whenever the submission would change
    const messages = new Messages($("status"));
    this.say = messages.say.bind(messages);
    this.drafts = new Drafts(() => this.#resetStatus());
    this.#connectPaper();
    this.#connectActions();
    this.#connectColours();
    this.#connectPictures();
    this.#connectDetails();
    this.#connectSending();
    this.#connectKeyboard();
    connectSheets();
    this.#start();
  }

  get paper() {
    return this.easel.paper;
  }

  // --- The paper ----------------------------------------------------------------------------

  #connectPaper() {
    const { easel } = this;
    easel.addEventListener("change", (event) => {
      if (!(/** @type {CustomEvent} */ (event).detail.finished)) return;
      if (!this.sender.isWaiting) this.#resetStatus(); // the message was about the earlier drawing
      this.#updateButtons();
      this.#saveDraft();
    });
    easel.addEventListener("paper", () => {
      this.#removeTracing();
      this.#updateButtons();
      this.#updateSizeMenu();
    });
    this.#updateButtons();
    $("untrace").addEventListener("click", () => this.#removeTracing());
    $("new-sheet").addEventListener("click", () => {
      this.#startNewSheet(this.paper.width, this.paper.height);
    });
    $("paper-size")?.addEventListener("change", ({ target }) => {
      const [width, height] = target.value.split("x").map(Number);
      if (!this.#startNewSheet(width, height)) this.#updateSizeMenu();
    });
    easel.viewport.onZoom = () => {
      $("fit").hidden = easel.viewport.zoom === 1;
    };
  }

  /** New paper, on which everything is antialiased or nothing, as the colormap demands. */
  #makePaper(width, height, baseImage = {}) {
    return new Paper(width, height, { ...baseImage, antialiased: this.paper.antialiased });
  }

  /** Starts with white paper, unless the visitor keeps the drawing. Returns whether it did. */
  #startNewSheet(width, height) {
    const question = "Start a new sheet? This drawing will be lost.";
    if (this.paper.isTouched && !confirm(question)) return false;
    this.baseId = null;
    this.easel.setPaper(this.#makePaper(width, height));
    this.#saveDraft();
    $("options").close();
    this.say("Here's a new sheet.");
    return true;
  }

  #updateSizeMenu() {
    const select = $("paper-size"); // only if the site offers several sizes
    if (select) select.value = `${this.paper.width}x${this.paper.height}`;
  }

  #removeTracing() {
    $("tracing").hidden = $("untrace").hidden = true;
  }

  #updateButtons() {
    // Not `disabled`, because a button then loses the focus.
    const setEnabled = (id, isEnabled) => $(id).setAttribute("aria-disabled", String(!isEnabled));
    setEnabled("undo", this.paper.canUndo);
    setEnabled("redo", this.paper.canRedo);
    setEnabled("clear", !this.paper.isBlank);
  }

  // --- Actions ------------------------------------------------------------------------------

  undo() {
    if (!this.paper.canUndo) return this.say("Nothing to undo.");
    this.paper.undo();
    this.say("Undone.", { action: makeAction("Redo", () => this.redo()) });
  }

  redo() {
    if (!this.paper.canRedo) return this.say("Nothing to redo.");
    this.paper.redo();
    this.say("Redone.");
  }

  #clear() {
    if (this.paper.isBlank) return this.say("The paper is blank.");
    this.paper.clear();
    this.say("Cleared.", { action: makeAction("Undo", () => this.undo()) });
  }

  #connectActions() {
    const { viewport } = this.easel;
    // Each has a message, for visitors who do not see the paper.
    const withMessage = (action, message) => () => {
      action();
      this.say(message);
    };
    const withZoom = (action) => () => {
      action();
      this.say(`Zoom ${Math.round(viewport.zoom * 100)}%.`);
    };
    this.actions = {
      undo: () => this.undo(),
      redo: () => this.redo(),
      clear: () => this.#clear(),
      invert: withMessage(() => this.paper.invert(), "Negative."),
      "flip-horizontal": withMessage(
        () => this.paper.flip("horizontal"),
        "Mirrored left and right.",
      ),
      "flip-vertical": withMessage(() => this.paper.flip("vertical"), "Mirrored top and bottom."),
      "zoom-in": withZoom(() => viewport.zoomBy(1.5)),
      "zoom-out": withZoom(() => viewport.zoomBy(1 / 1.5)),
      fit: withZoom(() => viewport.reset()),
      "help-button": () => openSheet($("help")),
      "colours-button": () => openSheet($("colormaps")),
      "options-button": () => openSheet($("options"), $("extra")),
    };
    for (const [id, action] of Object.entries(this.actions))
      $(id).addEventListener("click", action);
    // In the dialog of options these would change a paper that is out of sight.
    $("extra").addEventListener("click", () => $("options").close(), true);
  }

  onFirstPen() {
    const { pointers } = this.easel;
    $("pen-only-field").hidden = false; // a resting finger must not draw from now on
    $("pen-only").checked = pointers.penOnly = true;
    const allowFingers = () => {
      $("pen-only").checked = pointers.penOnly = false;
      this.say("Fingers draw, too.");
    };
    this.say("Now only the pen draws.", { action: makeAction("Draw with fingers", allowFingers) });
  }

  // --- Colours and tools --------------------------------------------------------------------

  #connectColours() {
    this.shadePicker = new ShadePicker({
      slider: $("shade"),
      strip: $("shade-strip"),
      value: $("shade-value"),
      buttons: $("colours"),
      crayons: $("crayons"),
    });
    this.colours = new PaperColours(this.easel, this.shadePicker, $("colormaps"), {
      onChange: () => this.#saveDraft(),
      onFailure: (shown) => {
        this.say(`Couldn't load these colours. You're still drawing in ${shown}.`, {
          isProblem: true,
        });
      },
    });
    $("pen-only").addEventListener("change", ({ target }) => {
      this.easel.pointers.penOnly = target.checked;
    });
    $("size").addEventListener("input", () => this.#setSize($("size").value));
  }

  /** @param {number} shade found by the eyedropper */
  pickShade(shade) {
    this.shadePicker.set(shade);
    this.say(`${this.shadePicker.name}.`);
  }

  #setSize(size) {
    $("size").value = size;
    $("size-value").textContent = $("size").value;
  }

  // --- Pictures to draw on or trace ---------------------------------------------------------

  #connectPictures() {
    $("picture-file").addEventListener("change", async ({ target }) => {
      const [file] = target.files;
      if (!file) return;
      $("options").close();
      try {
        if ($("picture-use").value === "trace") await this.#trace(file);
        else await this.#drawOn(file);
      } catch {
        this.say("We couldn't read this file as a picture.", { isProblem: true });
      } finally {
        target.value = "";
      }
    });
  }

  async #trace(file) {
    const { showTracing } = await import("../components/uploads.js");
    await showTracing(file, $("tracing"), this.paper);
    $("untrace").hidden = false;
    this.say("Trace over the picture. It won't be sent.", {
      action: makeAction("Remove it", () => this.#removeTracing()),
    });
  }

  async #drawOn(file) {
    if (this.paper.isTouched && !confirm("Use this picture? It will replace your drawing.")) return;
    const { width, height } = this.paper;
    const { readPicture } = await import("../components/uploads.js");
    const paper = this.#makePaper(width, height);
    await this.colours.usePicture(paper, await readPicture(file, width, height));
    this.baseId = null;
    this.easel.setPaper(paper);
    this.#saveDraft();
    this.say("The picture is on your paper. Draw on it, or send it as it is.");
  }

  // --- Title and name -----------------------------------------------------------------------

  #connectDetails() {
    const { title, artist } = this.form.elements;
    for (const input of [title, artist]) input.addEventListener("input", () => this.#saveDraft());
    const keep = $("remember-artist");
    if (!artist.value) artist.value = recall(ARTIST);
    keep.checked = recall(ARTIST) !== "";
    const update = () => remember(ARTIST, keep.checked ? artist.value : "");
    artist.addEventListener("change", update);
    keep.addEventListener("change", update);
  }

  #readDetails() {
    const { submissionKey, form, colours } = this;
    const { title, artist } = form.elements;
    return { submissionKey, title: title.value, artist: artist.value, colormap: colours.shown };
  }

  // --- Drafts -------------------------------------------------------------------------------

  /** Clears the message, or says that drafts cannot be stored. */
  #resetStatus() {
    if (this.drafts.canStore) return this.say("");
    this.say("This browser can't keep drafts, so send your drawing before you close the page.", {
      isProblem: true,
    });
  }

  /** Saves the draft after a change, and renews the submission key. */
  #saveDraft() {
    this.submissionKey = randomUuid();
    const { title, artist } = this.form.elements;
    // Untouched paper is no draft: the next page starts with white paper.
    const isNamed = title.value || (artist.value && artist.value !== recall(ARTIST));
    if (!this.paper.isTouched && !this.paper.source?.image && !isNamed) {
      return this.drafts.delete();
    }
    return this.drafts.save({
      ...this.#readDetails(),
      beginsOn: this.baseId,
      document: this.paper.toDocument(),
      ground: this.paper.base, // both names must stay, for drafts that are already stored
    });
  }

  /** Starts with the draft, with the drawing named by ?on=, or with white paper. */
  async #start() {
    const on = this.baseId;
    const draft = await this.drafts.find(on ? ({ beginsOn }) => beginsOn === on : null);
    const { cmap } = this.form.dataset;
    if (this.paper.isTouched || this.paper.stroke) {
      // The visitor began to draw before the storage answered: leave the draft for another page.
      if (draft) await this.drafts.setAside();
      this.#saveDraft();
    } else if (draft) {
      await this.#openDraft(draft);
    } else if (on) {
      await this.#openDrawing(on);
    }
    if (!draft && cmap !== this.colours.shown) await this.colours.use(cmap);
    this.sender.resume();
    this.form.dataset.ready = "";
  }

  /** @param {Draft} draft */
  async #openDraft(draft) {
    try {
      if (draft.document.version !== VERSION) throw new Error("A draft of another version");
      await this.colours.use(draft.colormap);
      const paper = Paper.from(draft.document, draft.ground);
      paper.drawAnew({ antialiased: this.paper.antialiased });
      this.easel.setPaper(paper);
      const { title, artist } = this.form.elements;
      this.submissionKey = draft.submissionKey;
      title.value = draft.title;
      artist.value = draft.artist;
      this.say("Welcome back! Here's your unfinished drawing.");
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
      this.easel.setPaper(
        this.#makePaper(width, height, { source: { drawing: id }, base: pixels }),
      );
    } catch {
      this.say("Couldn't load the drawing to draw on. Here's a blank sheet instead.", {
        isProblem: true,
      });
    }
  }

  // --- Sending ------------------------------------------------------------------------------

  #connectSending() {
    const { form } = this;
    this.sender = new Sender(
      form,
      $("send"),
      {
        getKey: () => this.submissionKey,
        isUnchanged: (key) => key === this.submissionKey && !this.paper.stroke,
        getPaper: () => this.paper,
        getDetails: () => this.#readDetails(),
        deleteDraft: () => this.drafts.delete(),
        startAgain: () => this.#startAgain(),
        focusField: (fields) => this.#focusField(fields),
        onArrival: (url) => {
          const { title } = form.elements;
          showArrival($("sent"), { url, title: title.value, canvas: $("paper") });
        },
      },
      this.say,
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    $("sent").addEventListener("close", () => this.#startAgain());
    addEventListener("beforeunload", (event) => {
      const isSafe = this.drafts.canStore || this.sender.isSent;
      if (!isSafe && this.paper.isTouched) event.preventDefault();
    });
  }

  /** Sends the drawing; where title and name have no room beside the paper, asks for them first. */
  #send() {
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

  /** Focuses the first of these fields that exists. */
  #focusField(fields) {
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

  #startAgain() {
    if ($("sent").open) return $("sent").close(); // which starts again
    this.form.elements.title.value = "";
    this.baseId = null;
    this.easel.setPaper(this.#makePaper(this.paper.width, this.paper.height));
    this.#saveDraft();
  }

  // --- Keyboard -----------------------------------------------------------------------------

  #connectKeyboard() {
    const { easel, actions, form } = this;
    new KeyboardCursor($("paper"), $("cross"), easel, (text) => {
      $("announcer").textContent = text;
    });
    const shortcuts = [
      ...[...form.querySelectorAll("input[name=tool]")].map((input) => ({
        key: input.dataset.key,
        label: input.getAttribute("aria-label"),
        action: () => {
          input.checked = true;
          this.say(`${input.getAttribute("aria-label")}.`);
        },
      })),
      { key: "[", label: "Thinner", action: () => this.#changeSize(-1) },
      { key: "]", label: "Wider", action: () => this.#changeSize(1) },
      { key: ",", label: "Darker, or the colour before", action: () => this.#changeShade(-1) },
      { key: ".", label: "Lighter, or the next colour", action: () => this.#changeShade(1) },
      { key: "Mod+z", label: "Undo", action: actions.undo },
      { key: "Mod+Shift+z", label: "Redo", action: actions.redo },
      { key: "Mod+y", label: "Redo", action: actions.redo },
      { key: "n", label: "Negative", action: actions.invert },
      { key: "h", label: "Mirror left and right", action: actions["flip-horizontal"] },
      { key: "v", label: "Mirror top and bottom", action: actions["flip-vertical"] },
      { key: "Shift+Delete", label: "Clear the paper", action: actions.clear },
      { key: "+", label: "Zoom in", action: actions["zoom-in"] },
      { key: "-", label: "Zoom out", action: actions["zoom-out"] },
      { key: "0", label: "Show the whole paper", action: actions.fit },
      { key: "Mod+Enter", label: "Send", action: () => form.requestSubmit() },
      { key: "?", label: "This help", action: actions["help-button"] },
    ];
    listenForShortcuts(shortcuts, $("single-keys"));
    listShortcuts(shortcuts, $("keys"));
  }

  #changeSize(step) {
    this.#setSize(Number($("size").value) + step);
    this.say(`Width ${$("size").value}.`);
  }

  #changeShade(direction) {
    this.shadePicker.step(direction);
    this.say(`${this.shadePicker.name}.`);
  }
}

// @ts-check
/** The controls around the paper: tools, actions, colours, uploads and keys. */

import { KeyboardCursor, listenForShortcuts, listShortcuts } from "../canvas/keyboard.js";
import { ShadePicker } from "../canvas/shade_picker.js";
import { CurrentDrawing } from "../components/current_drawing.js";
import { Messages, makeAction } from "../components/messages.js";
import { PaperColours } from "../components/paper_colours.js";
import { connectSheets, openSheet } from "../components/sheets.js";

/** @import { Easel } from "./studio.js" */

/** @type {(id: string) => any} */
const $ = (id) => document.getElementById(id);

export class StudioControls {
  /** @param {Easel} easel */
  constructor(easel) {
    this.easel = easel;
    this.form = easel.form;
    this.messages = new Messages($("status"));
    this.say = this.messages.say.bind(this.messages);
    this.say(""); // that these controls had not loaded yet
    connectSheets();
    this.#connectColours();
    this.drawing = new CurrentDrawing(easel, this.colours, this.say);
    this.#connectPaper();
    this.#connectActions();
    this.#connectUploads();
    this.#connectKeyboard();
  }

  get paper() {
    return this.easel.paper;
  }

  // --- The paper ----------------------------------------------------------------------------

  #connectPaper() {
    const { easel } = this;
    easel.addEventListener("change", (event) => {
      if (!(/** @type {CustomEvent} */ (event).detail.finished)) return;
      const isObsolete = !this.drawing.sender.isWaiting && !this.messages.outlastsStrokes;
      if (isObsolete) this.drawing.resetStatus();
      this.#updateButtons();
      this.drawing.save();
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
    const { viewport } = easel;
    viewport.onZoom = () => {
      $("fit").hidden = viewport.zoom === 1;
    };
    viewport.onZoom();
  }

  /** Starts with white paper, unless the visitor keeps the drawing. Returns whether it did. */
  #startNewSheet(width, height) {
    const question = "Start a new sheet? This drawing will be lost.";
    if (this.paper.isTouched && !confirm(question)) return false;
    this.drawing.replacePaper(this.drawing.makePaper(width, height));
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
      fit: withZoom(() => {
        viewport.reset();
        $("paper").focus(); // the button is gone
      }),
      "help-button": () => openSheet($("help")),
      "colours-button": () => openSheet($("colormaps")),
      "options-button": () => openSheet($("options"), $("extra")),
    };
    for (const [id, act] of Object.entries(this.actions)) $(id).addEventListener("click", act);
    // In the dialog of options these would change a paper that is out of sight.
    $("extra").addEventListener("click", () => $("options").close(), true);
  }

  onFirstPen() {
    const { pointers } = this.easel;
    $("pen-only-field").hidden = false;
    $("pen-only").checked = pointers.penOnly;
    this.offerFingers();
  }

  /** Says that only the pen draws, and how fingers would. */
  offerFingers() {
    const { pointers } = this.easel;
    const allowFingers = () => {
      $("pen-only").checked = pointers.penOnly = false;
      this.say("You can draw with your fingers again.");
    };
    this.say("Now only the pen draws.", {
      action: makeAction("Draw with fingers", allowFingers),
      outlastsStrokes: true,
    });
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
      onChange: () => this.drawing.save(),
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
    this.#setSize($("size").value);
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

  // --- Uploads to draw on or trace ----------------------------------------------------------

  #connectUploads() {
    $("picture-file").addEventListener("change", async ({ target }) => {
      const [file] = target.files;
      if (!file) return;
      $("options").close();
      const uploads = await import("../components/uploads.js").catch(() => null);
      try {
        if (!uploads) this.say("Couldn't open the picture. Check your connection and try again.");
        else if ($("picture-use").value === "trace") await this.#trace(file, uploads);
        else await this.#drawOn(file, uploads);
      } catch {
        this.say("We couldn't read this file as a picture.", { isProblem: true });
      } finally {
        target.value = "";
      }
    });
  }

  async #trace(file, { showTracing }) {
    await showTracing(file, $("tracing"), this.paper);
    $("untrace").hidden = false;
    this.say("Trace over the picture. It won't be sent.", {
      action: makeAction("Remove it", () => this.#removeTracing()),
    });
  }

  async #drawOn(file, { readUpload }) {
    const { width, height } = this.paper;
    const paper = this.drawing.makePaper(width, height);
    await this.colours.putUpload(paper, await readUpload(file, width, height));
    if (this.paper.isTouched && !confirm("Use this picture? It will replace your drawing.")) return;
    this.drawing.replacePaper(paper);
    this.say("The picture is on your paper. Draw on it, or send it as it is.");
  }

  // --- Keyboard -----------------------------------------------------------------------------

  #connectKeyboard() {
    const { easel, actions, form } = this;
    new KeyboardCursor($("paper"), $("cross"), easel, (text) => {
      $("announcer").textContent = text;
    });
    const shortcuts = [
      ...[...form.elements.tool].map((input) => {
        const label = input.labels[0].textContent;
        const action = () => {
          input.checked = true;
          this.say(`${label}.`);
        };
        return { key: input.dataset.key, label, action };
      }),
      { key: "[", label: "Thinner", action: () => this.#changeSize(-1) },
      { key: "]", label: "Wider", action: () => this.#changeSize(1) },
      { key: ",", label: "Darker, or the previous colour", action: () => this.#changeShade(-1) },
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

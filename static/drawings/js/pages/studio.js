// @ts-check
/** The canvas page: connects the paper, tools, drafts and outbox to the page's controls. */

import { KeyboardCursor, listenForShortcuts, listShortcuts } from "../canvas/keyboard.js";
import { Pointers } from "../canvas/pointer.js";
import { fetchColours, greyColours, Renderer } from "../canvas/renderer.js";
import { ShadePicker } from "../canvas/shade_picker.js";
import { ToolDriver } from "../canvas/tools.js";
import { Viewport } from "../canvas/viewport.js";
import { connectColormapPicker } from "../components/colormap_picker.js";
import { Sender } from "../components/sending.js";
import { Paper, VERSION } from "../raster/paper.js";
import { randomUuid } from "../storage/database.js";
import { Drafts } from "../storage/drafts.js";

/** @type {(id: string) => any} */
const $ = (id) => document.getElementById(id);
const studio = $("studio");
const canvas = $("paper");
const { title, artist } = studio.elements;

/** Shows a message in the status line, followed by a link or button (`action`). */
function say(text, { isProblem = false, action = null } = {}) {
  $("status").classList.toggle("problem", isProblem);
  $("status").replaceChildren(text, ...(action ? [" ", action] : []));
}

// --- The paper ------------------------------------------------------------------------------

let paper = new Paper(canvas.width, canvas.height);
const renderer = new Renderer(canvas, paper, greyColours());

function setPaper(newPaper) {
  paper = newPaper;
  paper.addEventListener("change", onChange);
  $("easel").style.setProperty("--aspect", paper.width / paper.height);
  renderer.setField(paper);
  removeTracing();
  viewport.reset();
  updateButtons();
  updateSizeMenu();
}

function updateSizeMenu() {
  const select = $("paper-size"); // only if the site offers several sizes
  if (select) select.value = `${paper.width}x${paper.height}`;
}

function removeTracing() {
  $("tracing").hidden = $("untrace").hidden = true;
}
$("untrace").addEventListener("click", removeTracing);

function onChange(event) {
  const { rect, finished } = event.detail;
  if (rect !== null) renderer.paint(rect);
  if (!finished) return;
  if (!sender.isWaiting) resetStatus(); // the message was about the earlier drawing
  updateButtons();
  saveDraft();
}

function updateButtons() {
  setEnabled("undo", paper.canUndo);
  setEnabled("redo", paper.canRedo);
  setEnabled("clear", !paper.isBlank);
}

/** Uses aria-disabled, because a button loses the focus when it becomes `disabled`. */
function setEnabled(id, isEnabled) {
  $(id).setAttribute("aria-disabled", String(!isEnabled));
}

/** Adds a message to an action, for visitors who do not see the paper. */
function withMessage(action, message) {
  return () => {
    action();
    say(message);
  };
}

function withZoomMessage(action) {
  return () => {
    action();
    say(`Zoom ${Math.round(viewport.zoom * 100)}%.`);
  };
}

const actions = {
  undo() {
    if (!paper.canUndo) return say("Nothing to undo.");
    paper.undo();
    say("Undone.");
  },
  redo() {
    if (!paper.canRedo) return say("Nothing to redo.");
    paper.redo();
    say("Redone.");
  },
  clear() {
    if (paper.isBlank) return say("The paper is blank.");
    paper.clear();
    say("Cleared. Undo brings it back.");
  },
  invert: withMessage(() => paper.invert(), "Negative."),
  "flip-horizontal": withMessage(() => paper.flip("horizontal"), "Mirrored left and right."),
  "flip-vertical": withMessage(() => paper.flip("vertical"), "Mirrored top and bottom."),
  "zoom-in": withZoomMessage(() => viewport.zoomBy(1.5)),
  "zoom-out": withZoomMessage(() => viewport.zoomBy(1 / 1.5)),
};
for (const [id, action] of Object.entries(actions)) $(id).addEventListener("click", action);

const openHelp = () => $("help").showModal();
$("help-button").addEventListener("click", openHelp);

/** Starts with white paper, unless the visitor keeps the drawing. Returns whether it did. */
function startNewSheet(width, height) {
  if (paper.isTouched && !confirm("Start a new sheet? This drawing will be lost.")) return false;
  baseId = null;
  setPaper(new Paper(width, height));
  saveDraft();
  say("Here's a new sheet.");
  return true;
}

$("new-sheet").addEventListener("click", () => startNewSheet(paper.width, paper.height));
$("paper-size")?.addEventListener("change", ({ target }) => {
  const [width, height] = target.value.split("x").map(Number);
  if (!startNewSheet(width, height)) updateSizeMenu();
});

// --- Tools ----------------------------------------------------------------------------------

const shadePicker = new ShadePicker({
  slider: $("shade"),
  strip: $("shade-strip"),
  buttons: $("colours"),
  value: $("shade-value"),
});

function readToolSettings() {
  return {
    tool: studio.elements.tool.value,
    shade: shadePicker.shade,
    size: Number($("size").value),
    antialiased: shadePicker.isSmooth,
    tolerance: shadePicker.tolerance,
    smoothing: Number($("steadiness").value),
    usesPressure: $("pressure").checked,
  };
}

const driver = new ToolDriver(
  () => paper,
  readToolSettings,
  (shade) => shadePicker.set(shade),
);
const viewport = new Viewport(canvas, $("sheet"), $("easel"));
const pointers = new Pointers(canvas, viewport, {
  begin: (sample) => driver.begin(sample),
  move: (samples) => driver.move(samples),
  end() {
    const before = paper.operations.length;
    driver.end();
    return paper.operations.length > before ? paper.operations.at(-1) : null;
  },
  cancel: () => driver.cancel(),
  removeStroke(operation) {
    if (operation && paper.operations.at(-1) === operation) paper.undo();
  },
  undo: actions.undo,
  redo: actions.redo,
  onFirstPen() {
    $("pen-only-field").hidden = false; // a resting finger must not draw from now on
    $("pen-only").checked = pointers.penOnly = true;
    say("Now only the pen draws. A switch beside the tools lets your fingers draw, too.");
  },
});
$("pen-only").addEventListener("change", ({ target }) => {
  pointers.penOnly = target.checked;
});
new KeyboardCursor(canvas, $("cross"), viewport, driver, say);

function setSize(size) {
  $("size").value = size;
  $("size-value").textContent = $("size").value;
}
$("size").addEventListener("input", () => setSize($("size").value));

// --- Colours --------------------------------------------------------------------------------

async function showColours(cmap) {
  const url = studio.dataset.colormapUrl.replace("NAME", cmap);
  try {
    const colours = await fetchColours(url);
    if (cmap !== colormaps.value) return; // the visitor has selected another one
    renderer.setColours(colours);
    shadePicker.setColours(colours, url);
  } catch {
    say("Couldn't load these colours. You can still draw and send.", { isProblem: true });
  }
}

const colormaps = connectColormapPicker(studio, (cmap) => {
  saveDraft();
  showColours(cmap);
});

// --- Pictures to draw on or trace -----------------------------------------------------------

$("picture-file").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  if (!file) return;
  try {
    const { createPaperFromUpload, showTracing } = await import("../components/uploads.js");
    if ($("picture-use").value === "trace") {
      await showTracing(file, $("tracing"), paper);
      $("untrace").hidden = false;
      say("Trace over the picture. It won't be sent.");
    } else {
      if (paper.isTouched && !confirm("Use this picture? It will replace your drawing.")) return;
      const newPaper = await createPaperFromUpload(file, paper.width, paper.height);
      baseId = null;
      setPaper(newPaper);
      saveDraft();
      say("The picture is on your paper. Draw on it, or send it as it is.");
    }
  } catch {
    say("We couldn't read this file as a picture.", { isProblem: true });
  } finally {
    target.value = "";
  }
});

// --- Drafts ---------------------------------------------------------------------------------

let baseId = new URLSearchParams(location.search).get("on"); // of the drawing to draw on
let submissionKey = randomUuid(); // replaced whenever the submission would change
const drafts = new Drafts(resetStatus);

/** Clears the status line, or says that drafts cannot be stored. */
function resetStatus() {
  if (drafts.canStore) return say("");
  say("This browser can't keep drafts, so send your drawing before you close the page.", {
    isProblem: true,
  });
}

function readDetails() {
  return { submissionKey, title: title.value, artist: artist.value, colormap: colormaps.value };
}

/** Saves the draft after a change, and renews the submission key. */
function saveDraft() {
  submissionKey = randomUuid();
  // Untouched paper is no draft: the next page starts with white paper.
  if (!paper.isTouched && !paper.source?.image && !title.value && !artist.value) {
    return drafts.delete();
  }
  return drafts.save({
    ...readDetails(),
    beginsOn: baseId,
    document: paper.toDocument(),
    ground: paper.base, // both names must stay, for drafts that are already stored
  });
}

for (const input of [title, artist]) input.addEventListener("input", saveDraft);

function restoreDraft(draft) {
  if (!(draft.document.version <= VERSION)) throw new Error("A draft of another version");
  setPaper(Paper.from(draft.document, draft.ground));
  submissionKey = draft.submissionKey;
  title.value = draft.title;
  artist.value = draft.artist;
  colormaps.setValue(draft.colormap);
}

/** Starts with the draft, with the drawing named by ?on=, or with white paper. */
async function startDrawing() {
  const on = baseId;
  const draft = await drafts.find(on ? ({ beginsOn }) => beginsOn === on : null);
  if (paper.isTouched || paper.stroke) {
    // The visitor began to draw before the storage answered: leave the draft for another page.
    if (draft) await drafts.setAside();
    saveDraft();
  } else if (draft) {
    try {
      restoreDraft(draft);
      say("Welcome back! Here's your unfinished drawing.");
    } catch (error) {
      await drafts.setAside();
      say("We found an older draft but can't open it. It hasn't been deleted.", {
        isProblem: true,
      });
      console.warn(error);
    }
  } else if (on) {
    try {
      const { fetchNpy } = await import("../raster/base_images.js");
      const { width, height, pixels } = await fetchNpy(
        studio.dataset.npyUrl.replace(/[0-]{36}/, encodeURIComponent(on)),
      );
      setPaper(new Paper(width, height, { source: { drawing: on }, base: pixels }));
      colormaps.setValue(studio.dataset.cmap);
    } catch {
      say("Couldn't load the drawing to draw on. Here's a blank sheet instead.", {
        isProblem: true,
      });
    }
  }
  if (colormaps.value !== "gray") await showColours(colormaps.value);
}

// --- Sending --------------------------------------------------------------------------------

const sender = new Sender(
  studio,
  $("send"),
  {
    getKey: () => submissionKey,
    isUnchanged: (key) => key === submissionKey && !paper.stroke,
    getPaper: () => paper,
    getDetails: readDetails,
    deleteDraft: () => drafts.delete(),
    startAgain,
    focusField: (fields) => [title, artist].find(({ name }) => fields.includes(name))?.focus(),
  },
  say,
);

studio.addEventListener("submit", (event) => {
  event.preventDefault();
  paper.end();
  if (paper.isBlank) {
    say("The paper is still blank. Draw something first!", { isProblem: true });
    canvas.focus();
  } else sender.send();
});

function startAgain() {
  title.value = "";
  baseId = null;
  setPaper(new Paper(paper.width, paper.height));
  saveDraft();
}

addEventListener("beforeunload", (event) => {
  if (!drafts.canStore && paper.isTouched && !sender.isSent) event.preventDefault();
});

// --- Shortcuts ------------------------------------------------------------------------------

function chooseTool(tool) {
  const input = studio.querySelector(`input[name=tool][value=${tool}]`);
  input.checked = true;
  say(`${input.getAttribute("aria-label")}.`);
}

function changeSize(step) {
  setSize(Number($("size").value) + step);
  say(`Width ${$("size").value}.`);
}

function changeShade(direction) {
  shadePicker.step(direction);
  say(`Shade ${shadePicker.shade}.`);
}

const shortcuts = [
  ...[...studio.querySelectorAll("input[name=tool]")].map((input) => ({
    key: input.dataset.key,
    label: input.getAttribute("aria-label"),
    action: () => chooseTool(input.value),
  })),
  { key: "[", label: "Thinner", action: () => changeSize(-1) },
  { key: "]", label: "Wider", action: () => changeSize(1) },
  { key: ",", label: "Darker, or the colour before", action: () => changeShade(-1) },
  { key: ".", label: "Lighter, or the next colour", action: () => changeShade(1) },
  { key: "Mod+z", label: "Undo", action: actions.undo },
  { key: "Mod+Shift+z", label: "Redo", action: actions.redo },
  { key: "Mod+y", label: "Redo", action: actions.redo },
  { key: "n", label: "Negative", action: actions.invert },
  { key: "h", label: "Mirror left and right", action: actions["flip-horizontal"] },
  { key: "v", label: "Mirror top and bottom", action: actions["flip-vertical"] },
  { key: "Shift+Delete", label: "Clear the paper", action: actions.clear },
  { key: "+", label: "Zoom in", action: actions["zoom-in"] },
  { key: "-", label: "Zoom out", action: actions["zoom-out"] },
  { key: "0", label: "Show the whole paper", action: withZoomMessage(() => viewport.reset()) },
  { key: "Mod+Enter", label: "Send", action: () => studio.requestSubmit() },
  { key: "?", label: "This help", action: openHelp },
];
listenForShortcuts(shortcuts);
listShortcuts(shortcuts, $("keys"));

setPaper(paper);
await startDrawing();
sender.resume();

export { paper };

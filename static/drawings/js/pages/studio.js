/** The canvas page: ties paper, hand, display, drafts and outbox to what the page shows. */

import { KeyboardCursor, listenForShortcuts, listShortcuts } from "../canvas/keyboard.js";
import { Pointers } from "../canvas/pointer.js";
import { Display, fetchColours, greys } from "../canvas/renderer.js";
import { Palette } from "../canvas/shade_picker.js";
import { Hand } from "../canvas/tools.js";
import { View } from "../canvas/viewport.js";
import { colormapPicker } from "../components/colormap_picker.js";
import { Sending } from "../components/sending.js";
import { Paper, VERSION } from "../raster/paper.js";
import { uuid } from "../storage/database.js";
import { Drafts } from "../storage/drafts.js";

const $ = (id) => document.getElementById(id);
const studio = $("studio");
const canvas = $("paper");
const { title, artist } = studio.elements;

/** Tell the visitor something in the status line, with a link or a button (`action`) behind it. */
function say(text, { isProblem = false, action = null } = {}) {
  $("status").classList.toggle("problem", isProblem);
  $("status").replaceChildren(text, ...(action ? [" ", action] : []));
}

// --- The paper ------------------------------------------------------------------------------

let paper = new Paper(canvas.width, canvas.height);
const display = new Display(canvas, paper, greys());

/** Go on with another paper, in place of the one that is there. */
function layOut(newPaper) {
  paper = newPaper;
  paper.addEventListener("change", onChange);
  $("easel").style.setProperty("--aspect", paper.width / paper.height);
  display.show(paper);
  untrace();
  view.reset();
  showState();
  showSize();
}

function showSize() {
  const select = $("paper-size"); // only there if the site offers several sizes
  if (select) select.value = `${paper.width}x${paper.height}`;
}

function untrace() {
  $("tracing").hidden = $("untrace").hidden = true;
}
$("untrace").addEventListener("click", untrace);

function onChange({ detail: { rect, finished } }) {
  if (rect !== null) display.paint(rect);
  if (!finished) return;
  if (!sending.isWaiting) sayNothingNew(); // what was said is true of the drawing as it was
  showState();
  keep();
}

function showState() {
  enable("undo", paper.canUndo);
  enable("redo", paper.canRedo);
  enable("clear", !paper.isBlank);
}

/** With aria-disabled, because a button that becomes `disabled` loses the focus. */
function enable(id, isEnabled) {
  $(id).setAttribute("aria-disabled", String(!isEnabled));
}

/** Do something to the paper and say so, for visitors who do not see it. */
function announced(action, done) {
  return () => {
    action();
    say(done);
  };
}

function zoom(action) {
  return () => {
    action();
    say(`Zoom ${Math.round(view.zoom * 100)} %.`);
  };
}

const act = {
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
  invert: announced(() => paper.invert(), "Negative."),
  "flip-horizontal": announced(() => paper.flip("horizontal"), "Mirrored left and right."),
  "flip-vertical": announced(() => paper.flip("vertical"), "Mirrored top and bottom."),
  "zoom-in": zoom(() => view.zoomBy(1.5)),
  "zoom-out": zoom(() => view.zoomBy(1 / 1.5)),
};
for (const [id, action] of Object.entries(act)) $(id).addEventListener("click", action);

const help = () => $("help").showModal();
$("help-button").addEventListener("click", help);

/** A new sheet of white paper, if nothing is lost by it or the visitor says so; whether. */
function newSheet(width, height) {
  if (paper.isTouched && !confirm("Start a new sheet? This drawing will be lost.")) return false;
  beginsOn = null;
  layOut(new Paper(width, height));
  keep();
  say("Here's a new sheet.");
  return true;
}

$("new-sheet").addEventListener("click", () => newSheet(paper.width, paper.height));
$("paper-size")?.addEventListener("change", ({ target }) => {
  const [width, height] = target.value.split("x").map(Number);
  if (!newSheet(width, height)) showSize();
});

// --- The hand -------------------------------------------------------------------------------

const palette = new Palette({
  slider: $("shade"),
  strip: $("shade-strip"),
  buttons: $("colours"),
  value: $("shade-value"),
});

function handSettings() {
  return {
    tool: studio.elements.tool.value,
    shade: palette.shade,
    size: Number($("size").value),
    antialiased: palette.isSmooth,
    tolerance: palette.tolerance,
    steadiness: Number($("steadiness").value),
    usesPressure: $("pressure").checked,
  };
}

const hand = new Hand(
  () => paper,
  handSettings,
  (shade) => palette.set(shade),
);
const view = new View(canvas, $("sheet"), $("easel"));
const pointers = new Pointers(canvas, view, {
  begin: (sample) => hand.begin(sample),
  move: (samples) => hand.move(samples),
  end() {
    const before = paper.operations.length;
    hand.end();
    return paper.operations.length > before ? paper.operations.at(-1) : null;
  },
  cancel: () => hand.cancel(),
  takeBack(operation) {
    if (operation && paper.operations.at(-1) === operation) paper.undo();
  },
  undo: act.undo,
  redo: act.redo,
  penSeen() {
    // From the first pen on, a finger that rests on the paper should not draw: a visible switch.
    $("pen-only-field").hidden = false;
    $("pen-only").checked = pointers.penOnly = true;
    say("Now only the pen draws. A switch beside the tools lets your fingers draw, too.");
  },
});
$("pen-only").addEventListener("change", ({ target }) => {
  pointers.penOnly = target.checked;
});
new KeyboardCursor(canvas, $("cross"), view, hand, say);

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
    if (cmap !== colormaps.value) return; // another was chosen meanwhile
    display.recolour(colours);
    palette.recolour(colours, url);
  } catch {
    say("Couldn't load these colours. You can still draw and send.", { isProblem: true });
  }
}

const colormaps = colormapPicker(studio, (cmap) => {
  keep();
  showColours(cmap);
});

// --- A picture as paper ---------------------------------------------------------------------

$("picture-file").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  if (!file) return;
  try {
    const { paperFromUpload, showTracing } = await import("../components/uploads.js");
    if ($("picture-use").value === "trace") {
      await showTracing(file, $("tracing"), paper);
      $("untrace").hidden = false;
      say("Trace over the picture. It won't be sent.");
    } else {
      if (paper.isTouched && !confirm("Use this picture? It will replace your drawing.")) return;
      const newPaper = await paperFromUpload(file, paper.width, paper.height);
      beginsOn = null;
      layOut(newPaper);
      keep();
      say("The picture is on your paper. Draw on it, or send it as it is.");
    }
  } catch {
    say("We couldn't read this file as a picture.", { isProblem: true });
  } finally {
    target.value = "";
  }
});

// --- Drafts ---------------------------------------------------------------------------------

let beginsOn = new URLSearchParams(location.search).get("on"); // the drawing that was asked for
let submissionKey = uuid(); // the same for as long as what would be sent is the same
const drafts = new Drafts(sayNothingNew);

/** What is to be said while there is nothing new to say. */
function sayNothingNew() {
  if (drafts.works) return say("");
  say("This browser can't keep drafts, so send your drawing before you close the page.", {
    isProblem: true,
  });
}

function details() {
  return { submissionKey, title: title.value, artist: artist.value, colormap: colormaps.value };
}

/** What would be sent has changed: it is another drawing to the wall, and to be kept. */
function keep() {
  submissionKey = uuid();
  // Paper that nobody has touched is no draft: the next page begins with white paper.
  if (!paper.isTouched && !paper.source?.image && !title.value && !artist.value) {
    return drafts.forget();
  }
  return drafts.save({
    ...details(),
    beginsOn,
    document: paper.toDocument(),
    ground: paper.ground,
  });
}

for (const input of [title, artist]) input.addEventListener("input", keep);

function takeUp(draft) {
  if (draft.document.version !== VERSION) throw new Error("A draft of another version");
  layOut(Paper.from(draft.document, draft.ground));
  submissionKey = draft.submissionKey;
  title.value = draft.title;
  artist.value = draft.artist;
  colormaps.mark(draft.colormap);
}

/** Begin with what was left, with the drawing that ?on= names as the paper, or with white paper. */
async function begin() {
  const on = beginsOn;
  const draft = await drafts.find(on ? (left) => left.beginsOn === on : null);
  if (paper.isTouched || paper.stroke) {
    // Somebody else was faster than the storage: theirs is this page's drawing, the draft waits.
    if (draft) await drafts.leave();
    keep();
  } else if (draft) {
    try {
      takeUp(draft);
      say("Welcome back! Here's your unfinished drawing.");
    } catch (error) {
      await drafts.leave();
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
      layOut(new Paper(width, height, { source: { drawing: on }, ground: pixels }));
      colormaps.mark(studio.dataset.cmap);
    } catch {
      say("Couldn't load the drawing to draw on. Here's a blank sheet instead.", {
        isProblem: true,
      });
    }
  }
  if (colormaps.value !== "gray") await showColours(colormaps.value);
}

// --- Sending --------------------------------------------------------------------------------

const sending = new Sending(
  studio,
  $("send"),
  {
    key: () => submissionKey,
    isUnchanged: (key) => key === submissionKey && !paper.stroke,
    paper: () => paper,
    details,
    forgetDraft: () => drafts.forget(),
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
  } else sending.send();
});

function startAgain() {
  title.value = "";
  beginsOn = null;
  layOut(new Paper(paper.width, paper.height));
  keep();
}

addEventListener("beforeunload", (event) => {
  if (!drafts.works && paper.isTouched && !sending.isSent) event.preventDefault();
});

// --- Keys -----------------------------------------------------------------------------------

function choose(tool) {
  const input = studio.querySelector(`input[name=tool][value=${tool}]`);
  input.checked = true;
  say(`${input.getAttribute("aria-label")}.`);
}

function stepSize(step) {
  setSize(Number($("size").value) + step);
  say(`Width ${$("size").value}.`);
}

function stepShade(direction) {
  palette.step(direction);
  say(`Shade ${palette.shade}.`);
}

const shortcuts = [
  ...[...studio.querySelectorAll("input[name=tool]")].map((input) => ({
    key: input.dataset.key,
    label: input.getAttribute("aria-label"),
    action: () => choose(input.value),
  })),
  { key: "[", label: "Thinner", action: () => stepSize(-1) },
  { key: "]", label: "Wider", action: () => stepSize(1) },
  { key: ",", label: "Darker, or the colour before", action: () => stepShade(-1) },
  { key: ".", label: "Lighter, or the next colour", action: () => stepShade(1) },
  { key: "Mod+z", label: "Undo", action: act.undo },
  { key: "Mod+Shift+z", label: "Redo", action: act.redo },
  { key: "Mod+y", label: "Redo", action: act.redo },
  { key: "n", label: "Negative", action: act.invert },
  { key: "h", label: "Mirror left and right", action: act["flip-horizontal"] },
  { key: "v", label: "Mirror top and bottom", action: act["flip-vertical"] },
  { key: "Shift+Delete", label: "Clear the paper", action: act.clear },
  { key: "+", label: "Zoom in", action: act["zoom-in"] },
  { key: "-", label: "Zoom out", action: act["zoom-out"] },
  { key: "0", label: "Show the whole paper", action: zoom(() => view.reset()) },
  { key: "Mod+Enter", label: "Send", action: () => studio.requestSubmit() },
  { key: "?", label: "This help", action: help },
];
listenForShortcuts(shortcuts);

listShortcuts(shortcuts, $("keys"));

layOut(paper);
await begin();
sending.resume();

export { paper };

// @ts-check
/**
 * Lets visitors draw before the canvas page's modules have loaded, however slowly that happens. It
 * sketches the strokes of the pen, and keeps pointers and presses for the modules, which draw
 * exactly. A classic script right after the paper, so that it runs before the paper is shown.
 */

(() => {
  /** @type {(id: string) => any} */
  const $ = (id) => document.getElementById(id);
  const form = $("studio");
  /** @type {HTMLCanvasElement} */
  const paper = $("paper");
  const TYPES = /** @type {const} */ (["pointerdown", "pointermove", "pointerup", "pointercancel"]);
  const RETRY_MS = 2000;
  /** What a pen is set to before its controls have arrived. */
  const FIRST_SETTINGS = { tool: "pen", shade: 0, size: 4 };

  /** @type {import("./types.js").EarlyEvents} */
  const early = {
    isContinued: new URLSearchParams(location.search).has("on") || hasDraft(),
    pointers: [],
    settings: new Map(),
    buttons: [],
    readSettings,
    stopPointers,
    stop,
  };
  /** @type {any} */ (window).earlyEvents = early;

  $("easel").style.setProperty("--aspect", String(paper.width / paper.height));
  const context = paper.getContext("2d", { alpha: false });
  context.fillStyle = "#fff";
  context.fillRect(0, 0, paper.width, paper.height);
  context.lineCap = context.lineJoin = "round";
  let drawing = null; // the id of the pointer that draws
  let isHandedOver = false; // to the modules

  for (const type of TYPES) paper.addEventListener(type, onPointer);
  form.addEventListener("click", keepButton, true);
  form.addEventListener("submit", keepSubmit, true);
  addEventListener("keydown", keepUndo);
  addEventListener("load", loadAgain);

  /** @param {PointerEvent} event */
  function onPointer(event) {
    early.pointers.push(event);
    const { type, pointerId } = event;
    if (type === "pointerdown") early.settings.set(event, readSettings());
    if (type === "pointerdown" && event.button === 0) {
      paper.setPointerCapture(pointerId);
      drawing ??= pointerId;
      sketch(event, true);
    } else if (pointerId === drawing) {
      sketch(event, false);
      if (type !== "pointermove") drawing = null;
    }
  }

  /** Whether this browser holds a draft, as storage/drafts.js has noted. */
  function hasDraft() {
    try {
      return localStorage.getItem("drawsite-draft") !== null;
    } catch {
      return false; // no storage in this browser
    }
  }

  function readSettings() {
    const { tool, size, shade, crayon } = form.elements;
    if (!size) return FIRST_SETTINGS;
    const { value } = $("crayons").hidden ? shade : crayon;
    return { tool: tool.value, shade: Number(value), size: Number(size.value) };
  }

  function sketch({ clientX, clientY }, isFirst) {
    const { tool, size } = readSettings();
    if (tool !== "pen") return;
    const box = paper.getBoundingClientRect();
    const x = ((clientX - box.left) / box.width) * paper.width;
    const y = ((clientY - box.top) / box.height) * paper.height;
    if (isFirst) {
      context.beginPath();
      context.moveTo(x, y);
    }
    context.lineWidth = size;
    context.strokeStyle =
      form.querySelector("#crayons:not([hidden]) :checked + svg circle")?.getAttribute("fill") ??
      "#000";
    context.lineTo(x, y);
    context.stroke();
  }

  function stopPointers() {
    isHandedOver = true;
    for (const type of TYPES) paper.removeEventListener(type, onPointer);
  }

  function keepButton(event) {
    const button = event.target.closest("button");
    if (button) keep(event, button);
  }

  /** Sending with the Enter key: like a press on Send. */
  function keepSubmit(event) {
    keep(event, $("send"));
  }

  /** Undo with Ctrl+Z: like a press on its button. */
  function keepUndo(event) {
    const { key, target, ctrlKey, metaKey, defaultPrevented } = event;
    const isUndo = key === "z" && (ctrlKey || metaKey) && !defaultPrevented;
    const undo = $("undo"); // null while the page still arrives
    if (isUndo && undo && !target.matches("[type=text]")) keep(event, undo);
  }

  function keep(event, button) {
    event.preventDefault();
    event.stopPropagation();
    const isImpatient = button.type === "submit" && early.buttons.includes(button);
    if (!isImpatient) early.buttons.push(button);
  }

  /** Loads the modules again if the network failed to bring them, until they are here. */
  function loadAgain() {
    if (isHandedOver) return;
    const { src } = /** @type {any} */ (document.querySelector("script[type=module]"));
    const script = document.createElement("script");
    const onerror = () => setTimeout(loadAgain, RETRY_MS);
    document.head.append(Object.assign(script, { type: "module", src, onerror }));
  }

  function stop() {
    form.removeEventListener("click", keepButton, true);
    form.removeEventListener("submit", keepSubmit, true);
    removeEventListener("keydown", keepUndo);
  }
})();

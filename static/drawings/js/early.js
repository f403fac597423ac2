// @ts-check
/**
 * Keeps what visitors do on the canvas page before its modules have loaded. A classic script right
 * after the paper, so that it runs before the paper is shown: no stroke is lost, however slowly
 * the rest loads.
 */

(() => {
  const studio = document.getElementById("studio");
  const paper = /** @type {HTMLCanvasElement} */ (document.getElementById("paper"));
  const easel = document.getElementById("easel");

  /** @type {import("./types.js").EarlyEvents} */
  const early = { pointers: [], buttons: [], stopPointers, stop };
  /** @type {any} */ (window).earlyEvents = early;

  easel.style.setProperty("--aspect", String(paper.width / paper.height));

  const TYPES = /** @type {const} */ (["pointerdown", "pointermove", "pointerup", "pointercancel"]);
  for (const type of TYPES) paper.addEventListener(type, keepPointer);
  studio.addEventListener("click", keepButton, true);
  studio.addEventListener("submit", keepSubmit, true);

  /** @param {PointerEvent} event */
  function keepPointer(event) {
    if (event.type === "pointerdown") paper.setPointerCapture(event.pointerId);
    early.pointers.push(event);
  }

  function stopPointers() {
    for (const type of TYPES) paper.removeEventListener(type, keepPointer);
  }

  function keepButton(event) {
    const button = event.target.closest("button");
    if (!button) return;
    event.preventDefault();
    event.stopPropagation();
    early.buttons.push(button);
  }

  /** Sending with the Enter key: like a click on Send. */
  function keepSubmit(event) {
    event.preventDefault();
    event.stopPropagation();
    early.buttons.push(document.getElementById("send"));
  }

  function stop() {
    studio.removeEventListener("click", keepButton, true);
    studio.removeEventListener("submit", keepSubmit, true);
  }
})();

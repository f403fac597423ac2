// @ts-check
// The review queue's shortcuts: each key presses a button or a link of the page.

const STORAGE_KEY = "review-keys";
const TEXT_FIELDS = "input:not([type=checkbox]), select, textarea, [contenteditable]";

/** @type {HTMLInputElement} */
const toggle = document.querySelector("#review-keys");

if (toggle) {
  toggle.closest("p").hidden = false;
  toggle.checked = localStorage.getItem(STORAGE_KEY) !== "off";
  toggle.addEventListener("change", () => {
    localStorage.setItem(STORAGE_KEY, toggle.checked ? "on" : "off");
  });
}

function areShortcutsOn() {
  return localStorage.getItem(STORAGE_KEY) !== "off";
}

let hasActed = false; // the page is about to change: a second key is meant for the next drawing

document.addEventListener("keydown", (event) => {
  const target = /** @type {Element} */ (event.target);
  const isOther = event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey;
  if (isOther || hasActed || !areShortcutsOn() || target.closest(TEXT_FIELDS)) return;
  /** @type {HTMLElement} */
  const control = document.querySelector(`[data-keys~="${CSS.escape(event.key)}"]`);
  if (!control) return;
  event.preventDefault();
  hasActed = true;
  control.click();
});

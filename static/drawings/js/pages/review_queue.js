// The keys of the review queue: each is a button or a link of the page, and does what that does.

const REMEMBERED = "review-keys";
const TYPING = "input:not([type=checkbox]), select, textarea, [contenteditable]";

const toggle = document.querySelector("#review-keys");

if (toggle) {
  toggle.closest("p").hidden = false;
  toggle.checked = localStorage.getItem(REMEMBERED) !== "off";
  toggle.addEventListener("change", () => {
    localStorage.setItem(REMEMBERED, toggle.checked ? "on" : "off");
  });
}

function areOn() {
  return localStorage.getItem(REMEMBERED) !== "off";
}

let hasActed = false; // the page is on its way out: a second key is not meant for this drawing

document.addEventListener("keydown", (event) => {
  const isOther = event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey;
  if (isOther || hasActed || !areOn() || event.target.closest(TYPING)) return;
  const control = document.querySelector(`[data-keys~="${CSS.escape(event.key)}"]`);
  if (!control) return;
  event.preventDefault();
  hasActed = true;
  control.click();
});

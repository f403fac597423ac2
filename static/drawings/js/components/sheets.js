// @ts-check
/** Dialogs above the canvas page. On phones they show what is beside the paper elsewhere. */

/**
 * Opens a dialog, in which an element is shown until it closes if the page has no room for it.
 *
 * @param {HTMLDialogElement} dialog closes by its buttons of class "close", too
 * @param {HTMLElement | null} [element] hidden by a style sheet where there is no room
 */
export function openSheet(dialog, element = null) {
  if (dialog.open) return;
  if (element && !isShown(element)) lend(element, dialog);
  dialog.showModal();
}

/**
 * Whether the page has room for an element.
 *
 * @param {HTMLElement} element
 */
export function isShown(element) {
  return element.checkVisibility?.() ?? element.offsetParent !== null;
}

function lend(element, dialog) {
  const mark = document.createComment("");
  element.replaceWith(mark);
  dialog.querySelector(".borrowed").append(element);
  dialog.addEventListener("close", () => mark.replaceWith(element), { once: true });
}

/** Lets the dialogs of a page be closed by their buttons, and by a press beside them. */
export function connectSheets(root = document) {
  for (const dialog of root.querySelectorAll("dialog")) {
    let isPressedBeside = false;
    dialog.addEventListener("pointerdown", (event) => {
      isPressedBeside = isBeside(event, dialog);
    });
    dialog.addEventListener("click", (event) => {
      const isButton = /** @type {Element} */ (event.target).closest(".close");
      if (isButton || (isPressedBeside && isBeside(event, dialog))) dialog.close();
    });
  }
}

function isBeside({ target, clientX, clientY }, dialog) {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  const isInside = clientX >= left && clientX <= right && clientY >= top && clientY <= bottom;
  return target === dialog && !isInside;
}

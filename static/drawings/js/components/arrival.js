// @ts-check
/** The moment after sending: the drawing, and where to go from here. */

/**
 * Shows that the drawing has arrived.
 *
 * @param {HTMLDialogElement} dialog
 * @param {object} drawing
 * @param {string} drawing.url the drawing's page
 * @param {string} drawing.title
 * @param {HTMLCanvasElement} drawing.canvas shows it
 */
export function showArrival(dialog, { url, title, canvas }) {
  /** @type {HTMLCanvasElement} */
  const picture = dialog.querySelector("canvas");
  picture.width = canvas.width;
  picture.height = canvas.height;
  picture.getContext("2d").drawImage(canvas, 0, 0);
  picture.setAttribute("aria-label", title || "Your drawing");
  dialog.querySelector("a.own").setAttribute("href", url);
  const note = dialog.querySelector(".note");
  note.textContent = "";
  const share = /** @type {HTMLButtonElement | null} */ (dialog.querySelector(".share"));
  if (share) share.onclick = () => shareLink(new URL(url, location.href).href, title, note);
  dialog.showModal();
}

/** Opens the device's own menu for sharing, or copies the link where there is none. */
async function shareLink(url, title, note) {
  try {
    if (navigator.share) await navigator.share({ title, url });
    else {
      await navigator.clipboard.writeText(url);
      note.textContent = "Link copied.";
    }
  } catch (error) {
    // Closing the menu is no problem.
    if (error.name !== "AbortError") note.textContent = `Here's the link: ${url}`;
  }
}

// @ts-check
// Requests a plot that failed to load, as when the server is busy, once more.

import { makePlotError } from "../components/plot_error.js";

const WAIT_MS = 5000; // the server's Retry-After

for (const picture of document.querySelectorAll("picture[class^=plot-]")) {
  const image = picture.querySelector("img");
  image.addEventListener("error", () => retry(picture, image), { once: true });
  if (image.complete && image.currentSrc && !image.naturalWidth) {
    image.dispatchEvent(new Event("error")); // it failed before this script ran
  }
}

function retry(picture, image) {
  image.addEventListener("error", () => picture.replaceWith(makePlotError()));
  setTimeout(() => {
    const address = image.currentSrc;
    for (const source of picture.querySelectorAll("source")) source.remove();
    image.src = `${address}&again=1`;
  }, WAIT_MS);
}

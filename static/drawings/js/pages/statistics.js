// A figure that does not come, as when the server is busy, is asked for once more.

import { apology } from "../components/plot_error.js";

const WAIT = 5000; // milliseconds, as the server's Retry-After says

for (const picture of document.querySelectorAll("picture[class^=plot-]")) {
  const image = picture.querySelector("img");
  image.addEventListener("error", () => retry(picture, image), { once: true });
  if (image.complete && image.currentSrc && !image.naturalWidth) {
    image.dispatchEvent(new Event("error")); // it failed before this script ran
  }
}

function retry(picture, image) {
  image.addEventListener("error", () => picture.replaceWith(apology()));
  setTimeout(() => {
    const address = image.currentSrc;
    for (const source of picture.querySelectorAll("source")) source.remove();
    image.src = `${address}&again=1`;
  }, WAIT);
}

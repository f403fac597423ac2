// The figures of a selection, one after another as they come near: the server draws one at a time.

import { apology } from "./apology.js";

const TRIES = 6;
const WAIT = 5000; // milliseconds, as the server's Retry-After says

const waiting = [];
let working = false;

const observer = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      observer.unobserve(target);
      waiting.push(target);
    }
    work();
  },
  { rootMargin: "600px" },
);
for (const image of document.querySelectorAll("img[data-src]")) observer.observe(image);

async function work() {
  if (working) return;
  working = true;
  while (waiting.length) {
    const image = waiting.shift();
    if (!(await show(image))) image.replaceWith(apology());
  }
  working = false;
}

/** Whether the figure has come. */
async function show(image) {
  for (let left = TRIES; left > 0; left--) {
    // Apart from the page: what is there in its place stays until the figure has come.
    const figure = new Image();
    figure.src = image.dataset.src;
    try {
      await figure.decode();
      image.src = figure.src;
      return true;
    } catch {
      if (left > 1) await new Promise((resolve) => setTimeout(resolve, WAIT));
    }
  }
  return false;
}

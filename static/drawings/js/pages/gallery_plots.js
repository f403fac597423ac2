// @ts-check
// Loads the plots of a selection one by one as they scroll near: the server draws one at a time.

import { makePlotError } from "../components/plot_error.js";

const TRIES = 6;
const WAIT = 5; // seconds, if the server sends no Retry-After
const MAX_WAIT = 60; // seconds: give up instead of waiting longer

const REASONS = {
  404: "There's nothing left to plot.",
  429: "Lots of plots are being drawn for your network.",
  503: "The server is too busy to draw this chart.",
};

/** @type {HTMLImageElement[]} */
const queue = [];
let isLoading = false;

const observer = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      observer.unobserve(target);
      queue.push(/** @type {HTMLImageElement} */ (target));
    }
    loadQueue();
  },
  { rootMargin: "600px" },
);
for (const image of document.querySelectorAll("img[data-src]")) observer.observe(image);

async function loadQueue() {
  if (isLoading) return;
  isLoading = true;
  while (queue.length) {
    const image = queue.shift();
    const reason = await loadPlot(image);
    if (reason) image.replaceWith(makePlotError(reason));
  }
  isLoading = false;
}

/** Loads a plot. Returns "", or a sentence that says why it failed. */
async function loadPlot(image) {
  for (let triesLeft = TRIES; ; triesLeft--) {
    let response;
    try {
      response = await fetch(image.dataset.src);
      if (response.ok) {
        await response.blob(); // completes the response in the browser's cache
        // Outside the page, so that the placeholder stays until the plot is decoded.
        const plot = new Image();
        plot.src = image.dataset.src;
        await plot.decode();
        image.src = plot.src;
        return "";
      }
    } catch {
      return "This chart couldn't be loaded.";
    }
    const wait = Number(response.headers.get("Retry-After")) || WAIT;
    const canRetry = response.status === 503 || response.status === 429;
    if (!canRetry || triesLeft <= 1 || wait > MAX_WAIT) {
      return REASONS[response.status] ?? "The server couldn't draw this chart.";
    }
    await new Promise((resolve) => setTimeout(resolve, wait * 1000));
  }
}

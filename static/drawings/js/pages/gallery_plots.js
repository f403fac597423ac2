// The figures of a selection, one after another as they come near: the server draws one at a time.

import { apology } from "../components/plot_error.js";

const TRIES = 6;
const WAIT = 5; // seconds, where the server does not say
const MOST_WAIT = 60; // seconds: who shall wait for longer is told so

const REASONS = {
  404: "There's nothing left to plot.",
  429: "Lots of plots are being drawn for your network.",
  503: "The server is too busy to draw this chart.",
};

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
    const reason = await show(image);
    if (reason) image.replaceWith(apology(reason));
  }
  working = false;
}

/** Shows the figure, or says why there is none. */
async function show(image) {
  for (let left = TRIES; ; left--) {
    let answer;
    try {
      answer = await fetch(image.dataset.src);
      if (answer.ok) {
        await answer.blob(); // all of it, for the browser's cache
        // Apart from the page: what is there in its place stays until the figure has come.
        const figure = new Image();
        figure.src = image.dataset.src;
        await figure.decode();
        image.src = figure.src;
        return "";
      }
    } catch {
      return "This chart couldn't be loaded.";
    }
    const wait = Number(answer.headers.get("Retry-After")) || WAIT;
    const mayCome = answer.status === 503 || answer.status === 429;
    if (!mayCome || left <= 1 || wait > MOST_WAIT) {
      return REASONS[answer.status] ?? "The server couldn't draw this chart.";
    }
    await new Promise((resolve) => setTimeout(resolve, wait * 1000));
  }
}

// A figure that does not come, as when the server is busy, is asked for again.

const WAITS = [1500, 3000, 5000, 5000, 5000]; // milliseconds; the server's Retry-After says 5 s

for (const figure of document.querySelectorAll("[class^=plot-], .plot")) {
  const image = figure.querySelector("img");
  const waits = [...WAITS];
  image.addEventListener("error", () => retry(image, waits));
  if (image.complete && image.currentSrc && !image.naturalWidth) {
    image.dispatchEvent(new Event("error")); // it failed before this script ran
  }
}

function retry(image, waits) {
  if (!waits.length) {
    (image.closest("picture") ?? image).replaceWith(apology());
    return;
  }
  setTimeout(() => {
    const address = new URL(image.currentSrc || image.src);
    for (const source of image.parentElement.querySelectorAll("source")) source.remove();
    // What failed is not asked for a second time under the same address.
    address.hash = waits.length;
    image.src = address;
  }, waits.shift());
}

function apology() {
  const link = document.createElement("a");
  link.href = "";
  link.textContent = "Try again";
  const sentence = document.createElement("p");
  sentence.append("The server was too busy to draw this figure. ", link, ".");
  return sentence;
}

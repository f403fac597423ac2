// @ts-check
/** A drawing's page: changes its colours without a reload, and starts its replay. */

import { connectColormapPicker } from "../components/colormap_picker.js";

/** @type {(id: string) => any} */
const $ = (id) => document.getElementById(id);
const exhibit = $("exhibit");
const image = $("picture");
const colouredLinks = [
  [image, "src"],
  [$("download-png"), "href"],
  [$("download-svg"), "href"],
].filter(([element]) => element);

// --- Colours --------------------------------------------------------------------------------

function showColormap(cmap) {
  const isOwn = cmap === exhibit.dataset.ownCmap;
  for (const [element, attribute] of colouredLinks) {
    const url = new URL(element[attribute]);
    if (isOwn) url.searchParams.delete("cmap");
    else url.searchParams.set("cmap", cmap);
    element[attribute] = url;
  }
  $("plot-cmap").value = cmap;
  const page = new URL(location.href);
  if (isOwn) page.searchParams.delete("cmap");
  else page.searchParams.set("cmap", cmap);
  history.replaceState(null, "", page);
  player?.setColours(image.src).then(
    () => showReplayProblem(""),
    () => showReplayProblem("Couldn't load these colours."),
  );
}

connectColormapPicker(exhibit, showColormap);
$("show").hidden = true; // not needed with scripts

// --- Replay ---------------------------------------------------------------------------------

let player = null; // loaded when the visitor first asks for it
let isLoading = false;

$("replay")?.addEventListener("click", async () => {
  if (isLoading) return;
  isLoading = true;
  $("replay").setAttribute("aria-disabled", "true");
  showReplayProblem("");
  try {
    await openPlayer();
  } catch (error) {
    showReplayProblem(error.sentence ?? "Couldn't load the replay. Please try again.");
    if (!error.sentence) console.error(error);
  } finally {
    isLoading = false;
    $("replay").removeAttribute("aria-disabled");
  }
});

async function openPlayer() {
  const { loadPlayer } = await import("../components/replay.js");
  const { id, strokesUrl, npyUrl } = exhibit.dataset;
  player ??= await loadPlayer({ strokesUrl, npyUrl: (other) => npyUrl.replace(id, other) });
  // The image's own palette, which includes vmin and vmax.
  await player.setColours(image.src);
  player.open();
}

function showReplayProblem(text) {
  $("replay-problem").textContent = text;
}

// --- Copying the link -----------------------------------------------------------------------

$("copy-link").addEventListener("click", async () => {
  const copied = $("copied");
  try {
    await navigator.clipboard.writeText(location.href);
    copied.textContent = "Copied.";
  } catch {
    // Plain HTTP, among others, has no clipboard: show the address instead.
    copied.textContent = location.href;
  }
});

export { player };

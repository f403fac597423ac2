// @ts-check
/**
 * A drawing's page: changes its colours without a reload, walks to other drawings with the arrow
 * keys, and starts its replay.
 */

import { connectArrowKeys } from "../components/arrow_keys.js";
import { connectColormapPicker } from "../components/colormap_picker.js";

/** @type {(id: string) => any} */
const $ = (id) => document.getElementById(id);
const exhibit = $("exhibit");
const image = $("picture");
/** What shows a colormap, or leads to where it is shown: attributes, and their URLs' parameter. */
const coloured = [
  [image, "src", "cmap"],
  [$("download-png"), "href", "cmap"],
  [$("download-svg"), "href", "cmap"],
  ...Array.from(document.querySelectorAll(".walk [rel]"), (link) => [link, "href", "cmap"]),
  [$("gallery-link"), "href", "in"],
  [$("artist-link"), "href", "in"],
].filter(([element]) => element);

// --- Colours --------------------------------------------------------------------------------

function showColormap(cmap) {
  const chosen = cmap === exhibit.dataset.ownCmap ? null : cmap;
  for (const [element, attribute, parameter] of coloured) {
    element[attribute] = withParameter(element[attribute], parameter, chosen);
  }
  $("plot-cmap").value = cmap;
  history.replaceState(null, "", withParameter(location.href, "cmap", chosen));
  player?.setColours(image.src).then(
    () => showReplayProblem(""),
    () => showReplayProblem("Couldn't load these colours."),
  );
}

/** Returns the URL with this parameter, or without it if the value is null. */
function withParameter(address, name, value) {
  const url = new URL(address);
  if (value === null) url.searchParams.delete(name);
  else url.searchParams.set(name, value);
  return url.href;
}

connectArrowKeys();
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

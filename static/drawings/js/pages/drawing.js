/** A drawing's page: recolours the picture at once, and keeps the page's address in step. */

import { colormapPicker } from "../components/colormap_picker.js";

const $ = (id) => document.getElementById(id);
const exhibit = $("exhibit");
const picture = $("picture");
const follow = [
  [picture, "src"],
  [$("download-png"), "href"],
  [$("download-svg"), "href"],
].filter(([element]) => element);

// --- Colours --------------------------------------------------------------------------------

function recolour(cmap) {
  const own = cmap === exhibit.dataset.ownCmap;
  for (const [element, attribute] of follow) {
    const url = new URL(element[attribute]);
    if (own) url.searchParams.delete("cmap");
    else url.searchParams.set("cmap", cmap);
    element[attribute] = url;
  }
  $("plot-cmap").value = cmap;
  const page = new URL(location.href);
  if (own) page.searchParams.delete("cmap");
  else page.searchParams.set("cmap", cmap);
  history.replaceState(null, "", page);
  player?.recolour(picture.src).then(
    () => complain(""),
    () => complain("Couldn't load these colours."),
  );
}

colormapPicker(exhibit, recolour);
$("show").hidden = true; // choosing is enough

// --- Replay ---------------------------------------------------------------------------------

let player = null; // fetched when it is first asked for, with all that it needs
let loading = false;

$("replay")?.addEventListener("click", async () => {
  if (loading) return;
  loading = true;
  $("replay").setAttribute("aria-disabled", "true");
  complain("");
  try {
    await openPlayer();
  } catch (error) {
    complain(error.sentence ?? "Couldn't load the replay. Please try again.");
    if (!error.sentence) console.error(error);
  } finally {
    loading = false;
    $("replay").removeAttribute("aria-disabled");
  }
});

async function openPlayer() {
  const { loadPlayer } = await import("../components/replay.js");
  const { id, strokesUrl, npyUrl } = exhibit.dataset;
  player ??= await loadPlayer({ strokesUrl, npyUrl: (other) => npyUrl.replace(id, other) });
  // The picture's own palette: the replay has its colours, vmin and vmax included.
  await player.recolour(picture.src);
  player.open();
}

function complain(text) {
  $("replay-problem").textContent = text;
}

// --- The link -------------------------------------------------------------------------------

$("copy-link").addEventListener("click", async () => {
  const copied = $("copied");
  try {
    await navigator.clipboard.writeText(location.href);
    copied.textContent = "Copied.";
  } catch {
    // Not every page may write to the clipboard (plain HTTP, for one): the address is at hand.
    copied.textContent = location.href;
  }
});

export { player };

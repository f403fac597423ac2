/**
 * Swatches and a list of all colormaps that choose together. `choose` gets the name chosen.
 *
 * Swatches are buttons (aria-pressed) or, where the page works without a script, links
 * (aria-current).
 */
export function colormapPicker(root, choose) {
  const swatches = [...root.querySelectorAll(".swatch")];
  const select = root.querySelector("#colormap");

  function mark(name) {
    select.value = name;
    for (const swatch of swatches) {
      const chosen = swatch.dataset.cmap === name;
      if (swatch.tagName === "BUTTON") swatch.setAttribute("aria-pressed", String(chosen));
      else if (chosen) swatch.setAttribute("aria-current", "true");
      else swatch.removeAttribute("aria-current");
    }
  }

  for (const swatch of swatches) {
    swatch.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a link in a new tab
      event.preventDefault();
      mark(swatch.dataset.cmap);
      choose(swatch.dataset.cmap);
    });
  }
  select.addEventListener("change", () => {
    mark(select.value);
    choose(select.value);
  });
  return {
    mark,
    get value() {
      return select.value;
    },
  };
}

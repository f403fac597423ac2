// @ts-check
/**
 * Connects the colormap swatches and the list of all colormaps: both show the same selection.
 *
 * Swatches are buttons (aria-pressed) or, on pages that also work without scripts, links
 * (aria-current).
 *
 * @param {HTMLElement} root contains both
 * @param {(name: string) => void} onSelect called when the visitor selects a colormap
 * @returns {{readonly value: string, setValue: (name: string) => void}}
 */
export function connectColormapPicker(root, onSelect) {
  /** @type {NodeListOf<HTMLElement>} */
  const swatches = root.querySelectorAll(".swatch");
  /** @type {HTMLSelectElement} */
  const select = root.querySelector("#colormap");

  function setValue(name) {
    select.value = name;
    for (const swatch of swatches) {
      const isSelected = swatch.dataset.cmap === name;
      if (swatch.tagName === "BUTTON") swatch.setAttribute("aria-pressed", String(isSelected));
      else if (isSelected) swatch.setAttribute("aria-current", "true");
      else swatch.removeAttribute("aria-current");
    }
  }

  for (const swatch of swatches) {
    swatch.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // opens the link in a new tab
      event.preventDefault();
      setValue(swatch.dataset.cmap);
      onSelect(swatch.dataset.cmap);
    });
  }
  select.addEventListener("change", () => {
    setValue(select.value);
    onSelect(select.value);
  });
  return {
    setValue,
    get value() {
      return select.value;
    },
  };
}

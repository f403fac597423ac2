// @ts-check
/**
 * The arrow keys follow the page's links to what is newer (Left, rel=prev) and older (Right,
 * rel=next), unless the focused element uses these keys itself, or is in a row that they scroll.
 */

const LINKS = { ArrowLeft: 'a[rel="prev"]', ArrowRight: 'a[rel="next"]' };
const USES_ARROWS = "input, select, textarea, [contenteditable], .player";

export function connectArrowKeys() {
  for (const [key, selector] of Object.entries(LINKS)) {
    document.querySelector(selector)?.setAttribute("aria-keyshortcuts", key);
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.defaultPrevented || event.repeat) return;
    if (event.target instanceof Element && usesArrows(event.target)) return;
    /** @type {HTMLAnchorElement} */
    const link = LINKS[event.key] && document.querySelector(LINKS[event.key]);
    if (!link) return;
    event.preventDefault();
    link.click();
  });
}

/** @param {Element} element */
function usesArrows(element) {
  const row = element.closest(".strip-row");
  return element.closest(USES_ARROWS) || (row && row.scrollWidth > row.clientWidth);
}

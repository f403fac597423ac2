// @ts-check
/** What the visitor wants this browser to remember: a few short texts. */

const PREFIX = "drawsite-";

/**
 * Returns a remembered text, or "" if there is none.
 *
 * @param {string} name
 */
export function recall(name) {
  try {
    return localStorage.getItem(PREFIX + name) ?? "";
  } catch {
    return ""; // no storage in this browser
  }
}

/**
 * Remembers a text, or forgets it if it is empty.
 *
 * @param {string} name
 * @param {string} text
 */
export function remember(name, text) {
  try {
    if (text) localStorage.setItem(PREFIX + name, text);
    else localStorage.removeItem(PREFIX + name);
  } catch {
    // No storage in this browser.
  }
}

// @ts-check
/** Messages beside the paper. */

/** @import { SayOptions } from "../types.js" */

/** How long a message is shown: as long as slow readers take, and then some. */
const SHOWN_MS = 5000;
const SHOWN_MS_PER_CHARACTER = 60;

export class Messages {
  /** @param {HTMLElement} element a live region */
  constructor(element) {
    this.element = element;
    this.home = element.parentElement;
    this.timer = 0;
    this.outlastsStrokes = false;
    // It covers links of the page.
    element.addEventListener("click", ({ target }) => {
      if (target === element && !element.matches(".problem")) this.say("");
    });
  }

  /**
   * Shows a message, followed by a link or button. A problem stays until the visitor dismisses it,
   * or until the next message; others go after a while, unless the visitor is about to use what
   * follows. Most are about the drawing as it is, so that the next stroke makes them obsolete.
   *
   * @param {string} text nothing hides the message
   * @param {SayOptions} [options]
   */
  say(text, { isProblem = false, stays = isProblem, action, outlastsStrokes = false } = {}) {
    if (text && isProblem) action ??= makeAction("OK", () => this.say(""));
    clearTimeout(this.timer);
    this.outlastsStrokes = outlastsStrokes;
    const hadFocus = this.element.contains(document.activeElement);
    this.#move();
    this.element.classList.toggle("problem", isProblem);
    this.element.replaceChildren(text, ...(action ? [" ", action] : []));
    if (hadFocus) this.#passFocusOn();
    if (text && !stays) this.#hideLater(SHOWN_MS + text.length * SHOWN_MS_PER_CHARACTER);
  }

  /** The button that had the focus is gone. */
  #passFocusOn() {
    /** @type {NodeListOf<HTMLElement>} */
    const [place] = this.element.parentElement.querySelectorAll("[autofocus], canvas");
    place?.focus();
  }

  #hideLater(ms) {
    this.timer = setTimeout(() => {
      if (this.element.matches(":hover, :focus-within")) this.#hideLater(ms);
      else this.say("");
    }, ms);
  }

  /** Into the open dialog, if there is one: nothing else is within reach then. */
  #move() {
    const place = document.querySelector("dialog[open]") ?? this.home;
    if (this.element.parentElement !== place) place.append(this.element);
  }
}

/**
 * Makes the button that may follow a message.
 *
 * @param {string} text
 * @param {() => void} action
 * @returns {HTMLButtonElement}
 */
export function makeAction(text, action) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "button quiet", textContent: text });
  button.addEventListener("click", action);
  return button;
}

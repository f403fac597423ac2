/** Sending: hands the drawing to the outbox, and tells the visitor what becomes of it. */

import { encodeGrey } from "../raster/png.js";
import { Outbox } from "../storage/outbox.js";

const OTHER_FIELDS_BYTES = 2000; // of a submission, beside its image and its strokes

/**
 * What sending needs to know of the drawing on the page.
 *
 * @typedef {object} CurrentDrawing
 * @property {() => string} key the submission key, another one after each change
 * @property {(key: string) => boolean} isUnchanged whether it is still what this key was sent for
 * @property {() => import("../raster/paper.js").Paper} paper
 * @property {() => object} details {submissionKey, title, artist, colormap}
 * @property {() => Promise<void>} forgetDraft
 * @property {() => void} startAgain go on with blank paper
 * @property {(fields: string[]) => void} focusField focus the first of these fields, if it is here
 */

export class Sending {
  #waitingKey = null; // of what this page has sent and the site has not answered
  #sentKey = null;

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLButtonElement} button
   * @param {CurrentDrawing} drawing
   * @param {(text: string, options?: object) => void} say
   */
  constructor(form, button, drawing, say) {
    this.button = button;
    this.maxBytes = Number(form.dataset.maxUploadBytes);
    this.drawing = drawing;
    this.say = say;
    this.arrival =
      "requiresApproval" in form.dataset
        ? "has arrived and is waiting for approval"
        : "is on the wall";
    this.outbox = new Outbox(form.action, location.pathname);
    this.outbox.addEventListener("state", ({ detail }) => this.#showState(detail));
    // Back to a page that the browser kept: the drawing was sent, so begin a new one.
    addEventListener("pageshow", ({ persisted }) => {
      if (!persisted || !this.isSent) return;
      drawing.startAgain();
      say("");
    });
  }

  get isWaiting() {
    return this.#waitingKey !== null;
  }

  /** Whether the drawing on the page has reached the site. */
  get isSent() {
    return this.#sentKey === this.drawing.key();
  }

  /** Go on with what an earlier page could not send. */
  resume() {
    this.outbox.resume();
  }

  async send() {
    const key = this.drawing.key();
    if (this.#waitingKey === key) {
      this.outbox.tryNow();
      return;
    }
    this.#waitingKey = key;
    this.say("Sending…");
    try {
      this.outbox.send(await this.#makeEntry());
    } catch (error) {
      this.#waitingKey = null;
      this.say("This browser can't prepare the drawing for sending. Please try a newer one.", {
        isProblem: true,
      });
      throw error;
    }
  }

  async #makeEntry() {
    const paper = this.drawing.paper();
    const entry = this.drawing.details();
    const strokes = JSON.stringify(paper.toDocument());
    entry.image = await encodeGrey(paper.pixels.slice(), paper.width, paper.height);
    const room = this.maxBytes - entry.image.size - OTHER_FIELDS_BYTES;
    // The picture counts: strokes that are too large for the site are left out.
    if (strokes.length < room && paper.isWithinLimits) entry.strokes = strokes;
    return entry;
  }

  #showState(detail) {
    const { entry, state } = detail;
    const isShown = entry.submissionKey === this.drawing.key();
    this.button.setAttribute("aria-disabled", String(state === "sending" && isShown));
    if (state === "sending") {
      this.say("Sending…");
    } else if (state === "waiting") {
      this.#offerToTryNow(detail);
    } else {
      if (this.#waitingKey === entry.submissionKey) this.#waitingKey = null;
      if (state === "sent") {
        this.#arrive(detail.answer.url, entry);
      } else {
        this.say(detail.sentence, { isProblem: true });
        if (isShown) this.drawing.focusField(detail.fields);
      }
    }
  }

  #offerToTryNow({ reason, seconds }) {
    const action = document.createElement("button");
    Object.assign(action, { type: "button", className: "button quiet", textContent: "Try now" });
    action.addEventListener("click", () => this.outbox.tryNow());
    const wait = seconds === 1 ? "a second" : `${seconds} seconds`;
    this.say(`${reason} Your drawing is safe; trying again in ${wait}.`, {
      isProblem: true,
      action,
    });
  }

  async #arrive(url, { submissionKey: key, isResumed }) {
    // A drawing that has changed since it was sent is another drawing, and stays.
    if (this.drawing.isUnchanged(key)) {
      this.#sentKey = key;
      await this.drawing.forgetDraft();
      if (this.drawing.isUnchanged(key)) {
        if (!isResumed) {
          this.say(`It ${this.arrival}.`);
          location.assign(url);
          return;
        }
        this.drawing.startAgain();
      }
    }
    const link = document.createElement("a");
    Object.assign(link, { href: url, textContent: "See it" });
    this.say(`Your drawing ${this.arrival}.`, { action: link });
  }
}

// @ts-check
/** Sends the drawing through the outbox and tells the visitor how it goes. */

import { encodeGrey } from "../raster/png.js";
import { Outbox } from "../storage/outbox.js";
import { makeAction } from "./messages.js";

/** @import { OutboxEntry, Say } from "../types.js" */
/** @import { CurrentDrawing } from "./current_drawing.js" */

const OTHER_FIELDS_BYTES = 2000; // of a submission, besides its image and strokes

export class Sender {
  #waitingKey = null; // of the drawing that was sent and not answered yet
  #sentKey = null;

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLElement} button
   * @param {CurrentDrawing} drawing
   * @param {Say} say
   */
  constructor(form, button, drawing, say) {
    this.button = button;
    this.maxBytes = Number(form.dataset.maxUploadBytes);
    this.drawing = drawing;
    this.say = say;
    this.arrivalText =
      "requiresApproval" in form.dataset
        ? "has arrived and is waiting for approval"
        : "is on the wall";
    this.outbox = new Outbox(form.action, location.pathname);
    this.outbox.addEventListener("state", (event) => {
      this.#showState(/** @type {CustomEvent} */ (event).detail);
    });
    // The visitor came back to a cached page whose drawing was sent: start a new one.
    addEventListener("pageshow", ({ persisted }) => {
      if (!persisted || !this.isSent) return;
      drawing.startAgain();
      say("");
    });
  }

  get isWaiting() {
    return this.#waitingKey !== null;
  }

  /** Whether the site has accepted the drawing on the page. */
  get isSent() {
    return this.#sentKey === this.drawing.submissionKey;
  }

  /** Sends the drawings that closed pages left. */
  resume() {
    this.outbox.resume();
  }

  async send() {
    const key = this.drawing.submissionKey;
    if (this.#waitingKey === key) {
      this.outbox.tryNow();
      return;
    }
    this.#waitingKey = key;
    this.say("Sending…", { stays: true });
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
    const paper = this.drawing.paper;
    const details = this.drawing.readDetails();
    const strokes = JSON.stringify(paper.toDocument());
    const image = await encodeGrey(paper.pixels.slice(), paper.width, paper.height);
    /** @type {OutboxEntry} */
    const entry = { ...details, image };
    const room = this.maxBytes - image.size - OTHER_FIELDS_BYTES;
    // Leave out strokes that are too large for the site: the image is enough.
    if (strokes.length < room && paper.isWithinLimits) entry.strokes = strokes;
    return entry;
  }

  #showState(detail) {
    const { entry, state } = detail;
    const isShown = entry.submissionKey === this.drawing.submissionKey;
    this.button.setAttribute("aria-disabled", String(state === "sending" && isShown));
    if (state === "sending") {
      this.say("Sending…", { stays: true });
    } else if (state === "waiting") {
      this.#offerToTryNow(detail);
    } else {
      if (this.#waitingKey === entry.submissionKey) this.#waitingKey = null;
      if (state === "sent") {
        this.#onArrival(detail.answer.url, entry);
      } else {
        this.say(detail.sentence, { isProblem: true });
        if (isShown) this.drawing.focusField(detail.fields);
      }
    }
  }

  #offerToTryNow({ reason, seconds }) {
    const action = makeAction("Try now", () => this.outbox.tryNow());
    const wait = seconds === 1 ? "a second" : `${seconds} seconds`;
    this.say(`${reason} Your drawing is safe; trying again in ${wait}.`, {
      isProblem: true,
      action,
    });
  }

  async #onArrival(url, { submissionKey: key, isResumed }) {
    // A drawing that has changed since it was sent is a new one: keep it.
    if (this.drawing.isUnchanged(key)) {
      this.#sentKey = key;
      await this.drawing.deleteDraft();
      if (this.drawing.isUnchanged(key)) {
        if (!isResumed) {
          this.say("");
          this.drawing.celebrate(url);
          return;
        }
        this.drawing.startAgain();
      }
    }
    const link = document.createElement("a");
    Object.assign(link, { href: url, textContent: "See it" });
    this.say(`Your drawing ${this.arrivalText}.`, { action: link });
  }
}

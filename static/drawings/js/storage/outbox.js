/**
 * What was sent and is not on the wall yet. It is kept in the browser and tried again, with the
 * same submission_key, until the wall has answered: without network, on a server error, and when
 * the wall asks to wait. However often that is, the wall stores it once.
 */

import { getAll, holdLock, put, remove } from "./database.js";

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;
const TIMEOUT_MS = 60_000;

/**
 * Fires "state" with {entry, state, ...}: "sending"; "waiting" with `seconds` and `reason`; "sent"
 * with the wall's `answer`; "refused" with `sentence` and the `fields` that it is about.
 */
export class Outbox extends EventTarget {
  /** `page` is an address that sets the cookie with the CSRF token. */
  constructor(url, page) {
    super();
    this.url = url;
    this.page = page;
    this.wake = () => {};
    addEventListener("online", () => this.wake());
  }

  /** Send an entry: {submissionKey, image, strokes, title, artist, colormap}. */
  async send(entry) {
    await holdLock(lockName(entry));
    // Where nothing can be stored it is sent all the same, as long as the page is there.
    await put("outbox", entry).catch(() => {});
    return this.#deliver(entry);
  }

  /** Go on with what an earlier page has left. */
  async resume() {
    const entries = await getAll("outbox").catch(() => []);
    for (const entry of entries) {
      const isMine = await holdLock(lockName(entry));
      if (isMine) this.#deliver({ ...entry, isResumed: true });
      // The tab that has it may be closed before it is sent: look again.
      else setTimeout(() => this.resume(), LONGEST_WAIT_MS);
    }
  }

  tryNow() {
    this.wake();
  }

  async #deliver(entry) {
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(LONGEST_WAIT_MS, wait * 2)) {
      this.#tell(entry, "sending");
      const outcome = await this.#post(entry);
      if (outcome.state !== "waiting") {
        await remove("outbox", entry.submissionKey).catch(() => {});
        this.#tell(entry, outcome.state, outcome);
        return;
      }
      const ms = outcome.retryAfter ? outcome.retryAfter * 1000 : wait;
      this.#tell(entry, "waiting", { ...outcome, seconds: Math.ceil(ms / 1000) });
      await this.#pause(ms);
    }
  }

  async #post(entry) {
    const data = new FormData();
    data.set("submission_key", entry.submissionKey);
    data.set("image", entry.image, "drawing.png");
    for (const name of ["title", "artist", "colormap"]) data.set(name, entry[name]);
    if (entry.strokes) data.set("strokes", entry.strokes);
    let response;
    let answer;
    try {
      response = await this.#fetch(data);
      if (response.status === 403) {
        // The token changes when somebody logs in: with a new one it may be taken.
        await fetch(this.page, { signal: AbortSignal.timeout(TIMEOUT_MS) });
        response = await this.#fetch(data);
      }
      answer = await response.json().catch(() => ({}));
    } catch {
      return { state: "waiting", reason: "Can't reach the wall." };
    }
    if (response.ok && answer.url) return { state: "sent", answer };
    const sentence = sentences(answer) || `The site answered with an error (${response.status}).`;
    if (response.status === 429 || response.status >= 500) {
      const retryAfter = Number(response.headers.get("Retry-After")) || 0;
      return { state: "waiting", reason: sentence, retryAfter };
    }
    const fields = Object.keys(answer.errors ?? {});
    if (entry.strokes && fields.join() === "strokes")
      return this.#post({ ...entry, strokes: null });
    return { state: "refused", sentence, fields };
  }

  #fetch(data) {
    return fetch(this.url, {
      method: "POST",
      body: data,
      headers: { Accept: "application/json", "X-CSRFToken": csrfToken() },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  }

  /** Wait, but not past the moment when the network is back or the visitor asks. */
  #pause(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      const wakeOthers = this.wake;
      this.wake = () => {
        clearTimeout(timer);
        this.wake = () => {};
        wakeOthers();
        resolve();
      };
    });
  }

  #tell(entry, state, more = {}) {
    this.dispatchEvent(new CustomEvent("state", { detail: { ...more, entry, state } }));
  }
}

const lockName = ({ submissionKey }) => `drawsite-outbox-${submissionKey}`;

function csrfToken() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1] ?? "";
}

function sentences({ errors = {} }) {
  return Object.entries(errors)
    .flatMap(([field, messages]) =>
      messages.map((message) => (field === "request" ? message : `${label(field)}: ${message}`)),
    )
    .join(" ");
}

/** A field's name as people write it. */
function label(field) {
  return field.charAt(0).toUpperCase() + field.slice(1).replaceAll("_", " ");
}

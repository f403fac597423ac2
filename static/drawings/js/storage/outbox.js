// @ts-check
/**
 * Sends drawings, and keeps them in the browser until the site has accepted or refused them. It
 * retries without a network, after a server error, and when the site asks to wait. The
 * submission_key makes this idempotent: the site stores a drawing once.
 */

import { acquireLock, getAll, put, remove } from "./database.js";

/** @import { OutboxEntry } from "../types.js" */

const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 60_000;
const TIMEOUT_MS = 60_000;

/**
 * Fires "state". Its detail has `entry` and `state`: "sending"; "waiting", with `seconds` and
 * `reason`; "sent", with the site's `answer`; or "refused", with `sentence` and the invalid
 * `fields`.
 */
export class Outbox extends EventTarget {
  /**
   * @param {string} url where to send drawings
   * @param {string} csrfPage a page that sets the CSRF cookie
   */
  constructor(url, csrfPage) {
    super();
    this.url = url;
    this.csrfPage = csrfPage;
    this.delivering = new Set(); // submission keys
    this.waits = new Set(); // functions that end a wait
    addEventListener("online", () => this.tryNow());
  }

  /** @param {OutboxEntry} entry */
  async send(entry) {
    this.delivering.add(entry.submissionKey);
    await acquireLock(lockName(entry));
    // If the browser cannot store it, send it anyway, for as long as the page is open.
    await put("outbox", entry).catch(() => {});
    return this.#deliver(entry);
  }

  /** Sends the entries that closed pages left. */
  async resume() {
    const entries = await getAll("outbox").catch(() => []);
    let isAnyLocked = false;
    for (const entry of entries) {
      if (this.delivering.has(entry.submissionKey)) continue;
      if (await acquireLock(lockName(entry))) this.#deliver({ ...entry, isResumed: true });
      else isAnyLocked = true;
    }
    // The tab that is sending an entry may close first: check again later.
    if (isAnyLocked) setTimeout(() => this.resume(), MAX_WAIT_MS);
  }

  tryNow() {
    for (const wake of this.waits) wake();
  }

  async #deliver(entry) {
    this.delivering.add(entry.submissionKey);
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(MAX_WAIT_MS, wait * 2)) {
      this.#notify(entry, "sending");
      const outcome = await this.#post(entry);
      if (outcome.state !== "waiting") {
        await remove("outbox", entry.submissionKey).catch(() => {});
        this.delivering.delete(entry.submissionKey);
        this.#notify(entry, outcome.state, outcome);
        return;
      }
      const ms = outcome.retryAfter ? outcome.retryAfter * 1000 : wait;
      this.#notify(entry, "waiting", { ...outcome, seconds: Math.ceil(ms / 1000) });
      await this.#wait(ms);
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
        // Logging in changes the CSRF token: get the new one.
        await fetch(this.csrfPage, { signal: AbortSignal.timeout(TIMEOUT_MS) });
        response = await this.#fetch(data);
      }
      answer = await response.json().catch(() => ({}));
    } catch {
      return { state: "waiting", reason: "Can't reach the site." };
    }
    if (response.ok && answer.url) return { state: "sent", answer };
    const sentence =
      joinMessages(answer) || `The site answered with an error (${response.status}).`;
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

  /** Waits, at most until the network returns or the visitor presses "Try now". */
  #wait(ms) {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.waits.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.waits.add(wake);
    });
  }

  #notify(entry, state, more = {}) {
    this.dispatchEvent(new CustomEvent("state", { detail: { ...more, entry, state } }));
  }
}

const lockName = ({ submissionKey }) => `drawsite-outbox-${submissionKey}`;

function csrfToken() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1] ?? "";
}

function joinMessages({ errors = {} }) {
  return Object.entries(errors)
    .flatMap(([field, messages]) =>
      messages.map((message) =>
        field === "request" ? message : `${fieldLabel(field)}: ${message}`,
      ),
    )
    .join(" ");
}

function fieldLabel(field) {
  return field.charAt(0).toUpperCase() + field.slice(1).replaceAll("_", " ");
}

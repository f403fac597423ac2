// @ts-check
/**
 * Keeps a draft of this tab's drawing. It is saved after every stroke and restored after a reload,
 * a crash, or when a phone unloads the tab. Each tab has its own draft. A new tab adopts the
 * latest draft that no open tab has.
 */

import { acquireLock, get, getAll, put, randomUuid, releaseLock, remove } from "./database.js";
import { remember } from "./preferences.js";

/** @import { Draft } from "../types.js" */

const KEEP_MS = 30 * 24 * 3600 * 1000;
/** The remembered text that tells the next page, before it can ask, that there may be a draft. */
const EXPECTED = "draft";
const lockName = (id) => `drawsite-draft-${id}`;

export class Drafts {
  /** @param {() => void} onFailure called when the browser stops storing drafts */
  constructor(onFailure) {
    this.onFailure = onFailure;
    this.canStore = true;
  }

  /**
   * Returns this tab's draft, or one that a closed tab left.
   *
   * @param {((draft: Draft) => boolean) | null} [isWanted] return only this tab's draft, if it
   *   passes the test; otherwise set it aside
   * @returns {Promise<Draft | null>}
   */
  async find(isWanted) {
    try {
      this.id = await this.#acquireId();
      const draft = await get("drafts", this.id);
      if (!isWanted) return draft ?? (await this.#adopt());
      if (draft && isWanted(draft)) return draft;
      if (draft) await this.setAside();
      return null;
    } catch {
      this.#fail();
      return null;
    }
  }

  /** @param {Draft} draft */
  save(draft) {
    remember(EXPECTED, "yes");
    return this.#attempt(() => put("drafts", { ...draft, id: this.id, saved: Date.now() }));
  }

  delete() {
    remember(EXPECTED, "");
    return this.#attempt(() => remove("drafts", this.id));
  }

  /** Leaves the stored draft for another tab to adopt, and continues under a new id. */
  async setAside() {
    const oldId = this.id;
    try {
      await this.#makeId();
      releaseLock(lockName(oldId));
    } catch {
      this.#fail();
    }
  }

  async #acquireId() {
    let id = sessionStorage.getItem("draft");
    // A duplicated tab copies the session storage: the draft stays with the first tab.
    if (!id || !(await acquireLock(lockName(id)))) id = await this.#makeId();
    return id;
  }

  async #makeId() {
    this.id = randomUuid();
    await acquireLock(lockName(this.id));
    sessionStorage.setItem("draft", this.id);
    return this.id;
  }

  async #adopt() {
    const drafts = (await getAll("drafts")).sort((a, b) => b.saved - a.saved);
    for (const draft of drafts) {
      if (!(await acquireLock(lockName(draft.id)))) continue; // another tab has it
      if (Date.now() - draft.saved > KEEP_MS) {
        await remove("drafts", draft.id);
        continue;
      }
      await put("drafts", { ...draft, id: this.id });
      await remove("drafts", draft.id);
      return draft;
    }
    return null;
  }

  async #attempt(action) {
    if (!this.id) return;
    try {
      await action();
      this.canStore = true;
    } catch {
      this.#fail();
    }
  }

  #fail() {
    if (!this.canStore) return;
    this.canStore = false;
    this.onFailure();
  }
}

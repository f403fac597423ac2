/**
 * The draft of the drawing in this tab. It is saved after every stroke and found again after a
 * reload, a crash, or when a phone has put the tab away. Each tab has its own; a draft that no tab
 * has any more is taken over by the next page that is opened.
 */

import { get, getAll, holdLock, put, releaseLock, remove, uuid } from "./database.js";

const KEEP_MS = 30 * 24 * 3600 * 1000;
const lockName = (id) => `drawsite-draft-${id}`;

export class Drafts {
  /** `onProblem` is called when the browser begins to keep no drafts. */
  constructor(onProblem) {
    this.onProblem = onProblem;
    this.works = true;
  }

  /**
   * This tab's draft, or one that was left behind: its contents, or null. With `wanted`, a test of
   * the contents, only a draft that passes is taken; another one stays where it is.
   */
  async find(wanted) {
    try {
      this.id = await this.#ownId();
      const draft = await get("drafts", this.id);
      if (!wanted) return draft ?? (await this.#adopt());
      if (draft && wanted(draft)) return draft;
      if (draft) await this.leave();
      return null;
    } catch {
      this.#fail();
      return null;
    }
  }

  /** Save what is to be kept, an object of what IndexedDB can hold. */
  save(contents) {
    return this.#attempt(() => put("drafts", { ...contents, id: this.id, saved: Date.now() }));
  }

  forget() {
    return this.#attempt(() => remove("drafts", this.id));
  }

  /** Leave the draft that is there to be found again, and go on with another. */
  async leave() {
    const left = this.id;
    try {
      await this.#newId();
      releaseLock(lockName(left));
    } catch {
      this.#fail();
    }
  }

  async #ownId() {
    let id = sessionStorage.getItem("draft");
    // A duplicated tab has a copy of the session storage: the draft stays with the first.
    if (!id || !(await holdLock(lockName(id)))) id = await this.#newId();
    return id;
  }

  async #newId() {
    this.id = uuid();
    await holdLock(lockName(this.id));
    sessionStorage.setItem("draft", this.id);
    return this.id;
  }

  async #adopt() {
    const drafts = (await getAll("drafts")).sort((a, b) => b.saved - a.saved);
    for (const draft of drafts) {
      if (!(await holdLock(lockName(draft.id)))) continue; // another tab is at it
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
      this.works = true;
    } catch {
      this.#fail();
    }
  }

  #fail() {
    if (!this.works) return;
    this.works = false;
    this.onProblem();
  }
}

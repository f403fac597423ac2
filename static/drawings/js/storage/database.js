// @ts-check
/** The browser's storage for drafts and the outbox, and locks that divide it between tabs. */

const NAME = "drawsite";
const STORES = { drafts: "id", outbox: "submissionKey" };

let opening = null;

function openDatabase() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const [store, keyPath] of Object.entries(STORES)) {
        request.result.createObjectStore(store, { keyPath });
      }
    };
    request.onsuccess = () => {
      const database = request.result;
      database.onclose = () => {
        opening = null;
      };
      database.onversionchange = () => {
        database.close();
        opening = null;
      };
      resolve(database);
    };
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("The browser's storage is in use."));
  });
  return opening;
}

async function runRequest(store, mode, makeRequest) {
  try {
    return await tryRequest(store, mode, makeRequest);
  } catch {
    // Phones close the connections of background tabs: retry with a new one.
    opening = null;
    return tryRequest(store, mode, makeRequest);
  }
}

async function tryRequest(store, mode, makeRequest) {
  const database = await openDatabase();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(store, mode);
    const request = makeRequest(transaction.objectStore(store));
    // Commit now: a tab that is killed never receives the request's success event.
    if (mode === "readwrite") transaction.commit?.();
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
    transaction.onerror = () => reject(transaction.error);
  });
}

// All four reject if the browser's storage is full or denied. `put` stores an object under the key
// that it contains; `get` returns undefined if there is no such object.

/** @type {(store: string, value: object) => Promise<any>} */
export const put = (store, value) =>
  runRequest(store, "readwrite", (objects) => objects.put(value));

/** @type {(store: string, key: string) => Promise<any>} */
export const get = (store, key) => runRequest(store, "readonly", (objects) => objects.get(key));

/** @type {(store: string) => Promise<any[]>} */
export const getAll = (store) => runRequest(store, "readonly", (objects) => objects.getAll());

/** @type {(store: string, key: string) => Promise<void>} */
export const remove = (store, key) =>
  runRequest(store, "readwrite", (objects) => objects.delete(key));

/**
 * Acquires a lock for as long as the page lives. Resolves to false if another tab holds it.
 *
 * Pages on plain HTTP, as in a local network, have no Web Locks: there the tabs ask each other.
 *
 * @param {string} name
 * @returns {Promise<boolean>}
 */
export function acquireLock(name) {
  if (!navigator.locks) return askOtherTabs(name);
  return new Promise((resolve) => {
    navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock && new Promise((release) => releases.set(name, release));
    });
  });
}

/** @param {string} name */
export function releaseLock(name) {
  releases.get(name)?.();
  held.delete(name);
}

const releases = new Map(); // lock name: function that releases it

// Without Web Locks:
const ANSWER_MS = 150;
const held = new Set();
const tabs = navigator.locks ? null : new BroadcastChannel("drawsite");
tabs?.addEventListener("message", ({ data: { wanted } }) => {
  if (held.has(wanted)) tabs.postMessage({ taken: wanted });
});

function askOtherTabs(name) {
  return new Promise((resolve) => {
    const decide = (isFree) => {
      clearTimeout(timer);
      tabs.removeEventListener("message", listen);
      if (isFree) held.add(name);
      resolve(isFree);
    };
    const listen = ({ data: { taken } }) => taken === name && decide(false);
    const timer = setTimeout(() => decide(true), ANSWER_MS);
    tabs.addEventListener("message", listen);
    tabs.postMessage({ wanted: name });
  });
}

/**
 * Returns a random UUID, even on plain HTTP, where crypto.randomUUID is missing.
 *
 * @returns {string}
 */
export function randomUuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

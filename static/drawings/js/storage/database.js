/** What the page keeps in the browser's IndexedDB: drafts and the outbox. */

const NAME = "drawsite";
const STORES = { drafts: "id", outbox: "submissionKey" };

let opening = null;

function open() {
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

async function run(store, mode, action) {
  try {
    return await attempt(store, mode, action);
  } catch {
    // A phone closes what a tab in the background has open: once more, with a new connection.
    opening = null;
    return attempt(store, mode, action);
  }
}

async function attempt(store, mode, action) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(store, mode);
    const request = action(transaction.objectStore(store));
    // Now, not when the page has heard of the request: a tab that is killed will hear of nothing.
    if (mode === "readwrite") transaction.commit?.();
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
    transaction.onerror = () => reject(transaction.error);
  });
}

/** Each returns a promise, which is rejected when the browser's storage is full or denied. */
export const put = (store, value) => run(store, "readwrite", (objects) => objects.put(value));
export const get = (store, key) => run(store, "readonly", (objects) => objects.get(key));
export const getAll = (store) => run(store, "readonly", (objects) => objects.getAll());
export const remove = (store, key) => run(store, "readwrite", (objects) => objects.delete(key));

/**
 * Be the only tab that has something, for as long as the page lives; whether that worked.
 *
 * Pages on plain HTTP, as in a local network, have no locks: there the tabs ask each other.
 */
export function holdLock(name) {
  if (!navigator.locks) return claim(name);
  return new Promise((resolve) => {
    navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock && new Promise((release) => releases.set(name, release));
    });
  });
}

/** Let other tabs have it. */
export function releaseLock(name) {
  releases.get(name)?.();
  claimed.delete(name);
}

const releases = new Map();

const ANSWER_MS = 150;
const claimed = new Set();
const tabs = navigator.locks ? null : new BroadcastChannel("drawsite");
tabs?.addEventListener("message", ({ data: { wanted } }) => {
  if (claimed.has(wanted)) tabs.postMessage({ taken: wanted });
});

function claim(name) {
  return new Promise((resolve) => {
    const decide = (isMine) => {
      clearTimeout(timer);
      tabs.removeEventListener("message", listen);
      if (isMine) claimed.add(name);
      resolve(isMine);
    };
    const listen = ({ data: { taken } }) => taken === name && decide(false);
    const timer = setTimeout(() => decide(true), ANSWER_MS);
    tabs.addEventListener("message", listen);
    tabs.postMessage({ wanted: name });
  });
}

/** A random UUID, also where crypto.randomUUID is missing: on plain HTTP, as in a local network. */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

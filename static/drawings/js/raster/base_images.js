// @ts-check
/**
 * Reads base images, the pixels that a drawing begins with: another drawing's field, or an upload.
 *
 * No image goes through a canvas, because browsers that guard against fingerprinting alter what a
 * canvas returns, and a replay must end with exactly the drawing's pixels.
 */

/** @import { Field, StrokesDocument } from "../types.js" */

const PNG_SIGNATURE = "\x89PNG\r\n\x1a\n";
const NPY_SIGNATURE = "\x93NUMPY";

/**
 * Returns the pixels of a document's base image, or null for white paper.
 *
 * @param {StrokesDocument} document
 * @param {(id: string) => string} npyUrl returns the URL of a drawing's pixels.npy
 * @returns {Promise<Uint8Array | null>}
 */
export async function fetchBaseImage({ paper, width, height }, npyUrl) {
  if (!paper) return null;
  const base = paper.drawing
    ? await fetchNpy(npyUrl(paper.drawing))
    : await decodeGrey(decodeBase64(paper.image));
  if (base.width !== width || base.height !== height) {
    throw new Error("The base image must be as large as the drawing.");
  }
  return base.pixels;
}

/**
 * Fetches a field as a NumPy file (uint8, C order). If the server refuses, the error's `cause` is
 * the response.
 *
 * @param {string} url
 * @returns {Promise<Field>}
 */
export async function fetchNpy(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`, { cause: response });
  return decodeNpy(await response.arrayBuffer());
}

function decodeNpy(buffer) {
  if (readLatin1(buffer, 0, 6) !== NPY_SIGNATURE) throw new Error("This is not an .npy file.");
  const view = new DataView(buffer);
  const isLong = view.getUint8(6) > 1; // from version 2 on, the length has four bytes
  const start = isLong ? 12 : 10;
  const length = isLong ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = readLatin1(buffer, start, length);
  const shape = /'shape': \((\d+), (\d+)\)/.exec(header);
  if (!/'descr': '[|<]u1'/.test(header) || !/'fortran_order': False/.test(header) || !shape) {
    throw new Error("This .npy file is not a field.");
  }
  const [height, width] = [Number(shape[1]), Number(shape[2])];
  const pixels = new Uint8Array(buffer, start + length);
  if (pixels.length !== width * height) throw new Error("This .npy file is cut short.");
  return { width, height, pixels };
}

/**
 * Decodes an 8-bit grey PNG to a field with exactly its values.
 *
 * @param {ArrayBuffer} buffer
 * @returns {Promise<Field>}
 */
export async function decodeGrey(buffer) {
  if (readLatin1(buffer, 0, 8) !== PNG_SIGNATURE) throw new Error("This is not a PNG.");
  const view = new DataView(buffer);
  const data = [];
  let header = null;
  for (let at = PNG_SIGNATURE.length; at + 12 <= buffer.byteLength; ) {
    const length = view.getUint32(at);
    const kind = readLatin1(buffer, at + 4, 4);
    if (at + 12 + length > buffer.byteLength) break;
    if (kind === "IHDR") header = parseHeader(new DataView(buffer, at + 8, length));
    if (kind === "IDAT") data.push(new Uint8Array(buffer, at + 8, length));
    // It makes one shade transparent, which a field cannot store.
    if (kind === "tRNS") throw new Error("This PNG is transparent.");
    if (kind === "IEND") break;
    at += length + 12;
  }
  if (!header) throw new Error("This PNG has no header.");
  const { width, height } = header;
  const lines = await inflate(data, height * (width + 1));
  return { width, height, pixels: unfilter(lines, width, height) };
}

function parseHeader(view) {
  const [bits, ...rest] = [8, 9, 10, 11, 12].map((at) => view.getUint8(at));
  // The rest is 0 for grey, deflate, the five filters and no interlace.
  if (bits !== 8 || rest.some(Boolean)) {
    throw new Error("This PNG is not plain 8-bit grey.");
  }
  return { width: view.getUint32(0), height: view.getUint32(4) };
}

/** Inflates a zlib stream of exactly `length` bytes, never allocating more than that. */
async function inflate(parts, length) {
  const bytes = new Uint8Array(length);
  const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate"));
  const reader = stream.getReader();
  let at = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (at + part.value.length > length) {
      await reader.cancel();
      throw new Error("This PNG holds more than its header says.");
    }
    bytes.set(part.value, at);
    at += part.value.length;
  }
  if (at !== length) throw new Error("This PNG is cut short.");
  return bytes;
}

/** Undoes PNG's filters (PNG specification, section 9) for one byte per pixel. */
function unfilter(lines, width, height) {
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const filter = lines[y * (width + 1)];
    const from = y * (width + 1) + 1;
    const to = y * width;
    if (filter > 4) throw new Error("This PNG has a line with an unknown filter.");
    for (let x = 0; x < width; x++) {
      const left = x ? pixels[to + x - 1] : 0;
      const above = y ? pixels[to + x - width] : 0;
      const corner = x && y ? pixels[to + x - width - 1] : 0;
      // A Uint8Array stores sums modulo 256, as the filters require.
      pixels[to + x] = lines[from + x] + predict(filter, left, above, corner);
    }
  }
  return pixels;
}

function predict(filter, left, above, corner) {
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  if (filter === 4) return paeth(left, above, corner);
  return 0;
}

/** Returns the neighbour that is nearest to left + above - corner. */
function paeth(left, above, corner) {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

function readLatin1(buffer, at, length) {
  if (at + length > buffer.byteLength) return "";
  return String.fromCharCode(...new Uint8Array(buffer, at, length));
}

function decodeBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer;
}

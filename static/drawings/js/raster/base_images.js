/**
 * The paper that a drawing was drawn on, as pixels: another drawing's field, or a picture.
 *
 * Nothing here goes through a canvas: browsers that guard against fingerprinting alter what a
 * canvas gives back, and a replay has to come to the very bytes that were drawn.
 */

const PNG_SIGNATURE = "\x89PNG\r\n\x1a\n";
const NPY_SIGNATURE = "\x93NUMPY";

/**
 * The pixels that a strokes document was drawn on, or null for white paper.
 *
 * @param {{paper: object|null, width: number, height: number}} strokes the document
 * @param {(id: string) => string} npyUrl where a drawing's pixels.npy is
 * @returns {Promise<Uint8Array|null>}
 */
export async function fetchGround({ paper, width, height }, npyUrl) {
  if (!paper) return null;
  const ground = paper.drawing
    ? await fetchNpy(npyUrl(paper.drawing))
    : await decodeGrey(fromBase64(paper.image));
  if (ground.width !== width || ground.height !== height) {
    throw new Error("The paper is not as large as the drawing.");
  }
  return ground.pixels;
}

/**
 * A field from a pixels.npy (NumPy's format, uint8 in C order).
 *
 * @returns {Promise<{width: number, height: number, pixels: Uint8Array}>}
 */
export async function fetchNpy(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`, { cause: response });
  return decodeNpy(await response.arrayBuffer());
}

function decodeNpy(buffer) {
  if (latin1(buffer, 0, 6) !== NPY_SIGNATURE) throw new Error("This is not an .npy file.");
  const view = new DataView(buffer);
  const wide = view.getUint8(6) > 1; // the format's version: from 2 on the length has four bytes
  const start = wide ? 12 : 10;
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = latin1(buffer, start, length);
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
 * A field from an 8-bit grey PNG, byte for byte.
 *
 * @param {ArrayBuffer} buffer
 * @returns {Promise<{width: number, height: number, pixels: Uint8Array}>}
 */
export async function decodeGrey(buffer) {
  if (latin1(buffer, 0, 8) !== PNG_SIGNATURE) throw new Error("This is not a PNG.");
  const view = new DataView(buffer);
  const data = [];
  let header = null;
  for (let at = PNG_SIGNATURE.length; at + 12 <= buffer.byteLength; ) {
    const length = view.getUint32(at);
    const kind = latin1(buffer, at + 4, 4);
    if (at + 12 + length > buffer.byteLength) break;
    if (kind === "IHDR") header = readHeader(new DataView(buffer, at + 8, length));
    if (kind === "IDAT") data.push(new Uint8Array(buffer, at + 8, length));
    // Some shade would be transparent, and a field has nothing to say so with.
    if (kind === "tRNS") throw new Error("This PNG is transparent.");
    if (kind === "IEND") break;
    at += length + 12;
  }
  if (!header) throw new Error("This PNG has no header.");
  const { width, height } = header;
  const lines = await inflate(data, height * (width + 1));
  return { width, height, pixels: unfilter(lines, width, height) };
}

function readHeader(view) {
  const [bits, ...rest] = [8, 9, 10, 11, 12].map((at) => view.getUint8(at));
  // The rest is 0 for: grey, deflate, the five filters, not interlaced.
  if (bits !== 8 || rest.some(Boolean)) {
    throw new Error("This PNG is not plain 8-bit grey.");
  }
  return { width: view.getUint32(0), height: view.getUint32(4) };
}

/** What a zlib stream in parts holds: exactly `length` bytes, and never more memory than that. */
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

/** PNG's filters undone (PNG specification, section 9), for one byte a pixel. */
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
      // The array keeps the lowest eight bits of a sum, which is what the filters mean.
      pixels[to + x] = lines[from + x] + predicted(filter, left, above, corner);
    }
  }
  return pixels;
}

function predicted(filter, left, above, corner) {
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  if (filter === 4) return paeth(left, above, corner);
  return 0;
}

/** Of the three neighbours the one that is nearest to left + above - corner. */
function paeth(left, above, corner) {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

function latin1(buffer, at, length) {
  if (at + length > buffer.byteLength) return "";
  return String.fromCharCode(...new Uint8Array(buffer, at, length));
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer;
}

// @ts-check
/** Writes fields as PNG files and reads PNG palettes (ISO/IEC 15948). */

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function makeChunk(kind, data) {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = kind.charCodeAt(i);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, crc32(bytes.subarray(4, data.length + 8)));
  return bytes;
}

async function deflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Encodes a field as an 8-bit grey PNG with exactly the field's values.
 *
 * @param {Uint8Array} pixels row by row
 * @param {number} width
 * @param {number} height
 * @returns {Promise<Blob>}
 */
export async function encodeGrey(pixels, width, height) {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8; // bits per sample; the rest stays 0: grey, deflate, no filter, no interlace
  const lines = new Uint8Array(height * (width + 1)); // filter byte 0, then the row
  for (let y = 0; y < height; y++) {
    lines.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  }
  const parts = [
    new Uint8Array(SIGNATURE),
    makeChunk("IHDR", header),
    makeChunk("IDAT", await deflate(lines)),
    makeChunk("IEND", new Uint8Array(0)),
  ];
  return new Blob(parts, { type: "image/png" });
}

/**
 * Returns the colours of a palette PNG, three bytes each.
 *
 * @param {ArrayBuffer} buffer
 * @returns {Uint8Array}
 */
export function readPalette(buffer) {
  const view = new DataView(buffer);
  for (let at = SIGNATURE.length; at + 8 <= buffer.byteLength; ) {
    const length = view.getUint32(at);
    const kind = String.fromCharCode(...new Uint8Array(buffer, at + 4, 4));
    if (kind === "PLTE") return new Uint8Array(buffer, at + 8, length);
    at += length + 12;
  }
  throw new Error("This PNG has no palette.");
}

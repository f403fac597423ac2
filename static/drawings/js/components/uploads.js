/** Uploaded pictures: to draw on, or to trace. */

import { Paper } from "../raster/paper.js";
import { encodeGrey } from "../raster/png.js";
import { WHITE } from "../raster/rasteriser.js";

const TRACING_SCALE = 4; // finer than the drawing's pixels, so that edges can be followed

/**
 * Paper of a size that has a picture on it.
 *
 * @param {File} file
 * @param {number} width
 * @param {number} height
 * @returns {Promise<Paper>}
 */
export async function paperFromUpload(file, width, height) {
  const ground = await fieldFromPicture(file, width, height);
  const image = await toBase64(await encodeGrey(ground, width, height));
  return new Paper(width, height, { source: { image }, ground });
}

/**
 * Show a picture on the canvas that lies over the paper.
 *
 * @param {File} file
 * @param {HTMLCanvasElement} tracing
 * @param {Paper} paper
 */
export async function showTracing(file, tracing, paper) {
  tracing.width = TRACING_SCALE * paper.width;
  tracing.height = TRACING_SCALE * paper.height;
  await drawContained(tracing.getContext("2d"), file);
  tracing.hidden = false;
}

/**
 * A picture file laid on white paper of a size, as large as it fits: its brightness, by the weights
 * that the server uses (0.34 R + 0.50 G + 0.16 B, rounded half up), as a uint8 field.
 */
async function fieldFromPicture(file, width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  await drawContained(context, file);
  const { data } = context.getImageData(0, 0, width, height);
  return Uint8Array.from({ length: width * height }, (_, at) => {
    const [red, green, blue] = data.subarray(at * 4, at * 4 + 3);
    return Math.floor((34 * red + 50 * green + 16 * blue + 50) / 100);
  });
}

/** Draw a picture file over a whole canvas, on white, as large as it fits. */
async function drawContained(context, file) {
  const { width, height } = context.canvas;
  const picture = await createImageBitmap(file);
  const scale = Math.min(width / picture.width, height / picture.height);
  const [w, h] = [picture.width * scale, picture.height * scale];
  context.fillStyle = `rgb(${WHITE} ${WHITE} ${WHITE})`;
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, (width - w) / 2, (height - h) / 2, w, h);
  picture.close();
}

/** A blob's bytes in base64. */
function toBase64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

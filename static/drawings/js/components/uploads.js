// @ts-check
/** Pictures that the visitor opens in the studio, to draw on or to trace. */

import { Paper } from "../raster/paper.js";
import { encodeGrey } from "../raster/png.js";
import { WHITE } from "../raster/rasteriser.js";

const TRACING_SCALE = 4; // finer than the drawing's pixels, to show the edges clearly

/**
 * Returns paper that has the picture in a file as its base image.
 *
 * @param {File} file
 * @param {number} width
 * @param {number} height
 * @returns {Promise<Paper>}
 */
export async function createPaperFromUpload(file, width, height) {
  const base = await readUpload(file, width, height);
  const image = await encodeBase64(await encodeGrey(base, width, height));
  return new Paper(width, height, { source: { image }, base });
}

/**
 * Shows a picture to trace, on a canvas above the paper.
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
 * Returns the picture's brightness as the pixels of a field, with the server's weights (0.34 R +
 * 0.50 G + 0.16 B, rounded half up). The picture is scaled to fit and centred on white.
 */
async function readUpload(file, width, height) {
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

/** Fills the canvas with white and draws the picture on it, centred and scaled to fit. */
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

function encodeBase64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).split(",")[1]);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

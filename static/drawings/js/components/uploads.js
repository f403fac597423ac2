// @ts-check
/** Pictures that the visitor opens in the studio, to draw on or to trace. */

import { nearestColours, toLab } from "../raster/cielab.js";
import { encodeGrey } from "../raster/png.js";
import { WHITE } from "../raster/rasteriser.js";

/** @import { BaseImageSource, ColourTable } from "../types.js" */

const TRACING_SCALE = 4; // finer than the drawing's pixels, to show the edges clearly

/**
 * Returns the pixels of the image in a file, four bytes (RGBA) each: scaled to fit, and centred on
 * white.
 *
 * @param {Blob} file
 * @param {number} width
 * @param {number} height
 * @returns {Promise<Uint8ClampedArray>}
 */
export async function readUpload(file, width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  await drawContained(context, file);
  return context.getImageData(0, 0, width, height).data;
}

/**
 * Makes a picture a base image for a colormap. In a continuous one its brightness counts, with the
 * server's weights (0.34 R + 0.50 G + 0.16 B, rounded half up). In a qualitative one each pixel
 * takes the nearest of the colours.
 *
 * @param {Uint8ClampedArray} rgba
 * @param {number} width
 * @param {number} height
 * @param {ColourTable} colours
 * @param {number[] | null} distinct the shades of a qualitative colormap's colours
 * @returns {Promise<{source: BaseImageSource, base: Uint8Array}>}
 */
export async function makeBaseImage(rgba, width, height, colours, distinct) {
  const base = distinct ? nearestShades(rgba, colours, distinct) : brightness(rgba);
  const image = await encodeBase64(await encodeGrey(base, width, height));
  return { source: { image }, base };
}

function brightness(rgba) {
  const shades = new Uint8Array(rgba.length / 4);
  for (let pixel = 0; pixel < shades.length; pixel++) {
    const at = 4 * pixel;
    const weighted = 34 * rgba[at] + 50 * rgba[at + 1] + 16 * rgba[at + 2];
    shades[pixel] = Math.floor((weighted + 50) / 100);
  }
  return shades;
}

function nearestShades(rgba, colours, distinct) {
  const bytes = new Uint8Array(colours.buffer);
  const labs = distinct.map((shade) => {
    const [red, green, blue] = bytes.subarray(shade * 4, shade * 4 + 3);
    return toLab(red, green, blue);
  });
  return nearestColours(rgba, labs).map((index) => distinct[index]);
}

/**
 * Shows a picture to trace, on a canvas above the paper.
 *
 * @param {Blob} file
 * @param {HTMLCanvasElement} tracing
 * @param {{width: number, height: number}} paper
 */
export async function showTracing(file, tracing, paper) {
  tracing.width = TRACING_SCALE * paper.width;
  tracing.height = TRACING_SCALE * paper.height;
  await drawContained(tracing.getContext("2d"), file);
  tracing.hidden = false;
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

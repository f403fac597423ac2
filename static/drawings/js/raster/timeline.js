// @ts-check
/** When each point of a drawing appears in its replay. */

/** @import { Operation } from "../types.js" */

/** Cuts pauses short, so that a drawing that was left for an hour does not stand still so long. */
const LONGEST_PAUSE = 1000;
/** Separates operations, even in a document whose operations took no time. */
const SHORTEST_PAUSE = 20;

/**
 * Returns, for each operation, the times of its points in milliseconds from the start of the
 * replay; one time for an operation without points. Times never decrease.
 *
 * @param {Operation[]} operations
 * @returns {Float64Array[]}
 */
export function replayTimes(operations) {
  let drawingTime = 0;
  let replayTime = 0;
  return operations.map(({ t }) =>
    Float64Array.from([t].flat(), (time, n) => {
      const least = n === 0 ? SHORTEST_PAUSE : 0;
      replayTime += Math.min(LONGEST_PAUSE, Math.max(least, time - drawingTime));
      drawingTime = time;
      return replayTime;
    }),
  );
}

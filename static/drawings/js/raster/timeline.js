/** When each point of a drawing appears in its replay, in milliseconds from the replay's start. */

/** A drawing that was left over lunch does not stand still for an hour. */
const LONGEST_PAUSE = 1000;
/** Every operation has a moment of its own, even in a document that says they took no time. */
const SHORTEST_PAUSE = 20;

/**
 * For each operation of a strokes document the moments of its points; one moment for an operation
 * that is done in one go. They do not run backwards.
 *
 * @returns {Float64Array[]}
 */
export function moments(operations) {
  let clock = 0; // the drawing's
  let moment = 0; // the replay's
  return operations.map(({ t }) =>
    Float64Array.from([t].flat(), (time, n) => {
      const least = n === 0 ? SHORTEST_PAUSE : 0;
      moment += Math.min(LONGEST_PAUSE, Math.max(least, time - clock));
      clock = time;
      return moment;
    }),
  );
}

// @ts-check
/**
 * Makes the message that replaces a plot that could not be loaded.
 *
 * @param {string} [reason]
 * @returns {HTMLParagraphElement}
 */
export function makePlotError(reason = "The server is too busy to draw this chart.") {
  const link = document.createElement("a");
  link.href = "";
  link.textContent = "Try again";
  const sentence = document.createElement("p");
  sentence.setAttribute("role", "status");
  sentence.append(`${reason} `, link, ".");
  return sentence;
}

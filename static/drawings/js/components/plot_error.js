/** What stands in the place of a figure that does not come. */
export function apology(reason = "The server is too busy to draw this chart.") {
  const link = document.createElement("a");
  link.href = "";
  link.textContent = "Try again";
  const sentence = document.createElement("p");
  sentence.setAttribute("role", "status");
  sentence.append(`${reason} `, link, ".");
  return sentence;
}

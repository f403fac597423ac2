/** What stands in the place of a figure that does not come. */
export function apology() {
  const link = document.createElement("a");
  link.href = "";
  link.textContent = "Try again";
  const sentence = document.createElement("p");
  sentence.append("The server was too busy to draw this figure. ", link, ".");
  return sentence;
}

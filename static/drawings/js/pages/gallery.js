// @ts-check
/** The gallery: the arrow keys walk through its pages, and the chosen colours are in view. */

import { connectArrowKeys } from "../components/arrow_keys.js";

connectArrowKeys();
document.querySelector(".strip .swatch[aria-current]")?.scrollIntoView({ block: "nearest" });

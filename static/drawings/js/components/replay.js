/** Plays a drawing as it was drawn, in place of its picture. */

import { Display, fetchColours, greys } from "../canvas/renderer.js";
import { fetchGround } from "../raster/base_images.js";
import { Film } from "../raster/film.js";

const $ = (id) => document.getElementById(id);

/** The slider's steps: an arrow key moves by one, Page Up and Page Down by a tenth of all. */
const SLIDER_STEPS = 250;
/** How long a frame may draw, in milliseconds: the rest of its time is the browser's. */
const FRAME_BUDGET = 10;
/** How long the last frame may take to appear, so that the strokes do not rush past before it. */
const STILL_BUDGET = 300;
/** What a frame may move on by: a tab that comes back goes on from where it was. */
const LONGEST_FRAME = 100;

/** Why there is no replay, in a sentence for the visitor. */
class ReplayError extends Error {
  constructor(sentence) {
    super(sentence);
    this.sentence = sentence;
  }
}

/**
 * Fetch what was drawn and make the player of it, closed.
 *
 * @param {{strokesUrl: string, npyUrl: (id: string) => string}} urls
 */
export async function loadPlayer({ strokesUrl, npyUrl }) {
  const response = await fetch(strokesUrl);
  if (!response.ok) throw new ReplayError("Couldn't load the replay. Please try again later.");
  const strokes = await response.json();
  return new Player(new Film(strokes, await groundOf(strokes, npyUrl)));
}

async function groundOf(strokes, npyUrl) {
  try {
    return await fetchGround(strokes, npyUrl);
  } catch (error) {
    if (error.cause?.status !== 404) throw error;
    throw new ReplayError("No replay: the drawing underneath is no longer on the wall.");
  }
}

/**
 * The player's controls and its clock. `time` is where the replay should be, in milliseconds; the
 * film follows it, in slices when there is much to draw, and the clock waits for it.
 */
class Player {
  constructor(film) {
    this.film = film;
    this.time = 0;
    this.speed = 1;
    this.isPlaying = false;
    this.isHeld = false; // the slider is being dragged
    this.isBehind = false; // there is more to draw than one frame could
    this.frame = null; // the request for the next one
    this.figure = $("exhibit").querySelector(".frame");
    this.canvas = $("replay-canvas");
    this.slider = $("replay-time");
    this.slider.max = SLIDER_STEPS;
    this.display = new Display(this.canvas, film, greys());
    this.#listen();
  }

  /** Show it in place of the picture and begin; for who wants less motion, stand at the end. */
  open() {
    this.figure.classList.add("is-replaying");
    this.canvas.hidden = false;
    $("replay-play").focus({ preventScroll: true });
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.film.goTo(this.film.duration, STILL_BUDGET);
      this.display.paint();
      this.#seek(this.film.duration);
      this.#say("Paused");
    } else {
      this.#seek(0);
      this.play();
    }
  }

  close() {
    this.isPlaying = false;
    this.#say("");
    this.canvas.hidden = true;
    this.figure.classList.remove("is-replaying");
    $("replay").focus({ preventScroll: true });
  }

  get isOpen() {
    return !this.canvas.hidden;
  }

  get isAtEnd() {
    return this.time >= this.film.duration;
  }

  play() {
    if (this.isAtEnd) this.time = 0;
    this.isPlaying = true;
    this.#say("Playing");
    this.#update();
  }

  pause() {
    this.isPlaying = false;
    this.#say("Paused");
    this.#update();
  }

  toggle() {
    if (this.isPlaying) this.pause();
    else this.play();
  }

  /** Stand where the operation before or after has just been finished. */
  step(by) {
    const { film } = this;
    const now = film.at(this.time);
    // Back from the middle of an operation is to where it began.
    const wanted = by < 0 && now.laid ? now.done : now.done + by;
    const done = Math.max(0, Math.min(film.ends.length, wanted));
    this.isPlaying = false;
    this.#seek(film.endOf(done));
    this.#say(`Step ${done} of ${film.ends.length}`);
  }

  /**
   * Show it in other colours from now on.
   *
   * @param {string} url a palette PNG, whose colours are taken
   */
  async recolour(url) {
    this.coloursUrl = url;
    const colours = await fetchColours(url);
    if (url === this.coloursUrl) this.display.recolour(colours); // no other was chosen meanwhile
  }

  // --- Its clock ---------------------------------------------------------------------------

  #seek(time) {
    this.time = time;
    this.#update();
  }

  #update() {
    this.#showTime();
    this.#showState();
    if (this.frame !== null) return;
    this.clock = null;
    this.frame = requestAnimationFrame((now) => this.#draw(now));
  }

  #draw(now) {
    this.frame = null;
    if (!this.isOpen) return;
    const elapsed = Math.min(LONGEST_FRAME, now - (this.clock ?? now));
    this.clock = now;
    const moves = this.isPlaying && !this.isHeld;
    if (moves && !this.isBehind) {
      this.time = Math.min(this.film.duration, this.time + elapsed * this.speed);
    }
    const { rect, arrived } = this.film.goTo(this.time, FRAME_BUDGET);
    if (rect) this.display.paint(rect);
    this.isBehind = !arrived;
    if (moves && arrived && this.isAtEnd) this.#finish();
    this.#showTime();
    if (this.isPlaying || this.isBehind) {
      this.frame = requestAnimationFrame((next) => this.#draw(next));
    }
  }

  #finish() {
    this.isPlaying = false;
    this.#say("Finished");
    this.#showState();
  }

  // --- What the page shows of it -----------------------------------------------------------

  #showTime() {
    const { time, film } = this;
    const total = Math.ceil(film.duration / 1000);
    const seconds = this.isAtEnd ? total : Math.floor(time / 1000);
    if (!this.isHeld) this.slider.value = Math.round((time / (film.duration || 1)) * SLIDER_STEPS);
    // Written only when it changes: a screen reader may read it out each time.
    const text = `${seconds} of ${total} seconds`;
    if (this.slider.getAttribute("aria-valuetext") === text) return;
    this.slider.setAttribute("aria-valuetext", text);
    $("replay-clock").textContent = `${minutes(seconds)} / ${minutes(total)}`;
  }

  #showState() {
    const { isPlaying, isAtEnd, time } = this;
    const state = isPlaying ? "playing" : isAtEnd ? "ended" : "paused";
    const label = { playing: "Pause", paused: "Play", ended: "Play again" }[state];
    $("player").dataset.state = state;
    $("replay-play").title = `${label} (K)`;
    $("replay-play-label").textContent = label;
    // Not `disabled`, which would take the keyboard's focus away.
    $("replay-back").setAttribute("aria-disabled", String(time <= 0));
    $("replay-next").setAttribute("aria-disabled", String(isAtEnd));
  }

  #say(text) {
    $("replay-status").textContent = text;
  }

  // --- What is done to it ------------------------------------------------------------------

  #listen() {
    const { slider } = this;
    $("replay-play").addEventListener("click", () => this.toggle());
    $("replay-back").addEventListener("click", () => this.step(-1));
    $("replay-next").addEventListener("click", () => this.step(1));
    $("replay-close").addEventListener("click", () => this.close());
    $("replay-speed").addEventListener("change", ({ target }) => {
      this.speed = Number(target.value);
    });
    this.speed = Number($("replay-speed").value);
    this.canvas.addEventListener("click", () => {
      $("replay-play").focus({ preventScroll: true });
      this.toggle();
    });
    slider.addEventListener("input", () => {
      this.#seek((slider.valueAsNumber / SLIDER_STEPS) * this.film.duration);
    });
    slider.addEventListener("pointerdown", () => {
      this.isHeld = true;
    });
    for (const type of ["pointerup", "pointercancel", "blur"]) {
      addEventListener(type, () => {
        this.isHeld = false;
      });
    }
    $("player").addEventListener("keydown", (event) => this.#onKey(event));
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    // Space presses buttons and opens the list of speeds by itself.
    const isSpace = key === " " && !event.target.matches("button, select");
    if (key !== "escape" && key !== "k" && !isSpace) return;
    event.preventDefault();
    if (event.repeat) return;
    if (key === "escape") this.close();
    else this.toggle();
  }
}

function minutes(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

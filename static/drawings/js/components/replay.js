// @ts-check
/** Replays a drawing stroke by stroke, in place of its image. */

import { fetchColours, greyColours, Renderer } from "../canvas/renderer.js";
import { fetchBaseImage } from "../raster/base_images.js";
import { Film } from "../raster/film.js";

/** @import { StrokesDocument } from "../types.js" */

/** @type {(id: string) => any} */
const $ = (id) => document.getElementById(id);

/** The slider's steps. An arrow key moves by one step, Page Up and Page Down by a tenth of all. */
const SLIDER_STEPS = 250;
/** Milliseconds of drawing per frame. The browser needs the rest of the frame's time. */
const FRAME_BUDGET = 10;
/** Milliseconds of drawing when the replay opens at its end, so that it does not rush past. */
const JUMP_BUDGET = 300;
/** Limits the time a frame advances, so that a tab resumes where it was hidden. */
const MAX_FRAME_MS = 100;

/** Says in a sentence for the visitor why there is no replay. */
class ReplayError extends Error {
  constructor(sentence) {
    super(sentence);
    this.sentence = sentence;
  }
}

/**
 * Fetches a drawing's strokes and returns a closed player.
 *
 * @param {object} urls
 * @param {string} urls.strokesUrl
 * @param {(id: string) => string} urls.npyUrl returns the URL of a drawing's pixels.npy
 * @returns {Promise<Player>}
 */
export async function loadPlayer({ strokesUrl, npyUrl }) {
  const response = await fetch(strokesUrl);
  if (!response.ok) throw new ReplayError("Couldn't load the replay. Please try again later.");
  /** @type {StrokesDocument} */
  const strokes = await response.json();
  return new Player(new Film(strokes, await fetchBase(strokes, npyUrl)));
}

async function fetchBase(strokes, npyUrl) {
  try {
    return await fetchBaseImage(strokes, npyUrl);
  } catch (error) {
    if (error.cause?.status !== 404) throw error;
    throw new ReplayError("No replay: the drawing underneath is no longer on the wall.");
  }
}

/**
 * The player's controls and clock. `time` is the replay's position in milliseconds. The film
 * follows it, over several frames if there is much to draw, and the clock waits for the film.
 */
class Player {
  /** @param {Film} film */
  constructor(film) {
    this.film = film;
    this.time = 0;
    this.speed = 1;
    this.isPlaying = false;
    this.isHeld = false; // whether the slider is being dragged
    this.timeAtPress = 0; // when the drag began
    this.isBehind = false; // whether the film has not reached `time` yet
    this.frameRequest = null; // of the next frame
    this.figure = $("exhibit").querySelector(".frame");
    this.canvas = $("replay-canvas");
    this.slider = $("replay-time");
    this.slider.max = SLIDER_STEPS;
    this.renderer = new Renderer(this.canvas, film, greyColours());
    this.#listen();
  }

  /** Replaces the image and starts playing; with reduced motion, stays paused at the end. */
  open() {
    this.figure.classList.add("is-replaying");
    this.canvas.hidden = false;
    $("replay-play").focus({ preventScroll: true });
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.film.goTo(this.film.duration, JUMP_BUDGET);
      this.renderer.paint();
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

  /**
   * Goes to the end of the previous or next operation.
   *
   * @param {1 | -1} by
   */
  step(by) {
    const { film } = this;
    const now = film.progressAt(this.time);
    // From the middle of an operation, back means its start.
    const wanted = by < 0 && now.drawn ? now.done : now.done + by;
    const done = Math.max(0, Math.min(film.ends.length, wanted));
    this.isPlaying = false;
    this.#seek(film.endOf(done));
    this.#say(`Step ${done} of ${film.ends.length}`);
  }

  /**
   * Uses the colours of a palette PNG.
   *
   * @param {string} url
   */
  async setColours(url) {
    this.coloursUrl = url;
    const colours = await fetchColours(url);
    if (url === this.coloursUrl) this.renderer.setColours(colours); // else another was selected
  }

  // --- Clock -------------------------------------------------------------------------------

  #seek(time) {
    this.time = time;
    this.#update();
  }

  #update() {
    this.#showTime();
    this.#showState();
    if (this.frameRequest !== null) return;
    this.clock = null;
    this.frameRequest = requestAnimationFrame((now) => this.#draw(now));
  }

  #draw(now) {
    this.frameRequest = null;
    if (!this.isOpen) return;
    const elapsed = Math.min(MAX_FRAME_MS, now - (this.clock ?? now));
    this.clock = now;
    const isRunning = this.isPlaying && !this.isHeld;
    if (isRunning && !this.isBehind) {
      this.time = Math.min(this.film.duration, this.time + elapsed * this.speed);
    }
    const { rect, arrived } = this.film.goTo(this.time, FRAME_BUDGET);
    if (rect) this.renderer.paint(rect);
    this.isBehind = !arrived;
    if (isRunning && arrived && this.isAtEnd) this.#finish();
    this.#showTime();
    if (this.isPlaying || this.isBehind) {
      this.frameRequest = requestAnimationFrame((next) => this.#draw(next));
    }
  }

  #finish() {
    this.isPlaying = false;
    this.#say("Finished");
    this.#showState();
  }

  // --- Display -----------------------------------------------------------------------------

  #showTime() {
    const { time, film } = this;
    const total = Math.ceil(film.duration / 1000);
    const seconds = this.isAtEnd ? total : Math.floor(time / 1000);
    if (!this.isHeld) this.slider.value = Math.round((time / (film.duration || 1)) * SLIDER_STEPS);
    // Only when it changes, because a screen reader may announce every update.
    const text = `${seconds} of ${total} seconds`;
    if (this.slider.getAttribute("aria-valuetext") === text) return;
    this.slider.setAttribute("aria-valuetext", text);
    $("replay-clock").textContent = `${formatMinutes(seconds)} / ${formatMinutes(total)}`;
  }

  #showState() {
    const { isPlaying, isAtEnd, time } = this;
    const state = isPlaying ? "playing" : isAtEnd ? "ended" : "paused";
    const label = { playing: "Pause", paused: "Play", ended: "Play again" }[state];
    $("player").dataset.state = state;
    $("replay-play").title = `${label} (K)`;
    $("replay-play-label").textContent = label;
    // Not `disabled`, which would remove the focus.
    $("replay-back").setAttribute("aria-disabled", String(time <= 0));
    $("replay-next").setAttribute("aria-disabled", String(isAtEnd));
  }

  #say(text) {
    $("replay-status").textContent = text;
  }

  // --- Input -------------------------------------------------------------------------------

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
      this.timeAtPress = this.time;
    });
    // The browser scrolls the page instead: the slider may have moved before that was clear.
    slider.addEventListener("pointercancel", () => {
      this.isHeld = false;
      this.#seek(this.timeAtPress);
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
    // The browser handles Space on buttons and on the list of speeds.
    const isSpace = key === " " && !event.target.matches("button, select");
    if (key !== "escape" && key !== "k" && !isSpace) return;
    event.preventDefault();
    if (event.repeat) return;
    if (key === "escape") this.close();
    else this.toggle();
  }
}

function formatMinutes(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

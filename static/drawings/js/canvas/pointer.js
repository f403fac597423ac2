// @ts-check
/**
 * Turns mouse, pen and touch events on the canvas into strokes and gestures.
 *
 * One pointer draws at a time. It is captured, so a stroke may leave the canvas and return, and
 * coalesced events keep fast strokes smooth. Two fingers zoom and pan; so does a mouse with its
 * middle button or while Space is held. A tap with two fingers undoes, with three it redoes. The
 * palm leaves no strokes while a pen draws.
 */

/** @import { Operation, PointerHandlers, Sample } from "../types.js" */
/** @import { Viewport } from "./viewport.js" */

/** A touch within this time of a pen event is the palm. */
const PALM_MS = 600;
/** Once no pen has been near for this time, a finger that moves alone is meant to draw. */
const PEN_AWAY_MS = 2000;
// A second finger discards a shorter or younger stroke, which was the start of a gesture.
const MIN_STROKE_POINTS = 10;
const MIN_STROKE_MS = 250;
const TAP_MS = 300;
const TAP_SLOP = 12; // CSS pixels that a finger may move during a tap

const EVENT_TYPES = [
  "pointerdown",
  "pointermove",
  "pointerup",
  "pointercancel",
  "lostpointercapture",
];

function hasMoved(finger) {
  return Math.hypot(finger.x - finger.startX, finger.y - finger.startY) > TAP_SLOP;
}

export class Pointers {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Viewport} viewport
   * @param {PointerHandlers} handlers
   */
  constructor(canvas, viewport, handlers) {
    this.canvas = canvas;
    this.viewport = viewport;
    this.handlers = handlers;
    this.penOnly = false; // whether fingers only zoom and pan
    /** @type {{id: number, type: string, began: number, points: number} | null} */
    this.stroke = null;
    /** @type {{began: number, operation: Operation | null} | null} */
    this.lastTouch = null; // the last finished stroke of a finger
    this.lastPen = -Infinity;
    this.fingers = new Map(); // id: {x, y, startX, startY}
    this.gesture = null;
    this.isSpaceHeld = false;
    /** @type {{id: number, x: number, y: number} | null} */
    this.pan = null; // the mouse that moves the paper

    this.isListening = false;
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    // Unless touchmove is cancelled, Apple Pencil's Scribble handles strokes as handwriting.
    canvas.addEventListener("touchmove", (event) => event.cancelable && event.preventDefault(), {
      passive: false,
    });
    canvas.addEventListener("wheel", this.#onWheel.bind(this), { passive: false });
  }

  listen() {
    this.isListening = true;
    for (const type of EVENT_TYPES) {
      this.canvas.addEventListener(type, (event) => {
        this.handle(/** @type {PointerEvent} */ (event));
      });
    }
  }

  /**
   * Handles a pointer event on the canvas, which may have happened before this object was made.
   *
   * @param {PointerEvent} event
   */
  handle(event) {
    if (event.type === "pointerdown") this.#onDown(event);
    else if (event.type === "pointermove") this.#onMove(event);
    else this.#onUp(event);
  }

  /** @param {boolean} isHeld whether Space is held, so that a mouse moves the paper */
  holdSpace(isHeld) {
    this.isSpaceHeld = isHeld;
    this.canvas.classList.toggle("is-movable", isHeld);
  }

  #onDown(event) {
    const isPan = event.pointerType === "mouse" && (event.button === 1 || this.isSpaceHeld);
    if (event.pointerType === "mouse" && event.button !== 0 && !isPan) return;
    if (event.pointerType === "pen" && event.button > 0) return;
    event.preventDefault();
    this.canvas.classList.add("by-pointer"); // hides the focus ring
    this.canvas.focus({ preventScroll: true });
    this.#capture(event.pointerId);
    if (isPan && !this.stroke) {
      this.pan = { id: event.pointerId, x: event.clientX, y: event.clientY };
    } else if (event.pointerType === "touch") this.#onFingerDown(event);
    else {
      if (event.pointerType === "pen") this.#onPenDown(event);
      if (!this.stroke) this.#begin(event);
    }
  }

  #capture(pointerId) {
    try {
      this.canvas.setPointerCapture(pointerId);
    } catch {
      // The pointer of an early event may be gone.
    }
  }

  #onFingerDown(event) {
    const { clientX: x, clientY: y, pointerId } = event;
    this.fingers.set(pointerId, { x, y, startX: x, startY: y });
    if (this.gesture) {
      this.gesture.fingers = Math.max(this.gesture.fingers, this.fingers.size);
      this.#startPinch();
    } else if (this.fingers.size > 1) {
      if (this.stroke?.type === "pen" || this.stroke?.type === "mouse") return;
      if (this.stroke) {
        const age = event.timeStamp - this.stroke.began;
        const isShort = this.stroke.points < MIN_STROKE_POINTS || age < MIN_STROKE_MS;
        this.stroke = null;
        if (isShort) this.handlers.cancel();
        else this.handlers.end();
      }
      this.gesture = { began: event.timeStamp, fingers: this.fingers.size, hasMoved: false };
      this.#startPinch();
    } else if (!this.stroke && !this.penOnly && event.timeStamp - this.lastPen > PALM_MS) {
      this.#begin(event);
    }
  }

  #onPenDown(event) {
    if (this.lastPen === -Infinity) this.handlers.onFirstPen();
    if (this.stroke?.type === "touch") {
      this.stroke = null;
      this.handlers.cancel();
    } else if (this.lastTouch && event.timeStamp - this.lastTouch.began < PALM_MS) {
      this.handlers.removeStroke(this.lastTouch.operation); // the palm's
    }
    this.lastTouch = null;
    this.gesture = null;
    this.lastPen = event.timeStamp;
  }

  #begin(event) {
    this.stroke = {
      id: event.pointerId,
      type: event.pointerType,
      began: event.timeStamp,
      points: 1,
    };
    this.handlers.begin(this.#makeSample(event));
  }

  #onMove(event) {
    if (event.pointerType === "pen") this.lastPen = event.timeStamp; // hovering counts too
    const finger = this.fingers.get(event.pointerId);
    if (finger) {
      finger.x = event.clientX;
      finger.y = event.clientY;
    }
    if (event.pointerId === this.pan?.id) {
      this.viewport.panBy(event.clientX - this.pan.x, event.clientY - this.pan.y);
      Object.assign(this.pan, { x: event.clientX, y: event.clientY });
    } else if (this.gesture && finger) this.#pinch(finger);
    else if (event.pointerId === this.stroke?.id) {
      const events = event.getCoalescedEvents?.() ?? [];
      const box = this.viewport.easel.getBoundingClientRect(); // the page may have scrolled
      const samples = (events.length ? events : [event]).map((each) => this.#makeSample(each, box));
      this.stroke.points += samples.length;
      this.handlers.move(samples);
    }
  }

  #onUp(event) {
    if (event.pointerId === this.pan?.id) this.pan = null;
    const finger = this.fingers.get(event.pointerId);
    const isPenAway = event.timeStamp - this.lastPen > PEN_AWAY_MS;
    if (finger && this.penOnly && !this.gesture && isPenAway && hasMoved(finger)) {
      this.handlers.onIdleFinger();
    }
    this.fingers.delete(event.pointerId);
    if (this.gesture) {
      if (this.fingers.size === 0) this.#endGesture(event);
      else this.#startPinch();
    }
    if (event.pointerId !== this.stroke?.id) return;
    const { type, began } = this.stroke;
    if (event.type === "pointerup") this.handlers.move([this.#makeSample(event)]);
    this.stroke = null;
    const operation = this.handlers.end();
    if (type === "touch") this.lastTouch = { began, operation };
  }

  // --- Gestures ------------------------------------------------------------------------------

  /** Makes the fingers' present positions the reference of the pinch. */
  #startPinch() {
    const { x, y, spread } = this.#measureFingers();
    this.gesture.point = this.viewport.toField(x, y);
    this.gesture.spread = spread;
    this.gesture.zoom = this.viewport.zoom;
  }

  #pinch(finger) {
    if (hasMoved(finger)) this.gesture.hasMoved = true;
    if (!this.gesture.hasMoved || this.fingers.size < 2) return;
    const { x, y, spread } = this.#measureFingers();
    this.viewport.zoomTo(
      this.gesture.point,
      x,
      y,
      (this.gesture.zoom * spread) / this.gesture.spread,
    );
  }

  #measureFingers() {
    const [a, b = a] = this.fingers.values();
    return {
      x: (a.x + b.x) / 2,
      y: (a.y + b.y) / 2,
      spread: Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)),
    };
  }

  #endGesture(event) {
    const { began, fingers, hasMoved } = this.gesture;
    this.gesture = null;
    if (event.type !== "pointerup" || hasMoved || event.timeStamp - began > TAP_MS) return;
    if (fingers === 2) this.handlers.undo();
    if (fingers === 3) this.handlers.redo();
  }

  #onWheel(event) {
    const isPinch = event.ctrlKey; // browsers report a trackpad's pinch as Ctrl + wheel
    if (!isPinch && this.viewport.zoom === 1) return; // let the page scroll
    event.preventDefault();
    if (isPinch) this.viewport.zoomBy(Math.exp(-event.deltaY / 200), event.clientX, event.clientY);
    else this.viewport.panBy(-event.deltaX, -event.deltaY);
  }

  /** @returns {Sample} */
  #makeSample(event, box) {
    const [x, y] = this.viewport.toField(event.clientX, event.clientY, box);
    const { pressure, shiftKey, timeStamp, pointerType } = event;
    return { x, y, pressure, shiftKey, timeStamp, pointerType };
  }
}

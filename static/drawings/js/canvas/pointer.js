/**
 * Turns what mouse, pen and fingers do on the canvas into strokes and gestures.
 *
 * One pointer draws at a time. It is captured, so that a stroke may leave the canvas and return,
 * and the browser's coalesced events are used, so that a fast one stays smooth. Two fingers zoom
 * and pan, a tap of two undoes, of three redoes. A hand that rests while a pen draws leaves nothing.
 */

/** A touch this shortly before or after a pen is the hand that holds it. */
const PALM_MS = 600;
/** A second finger turns a stroke that is younger than this into a gesture. */
const YOUNG_POINTS = 10;
const YOUNG_MS = 250;
const TAP_MS = 300;
const TAP_SLIP = 12; // CSS pixels that a finger may slip during a tap

export class Pointers {
  /**
   * `hand` is told what happens: begin(sample), move(samples), end(), which returns the operation
   * that the stroke has become, cancel(), takeBack(operation), undo(), redo(), and penSeen() when a
   * pen is used for the first time. A sample is {x, y, pressure, shiftKey,
   * timeStamp, pointerType} with x and y in pixels of the field.
   */
  constructor(canvas, view, hand) {
    this.canvas = canvas;
    this.view = view;
    this.hand = hand;
    this.penOnly = false; // fingers do not draw, they only zoom and pan
    this.stroke = null; // {id, type, began, points} of the pointer that draws
    this.lastTouch = null; // {began, operation} of the last stroke of a finger
    this.lastPen = -Infinity;
    this.fingers = new Map(); // id: {x, y, startX, startY}
    this.gesture = null;

    const listen = (type, handler) => canvas.addEventListener(type, handler.bind(this));
    listen("pointerdown", this.#down);
    listen("pointermove", this.#move);
    listen("pointerup", this.#up);
    listen("pointercancel", this.#up);
    listen("lostpointercapture", this.#up);
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    // Apple Pencil's "Scribble" takes strokes for handwriting unless touchmove is refused.
    canvas.addEventListener("touchmove", (event) => event.preventDefault(), { passive: false });
    canvas.addEventListener("wheel", this.#wheel.bind(this), { passive: false });
  }

  #down(event) {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    if (event.pointerType === "pen" && event.button > 0) return;
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture(event.pointerId);
    if (event.pointerType === "touch") this.#fingerDown(event);
    else {
      if (event.pointerType === "pen") this.#penDown(event);
      if (!this.stroke) this.#begin(event);
    }
  }

  #fingerDown(event) {
    const { clientX: x, clientY: y, pointerId } = event;
    this.fingers.set(pointerId, { x, y, startX: x, startY: y });
    if (this.gesture) {
      this.gesture.fingers = Math.max(this.gesture.fingers, this.fingers.size);
      this.#aim();
    } else if (this.fingers.size > 1) {
      if (this.stroke?.type === "pen" || this.stroke?.type === "mouse") return;
      if (this.stroke) {
        const age = event.timeStamp - this.stroke.began;
        const young = this.stroke.points < YOUNG_POINTS || age < YOUNG_MS;
        this.stroke = null;
        if (young) this.hand.cancel();
        else this.hand.end();
      }
      this.gesture = { began: event.timeStamp, fingers: this.fingers.size, slipped: false };
      this.#aim();
    } else if (!this.stroke && !this.penOnly && event.timeStamp - this.lastPen > PALM_MS) {
      this.#begin(event);
    }
  }

  #penDown(event) {
    if (this.lastPen === -Infinity) this.hand.penSeen();
    if (this.stroke?.type === "touch") {
      this.stroke = null;
      this.hand.cancel();
    } else if (this.lastTouch && event.timeStamp - this.lastTouch.began < PALM_MS) {
      this.hand.takeBack(this.lastTouch.operation); // the dot that the hand has left
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
    this.hand.begin(this.#sample(event));
  }

  #move(event) {
    if (event.pointerType === "pen") this.lastPen = event.timeStamp; // hovering counts too
    const finger = this.fingers.get(event.pointerId);
    if (finger) {
      finger.x = event.clientX;
      finger.y = event.clientY;
    }
    if (this.gesture && finger) this.#pinch(finger);
    else if (event.pointerId === this.stroke?.id) {
      const events = event.getCoalescedEvents?.() ?? [];
      const box = this.view.easel.getBoundingClientRect(); // the page may have scrolled
      const samples = (events.length ? events : [event]).map((each) => this.#sample(each, box));
      this.stroke.points += samples.length;
      this.hand.move(samples);
    }
  }

  #up(event) {
    this.fingers.delete(event.pointerId);
    if (this.gesture) {
      if (this.fingers.size === 0) this.#endGesture(event);
      else this.#aim();
    }
    if (event.pointerId !== this.stroke?.id) return;
    const { type, began } = this.stroke;
    if (event.type === "pointerup") this.hand.move([this.#sample(event)]);
    this.stroke = null;
    const operation = this.hand.end();
    if (type === "touch") this.lastTouch = { began, operation };
  }

  // --- Two fingers ---------------------------------------------------------------------------

  /** From where the fingers are now, what they will do to the view. */
  #aim() {
    const { x, y, spread } = this.#hold();
    this.gesture.point = this.view.toField(x, y);
    this.gesture.spread = spread;
    this.gesture.zoom = this.view.zoom;
  }

  #pinch(finger) {
    const slip = Math.hypot(finger.x - finger.startX, finger.y - finger.startY);
    if (slip > TAP_SLIP) this.gesture.slipped = true;
    if (!this.gesture.slipped || this.fingers.size < 2) return;
    const { x, y, spread } = this.#hold();
    this.view.hold(this.gesture.point, x, y, (this.gesture.zoom * spread) / this.gesture.spread);
  }

  #hold() {
    const [a, b = a] = this.fingers.values();
    return {
      x: (a.x + b.x) / 2,
      y: (a.y + b.y) / 2,
      spread: Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)),
    };
  }

  #endGesture(event) {
    const { began, fingers, slipped } = this.gesture;
    this.gesture = null;
    if (event.type !== "pointerup" || slipped || event.timeStamp - began > TAP_MS) return;
    if (fingers === 2) this.hand.undo();
    if (fingers === 3) this.hand.redo();
  }

  #wheel(event) {
    const isPinch = event.ctrlKey; // a trackpad's comes as a wheel with Ctrl, too
    if (!isPinch && this.view.zoom === 1) return; // the page scrolls
    event.preventDefault();
    if (isPinch) this.view.zoomBy(Math.exp(-event.deltaY / 200), event.clientX, event.clientY);
    else this.view.panBy(-event.deltaX, -event.deltaY);
  }

  #sample(event, box) {
    const [x, y] = this.view.toField(event.clientX, event.clientY, box);
    const { pressure, shiftKey, timeStamp, pointerType } = event;
    return { x, y, pressure, shiftKey, timeStamp, pointerType };
  }
}

/** Shortcuts, and drawing with the arrow keys. */

/**
 * Run what a key stands for. `shortcuts` is a list of {key, action}; a key may be written with
 * "Shift+" or "Mod+" (Ctrl, or Command on a Mac) in front. Keys in a field that takes text are the
 * field's.
 */
export function listenForShortcuts(shortcuts) {
  const actions = new Map(shortcuts.map(({ key, action }) => [key, action]));
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.isComposing || event.defaultPrevented) return;
    if (event.target.closest("input[type=text], textarea, select, dialog")) return;
    const action = actions.get(keyName(event));
    if (!action) return;
    event.preventDefault();
    action();
  });
}

/** Fill a list with each shortcut's keys, as this machine's keyboard writes them, and its label. */
export function listShortcuts(shortcuts, list) {
  const modifier = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘ " : "Ctrl ";
  for (const { key, label } of shortcuts) {
    const row = document.createElement("li");
    const keys = document.createElement("kbd");
    keys.textContent = key.replace("Mod+", modifier).replace("Shift+", "⇧ ").toUpperCase();
    row.append(keys, label);
    list.append(row);
  }
}

function keyName(event) {
  const mod = event.ctrlKey || event.metaKey ? "Mod+" : "";
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  // Shift is part of characters such as "?", but not of letters and named keys.
  const shift = event.shiftKey && (/^[a-z]$/.test(key) || key.length > 1) ? "Shift+" : "";
  return mod + shift + key;
}

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * A cross that the arrow keys move over the paper when it has the focus: by 1 pixel, with Shift by
 * 10. Space puts the pen down and lifts it; Escape gives up the stroke.
 */
export class KeyboardCursor {
  constructor(canvas, cross, view, hand, say) {
    this.canvas = canvas;
    this.cross = cross;
    this.view = view;
    this.hand = hand;
    this.say = say;
    this.isDown = false;
    this.x = null;
    canvas.addEventListener("keydown", this.#key.bind(this));
    canvas.addEventListener("blur", () => {
      this.#lift();
      canvas.classList.remove("by-pointer");
    });
    canvas.addEventListener("pointerdown", () => {
      this.#lift();
      this.cross.hidden = true;
      canvas.classList.add("by-pointer"); // who draws by hand needs no ring that shows the focus
    });
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = STEPS[event.key];
    if (step) this.#move(step, event.shiftKey ? 10 : 1);
    else if (event.key === " " || event.key === "Enter") this.isDown ? this.#lift() : this.#put();
    else if (event.key === "Escape" && this.isDown) {
      this.isDown = false;
      this.hand.cancel();
      this.say("Stroke cancelled.");
    } else return;
    event.preventDefault();
  }

  #move([dx, dy], distance) {
    this.#show();
    const limit = (value, size) => Math.min(size - 0.5, Math.max(0.5, value));
    this.x = limit(this.x + dx * distance, this.canvas.width);
    this.y = limit(this.y + dy * distance, this.canvas.height);
    this.#show();
    if (this.isDown) this.hand.move([this.#sample()]);
    this.say(this.#where());
  }

  #put() {
    this.#show();
    this.hand.begin(this.#sample());
    if (this.hand.isAtOnce) {
      this.hand.end();
      this.say(`Done at ${this.#where()}`);
    } else {
      this.isDown = true;
      this.say(`Pen down at ${this.#where()}`);
    }
  }

  #lift() {
    if (!this.isDown) return;
    this.isDown = false;
    this.hand.end();
    this.say(`Pen up at ${this.#where()}`);
  }

  #where() {
    return `${Math.floor(this.x)}, ${Math.floor(this.y)}.`;
  }

  #show() {
    if (this.x === null || this.x > this.canvas.width || this.y > this.canvas.height) {
      this.x = Math.floor(this.canvas.width / 2) + 0.5;
      this.y = Math.floor(this.canvas.height / 2) + 0.5;
    }
    this.cross.hidden = false;
    this.canvas.classList.remove("by-pointer");
    this.cross.style.left = `${(this.x / this.canvas.width) * 100}%`;
    this.cross.style.top = `${(this.y / this.canvas.height) * 100}%`;
    this.view.reveal(this.x, this.y);
  }

  #sample() {
    const timeStamp = performance.now();
    return {
      x: this.x,
      y: this.y,
      pressure: 0,
      shiftKey: false,
      timeStamp,
      pointerType: "keyboard",
    };
  }
}

// @ts-check
/** The types that several modules share, in JSDoc. No page loads this module. */

/**
 * The pixels with x0 <= x < x1 and y0 <= y < y1.
 *
 * @typedef {{x0: number, y0: number, x1: number, y1: number}} Rect
 */

/**
 * A point of a stroke, in pixels from the top left corner.
 *
 * @typedef {[x: number, y: number, radius: number]} Point
 */

/**
 * `pixels` is row by row, 0 (black) to 255 (white).
 *
 * @typedef {{width: number, height: number, pixels: Uint8Array}} Field
 */

/**
 * 256 colours as RGBA bytes, packed into 32 bits in the machine's byte order.
 *
 * @typedef {Uint32Array} ColourTable
 */

// --- Strokes documents (docs/strokes.md) -----------------------------------------------------

/**
 * @typedef {object} Stroke
 * @property {"pen" | "eraser" | "line" | "rectangle" | "ellipse"} tool
 * @property {number} shade 0 to 255
 * @property {boolean} antialiased
 * @property {number[]} x
 * @property {number[]} y
 * @property {number[]} radius
 * @property {number[]} t milliseconds since the drawing was begun
 */

/**
 * @typedef {object} Fill
 * @property {"fill"} tool
 * @property {number} shade 0 to 255
 * @property {boolean} antialiased
 * @property {number} tolerance 0 to 255
 * @property {number} x a pixel's column
 * @property {number} y a pixel's row
 * @property {number} t
 */

/** @typedef {"horizontal" | "vertical"} Axis */

/**
 * @typedef {Stroke | Fill | {tool: "clear" | "invert", t: number}
 *   | {tool: "flip", axis: Axis, t: number}} Operation
 */

/**
 * The base image as a document names it: another drawing, or an 8-bit grey PNG in base64; null is
 * white paper.
 *
 * @typedef {{drawing?: string, image?: string} | null} BaseImageSource
 */

/**
 * @typedef {object} StrokesDocument
 * @property {number} version
 * @property {number} width
 * @property {number} height
 * @property {BaseImageSource} paper
 * @property {Operation[]} operations
 */

// --- Drawing ---------------------------------------------------------------------------------

/**
 * A pointer event on the canvas, with x and y in pixels of the field.
 *
 * @typedef {object} Sample
 * @property {number} x
 * @property {number} y
 * @property {number} pressure 0 to 1
 * @property {boolean} shiftKey
 * @property {number} timeStamp as in `performance.now()`
 * @property {string} pointerType a PointerEvent's, or "keyboard"
 */

/**
 * @typedef {object} ToolSettings
 * @property {Stroke["tool"] | "fill" | "eyedropper"} tool
 * @property {number} shade 0 to 255
 * @property {number} size the stroke's width in pixels
 * @property {number} tolerance of a fill, 0 to 255
 * @property {number} smoothing 0 (off) to less than 1
 * @property {boolean} usesPressure whether a pen's pressure changes the width
 */

/**
 * Receives what the pointers do.
 *
 * @typedef {object} PointerHandlers
 * @property {(sample: Sample) => void} begin a stroke begins
 * @property {(samples: Sample[]) => void} move
 * @property {() => Operation | null} end returns the operation that the stroke became
 * @property {() => void} cancel
 * @property {(operation: Operation | null) => void} removeStroke
 * @property {() => void} undo
 * @property {() => void} redo
 * @property {() => void} onFirstPen a pen is used for the first time
 * @property {() => void} onIdleFinger a finger seems to draw, but only the pen does
 */

/** @typedef {{key: string, label: string, action: () => void}} Shortcut */

// --- The canvas page -------------------------------------------------------------------------

/** @typedef {Pick<ToolSettings, "tool" | "shade" | "size">} ChosenSettings */

/**
 * What happened on the page before its modules had loaded.
 *
 * @typedef {object} EarlyEvents
 * @property {boolean} isContinued whether the page opens a draft, or a drawing to draw on
 * @property {PointerEvent[]} pointers on the paper
 * @property {Map<PointerEvent, ChosenSettings>} settings when each pointer went down
 * @property {HTMLElement[]} buttons that were pressed
 * @property {() => ChosenSettings} readSettings
 * @property {() => void} stopPointers
 * @property {() => void} stop
 */

/**
 * @typedef {object} SayOptions
 * @property {boolean} [isProblem]
 * @property {boolean} [stays] until the next message, as problems do
 * @property {Element} [action] a link or button after the text; "OK" dismisses a problem without one
 * @property {boolean} [outlastsStrokes]
 */

/**
 * Says something beside the paper, with a link or button after it.
 *
 * @typedef {(text: string, options?: SayOptions) => void} Say
 */

// --- Stored in the browser: renaming a key loses what visitors have there ---------------------

/**
 * @typedef {object} Details
 * @property {string} submissionKey
 * @property {string} title
 * @property {string} artist
 * @property {string} colormap
 */

/**
 * @typedef {Details & {image: Blob, strokes?: string, isResumed?: boolean}} OutboxEntry
 */

/**
 * `beginsOn` is the drawing that the page's ?on= named, `ground` the pixels of the base image,
 * and `upload` the picture that it was made from, four bytes (RGBA) for each pixel.
 *
 * @typedef {Details & {
 *   beginsOn: string | null, document: StrokesDocument, ground: Uint8Array | null,
 *   upload?: Uint8ClampedArray, id?: string, saved?: number,
 * }} Draft
 */

export {};

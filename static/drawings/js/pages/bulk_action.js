// @ts-check
// Continues a long bulk action; without scripts, the staff member presses its button.
/** @type {HTMLFormElement} */ (document.querySelector("form[data-continue]"))?.requestSubmit();

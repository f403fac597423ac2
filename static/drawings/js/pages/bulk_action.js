// A long action goes on by itself; without scripts its button does.
document.querySelector("form[data-continue]")?.requestSubmit();

"""Splits text into words, for the search and the blocked words."""

import unicodedata

# Combining accents, which FTS5 also removes from letters.
ACCENTS = range(0x300, 0x370)


def words_in(text: str) -> list[str]:
    """Returns the runs of letters, digits and marks, in order, without runs of marks alone."""
    plain = unicodedata.normalize("NFC", text)
    kinds = [unicodedata.category(char)[0] for char in plain]
    spaced = "".join(
        char if kind in "LNM" else " " for char, kind in zip(plain, kinds, strict=True)
    )
    return [
        word
        for word in spaced.split()
        if any(unicodedata.category(char)[0] in "LN" for char in word)
    ]


def folded_words(text: str) -> set[str]:
    """Returns the words without case and accents, without invisible characters between letters, and
    with styled letters (such as fullwidth ones) replaced by plain ones."""
    chars = unicodedata.normalize("NFKD", text)
    letters = (
        char for char in chars if ord(char) not in ACCENTS and unicodedata.category(char) != "Cf"
    )
    return set(words_in("".join(letters).casefold()))

"""The words of a text, as the search and the blocked words take them."""

import unicodedata

# What FTS5 takes off the letters as well.
ACCENTS = range(0x300, 0x370)


def words_in(text: str) -> list[str]:
    """Runs of letters, digits and marks, in their order. What has only marks is no word."""
    plain = unicodedata.normalize("NFC", text)
    kinds = [unicodedata.category(sign)[0] for sign in plain]
    spaced = "".join(
        sign if kind in "LNM" else " " for sign, kind in zip(plain, kinds, strict=True)
    )
    return [
        word
        for word in spaced.split()
        if any(unicodedata.category(sign)[0] in "LN" for sign in word)
    ]


def folded_words(text: str) -> set[str]:
    """The words without their case and accents, without signs that cannot be seen between their
    letters, and in plain letters where Unicode has fancy ones."""
    signs = unicodedata.normalize("NFKD", text)
    letters = (
        sign for sign in signs if ord(sign) not in ACCENTS and unicodedata.category(sign) != "Cf"
    )
    return set(words_in("".join(letters).casefold()))

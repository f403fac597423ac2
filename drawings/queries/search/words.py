"""The words of a search.

Chinese, Japanese and Korean text has no spaces between its words, or none that a search could rely
on: each of its characters is a word. So is each emoji and each symbol. Characters that are typed
without a space, such as 日本, are searched for as a phrase: in this order, next to each other.

Skin tones, variation selectors and joiners are not words: 👍 finds 👍🏽, and 👍🏽 finds every 👍.
An emoji that is joined from others is found by each of them: 👩‍🚀 by 👩 and by 🚀.
A flag is a phrase of two letters: 🇯🇵 finds 🇯🇵 and no other flag.
The few emoji outside the blocks of symbols (©, ™, ‼, ㊗, keycaps) are not words.

The ranges are in the notation that the regular expressions of Python and of PostgreSQL share with
SQLite's GLOB, so that all three agree.
"""

import re
from unicodedata import normalize

from drawings.models import ARTIST_LENGTH, TITLE_LENGTH
from drawings.models.text import words_in

MAX_WORDS = 10
MAX_WORD_LENGTH = max(TITLE_LENGTH, ARTIST_LENGTH)

# Han, Hiragana, Katakana and Hangul, with the punctuation and the symbols between their blocks,
# which no database takes for words.
CJK = "\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
# Arrows to miscellaneous symbols, without the enclosed letters and digits, and the pictographs,
# without the skin tones.
SYMBOLS = "\u2190-\u245f\u2500-\u2bff\U0001f000-\U0001f3fa\U0001f400-\U0001faff"

# Zero-width joiner, variation selectors, skin tones, tags.
MODIFIERS = "\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f"

SYMBOL_MODIFIERS = re.compile(f"(?<=[{SYMBOLS}])[{MODIFIERS}]+")
PIECES = re.compile(f"([{CJK}]+)|([{SYMBOLS}]+)|[^{CJK}{SYMBOLS}]+")


def search_words(text: str) -> list[str]:
    """Returns the distinct words of a search: at most MAX_WORDS, each cut at MAX_WORD_LENGTH.

    One with spaces is a phrase of words that have one character each.
    """
    plain = SYMBOL_MODIFIERS.sub("", normalize("NFC", text))
    words: list[str] = []
    for piece in PIECES.finditer(plain):
        cjk, symbols = piece.groups()
        found = [symbols] if symbols else words_in(piece[0])
        cut = (word[:MAX_WORD_LENGTH] for word in found)
        words += (" ".join(word) for word in cut) if cjk or symbols else cut
    return list(dict.fromkeys(words))[:MAX_WORDS]

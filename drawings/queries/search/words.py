"""The words of a search."""

from drawings.models import ARTIST_LENGTH, TITLE_LENGTH
from drawings.models.text import words_in

MAX_WORDS = 10
MAX_WORD_LENGTH = max(TITLE_LENGTH, ARTIST_LENGTH)


def search_words(text: str) -> list[str]:
    """Returns the distinct words of a search: at most MAX_WORDS, each cut at MAX_WORD_LENGTH."""
    words = [word[:MAX_WORD_LENGTH] for word in words_in(text)]
    return list(dict.fromkeys(words))[:MAX_WORDS]

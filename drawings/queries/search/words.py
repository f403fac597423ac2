"""The words that a search asks for."""

from drawings.models import ARTIST_LENGTH, TITLE_LENGTH
from drawings.models.text import words_in

MAX_WORDS = 10
MAX_WORD_LENGTH = max(TITLE_LENGTH, ARTIST_LENGTH)


def search_words(text: str) -> list[str]:
    """The words of a search, each once, at most MAX_WORDS of at most MAX_WORD_LENGTH characters."""
    words = [word[:MAX_WORD_LENGTH] for word in words_in(text)]
    return list(dict.fromkeys(words))[:MAX_WORDS]

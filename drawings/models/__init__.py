"""The app's tables."""

from drawings.models.api_token import (
    TOKEN_DIGEST_BYTES,
    TOKEN_NAME_LENGTH,
    TOKEN_SHOWN_LENGTH,
    ApiToken,
    a_year_from_now,
)
from drawings.models.daily_count import DayCount
from drawings.models.drawing import (
    ARTIST_LENGTH,
    PUBLIC_STROKES,
    TITLE_LENGTH,
    UNLISTED,
    Drawing,
    DrawingQuerySet,
)
from drawings.models.known_address import KnownAddress
from drawings.models.moderation import (
    MAX_WAITING_REPORTS,
    WORD_LENGTH,
    BlockedWord,
    Report,
    ReportQuerySet,
)
from drawings.models.sender import NOTE_LENGTH, SENDER_BYTES, BlockedSender, SenderKey

__all__ = [
    "ARTIST_LENGTH",
    "MAX_WAITING_REPORTS",
    "NOTE_LENGTH",
    "PUBLIC_STROKES",
    "SENDER_BYTES",
    "TITLE_LENGTH",
    "TOKEN_DIGEST_BYTES",
    "TOKEN_NAME_LENGTH",
    "TOKEN_SHOWN_LENGTH",
    "UNLISTED",
    "WORD_LENGTH",
    "ApiToken",
    "BlockedSender",
    "BlockedWord",
    "DayCount",
    "Drawing",
    "DrawingQuerySet",
    "KnownAddress",
    "Report",
    "ReportQuerySet",
    "SenderKey",
    "a_year_from_now",
]

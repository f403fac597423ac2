"""The search on PostgreSQL: a generated tsvector column with a GIN index."""

import hashlib
import string

from django.db import models
from django.db.backends.utils import CursorWrapper

from drawings.models import Drawing, DrawingQuerySet

TABLE = Drawing._meta.db_table

# A text as its words are compared, in whatever locale the database is (C's knows ASCII alone): as
# FTS5 has it, in lower case, Latin letters without accents, and a space for what is no letter and
# no digit. A word that is parted so is looked for as its parts in a row.
FOLDED = "drawings_search_folded"
FOLDED_SCHEMA = rf"""
    CREATE OR REPLACE FUNCTION {FOLDED}(text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT regexp_replace(
            translate(
                lower(
                    normalize(
                        regexp_replace(
                            normalize($1, NFD), '([A-Za-z])[\u0300-\u036f]+', '\1', 'g'
                        ),
                        NFC
                    ) COLLATE "{{collation}}"
                ),
                'ςſµ', 'σsμ'
            ),
            '[^[:alnum:]\u2160-\u2188\u3007\x01-\x7f]', ' ', 'g'
        )
    $$
"""
# The one of Unicode, and the database's own for a PostgreSQL that was built without ICU.
COLLATIONS = ("und-x-icu", "default")
# With these PostgreSQL would see hosts, files and negative numbers, where the others see words.
SIGNS = string.punctuation.replace("'", "''")
SPACED = f"translate(title || ' ' || artist, '{SIGNS}', '{' ' * len(string.punctuation)}')"
POSTGRESQL_SCHEMA = (
    f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS search",
    f"""
    ALTER TABLE {TABLE} ADD COLUMN search tsvector
    GENERATED ALWAYS AS (to_tsvector('simple', {FOLDED}({SPACED}))) STORED
    """,
    # How often each word is there tells the planner whether to look for it newest first, or in the
    # index of words.
    f"ALTER TABLE {TABLE} ALTER COLUMN search SET STATISTICS 1000",
    # Without fastupdate: what is pending there is read from end to end by every search.
    f"CREATE INDEX drawing_search ON {TABLE} USING gin (search) WITH (fastupdate = off)",
)


class Matches(models.Func):
    """Whether a drawing has all of these words, or longer ones that begin so."""

    template = f"{TABLE}.search @@ to_tsquery('simple', {FOLDED}(%(expressions)s))"
    output_field = models.BooleanField()

    def __init__(self, words: list[str]) -> None:
        # Nothing is in them that a tsquery could take for its syntax. They are quoted because
        # folding may part one.
        super().__init__(models.Value(" & ".join(f"'{word}':*" for word in words)))


def matching(rows: DrawingQuerySet, words: list[str]) -> DrawingQuerySet:
    """Returns those of the rows that have all of the words, in no order."""
    return rows.filter(Matches(words))


among = matching


def install(cursor: CursorWrapper, using: str) -> None:
    # Of two servers that start at once, one waits for the other.
    cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [TABLE])
    cursor.execute("SELECT collname FROM pg_collation WHERE collname = ANY(%s)", [list(COLLATIONS)])
    there = {name for (name,) in cursor.fetchall()}
    collation = next(name for name in COLLATIONS if name in there)
    schema = (FOLDED_SCHEMA.format(collation=collation), *POSTGRESQL_SCHEMA)
    version = hashlib.sha256("".join(schema).encode()).hexdigest()
    cursor.execute(
        "SELECT col_description(attrelid, attnum) FROM pg_attribute"
        " WHERE attrelid = to_regclass(%s) AND attname = 'search'",
        [TABLE],
    )
    if cursor.fetchone() != (version,):
        for statement in schema:
            cursor.execute(statement)
        cursor.execute(f"COMMENT ON COLUMN {TABLE}.search IS '{version}'")

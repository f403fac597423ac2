"""The search on PostgreSQL: a generated tsvector column with a GIN index."""

import hashlib

from django.db import models
from django.db.backends.utils import CursorWrapper

from drawings.models import Drawing, DrawingQuerySet
from drawings.queries.id_order import IdWindow, among_first_rows, read_first_rows
from drawings.queries.search.words import CJK, SYMBOLS

TABLE = Drawing._meta.db_table

# The SQL function that folds a text before its words are compared. Independent of the database's
# locale (C's folds only ASCII), it gives what FTS5 does: lower case, Latin letters without accents,
# spaces for all but letters, digits and the symbols that are words. Line breaks remain, as words.
FOLD_FUNCTION = "drawings_search_folded"
FOLD_SCHEMA = rf"""
    CREATE OR REPLACE FUNCTION {FOLD_FUNCTION}(text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT regexp_replace(
            regexp_replace(
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
                '[^[:alnum:]\u2160-\u2188\u3007{SYMBOLS}\n]', ' ', 'g'
            ),
            '([{CJK}{SYMBOLS}\n])', ' \1 ', 'g'
        )
    $$
"""
# The SQL function that numbers the words of a folded text. PostgreSQL's own parser would find host
# names, file names and negative numbers, and, depending on the locale, no symbols. Line breaks
# count, so that no phrase continues from a title to its artist.
VECTOR_FUNCTION = "drawings_search_vector"
VECTOR_SCHEMA = f"""
    CREATE OR REPLACE FUNCTION {VECTOR_FUNCTION}(text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT string_agg(word || ':' || position, ' ')::tsvector
        FROM string_to_table(trim(regexp_replace($1, ' +', ' ', 'g')), ' ')
        WITH ORDINALITY AS words (word, position)
        WHERE word NOT IN ('', E'\\n')
    $$
"""
# How many rows a search for several words reads in their order: to see how frequent the words are
# together, and at most. Reading DEPTH takes about as long as reading and sorting 1,000 matches.
SAMPLE = 2_000
DEPTH = 10_000
# Unicode's collation, or the database's own if PostgreSQL was built without ICU.
COLLATIONS = ("und-x-icu", "default")
SEARCHED_TEXT = "title || E'\\n' || artist"
COLUMN_SCHEMA = (
    f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS search",
    f"""
    ALTER TABLE {TABLE} ADD COLUMN search tsvector
    GENERATED ALWAYS AS ({VECTOR_FUNCTION}({FOLD_FUNCTION}({SEARCHED_TEXT}))) STORED
    """,
    # The planner needs each word's frequency to choose between a scan from the newest drawing and
    # the index of words.
    f"ALTER TABLE {TABLE} ALTER COLUMN search SET STATISTICS 1000",
    # Without fastupdate, whose list of pending entries every search would read from end to end.
    f"CREATE INDEX drawing_search ON {TABLE} USING gin (search) WITH (fastupdate = off)",
)


class Begins(models.Func):
    """A tsquery for a word that begins with this one, or for a phrase whose last word does.

    It is empty, and matches whatever the other words match, if folding leaves nothing.
    """

    template = (
        f"regexp_replace(regexp_replace(trim({FOLD_FUNCTION}(%(expressions)s)),"
        " ' +', '<->', 'g'), '(.)$', '\\1:*')::tsquery"
    )


class Matches(models.Func):
    """Whether a drawing has all of these words."""

    template = f"{TABLE}.search @@ (%(expressions)s)"
    arg_joiner = " && "
    output_field = models.BooleanField()

    def __init__(self, words: list[str]) -> None:
        super().__init__(*(Begins(models.Value(word)) for word in words))


class MatchesInOrder(Matches):
    """Like `Matches`, but for the planner an unknown function: it never uses the index of words."""

    template = f"ts_match_vq({TABLE}.search, %(expressions)s)"


def matching(rows: DrawingQuerySet, words: list[str]) -> DrawingQuerySet:
    """Returns the rows that have all of the words, in no order."""
    return rows.filter(Matches(words))


matching_few = matching


def find_first(rows: DrawingQuerySet, words: list[str], window: IdWindow) -> list[Drawing]:
    """The first rows within a window that have all of the words.

    The planner multiplies the frequencies of several words, even if they are always in the same
    titles, as those of a phrase are. It then expects few rows, and reads and sorts very many. So
    look among the first rows, and go on while these have enough of the rows that are wanted.
    """
    if len(" ".join(words).split()) > 1:
        for depth in (SAMPLE, DEPTH):
            first = among_first_rows(rows, depth, window).filter(MatchesInOrder(words))
            found = read_first_rows(first, window)
            if len(found) == window.limit:
                return found
            if len(found) / SAMPLE < window.limit / DEPTH:
                break
    return read_first_rows(matching(rows, words), window)


def install(cursor: CursorWrapper, using: str) -> None:
    # If two servers start at once, one waits for the other.
    cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [TABLE])
    cursor.execute("SELECT collname FROM pg_collation WHERE collname = ANY(%s)", [list(COLLATIONS)])
    available = {name for (name,) in cursor.fetchall()}
    collation = next(name for name in COLLATIONS if name in available)
    schema = (FOLD_SCHEMA.format(collation=collation), VECTOR_SCHEMA, *COLUMN_SCHEMA)
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

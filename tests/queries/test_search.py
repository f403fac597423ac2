"""What a search finds."""

import sqlite3
from contextlib import closing
from uuid import uuid4

import pytest
from django.db import connection

from drawings.queries import search
from drawings.queries.search import postgresql, sqlite
from drawings.queries.search.words import search_words
from tests.support.searching import found

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "q",
    [
        "red fox",
        "fox red",
        "FOX",
        "re fo",
        "fox!",
        "“fox”",
        "fox (red)",
        "red-fox",
        "ada",
        "lovelace fox",
        "cafe",
        "CAFÉ",
        "café",
        "straß",
        "2026",
        "おえがき",
        "лис",
        "йод",
        "ЙОД",
        "한국",
        "हिन्दी",
    ],
)
def test_every_word_is_the_beginning_of_one_in_the_title_or_artist(make_drawing, q):
    title = "A red fox in the Café, Straße 2026 おえがき Лиса йод 한국어 हिन्दी"
    make_drawing(title=title, artist="Ada Lovelace")
    make_drawing(title="Owl", artist="Grace")

    assert found(q) == [title]


@pytest.mark.parametrize(
    "q", ["ox", "fox owl", "foxes", "!", "'", '"', "*", "%", "🎨", "\\", "おえか"]
)
def test_words_that_no_drawing_has_are_not_found(make_drawing, q):
    make_drawing(title="Red fox", artist="おえがき")
    make_drawing(title="Owl")

    assert found(q) == []


@pytest.mark.parametrize(
    "title",
    [
        "fox.png",
        "ada@example.org",
        "fox/owl",
        "<b>fox</b>",
        "2026-11-22",
        "3.14",
        "it's",
        "https://example.org/fox?q=1",
        "snake_case_fox",
        "a\\b",
        "love ❤️",
        "fox \u0301",
        "e\u0301te\u0301",
        "ΟΔΟΣ",
        "100 %",
        "x²",
    ],
)
def test_a_drawing_is_found_by_its_exact_title(make_drawing, title):
    make_drawing(title=title)

    assert found(title) == [title]


@pytest.mark.parametrize(
    ("q", "title"),
    [
        ("été", "ÉTÉ"),
        ("ÉTÉ", "été"),
        ("ete", "L’ÉTÉ"),
        ("жук", "ЖУК"),
        ("ЖУК", "Жук"),
        ("øre", "ØRE"),
        ("ΟΔΟΣ", "Οδοσήμανση"),
        ("ζω", "«ΖΏΑ» Ζω"),
        ("MAẞ", "maß"),
        ("fox", "“Fox”"),
        ("犬", "猫。犬"),
        ("art", "🎨art❤"),
        ("ⅳ", "絵Ⅳ Ⅳ"),
        ("二〇", "二〇二六"),
        ("हि", "हिन्दी"),
    ],
)
def test_case_is_ignored_in_every_script(make_drawing, q, title):
    make_drawing(title=title)

    assert found(q) == [title]


@pytest.mark.parametrize(
    ("q", "title"), [("ион", "Йон"), ("αλεπου", "Αλεπού"), ("strasse", "Straße"), ("नह", "हिन्दी")]
)
def test_different_letters_of_a_script_do_not_match(make_drawing, q, title):
    make_drawing(title=title)

    assert found(q) == []


# --- Characters that are words --------------------------------------------------------------


@pytest.mark.parametrize(
    "q",
    [
        "猫",
        "日本",
        "日本の猫",
        "本の",
        "🐈",
        "日本の猫 🐈",
        "日本の猫🐈",
        "🐈 日本",
        "ネコ",
        "コちゃん",
        "고양이",
        "한국어",
        "국",
        "𠮟",
        "2026",
        "年",
        "cat",
        "★",
    ],
)
def test_each_chinese_japanese_and_korean_character_and_each_emoji_is_a_word(make_drawing, q):
    title = "日本の猫 🐈、ネコちゃん검은고양이 𠮟2026年cat★"
    make_drawing(title=title, artist="한국어")
    make_drawing(title="犬 🐕", artist="Ada")

    assert found(q) == [title]


@pytest.mark.parametrize("q", ["本日", "日の", "日猫", "日本猫", "猫日", "🐈🐕", "日本 犬", "猫c"])
def test_characters_without_a_space_between_are_a_phrase(make_drawing, q):
    make_drawing(title="日本の猫", artist="日 🐕 🐈")

    assert found(q) == []


def test_a_phrase_does_not_continue_from_the_title_to_the_artist(make_drawing):
    make_drawing(title="日", artist="本")

    assert found("日本") == []
    assert found("日 本") == ["日"]


def test_words_beside_characters_that_are_words_are_still_found_by_their_beginning(make_drawing):
    make_drawing(title="猫cats🐈dogs")

    assert found("ca do") == ["猫cats🐈dogs"]
    assert found("ats") == found("ogs") == []


@pytest.mark.parametrize(
    ("q", "title"),
    [
        ("👍", "👍🏽"),
        ("👍🏽", "👍"),
        ("👍🏽", "👍🏿"),
        ("❤", "❤️"),
        ("❤️", "love❤"),
        ("👩", "👩‍🚀"),
        ("🚀", "👩🏽‍🚀"),
        ("👩‍🚀", "👩🏽‍🚀"),
        ("🇯🇵", "🇩🇪🇯🇵"),
        ("🏴", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"),
        ("1️⃣", "1️⃣"),
        ("🪿🫨", "🪿🫨"),  # newer than the Unicode of many databases
    ],
)
def test_an_emoji_is_found_whatever_modifies_it(make_drawing, q, title):
    make_drawing(title=title)

    assert found(q) == [title]


@pytest.mark.parametrize(
    ("q", "title"), [("🇯🇵", "🇵🇯"), ("🇯🇵", "🇯🇲 🇸🇵"), ("👩‍🚀", "🚀 👩"), ("©", "©")]
)
def test_another_emoji_of_the_same_parts_is_not_found(make_drawing, q, title):
    make_drawing(title=title)

    assert found(q) == []


def test_sqlites_triggers_need_nothing_but_sqlite():
    """Other programs may open the database and change a title."""
    with closing(sqlite3.connect(":memory:")) as other:
        other.execute("CREATE TABLE drawings_drawing (id, title, artist, status, colormap)")
        for statement in sqlite.SCHEMA.values():
            other.execute(statement)
        id = uuid4().hex
        other.execute("INSERT INTO drawings_drawing VALUES (?, '', '', 'published', 'gray')", [id])
        other.execute("UPDATE drawings_drawing SET title = '日本の猫 🐈'")

        query = sqlite.fts5_query(search_words("本の 🐈"), "published")
        matching = "SELECT count(*) FROM drawings_search WHERE drawings_search MATCH ?"
        assert other.execute(matching, [query]).fetchone() == (1,)


def test_a_search_is_split_into_words_and_phrases():
    assert search_words("Red-fox 日本の猫。犬 🐈🏽cat 한국어") == [
        "Red",
        "fox",
        "日 本 の 猫",
        "犬",
        "🐈",
        "cat",
        "한 국 어",
    ]


def test_the_search_does_not_depend_on_the_databases_locale(make_drawing):
    make_drawing(title="ЖУК")
    with connection.cursor() as cursor:
        cursor.execute("SELECT lower('Ж')")
        assert cursor.fetchone() == ("Ж",)

    assert found("жук") == ["ЖУК"]


def test_a_database_without_the_unicode_collation_uses_its_own(make_drawing, monkeypatch):
    monkeypatch.setattr(postgresql, "COLLATIONS", ("nosuch", "default"))
    search.install(connection)
    make_drawing(title="Fox")

    assert found("FOX") == ["Fox"]


@pytest.mark.parametrize("q", ["\u0301", "\u0301 \u0301", "\ufe0f", "x" * 5_000, "²", "ª:*"])
def test_no_text_breaks_the_search(make_drawing, q):
    make_drawing(title="fox")

    assert found(q) == []


@pytest.mark.parametrize("q", ["and", "or not", "near", "AND OR NOT", "not fox"])
def test_operators_of_query_languages_are_ordinary_words(make_drawing, q):
    make_drawing(title="and or not near NOT FOX")
    make_drawing(title="Fox")

    assert found(q) == ["and or not near NOT FOX"]


def test_an_id_finds_its_drawing(make_drawing):
    drawing = make_drawing(title="Fox")
    make_drawing(title="Owl")

    assert found(str(drawing.id)) == found(drawing.id.hex) == ["Fox"]
    assert found(str(uuid4())) == []


def test_the_status_and_the_colormap_narrow_a_search(make_drawing):
    make_drawing(title="Fox 1", colormap="gist_heat")
    make_drawing(title="Fox 2", colormap="gist_heat_r")
    make_drawing(title="Fox 3", colormap="gist_heat", status="hidden")
    make_drawing(title="gist heat published")

    assert found("fox", cmap="gist_heat") == ["Fox 3", "Fox 1"]
    assert found("fox", cmap="gist_heat", status="published") == ["Fox 1"]
    assert found("fox", status="hidden") == ["Fox 3"]
    assert found("published") == ["gist heat published"]


def test_a_search_may_have_many_words(make_drawing):
    make_drawing(title="fox")

    assert search_words("fox " * 100) == ["fox"]
    assert len(search_words(" ".join(f"w{number}" for number in range(100)))) == 10
    assert found(" ".join(f"w{number}" for number in range(50))) == []

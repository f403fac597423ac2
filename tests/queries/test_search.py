"""What a search finds."""

from uuid import uuid4

import pytest
from django.db import connection

from drawings.queries import search
from drawings.queries.search import postgresql
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

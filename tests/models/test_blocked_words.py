"""Blocked words in titles and artists' names."""

import pytest
from django.core.exceptions import ValidationError

from drawings.models import BlockedWord, Drawing
from drawings.models.text import folded_words
from tests.support import samples

JSON = {"Accept": "application/json"}
LIST = samples.brightness_list("0")

pytestmark = pytest.mark.django_db


def block(*words):
    for word in words:
        blocked = BlockedWord(word=word)
        blocked.full_clean()
        blocked.save()


def errors_of(client, **values):
    """Send a drawing with these labels. Returns the errors of the response."""
    response = client.post("/drawings/", {"canvas_data": LIST, **values}, headers=JSON)
    assert Drawing.objects.exists() == (response.status_code == 201)
    return response.json().get("errors", {})


@pytest.mark.parametrize(
    "title",
    [
        "Tölpel",
        "a TOLPEL!",
        "to\u0308lpel",
        "tolpel's",
        "(ＴＯＬＰＥＬ)",
        "𝕥𝕠𝕝𝕡𝕖𝕝",
        "tol\u200bpel",
        " ".join("abcdefghijklmnop") + " tolpel",
    ],
)
def test_a_blocked_word_is_found_whatever_its_case_accents_and_letters(client, title):
    block("TÖLPEL")

    assert list(errors_of(client, title=title)) == ["title"]


@pytest.mark.parametrize("title", ["tolpeln", "untolpel", "tol pel", "t0lpel", "Fox"])
def test_only_whole_words_are_blocked(client, title):
    block("tölpel")

    assert errors_of(client, title=title) == {}


def test_an_error_names_the_field_but_not_the_word(client):
    block("oaf", "boor")

    errors = errors_of(client, title="Fox", artist="An Oaf")

    assert errors == {"artist": ["This contains a word that isn't allowed here."]}
    assert list(errors_of(client, title="Oaf", artist="Boor")) == ["title", "artist"]


def test_the_page_keeps_the_values_of_a_refused_form(client):
    block("oaf")

    page = client.post("/drawings/", {"canvas_data": LIST, "title": "An oaf"}).content.decode()

    assert "<li>Title: This contains a word" in page
    assert 'value="An oaf"' in page


def test_words_are_stored_folded_and_once():
    block("Straße")

    assert BlockedWord.objects.get().word == "strasse"
    with pytest.raises(ValidationError):
        block("STRASSE")


@pytest.mark.parametrize("word", ["two words", "!", "", "x" * 41, "ﷺ" * 20])
def test_anything_but_one_word_is_refused(word):
    with pytest.raises(ValidationError):
        block(word)


def test_one_query_finds_all_words_and_texts_without_words_need_none(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert BlockedWord.objects.found_in("A red fox", "Ada Lovelace") == set()
    with django_assert_num_queries(0):
        assert BlockedWord.objects.found_in("", "…") == set()


def test_words_are_split_at_characters_that_are_not_letters():
    assert folded_words("red-fox_and “owl”") == {"red", "fox", "and", "owl"}

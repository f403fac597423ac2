"""Words that no title and no artist's name may have."""

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
    """What is wrong with a submission that says this of its drawing."""
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


def test_the_field_is_named_and_no_word_of_the_list_is_told(client):
    block("oaf", "boor")

    errors = errors_of(client, title="Fox", artist="An Oaf")

    assert errors == {"artist": ["This contains a word that isn't allowed here."]}
    assert list(errors_of(client, title="Oaf", artist="Boor")) == ["title", "artist"]


def test_a_person_keeps_what_was_typed(client):
    block("oaf")

    page = client.post("/drawings/", {"canvas_data": LIST, "title": "An oaf"}).content.decode()

    assert "<li>Title: This contains a word" in page
    assert 'value="An oaf"' in page


def test_words_are_kept_folded_and_once():
    block("Straße")

    assert BlockedWord.objects.get().word == "strasse"
    with pytest.raises(ValidationError):
        block("STRASSE")


@pytest.mark.parametrize("word", ["two words", "!", "", "x" * 41, "ﷺ" * 20])
def test_what_is_not_one_word_is_refused(word):
    with pytest.raises(ValidationError):
        block(word)


def test_one_query_asks_for_all_words_and_none_where_nothing_is_said(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert BlockedWord.objects.found_in("A red fox", "Ada Lovelace") == set()
    with django_assert_num_queries(0):
        assert BlockedWord.objects.found_in("", "…") == set()


def test_signs_that_are_no_letters_part_words():
    assert folded_words("red-fox_and “owl”") == {"red", "fox", "and", "owl"}

import pytest
from django.test.utils import override_script_prefix

from drawings.queries import cards

pytestmark = pytest.mark.django_db


def newest(number=24, cmap=""):
    return cards.find_cards(cmap, "", None, None, ascending=False, limit=number)


@pytest.mark.parametrize(
    "values", [{}, {"title": "Fox"}, {"artist": "Ada"}, {"title": "Fox", "artist": "Ada"}]
)
def test_a_card_has_the_labels_of_its_drawing(make_drawing, values):
    drawing = make_drawing(**values)

    [card] = newest()

    assert (card.id, str(card), card.alt) == (drawing.id, str(drawing), drawing.alt)
    assert card.labels() == {
        "url": drawing.get_absolute_url(),
        "image_url": drawing.image_url,
        "name": str(drawing),
        "alt": drawing.alt,
        "artist": drawing.artist,
        "artist_query": f"artist={drawing.artist}",
        "width": drawing.width,
        "height": drawing.height,
    }


def test_the_urls_of_a_card_are_those_of_its_pages(client, make_drawing):
    drawing = make_drawing()

    [card] = newest()

    assert card.get_absolute_url() == f"/drawings/{drawing.id}/"
    assert client.get(card.get_absolute_url()).status_code == 200
    assert client.get(card.image_url)["Content-Type"] == "image/png"


def test_the_urls_of_a_card_may_name_a_colormap(make_drawing):
    drawing = make_drawing(artist="Ada & 猫")

    [card] = newest()
    labels = card.labels("magma")

    assert labels["url"] == f"/drawings/{drawing.id}/?cmap=magma"
    assert labels["image_url"] == f"/drawings/{drawing.id}/image.png?cmap=magma"
    assert labels["artist_query"] == "artist=Ada+%26+%E7%8C%AB&amp;in=magma"


def test_urls_begin_with_the_script_prefix(make_drawing):
    drawing = make_drawing()
    before = drawing.get_absolute_url()

    with override_script_prefix("/wall/"):
        mounted = drawing.get_absolute_url(), drawing.image_url

    assert mounted == (f"/wall{before}", f"/wall{before}image.png")
    assert drawing.get_absolute_url() == before


@pytest.mark.parametrize("status", ["hidden", "pending"])
def test_only_published_drawings_become_cards(make_drawing, status):
    drawing = make_drawing()
    for _ in range(2):
        make_drawing(status=status, parent=drawing)

    assert [card.id for card in newest()] == [drawing.id]
    assert cards.find_neighbours(drawing.id) == (None, None, [])


def test_a_drawings_neighbours_are_the_nearest(make_drawing):
    drawings = [make_drawing() for _ in range(5)]

    newer, older, children = cards.find_neighbours(drawings[2].id)

    assert (newer and newer.id) == drawings[3].id
    assert (older and older.id) == drawings[1].id
    assert children == []


def test_children_come_newest_first(make_drawing):
    parent = make_drawing()
    children = [make_drawing(parent=parent) for _ in range(cards.MAX_CHILDREN + 2)]

    found = cards.find_neighbours(parent.id).children

    assert [card.id for card in found] == [child.id for child in children[:1:-1]]

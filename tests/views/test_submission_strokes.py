"""Submissions with strokes."""

import base64
import json
from uuid import uuid4

import numpy as np
import pytest

from drawings.imaging import rasteriser, strokes
from drawings.models import Drawing
from drawsite.db.transactions import write_transaction
from tests.support import documents, samples
from tests.support.samples import picture

pytestmark = pytest.mark.django_db

URL = "/drawings/"

JSON = {"Accept": "application/json"}

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

PICTURE = samples.png(samples.shades(32, 48))

LIST = samples.brightness_list("0", "255")

GIVEN = documents.document(documents.LINE, documents.fill(3, 40), documents.INVERT)


def drawn(given=GIVEN, field=None, **values):
    """A submission of a drawing and its strokes."""
    field = rasteriser.rasterise(given) if field is None else field
    text = given if isinstance(given, str) else json.dumps(given)
    return {"image": picture(samples.png(field)), "strokes": text, **values}


def test_the_strokes_are_stored_with_the_image(client):
    response = client.post(URL, drawn(), headers=JSON)

    drawing = Drawing.objects.get()
    assert response.status_code == 201
    assert drawing.document == GIVEN
    assert np.array_equal(rasteriser.rasterise(drawing.document), drawing.field)
    assert (drawing.strokes_agree, drawing.parent) == (None, None)


@pytest.mark.parametrize("values", [{}, {"strokes": ""}])
def test_an_image_without_strokes_is_accepted(client, values):
    client.post(URL, {"image": picture(), **values})

    assert Drawing.objects.get().strokes is None


def test_a_brightness_list_without_strokes_is_accepted(client):
    client.post(URL, {"canvas_data": LIST, "strokes": ""})

    assert Drawing.objects.get().strokes is None


def test_the_parent_that_was_drawn_on_is_stored(client, make_drawing):
    parent = make_drawing(samples.shades(48, 64))
    given = documents.document(documents.LINE, paper={"drawing": str(parent.id)})

    client.post(URL, drawn(given, rasteriser.rasterise(given, parent.field)))

    drawing = Drawing.objects.exclude(pk=parent.pk).get()
    assert drawing.parent == parent
    assert list(parent.children.all()) == [drawing]


def test_a_drawing_on_a_parent_that_was_deleted_is_stored_without_it(client):
    given = documents.document(documents.LINE, paper={"drawing": samples.NO_ID})

    response = client.post(URL, drawn(given), headers=JSON)

    assert response.status_code == 201
    assert Drawing.objects.get().parent is None
    assert Drawing.objects.get().document == given


def test_an_embedded_base_image_is_stored_with_the_strokes(client):
    ground = samples.shades(48, 64)
    image = base64.b64encode(samples.png(ground)).decode()
    given = documents.document(documents.LINE, paper={"image": image})

    client.post(URL, drawn(given, rasteriser.rasterise(given, ground)))

    kept = strokes.embedded_base_image(Drawing.objects.get().document)
    assert kept is not None
    assert np.array_equal(kept, ground)


def test_the_same_drawing_sent_twice_keeps_its_first_strokes(client):
    key = str(uuid4())
    other = documents.document(documents.LINE)

    first = client.post(URL, drawn(submission_key=key), headers=JSON)
    again = client.post(URL, drawn(other, submission_key=key), headers=JSON)

    assert (first.status_code, again.status_code) == (201, 200)
    assert Drawing.objects.get().document == GIVEN


def bad_strokes(make_drawing):
    """Returns submissions with bad strokes, by what is wrong with them."""
    text = json.dumps(GIVEN)
    larger = documents.document(documents.LINE, width=65)
    parent = {"drawing": str(make_drawing().id)}
    jpeg = base64.b64encode(samples.encoded(samples.shades(48, 64), "JPEG")).decode()
    field = rasteriser.rasterise(GIVEN)
    return {
        "not JSON": drawn("a line", field),
        "a NUL": drawn("\0", field),
        "no document": drawn("{}", field),
        "another version": drawn({**GIVEN, "version": 3}, field),
        "nested 5,000 deep": drawn("[" * 5_000 + "]" * 5_000, field),
        "NaN": drawn(text.replace("8.5", "NaN"), field),
        "1e400": drawn(text.replace("8.5", "1e400"), field),
        "too many operations": drawn(documents.document(*[documents.CLEAR] * 10_001), field),
        "another width": drawn(larger, field),
        "another height": drawn({**GIVEN, "height": 49}, field),
        "a paper that is a JPEG": drawn({**GIVEN, "paper": {"image": jpeg}}, field),
        "a paper that is a drawing of another size": drawn({**GIVEN, "paper": parent}, field),
        "with a brightness list": {"canvas_data": LIST, "strokes": text},
    }


@pytest.mark.parametrize("headers", [JSON, HTML])
def test_bad_strokes_are_refused_by_field_and_nothing_is_stored(client, make_drawing, headers):
    for name, form in bad_strokes(make_drawing).items():
        response = client.post(URL, form, headers=headers)

        assert response.status_code == 422, name
        if headers is JSON:
            errors = response.json()["errors"]
            assert list(errors) == ["strokes"], name
            assert all(sentence.endswith(".") for sentence in errors["strokes"]), name
        else:
            assert "<li>Strokes: " in response.content.decode(), name
        assert Drawing.objects.count() == 1, name


def test_strokes_without_an_image_are_refused(client):
    response = client.post(URL, {"strokes": json.dumps(GIVEN)}, headers=JSON)

    assert response.status_code == 422
    assert set(response.json()["errors"]) == {"image", "strokes"}


def test_strokes_of_a_bad_image_are_not_blamed(client):
    form = {**drawn(), "image": picture(b"This is not a picture.")}

    assert list(client.post(URL, form, headers=JSON).json()["errors"]) == ["image"]


def test_a_drawing_whose_parent_is_deleted_during_submission_is_stored_without_it(transactional_db):
    gone = uuid4()
    drawing = Drawing.from_field(samples.shades(20, 20), parent_id=gone, submission_key=uuid4())

    with write_transaction():
        stored, created = Drawing.objects.add_once(drawing)

    assert (created, stored.parent_id) == (True, None)
    stored = Drawing.objects.get()
    assert (stored.parent_id, stored.strokes_agree) == (None, False)

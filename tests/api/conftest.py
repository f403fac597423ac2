import pytest

from drawings.models import Drawing
from tests.support.api_list import ids


@pytest.fixture
def make_many(field):
    """Stores many drawings at once; returns their ids, newest first."""

    def make(number, **values):
        model = Drawing.from_field(field)
        rows = [Drawing(blob=model.blob, width=200, height=200, **values) for _ in range(number)]
        Drawing.objects.bulk_create(rows)
        return ids(*reversed(rows))

    return make

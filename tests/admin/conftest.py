import pytest

from drawings.models import Drawing


@pytest.fixture
def many(field):
    """Two and a half pages of drawings, newest first."""
    model = Drawing.from_field(field)
    return Drawing.objects.bulk_create(
        Drawing(blob=model.blob, width=200, height=200, title=f"Fox {number}")
        for number in range(125)
    )[::-1]

"""The drawings that a new drawing may begin with."""

from uuid import UUID

from django.db.models import Q

from drawings.models import Drawing


def find_base_drawing(id: UUID, owner: UUID | None) -> Drawing | None:
    """The drawing with this id if this owner may draw on it: it is published, or their own.

    Returns None for any other, whether it exists or not.
    """
    visible = Q(status=Drawing.Status.PUBLISHED)
    if owner is not None:
        visible |= Q(owner=owner)
    return Drawing.objects.for_lists().filter(visible, pk=id).first()

"""Finds the drawing that a new drawing has as its base image."""

from uuid import UUID

from django.db.models import Q

from drawings.models import Drawing


def find_base_drawing(id: UUID, owner: UUID | None) -> Drawing | None:
    """The drawing with this id, if it is published or belongs to this owner.

    Returns None for any other drawing, whether it exists or not.
    """
    visible = Q(status=Drawing.Status.PUBLISHED)
    if owner is not None:
        visible |= Q(owner=owner)
    return Drawing.objects.for_lists().filter(visible, pk=id).first()

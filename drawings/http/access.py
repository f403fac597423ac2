"""Who may see which drawing: the one place that decides it."""

from typing import Protocol, TypeVar
from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from drawings.http import owner_cookie
from drawings.models import Drawing, DrawingQuerySet
from drawings.queries.image_row import Picture, find_picture
from drawings.queries.replicas import where_to_look


class HasStatus(Protocol):
    """A drawing, as much of it as was read."""

    @property
    def status(self) -> str: ...


Found = TypeVar("Found", bound=HasStatus)


def is_public(drawing: HasStatus) -> bool:
    return drawing.status == Drawing.Status.PUBLISHED


def is_own(request: HttpRequest, id: UUID) -> bool:
    """Whether this browser sent the drawing. Only one that sent any costs a query."""
    owner = owner_cookie.owner_of(request)
    return owner is not None and Drawing.objects.filter(owner=owner, pk=id).exists()


def may_see(request: HttpRequest, id: UUID, drawing: HasStatus) -> bool:
    """Published drawings are everybody's, the others their owner's and the staff's."""
    if is_public(drawing) or is_own(request, id):
        return True
    # Asking for the user reads the session: never for what everybody may see.
    user = request.user
    permissions = ("drawings.view_drawing", "drawings.change_drawing")  # as the admin has it
    return bool(user.is_staff and any(user.has_perm(permission) for permission in permissions))


def may_see_parent(request: HttpRequest, drawing: Drawing) -> bool:
    """Whether the client may see the drawing that this one was drawn on, if there is one.

    To everybody else it is as good as gone: they see neither its id nor the strokes drawn on it.
    """
    parent = drawing.parent
    return parent is None or may_see(request, parent.id, parent)


def find_paper(id: UUID, owner: UUID | None) -> Drawing | None:
    """The drawing with this id if its strokes may be drawn on by this owner: it is published, or
    the owner's own. None for any other, whether it exists or not."""
    visible = Q(status=Drawing.Status.PUBLISHED)
    if owner is not None:
        visible |= Q(owner=owner)
    return Drawing.objects.for_lists().filter(visible, pk=id).first()


class Waiting(Http404):
    """The drawing is there and waits for approval: who has its address may be told that much."""


def get_drawing(request: HttpRequest, id: UUID, queryset: DrawingQuerySet) -> Drawing:
    """The drawing, or Http404 for one that is not there or not for this client."""
    row = queryset.filter(pk=id).order_by()  # one at most: ordering it would cost as much again
    found = (next(iter(row.using(using)), None) for using in where_to_look())
    return admitted(request, id, next(filter(None, found), None))


def get_own_drawing(request: HttpRequest, id: UUID) -> Drawing:
    """The drawing, whatever its status, or Http404 for one that this browser has not sent."""
    owner = owner_cookie.owner_of(request)
    if owner is None:
        raise Http404
    return get_object_or_404(Drawing.objects.for_lists(), owner=owner, pk=id)


def get_picture(request: HttpRequest, id: UUID, *, with_blob: bool) -> Picture:
    """As `get_drawing`, of what a picture of it is made of."""
    found = (find_picture(id, with_blob=with_blob, using=using) for using in where_to_look())
    return admitted(request, id, next(filter(None, found), None))


def admitted(request: HttpRequest, id: UUID, drawing: Found | None) -> Found:
    """What was found, or Http404 if it is nothing, or nothing for this client."""
    if drawing is None:
        raise Http404
    if not may_see(request, id, drawing):
        raise Waiting if drawing.status == Drawing.Status.PENDING else Http404
    return drawing

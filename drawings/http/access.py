"""Who may see which drawing: the one place that decides it."""

from typing import Protocol, TypeVar
from uuid import UUID

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from drawings.http import owner_cookie
from drawings.models import Drawing, DrawingQuerySet
from drawings.queries.image_row import ImageRow, find_image_row
from drawings.queries.replicas import where_to_look


class HasStatus(Protocol):
    """A drawing, or some columns of it."""

    @property
    def status(self) -> str: ...


Found = TypeVar("Found", bound=HasStatus)


class AwaitingApprovalError(Http404):
    """The drawing is pending. A client that has its address may learn that much."""


def is_public(drawing: HasStatus) -> bool:
    return drawing.status == Drawing.Status.PUBLISHED


def is_own(request: HttpRequest, id: UUID) -> bool:
    """Whether this browser sent the drawing. Costs a query only for browsers that sent any."""
    owner = owner_cookie.owner_of(request)
    return owner is not None and Drawing.objects.filter(owner=owner, pk=id).exists()


def may_see(request: HttpRequest, id: UUID, drawing: HasStatus) -> bool:
    """Everybody may see published drawings; only their owner and staff may see the others."""
    if is_public(drawing) or is_own(request, id):
        return True
    # Asking for the user reads the session, so public drawings must not get this far.
    user = request.user
    permissions = ("drawings.view_drawing", "drawings.change_drawing")  # as in the admin
    return bool(user.is_staff and any(user.has_perm(permission) for permission in permissions))


def may_see_parent(request: HttpRequest, drawing: Drawing) -> bool:
    """Whether the client may see the drawing that this one was drawn on, if there is one.

    Other clients learn neither the parent's id nor the strokes that were drawn on it.
    """
    parent = drawing.parent
    return parent is None or may_see(request, parent.id, parent)


def get_drawing(request: HttpRequest, id: UUID, queryset: DrawingQuerySet) -> Drawing:
    """The drawing with this id. Raises Http404 if the client may see none."""
    row = queryset.filter(pk=id).order_by()  # ordering a single row would double the cost
    found = (next(iter(row.using(using)), None) for using in where_to_look())
    return visible_or_404(request, id, next(filter(None, found), None))


def get_image_row(request: HttpRequest, id: UUID, *, with_blob: bool) -> ImageRow:
    """Like `get_drawing`, but reads only the columns that an image is made of."""
    found = (find_image_row(id, with_blob=with_blob, using=using) for using in where_to_look())
    return visible_or_404(request, id, next(filter(None, found), None))


def get_own_drawing(request: HttpRequest, id: UUID) -> Drawing:
    """The drawing with this id, of any status. Raises Http404 unless this browser sent it."""
    owner = owner_cookie.owner_of(request)
    if owner is None:
        raise Http404
    return get_object_or_404(Drawing.objects.for_lists(), owner=owner, pk=id)


def visible_or_404(request: HttpRequest, id: UUID, drawing: Found | None) -> Found:
    """Returns the drawing. Raises Http404 if it is None, or hidden from this client."""
    if drawing is None:
        raise Http404
    if not may_see(request, id, drawing):
        is_pending = drawing.status == Drawing.Status.PENDING
        raise AwaitingApprovalError if is_pending else Http404
    return drawing

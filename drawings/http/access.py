"""Access control: which client may see a drawing, and which sites' pages may send one."""

from typing import Protocol, TypeVar
from uuid import UUID

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from drawings.http import owner_cookie
from drawings.models import Drawing, DrawingQuerySet
from drawings.queries.image_row import ImageRow, find_image_row
from drawings.queries.replicas import databases_to_search
from drawsite.lib.refusals import RefusedError


class HasStatus(Protocol):
    """A drawing, or some columns of it."""

    @property
    def status(self) -> str: ...


Found = TypeVar("Found", bound=HasStatus)


class AwaitingApprovalError(Http404):
    """The drawing is pending. Clients that have its address may be told so."""


def is_public(drawing: HasStatus) -> bool:
    return drawing.status == Drawing.Status.PUBLISHED


def is_own(request: HttpRequest, id: UUID) -> bool:
    """Whether this browser sent the drawing. Queries only for browsers with an owner cookie."""
    owner = owner_cookie.owner_of(request)
    return owner is not None and Drawing.objects.filter(owner=owner, pk=id).exists()


def may_see(request: HttpRequest, id: UUID, drawing: HasStatus) -> bool:
    """Everybody may see published drawings; only owners and staff may see the others."""
    if is_public(drawing) or is_own(request, id):
        return True
    # `request.user` reads the session, so return earlier for public drawings.
    user = request.user
    permissions = ("drawings.view_drawing", "drawings.change_drawing")  # as in the admin
    return any(user.has_perm(permission) for permission in permissions)


def may_see_parent(request: HttpRequest, drawing: Drawing) -> bool:
    """Whether the drawing has no parent, or one that the client may see.

    Otherwise the client must learn neither the parent's id nor the strokes drawn on it.
    """
    parent = drawing.parent
    return parent is None or may_see(request, parent.id, parent)


def get_drawing(request: HttpRequest, id: UUID, queryset: DrawingQuerySet) -> Drawing:
    """Returns the drawing with this id. Raises Http404 if the client may not see it."""
    row = queryset.filter(pk=id).order_by()  # ordering a single row would double the cost
    found = (next(iter(row.using(using)), None) for using in databases_to_search())
    return visible_or_404(request, id, next(filter(None, found), None))


def get_image_row(request: HttpRequest, id: UUID, *, with_blob: bool) -> ImageRow:
    """Like `get_drawing`, but reads only the columns that an image needs."""
    found = (
        find_image_row(id, with_blob=with_blob, using=using) for using in databases_to_search()
    )
    return visible_or_404(request, id, next(filter(None, found), None))


def get_own_drawing(request: HttpRequest, id: UUID) -> Drawing:
    """Returns the drawing, whatever its status. Raises Http404 unless this browser sent it."""
    owner = owner_cookie.owner_of(request)
    if owner is None:
        raise Http404
    return get_object_or_404(Drawing.objects.for_lists(), owner=owner, pk=id)


def visible_or_404(request: HttpRequest, id: UUID, drawing: Found | None) -> Found:
    """Returns the drawing. Raises Http404 if it is None or the client may not see it."""
    if drawing is None:
        raise Http404
    if not may_see(request, id, drawing):
        is_pending = drawing.status == Drawing.Status.PENDING
        raise AwaitingApprovalError if is_pending else Http404
    return drawing


def refuse_other_sites(request: HttpRequest) -> None:
    """Refuse requests that pages of other sites make their visitors' browsers send.

    For views without a CSRF token: otherwise any page could make its visitors fill the gallery,
    each within the limits of one address. Programs send no Origin header, so they pass. Raises
    RefusedError (403).
    """
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.get_host():
        raise RefusedError(403, "Pages of other sites can't send drawings to this one.")

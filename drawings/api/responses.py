"""Drawings as JSON, and the headers of the API's responses."""

import hashlib
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers

from drawings.api import schemas
from drawings.api.auth import SAFE, Client
from drawings.datasets.splits import split_of
from drawings.models import Drawing

JSON = "application/json"
# A drawing that is hidden is gone from caches after this long.
CACHE_SECONDS = 60
# Headers that a page of another site may read.
EXPOSED = "ETag, Link, Retry-After"


def describe(
    request: HttpRequest, client: Client, drawings: Sequence[Drawing]
) -> list[schemas.Drawing]:
    """The JSON of drawings that `for_api` has found."""
    parents = {drawing.parent_id for drawing in drawings if drawing.parent_id is not None}
    if parents and not client.may("view_drawing"):
        public = Drawing.objects.published().filter(pk__in=parents)
        parents = set(public.values_list("pk", flat=True))
    return [_describe(request, drawing, parents) for drawing in drawings]


def _describe(request: HttpRequest, drawing: Drawing, parents: set[UUID]) -> schemas.Drawing:
    """`parents` are the ids of those parents that the client may see. For any other parent, the
    client learns neither its id nor the strokes that were drawn on it."""
    shows_strokes = drawing.has_strokes and drawing.parent_id in {None, *parents}
    url = request.build_absolute_uri(drawing.get_absolute_url())
    columns = ("id", "title", "artist", "colormap", "width", "height", "vmin", "vmax")
    return schemas.Drawing(
        url=url,
        image_url=f"{url}image.png",
        pixels_url=f"{url}pixels.npy",
        strokes_url=f"{url}strokes.json" if shows_strokes else None,
        status=cast(schemas.Status, drawing.status),
        created_at=drawing.created_at,
        updated_at=drawing.updated_at,
        parent=drawing.parent_id if drawing.parent_id in parents else None,
        split=split_of(drawing.id),
        **{name: getattr(drawing, name) for name in columns},
    )


def read_again(listed: Sequence[Drawing]) -> list[Drawing]:
    """Drawings of a list, read again for the response, in their order.

    Drawings that were deleted or have changed since they were listed are left out: they have a new
    place in the list of changes, and their new `updated_at` would make a client skip others.
    """
    found = Drawing.objects.for_api().in_bulk([drawing.pk for drawing in listed])
    return [
        found[each.pk]
        for each in listed
        if each.pk in found and _is_unchanged(found[each.pk], each)
    ]


def _is_unchanged(now: Drawing, listed: Drawing) -> bool:
    """Whether a drawing has kept its status and, if the list has it, its last change."""
    updated_at = getattr(listed, "updated_at", now.updated_at)
    return (now.status, now.updated_at) == (listed.status, updated_at)


def as_sent(sent: Drawing, stored: Drawing) -> Drawing:
    """The drawing as the client has sent it, with the id and the time of the stored row.

    For clients that may not see the stored row: they may have guessed its submission key.
    """
    sent.id, sent.created_at = stored.id, stored.created_at
    sent.updated_at = stored.created_at
    sent.status = Drawing.Status.PENDING
    sent.has_strokes = sent.strokes is not None and sent.strokes_agree is not False
    return sent


def json_response(
    request: HttpRequest, body: schemas.ResponseBody, status: int = 200
) -> HttpResponse:
    """The body as JSON, or 304 if the client has it."""
    content = body.model_dump_json().encode()
    if request.method not in SAFE:
        return HttpResponse(content, content_type=JSON, status=status)
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    response = get_conditional_response(request, etag=etag) or HttpResponse(
        content, content_type=JSON
    )
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={CACHE_SECONDS}"
    return response


def with_headers(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Set the CORS and cache headers of a view's responses.

    Scripts of other sites may read public responses. They cannot use a visitor's token, as no
    cookie holds one.
    """

    @wraps(run)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = run(request, *args, **kwargs)
        patch_vary_headers(response, ["Authorization"])
        if "Authorization" in request.headers:
            response["Cache-Control"] = "private, no-store"
        elif request.method in SAFE:
            response["Access-Control-Allow-Origin"] = "*"
            response["Access-Control-Expose-Headers"] = EXPOSED
        else:
            response["Cache-Control"] = "no-store"
        return response

    return wrapped

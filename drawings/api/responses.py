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
# Caches may keep a hidden drawing for this long.
CACHE_SECONDS = 60
# Headers that scripts of other sites may read.
EXPOSED = "ETag, Link, Retry-After"


def describe_drawings(
    request: HttpRequest, client: Client, drawings: Sequence[Drawing]
) -> list[schemas.Drawing]:
    """Returns the response schema of each drawing. The drawings must come from `for_api()`."""
    parents = {drawing.parent_id for drawing in drawings if drawing.parent_id is not None}
    if parents and not client.may("view_drawing"):
        public = Drawing.objects.published().filter(pk__in=parents)
        parents = set(public.values_list("pk", flat=True))
    return [_describe_drawing(request, drawing, parents) for drawing in drawings]


def _describe_drawing(
    request: HttpRequest, drawing: Drawing, parents: set[UUID]
) -> schemas.Drawing:
    """Describe a drawing. `parents` holds the ids of the parents that the client may see.

    The client learns neither the id of any other parent nor the strokes drawn on it.
    """
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


def reload_drawings(listed: Sequence[Drawing]) -> list[Drawing]:
    """Returns the listed drawings in the same order, with all columns that the response needs.

    Leaves out drawings that were deleted or changed since they were listed: they have moved in the
    list of changes, and their new `updated_at` would make a client skip others.
    """
    found = Drawing.objects.for_api().in_bulk([drawing.pk for drawing in listed])
    return [
        found[each.pk]
        for each in listed
        if each.pk in found and _is_unchanged(found[each.pk], each)
    ]


def _is_unchanged(now: Drawing, listed: Drawing) -> bool:
    """Whether the status and, if it was listed, `updated_at` are the same as in the list."""
    updated_at = getattr(listed, "updated_at", now.updated_at)
    return (now.status, now.updated_at) == (listed.status, updated_at)


def as_sent(sent: Drawing, stored: Drawing) -> Drawing:
    """Returns the drawing as the client sent it, with the stored row's id and creation time.

    For clients that may not see the stored row, as they may have guessed its submission key.
    """
    sent.id, sent.created_at = stored.id, stored.created_at
    sent.updated_at = stored.created_at
    sent.status = Drawing.Status.PENDING
    sent.has_strokes = sent.strokes is not None and sent.strokes_agree is not False
    return sent


def json_response(
    request: HttpRequest, body: schemas.ResponseBody, status: int = 200
) -> HttpResponse:
    """Returns the body as JSON, or 304 if the client has it."""
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
    """Decorate a view to set the CORS and cache headers of its responses.

    Scripts of other sites may read public responses. They can't use a visitor's token, because no
    cookie holds it.
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

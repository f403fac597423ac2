"""The operations of version 1 of the API. Their parameters and bodies are in schemas.py."""

import logging
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypeVar, cast
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import NinjaAPI, Path, Query
from ninja.parser import Parser

from drawings.api import auth, errors, npz, pagination, request_bodies, responses, schemas
from drawings.api.auth import Client
from drawings.datasets.exports.formats import FORMATS
from drawings.datasets.splits import split_of
from drawings.forms import validated
from drawings.http import access, throttling
from drawings.http.client_address import client_address
from drawings.http.exports import export_response
from drawings.http.plot_slots import plot_slot
from drawings.models import Drawing
from drawings.queries import statistics
from drawings.queries.filters import DrawingFilter
from drawings.queries.replicas import databases_to_search, may_lag, use_primary
from drawings.services import moderation, submissions
from drawsite.lib import strict_json
from drawsite.lib.refusals import RefusedError

VERSION = "1"
# The limit for one file's pixels before compression.
MAX_ARRAY_BYTES = 64_000_000

Operation = TypeVar("Operation", bound=Callable[..., Any])

logger = logging.getLogger(__name__)


class StrictParser(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        return strict_json.loads(request.body)


api = NinjaAPI(
    title="Drawsite",
    version=VERSION,
    urls_namespace="api",
    openapi_url=None,
    docs_url=None,
    auth=auth.Anybody(),
    parser=StrictParser(),
)
api.add_decorator(responses.with_headers, mode="view")
errors.add_handlers(api)


def operation(
    methods: str, path: str, url_name: str, *statuses: int, ok: Mapping[int, Any], **options: Any
) -> Callable[[Operation], Operation]:
    """Register a function as an operation of the API.

    `ok` maps success statuses to their bodies. `statuses` are the operation's error statuses, in
    addition to those that every operation has.
    """
    failures = dict.fromkeys(sorted({400, 401, 429, 503, *statuses}), schemas.Errors)
    response = {**ok, **failures}
    return api.api_operation(methods.split(), path, url_name=url_name, response=response, **options)


def client_of(request: HttpRequest) -> Client:
    return cast(Client, request.auth)  # type: ignore[attr-defined]


def build_filter(request: HttpRequest, query: schemas.ExportQuery) -> DrawingFilter:
    """Returns a query's filter. Raises RefusedError if the client may not see such drawings."""
    values = {name: getattr(query, name, None) for name in DrawingFilter._fields}
    given = {name: value for name, value in values.items() if value is not None}
    drawing_filter = DrawingFilter.published()._replace(**given)
    if not drawing_filter.is_published_only:
        auth.require_permissions(client_of(request), "view_drawing")
    return drawing_filter


def read_page(
    request: HttpRequest, query: schemas.ListQuery | schemas.ArrayQuery
) -> pagination.Page:
    """Returns a query's page. Raises RefusedError if the client may not see such drawings."""
    drawing_filter = build_filter(request, query)
    if query.updated_since is not None:
        use_primary()  # a replica may lack changes older than its newest one
    after = pagination.decode_cursor(query.cursor) if query.cursor else None
    return pagination.read_page(drawing_filter, query.updated_since, after, query.limit)


def next_url(request: HttpRequest, page: pagination.Page) -> str | None:
    if page.next is None:
        return None
    parameters = request.GET.copy()
    parameters["cursor"] = pagination.encode_cursor(page.next)
    return request.build_absolute_uri(f"{request.path}?{parameters.urlencode()}")


# --- Drawings -------------------------------------------------------------------------------


@operation(
    "GET HEAD",
    "/drawings",
    "drawings",
    403,
    422,
    ok={200: schemas.DrawingList},
    operation_id="list_drawings",
    summary="List drawings",
)
@may_lag
def list_drawings(request: HttpRequest, query: Query[schemas.ListQuery]) -> HttpResponse:
    """Returns a page of drawings, newest first. With `updated_since`, the oldest change comes
    first, so that you can keep a copy up to date: the last drawing's `updated_at` is the next
    `updated_since`.

    Follow `next` until it is null. A page may have fewer drawings than `limit`, even none, and
    still not be the last.
    """
    page = read_page(request, query)
    drawings = responses.reload_drawings(page.drawings)
    return responses.json_response(
        request,
        schemas.DrawingList(
            drawings=responses.describe_drawings(request, client_of(request), drawings),
            next=next_url(request, page),
        ),
    )


@operation(
    "POST",
    "/drawings",
    "drawings",
    403,
    404,
    413,
    415,
    422,
    ok={201: schemas.Drawing, 200: schemas.Drawing},
    operation_id="create_drawing",
    summary="Send a drawing",
    openapi_extra=request_bodies.OPENAPI,
)
def create_drawing(request: HttpRequest) -> HttpResponse:
    """Stores a drawing under the same rules as on the site, and the same limit, `SUBMIT_RATE`.

    The response is 201 for a new drawing. It is 200 if a drawing with this `submission_key` exists,
    which stays unchanged. If the site requires approval, a new drawing is pending and not public.

    The response describes the stored drawing only to clients that may see it. Other clients get the
    stored drawing's `id`, URLs and `created_at`, always the status pending, and otherwise the
    values that they sent.
    """
    throttling.admit_submission(request)
    sent = validated(request_bodies.read_form(request), status=422).build_drawing()
    row, is_new = submissions.store_submission(sent, client_address(request))
    client = client_of(request)
    stored = Drawing.objects.for_api().filter(pk=row.pk).first()
    if stored is None:  # deleted meanwhile
        raise Http404
    if not (access.is_public(stored) or client.may("view_drawing")):
        stored = responses.as_sent(sent, stored)
    (described,) = responses.describe_drawings(request, client, [stored])
    response = responses.json_response(request, described, 201 if is_new else 200)
    response["Location"] = request.build_absolute_uri(f"{request.path}/{stored.id}")
    return response


@operation(
    "GET HEAD",
    "/drawings/{uuid:id}",
    "drawing",
    404,
    ok={200: schemas.Drawing},
    operation_id="get_drawing",
    summary="Get a drawing",
)
@may_lag
def get_drawing(request: HttpRequest, id: UUID) -> HttpResponse:
    """Returns one drawing, or 404 if it doesn't exist or you may not see it."""
    rows = Drawing.objects.for_api()
    if not client_of(request).may("view_drawing"):
        rows = rows.published()
    found = (rows.using(using).filter(pk=id).first() for using in databases_to_search())
    drawing = next(filter(None, found), None)
    if drawing is None:
        raise Http404
    (described,) = responses.describe_drawings(request, client_of(request), [drawing])
    return responses.json_response(request, described)


@operation(
    "PATCH",
    "/drawings/{uuid:id}",
    "drawing",
    403,
    404,
    409,
    413,
    422,
    ok={200: schemas.Drawing},
    auth=auth.Token(),
    operation_id="change_drawing",
    summary="Publish or hide a drawing",
)
def change_drawing(request: HttpRequest, id: UUID, change: schemas.StatusChange) -> HttpResponse:
    """Changes a drawing's status and settles its open reports. Needs a token with Curate. The
    admin's log records who did it.

    Send the `updated_at` that you saw, because artists can rename their drawings at any time: if
    the drawing has changed since, it stays as it is, and the response is 409.
    """
    client = client_of(request)
    user = auth.require_permissions(client, "view_drawing", "curate_drawing")
    rows = Drawing.objects.for_api().filter(pk=id)
    drawing = rows.first()
    if drawing is None:
        raise Http404
    _, skipped = moderation.set_status(
        [drawing], change.status, cast(int, user.pk), seen_at=change.updated_at
    )
    if skipped:
        raise RefusedError(409, "The drawing has changed since. Look at it again.")
    drawing = rows.first()
    if drawing is None:
        raise Http404
    (described,) = responses.describe_drawings(request, client, [drawing])
    return responses.json_response(request, described)


@operation(
    "GET HEAD",
    "/drawings.npz",
    "array",
    403,
    422,
    ok={200: None},
    operation_id="get_array",
    summary="Get many drawings as NumPy arrays",
    openapi_extra={
        "responses": {
            200: {
                "content": {"application/zip": {}},
                "headers": {
                    "Link": {
                        "description": 'The next page, as `<URL>; rel="next"`, if there is one.',
                        "schema": {"type": "string"},
                    }
                },
            }
        }
    },
)
@may_lag
def get_array(request: HttpRequest, query: Query[schemas.ArrayQuery]) -> HttpResponse:
    """Returns one file for `numpy.load`, in the order of the list. Its arrays are `images`, uint8
    (N, H, W) from 0 (black) to 255 (white); `sizes`, the heights and widths (N, 2); and `ids`,
    `labels` (the titles), `artists` and `splits`, each (N,).

    Smaller drawings are at the top left on white. The header `Link` gives the next page; if the
    drawings are large, a page has fewer of them. Each file counts against `FIGURE_RATE`.
    """
    page = read_page(request, query)
    page = page.shortened(count_fitting(page.drawings))
    with plot_slot(request) as run:
        content, damaged = run(npz.make_npz, read_npz_rows(page.drawings))
    for each in damaged:
        logger.error("The pixels of drawing %s cannot be read", each)
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = 'attachment; filename="drawings.npz"'
    response["Cache-Control"] = f"public, max-age={responses.CACHE_SECONDS}"
    if (url := next_url(request, page)) is not None:
        response["Link"] = f'<{url}>; rel="next"'
    return response


def count_fitting(drawings: list[Drawing]) -> int:
    """Returns how many of the first drawings fit into MAX_ARRAY_BYTES, but at least 1."""
    height = width = 0
    for number, drawing in enumerate(drawings, start=1):
        height, width = max(height, drawing.height), max(width, drawing.width)
        if number * height * width > MAX_ARRAY_BYTES:
            return max(1, number - 1)
    return len(drawings)


def read_npz_rows(drawings: list[Drawing]) -> list[npz.Row]:
    """Read the pixels of drawings. Leaves out drawings that were deleted meanwhile."""
    blobs = dict(
        Drawing.objects.filter(pk__in=[drawing.pk for drawing in drawings]).values_list(
            "pk", "blob"
        )
    )
    return [
        npz.Row(
            str(drawing.id),
            drawing.title,
            drawing.artist,
            split_of(drawing.id),
            drawing.height,
            drawing.width,
            bytes(blobs[drawing.id]),
        )
        for drawing in drawings
        if drawing.id in blobs
    ]


# --- The wall -------------------------------------------------------------------------------


@operation(
    "GET",
    "/export.{format}",
    "export",
    403,
    404,
    422,
    ok={200: None},
    auth=auth.Token(),
    operation_id="export_drawings",
    summary="Export drawings as a dataset",
    openapi_extra={
        "responses": {
            200: {"content": {each.content_type: {} for each in FORMATS.values()}},
        }
    },
)
def export_drawings(
    request: HttpRequest,
    format: Annotated[Literal[tuple(FORMATS)], Path()],  # type: ignore[valid-type]
    query: Query[schemas.ExportQuery],
) -> HttpResponseBase:
    """Streams all matching drawings as one file, the oldest first. Needs a token with Export.

    Each process of the server runs one export at a time and responds with 503 meanwhile. An export
    ends early after an hour, or when the client reads nothing for a minute. The admin's log records
    who exported what.
    """
    user = auth.require_permissions(client_of(request), "export_drawing")
    return export_response(request, format, build_filter(request, query), user)


@operation(
    "GET HEAD",
    "/statistics",
    "statistics",
    403,
    422,
    ok={200: schemas.Statistics},
    auth=auth.Token(),
    operation_id="get_statistics",
    summary="Get statistics",
)
def get_statistics(request: HttpRequest, query: Query[schemas.StatisticsQuery]) -> HttpResponse:
    """Returns the number of drawings received per day, and of each colormap. Pending and hidden
    drawings count, too. Needs a token with Read.
    """
    auth.require_permissions(client_of(request), "view_drawing")
    days = statistics.count_last_days(int(query.days))
    colormaps = statistics.count_colormaps()
    return responses.json_response(
        request,
        schemas.Statistics(
            days=[schemas.Day(**day._asdict()) for day in days],
            colormaps=[
                schemas.ColormapCount(colormap=name, drawings=number) for name, number in colormaps
            ],
            sampled=sum(number for _, number in colormaps),
        ),
    )

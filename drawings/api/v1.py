"""The operations of the API's first version. Their parameters and bodies are in schemas.py."""

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
from drawings.queries.replicas import may_lag, use_primary, where_to_look
from drawings.services import moderation, submissions
from drawsite.lib import strict_json
from drawsite.lib.refusals import RefusedError

VERSION = "1"
# The pixels of one file, before they are compressed.
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
    """An operation of the API.

    `ok` maps the statuses of success to their bodies; `statuses` are those of its errors, beside
    the ones that every operation has.
    """
    failures = dict.fromkeys(sorted({400, 401, 429, 503, *statuses}), schemas.Errors)
    response = {**ok, **failures}
    return api.api_operation(methods.split(), path, url_name=url_name, response=response, **options)


def client_of(request: HttpRequest) -> Client:
    return cast(Client, request.auth)  # type: ignore[attr-defined]


def filter_of(request: HttpRequest, query: schemas.ExportQuery) -> DrawingFilter:
    """The filter of a query. Raises RefusedError if the client may not see such drawings."""
    values = {name: getattr(query, name, None) for name in DrawingFilter._fields}
    given = {name: value for name, value in values.items() if value is not None}
    drawing_filter = DrawingFilter.published()._replace(**given)
    if not drawing_filter.is_published_only:
        auth.require(client_of(request), "view_drawing")
    return drawing_filter


def page_of(request: HttpRequest, query: schemas.ListQuery | schemas.ArrayQuery) -> pagination.Page:
    """The page of a query. Raises RefusedError if the client may not see such drawings."""
    drawing_filter = filter_of(request, query)
    if query.updated_since is not None:
        use_primary()  # a replica may lack changes that were written before its newest one
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
    summary="Drawings, a page at a time",
)
@may_lag
def list_drawings(request: HttpRequest, query: Query[schemas.ListQuery]) -> HttpResponse:
    """The newest first; with `updated_since` the oldest change first, for keeping a copy up to
    date: the `updated_at` of the last drawing is the next `updated_since`.

    Follow `next` until it is null: a page may have fewer drawings than `limit`, even none, and
    not be the last.
    """
    page = page_of(request, query)
    drawings = responses.read_again(page.drawings)
    return responses.json_response(
        request,
        schemas.DrawingList(
            drawings=responses.describe(request, client_of(request), drawings),
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
    summary="A new drawing",
    openapi_extra=request_bodies.OPENAPI,
)
def create_drawing(request: HttpRequest) -> HttpResponse:
    """As on the site: the same rules, and the same limit of `SUBMIT_RATE`.

    201 if it is new; 200 if one with this `submission_key` was there, which is then left as it is.
    Where the wall asks for approval its status is pending, and nobody sees it yet.

    The answer describes the stored drawing only to clients that may see it. To any other client it
    gives the `id`, URLs and `created_at` of the stored drawing and the status pending, whatever the
    real one is; everything else is what this very request sent.
    """
    throttling.admit_submission(request)
    sent = validated(request_bodies.read_form(request), status=422).drawing()
    row, is_new = submissions.store(sent, client_address(request))
    client = client_of(request)
    stored = Drawing.objects.for_api().filter(pk=row.pk).first()
    if stored is None:  # deleted since
        raise Http404
    if not (access.is_public(stored) or client.may("view_drawing")):
        stored = responses.as_sent(sent, stored)
    (described,) = responses.describe(request, client, [stored])
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
    summary="One drawing",
)
@may_lag
def get_drawing(request: HttpRequest, id: UUID) -> HttpResponse:
    """404 for one that is not there, or not for who asks."""
    rows = Drawing.objects.for_api()
    if not client_of(request).may("view_drawing"):
        rows = rows.published()
    found = (rows.using(using).filter(pk=id).first() for using in where_to_look())
    drawing = next(filter(None, found), None)
    if drawing is None:
        raise Http404
    (described,) = responses.describe(request, client_of(request), [drawing])
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
    """For a token that may curate. It is written down who did it, and open reports of the drawing
    are settled.

    With the `updated_at` that the decision was made on, a drawing that has changed since is left as
    it is, and the answer is 409: artists may change what theirs are called at any time.
    """
    client = client_of(request)
    user = auth.require(client, "view_drawing", "curate_drawing")
    rows = Drawing.objects.for_api().filter(pk=id)
    drawing = rows.first()
    if drawing is None:
        raise Http404
    _, left = moderation.set_status(
        [drawing], change.status, cast(int, user.pk), seen_at=change.updated_at
    )
    if left:
        raise RefusedError(409, "The drawing has changed since. Look at it again.")
    drawing = rows.first()
    if drawing is None:
        raise Http404
    (described,) = responses.describe(request, client, [drawing])
    return responses.json_response(request, described)


@operation(
    "GET HEAD",
    "/drawings.npz",
    "array",
    403,
    422,
    ok={200: None},
    operation_id="get_array",
    summary="Many drawings, for NumPy",
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
    """One file for `numpy.load`, in the order of the list: `images` uint8 (N, H, W), 0 black to 255
    white, and as many `ids`, `labels` (the titles), `artists`, `sizes` (height, width), `splits`.

    Smaller drawings lie at the top left of white paper. The header `Link` leads to the next page:
    large drawings come fewer at a time. Counts as a figure, on `FIGURE_RATE`.
    """
    page = page_of(request, query)
    page = page.shortened(count_fitting(page.drawings))
    with plot_slot(request) as run:
        content, damaged = run(npz.make_npz, rows_of(page.drawings))
    for each in damaged:
        logger.error("The pixels of drawing %s cannot be read", each)
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = 'attachment; filename="drawings.npz"'
    response["Cache-Control"] = f"public, max-age={responses.CACHE_SECONDS}"
    if (url := next_url(request, page)) is not None:
        response["Link"] = f'<{url}>; rel="next"'
    return response


def count_fitting(drawings: list[Drawing]) -> int:
    """The number of leading drawings that fit into MAX_ARRAY_BYTES; at least one."""
    height = width = 0
    for number, drawing in enumerate(drawings, start=1):
        height, width = max(height, drawing.height), max(width, drawing.width)
        if number * height * width > MAX_ARRAY_BYTES:
            return max(1, number - 1)
    return len(drawings)


def rows_of(drawings: list[Drawing]) -> list[npz.Row]:
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
    summary="All drawings, as a dataset",
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
    """For a token that may export: one file, made while it is sent, in the order they were drawn.

    One at a time in each process of the server: 503 while another export is under way. It is broken
    off after an hour, or when nothing of it is taken for a minute. Who took what is noted.
    """
    user = auth.require(client_of(request), "export_drawing")
    return export_response(request, format, filter_of(request, query), user)


@operation(
    "GET HEAD",
    "/statistics",
    "statistics",
    403,
    422,
    ok={200: schemas.Statistics},
    auth=auth.Token(),
    operation_id="get_statistics",
    summary="What has come to the wall",
)
def get_statistics(request: HttpRequest, query: Query[schemas.StatisticsQuery]) -> HttpResponse:
    """For a token that may read all drawings: those that wait or are hidden count as well."""
    auth.require(client_of(request), "view_drawing")
    colormaps = statistics.colormaps()
    return responses.json_response(
        request,
        schemas.Statistics(
            days=[schemas.Day(**day._asdict()) for day in statistics.days(int(query.days))],
            colormaps=[
                schemas.ColormapCount(colormap=name, drawings=number) for name, number in colormaps
            ],
            sampled=sum(number for _, number in colormaps),
        ),
    )

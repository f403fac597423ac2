"""The operations of the API's first version: see schemas.py for what each asks and answers."""

import logging
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypeVar, cast
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import NinjaAPI, Path, Query
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

from drawings.api import auth, cursors, npz, pagination, request_bodies, responses, schemas
from drawings.api.auth import Client, RefusedError
from drawings.datasets.exports.formats import FORMATS
from drawings.datasets.exports.source import Selection
from drawings.datasets.splits import split_of
from drawings.forms import sentences
from drawings.http import access, throttling
from drawings.http.errors import error_response, not_found, request_error
from drawings.http.exports import export_response
from drawings.http.plot_slots import figure_turn
from drawings.models import Drawing
from drawings.plotting import worker
from drawings.queries import statistics
from drawings.queries.replicas import may_lag, use_primary, where_to_look
from drawings.services import moderation, submissions
from drawsite.lib import strict_json
from drawsite.ratelimit import limiter

VERSION = "1"
# Of the pixels of one file, before they are compressed.
MOST_ARRAY_BYTES = 64_000_000
MOST_ERRORS = 20
FIELD_LENGTH = 40

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
api.add_decorator(responses.dress, mode="view")


def operation(
    methods: str, path: str, url_name: str, *statuses: int, ok: Mapping[int, Any], **options: Any
) -> Callable[[Operation], Operation]:
    """An operation of the API: what it answers when all is well, and which errors it knows beside
    those that any can have."""
    errors = dict.fromkeys(sorted({400, 401, 429, 503, *statuses}), schemas.Errors)
    response = {**ok, **errors}
    return api.api_operation(methods.split(), path, url_name=url_name, response=response, **options)


def client_of(request: HttpRequest) -> Client:
    return cast(Client, request.auth)  # type: ignore[attr-defined]


def status_to_read(request: HttpRequest, filters: schemas.ExportQuery) -> str:
    """The status that is asked for. Raises RefusedError if it is not for this client."""
    status = filters.status or Drawing.Status.PUBLISHED
    if status != Drawing.Status.PUBLISHED:
        auth.demand(request, client_of(request), "view_drawing")
    return status


def page_of(
    request: HttpRequest, filters: schemas.ListQuery | schemas.ArrayQuery
) -> pagination.Page:
    """The page that is asked for. Raises RefusedError if it is not for this client."""
    status = status_to_read(request, filters)
    if filters.updated_since is not None:
        use_primary()  # a replica may lack what was written before the newest change that it has
    return pagination.read(filters, status, filters.limit)


def next_url(request: HttpRequest, page: pagination.Page) -> str | None:
    if page.next is None:
        return None
    query = request.GET.copy()
    query["cursor"] = cursors.write(page.next)
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


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
def list_drawings(request: HttpRequest, filters: Query[schemas.ListQuery]) -> HttpResponse:
    """The newest first; with `updated_since` the oldest change first, for keeping a copy up to
    date: the `updated_at` of the last drawing is the next `updated_since`.

    Follow `next` until it is null: a page may have fewer drawings than `limit`, even none, and
    not be the last.
    """
    page = page_of(request, filters)
    drawings = responses.current(page.drawings)
    return responses.answer(
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
    receipt = submissions.receive(request, lambda: request_bodies.read(request))
    if isinstance(receipt, HttpResponse):
        return receipt
    if receipt.sent is None or receipt.drawing is None:
        return error_response(request, 422, sentences(receipt.form))
    client = client_of(request)
    stored = Drawing.objects.for_answers().filter(pk=receipt.drawing.pk).first()
    if stored is None:  # somebody has deleted it meanwhile
        raise Http404
    if not (access.is_public(stored) or client.may("view_drawing")):
        stored = responses.echo(receipt.sent, stored)
    (described,) = responses.describe(request, client, [stored])
    response = responses.answer(request, described, 201 if receipt.is_new else 200)
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
    rows = Drawing.objects.for_answers()
    if not client_of(request).may("view_drawing"):
        rows = rows.published()
    found = (rows.using(using).filter(pk=id).first() for using in where_to_look())
    drawing = next(filter(None, found), None)
    if drawing is None:
        raise Http404
    (described,) = responses.describe(request, client_of(request), [drawing])
    return responses.answer(request, described)


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
    user = auth.demand(request, client, "view_drawing", "curate_drawing")
    rows = Drawing.objects.for_answers().filter(pk=id)
    drawing = rows.first()
    if drawing is None:
        raise Http404
    _, left = moderation.set_status(
        [drawing], change.status, cast(int, user.pk), seen_at=change.updated_at
    )
    if left:
        return request_error(request, 409, "The drawing has changed since. Look at it again.")
    drawing = rows.first()
    if drawing is None:
        raise Http404
    (described,) = responses.describe(request, client, [drawing])
    return responses.answer(request, described)


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
def get_array(request: HttpRequest, filters: Query[schemas.ArrayQuery]) -> HttpResponse:
    """One file for `numpy.load`, in the order of the list: `images` uint8 (N, H, W), 0 black to 255
    white, and as many `ids`, `labels` (the titles), `artists`, `sizes` (height, width), `splits`.

    Smaller drawings lie at the top left of white paper. The header `Link` leads to the next page:
    large drawings come fewer at a time. Counts as a figure, on `FIGURE_RATE`.
    """
    page = page_of(request, filters)
    page = page.shortened(fitting(page.drawings))
    try:
        with figure_turn(request) as run:
            content, damaged = run(npz.npz, rows_of(page.drawings))
    except (limiter.TooOftenError, worker.BusyError) as error:
        return throttling.come_back(request, error)
    for each in damaged:
        logger.error("The pixels of drawing %s cannot be read", each)
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = 'attachment; filename="drawings.npz"'
    response["Cache-Control"] = f"public, max-age={responses.CACHE_SECONDS}"
    if (url := next_url(request, page)) is not None:
        response["Link"] = f'<{url}>; rel="next"'
    return response


def fitting(drawings: list[Drawing]) -> int:
    """How many of the drawings, in their order, fit into MOST_ARRAY_BYTES; one at least."""
    height = width = 0
    for number, drawing in enumerate(drawings, start=1):
        height, width = max(height, drawing.height), max(width, drawing.width)
        if number * height * width > MOST_ARRAY_BYTES:
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
    asked: Query[schemas.ExportQuery],
) -> HttpResponseBase:
    """For a token that may export: one file, made while it is sent, in the order they were drawn.

    One at a time in each process of the server: 503 while another export is under way. It is broken
    off after an hour, or when nothing of it is taken for a minute. Who took what is noted.
    """
    user = auth.demand(request, client_of(request), "export_drawing")
    status = status_to_read(request, asked)
    values = {name: value for name, value in asked.model_dump().items() if value is not None}
    selection = Selection(**{**values, "status": status})
    return export_response(request, format, selection, user)


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
def get_statistics(request: HttpRequest, asked: Query[schemas.StatisticsQuery]) -> HttpResponse:
    """For a token that may read all drawings: those that wait or are hidden count as well."""
    auth.demand(request, client_of(request), "view_drawing")
    colormaps = statistics.colormaps()
    return responses.answer(
        request,
        schemas.Statistics(
            days=[schemas.Day(**day._asdict()) for day in statistics.days(int(asked.days))],
            colormaps=[
                schemas.ColormapCount(colormap=name, drawings=number) for name, number in colormaps
            ],
            sampled=sum(number for _, number in colormaps),
        ),
    )


# --- Errors ---------------------------------------------------------------------------------


@api.exception_handler(RefusedError)
def refused(request: HttpRequest, error: RefusedError) -> HttpResponse:
    return error.response


@api.exception_handler(Http404)
def nothing_there(request: HttpRequest, error: Http404) -> HttpResponse:
    return not_found(request, error)


@api.exception_handler(HttpError)
def unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Only for a body that is no JSON: whatever else can be wrong, this module refuses itself."""
    return request_error(request, 400, "The body is not JSON.")


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors: dict[str, list[str]] = {}
    for each in error.errors[:MOST_ERRORS]:
        source, *path = each["loc"]
        if source == "path":  # of an address that is none
            return not_found(request, error)
        if source == "body":  # behind the name of the operation's argument
            path = path[1:]
        field = str(path[0])[:FIELD_LENGTH] if path else "request"
        errors.setdefault(field, []).append(sentence(each))
    return error_response(request, 422, errors)


def sentence(error: Mapping[str, Any]) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "value_error":  # one of schemas.py
            return str(context["error"])
        case "literal_error":
            return f"Give {context['expected']}."
        case "missing":
            return "This is missing."
        case "extra_forbidden":
            return "There is no such field."
        case "model_type" | "model_attributes_type":
            return "Send a JSON object."
    return "This cannot be taken as it is."


@api.exception_handler(Exception)
def leave_to_django(request: HttpRequest, error: Exception) -> HttpResponse:
    raise error

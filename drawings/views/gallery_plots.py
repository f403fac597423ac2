"""The page with plots of many drawings, and the plots themselves."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from drawings.forms import error_sentences, validated
from drawings.forms.gallery import PlotsForm
from drawings.http import throttling
from drawings.http.caching import (
    CONTENT_TYPES,
    allow_caches,
    conditional_response,
    has_canonical_query,
    set_filename,
)
from drawings.http.errors import wants_json
from drawings.http.plot_slots import PLOTTING_VERSION, plot_slot
from drawings.models import Drawing
from drawings.plotting import aggregates, gallery_plots, worker
from drawings.plotting.aggregates import ThumbnailSource
from drawings.queries import sampling
from drawings.queries.filters import DrawingFilter
from drawings.queries.replicas import may_lag
from drawings.queries.sampling import Sample
from drawings.views import gallery_plot_texts

if TYPE_CHECKING:
    from PIL import Image

# At most this many pixels are read and sent to the plot worker at once.
BATCH_PIXELS = 4_000_000


@gzip_page
@require_safe
@may_lag
def page(request: HttpRequest) -> HttpResponse:
    """The page: plots of a selection, and which drawings they show and leave out."""
    form = PlotsForm(request.GET)
    if not wants_json(request) and not form.is_valid():
        return render_errors(request, form)
    query, drawing_filter = validated(form).query(), form.drawing_filter()
    sample = sampling.take_sample(drawing_filter)
    context: dict[str, object] = {
        "query": query,
        "address": f"?{urlencode(query)}" if query else "",
        "words": urlencode({name: query[name] for name in query if name in ("q", "cmap")}),
    }
    if sample.drawings:
        days = sampling.count_days(drawing_filter, sample)
        context |= {
            "which": gallery_plot_texts.describe_sample(sample, bool(query)),
            "figures": gallery_plot_texts.describe_plots(sample, days),
            "days": [
                (day, gallery_plot_texts.format_day_count(days, number))
                for day, number in days.counts
                if number
            ],
        }
    response = render(request, "drawings/gallery_plots.html", context)
    allow_caches(response, has_canonical_query(request, **query))
    return response


def render_errors(request: HttpRequest, form: PlotsForm) -> HttpResponse:
    """The page with the form as the client filled it in, and its errors."""
    context = {
        "query": {name: request.GET.get(name, "") for name in form.fields},
        "problems": error_sentences(form),
    }
    response = render(request, "drawings/gallery_plots.html", context, status=400)
    response["Cache-Control"] = "no-store"
    return response


@require_safe
@may_lag
def plot(request: HttpRequest, kind: str, format: str) -> HttpResponse:
    """<kind>.<format>: a plot of a sample of the drawings that the query selects."""
    if kind not in gallery_plots.KINDS:
        raise Http404
    form = validated(PlotsForm(request.GET))
    query, drawing_filter = form.query(), form.drawing_filter()
    throttling.check_limit(request, "figure")  # before sampling, which takes queries
    sample = sampling.take_sample(drawing_filter)
    if not sample.drawings:
        raise Http404
    plan = make_plan(kind, drawing_filter, sample)
    byline = [*plan.byline, *describe_query(query)]

    def make_plot() -> bytes:
        with plot_slot(request) as run:
            return plan.draw(run, format=format, byline=" · ".join(byline))

    parts = (PLOTTING_VERSION, kind, format, byline, plan.etag_parts)
    etag = hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
    response = conditional_response(request, etag, CONTENT_TYPES[format], make_plot)
    allow_caches(response, has_canonical_query(request, **query))
    return set_filename(response, f"drawings-{kind}.{format}", download=format != "png")


def describe_query(query: dict[str, str]) -> Iterator[str]:
    """The query in words, for a plot's byline."""
    for name, value in query.items():
        yield {"q": f"“{value}”", "cmap": value, "artist": f"by {value}"}.get(
            name, f"{name} {value}"
        )


class Plan(NamedTuple):
    """How to draw a plot. Pixels are read only when `draw` is called, so a 304 reads none."""

    byline: list[str]
    etag_parts: Sequence[object]  # all that the plot depends on, besides kind, format and byline
    draw: Callable[..., bytes]  # takes a worker.Run, and the keywords format and byline


def make_plan(kind: str, drawing_filter: DrawingFilter, sample: Sample) -> Plan:
    if kind == "days":
        return plan_days(drawing_filter, sample)
    if kind == "contact":
        return plan_contact_sheet(sample)
    return plan_measure(kind, sample)


def plan_measure(kind: str, sample: Sample) -> Plan:
    height, width, drawings, *_ = sampling.pick_same_size(sample.drawings)
    subject = {"mean": "The mean", "spread": "The spread", "ink": "Ink"}[kind]

    def draw(run: worker.Run, **options: str) -> bytes:
        totals = aggregates.empty_totals(height, width)
        for _, blobs in read_blob_batches(drawings):
            totals = run(aggregates.add_blobs, totals, blobs)
        if not totals.number:
            raise Http404  # all drawings are damaged
        title = f"{subject} of {gallery_plot_texts.format_count(totals.number)}"
        return run(gallery_plots.draw_measure, totals, kind=kind, title=title, **options)

    return Plan([f"{width} × {height} pixels"], [drawing.id for drawing in drawings], draw)


def plan_contact_sheet(sample: Sample) -> Plan:
    drawings = sampling.pick_contacts(sample.drawings)
    # The rows' colours when they were sampled, not when their blobs are read: the ETag has these.
    looks = [(each.height, each.width, each.colormap, each.vmin, each.vmax) for each in drawings]

    def draw(run: worker.Run, **options: str) -> bytes:
        thumbnails: list[Image.Image] = []
        for begin, blobs in read_blob_batches(drawings):
            batch = looks[begin : begin + len(blobs)]
            sources = [
                ThumbnailSource(blob, *look) for blob, look in zip(blobs, batch, strict=True)
            ]
            thumbnails += run(aggregates.make_thumbnails, sources)
        title = f"Contact sheet of {gallery_plot_texts.format_count(len(thumbnails))}"
        return run(gallery_plots.draw_contact_sheet, thumbnails, title=title, **options)

    return Plan([], [[drawing.id for drawing in drawings], looks], draw)


def plan_days(drawing_filter: DrawingFilter, sample: Sample) -> Plan:
    days = sampling.count_days(drawing_filter, sample)

    def draw(run: worker.Run, **options: str) -> bytes:
        return run(gallery_plots.draw_days, days.counts, title="Drawings per day", **options)

    return Plan(gallery_plot_texts.days_byline(days), days.counts, draw)


def read_blob_batches(drawings: Sequence[Drawing]) -> Iterator[tuple[int, list[bytes]]]:
    """Yield batches of the drawings' blobs, each with the index of its first drawing.

    A batch has at most BATCH_PIXELS pixels, but at least one drawing. Raises worker.BusyError if a
    drawing is no longer published, because the next sample will not contain it; Http404 if none of
    the drawings is published.
    """
    ids = [drawing.id for drawing in drawings]
    begin = pixels = 0
    for index, drawing in enumerate(drawings):
        size = drawing.height * drawing.width
        if index > begin and pixels + size > BATCH_PIXELS:
            yield begin, read_blobs(ids[begin:index], ids)
            begin, pixels = index, 0
        pixels += size
    yield begin, read_blobs(ids[begin:], ids)


def read_blobs(ids: Sequence[UUID], all_ids: Sequence[UUID]) -> list[bytes]:
    """The blobs of these drawings, in their order. Raises like `read_blob_batches`."""
    published = Drawing.objects.published()
    found = dict(published.filter(pk__in=ids).values_list("id", "blob"))
    if len(found) < len(ids):
        if found or published.filter(pk__in=all_ids).exists():
            raise worker.BusyError
        raise Http404
    return [bytes(found[key]) for key in ids]

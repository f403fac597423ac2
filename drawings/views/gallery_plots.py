"""What a selection of the gallery's drawings looks like as a whole: the page, and its figures."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from drawings.forms import SelectionForm, sentences
from drawings.http import plot_slots
from drawings.http.caching import (
    CONTENT_TYPES,
    allow_caches,
    call,
    conditional,
    has_canonical_query,
)
from drawings.http.errors import error_response, wants_json
from drawings.http.plot_slots import figure_turn, takes_turns
from drawings.models import Drawing
from drawings.plotting import aggregates, gallery_plots, worker
from drawings.plotting.aggregates import Shown
from drawings.queries import sampling
from drawings.queries.pagination import Selection
from drawings.queries.replicas import may_lag
from drawings.queries.sampling import Sample
from drawings.views import gallery_plot_texts

if TYPE_CHECKING:
    from PIL import Image

# As many pixels are read and sent to the helper at once.
BATCH_PIXELS = 4_000_000


@gzip_page
@require_safe
@may_lag
def page(request: HttpRequest) -> HttpResponse:
    """The figures of a selection, which drawings they are of, and what was left out."""
    asked = SelectionForm(request.GET)
    if not asked.is_valid():
        return bad_selection(request, asked)
    query, selection = asked.query(), asked.selection()
    sample = sampling.take(selection)
    context: dict[str, object] = {
        "query": query,
        "address": f"?{urlencode(query)}" if query else "",
        "words": urlencode({name: query[name] for name in query if name in ("q", "cmap")}),
    }
    if sample.drawings:
        days = sampling.days(selection, sample)
        context |= {
            "which": gallery_plot_texts.which(sample, bool(query)),
            "figures": gallery_plot_texts.figures(sample, days),
            "days": [
                (day, gallery_plot_texts.in_a_day(days, number))
                for day, number in days.counts
                if number
            ],
        }
    response = render(request, "drawings/wall_plots.html", context)
    allow_caches(response, has_canonical_query(request, **query))
    return response


def bad_selection(request: HttpRequest, asked: SelectionForm) -> HttpResponse:
    """For people the form as they filled it in, with what is wrong beside it."""
    errors = sentences(asked)
    if wants_json(request):
        return error_response(request, 400, errors)
    context = {
        "query": {name: request.GET.get(name, "") for name in asked.fields},
        "problems": errors,
    }
    response = render(request, "drawings/wall_plots.html", context, status=400)
    response["Cache-Control"] = "no-store"
    return response


@require_safe
@takes_turns
@may_lag
def figure(request: HttpRequest, kind: str, form: str) -> HttpResponse:
    """<kind>.<form>: a figure of the sample of a selection."""
    if kind not in gallery_plots.KINDS:
        raise Http404
    asked = SelectionForm(request.GET)
    if not asked.is_valid():
        return error_response(request, 400, sentences(asked))
    query, selection = asked.query(), asked.selection()
    plot_slots.refuse_early(request)
    sample = sampling.take(selection)
    if not sample.drawings:
        raise Http404
    plan = plan_of(kind, selection, sample)
    about = [*plan.about, *said(query)]

    def make() -> bytes:
        with figure_turn(request) as run:
            return plan.draw(run, form=form, byline=" · ".join(about))

    parts = (plot_slots.DRAWN_BY, kind, form, about, plan.made_of)
    name = hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
    response = conditional(request, name, CONTENT_TYPES[form], make)
    allow_caches(response, has_canonical_query(request, **query))
    return call(response, f"drawings-{kind}.{form}", download=form != "png")


def said(query: dict[str, str]) -> Iterator[str]:
    """A selection in words."""
    for name, value in query.items():
        yield {"q": f"“{value}”", "cmap": value, "artist": f"by {value}"}.get(
            name, f"{name} {value}"
        )


class Plan(NamedTuple):
    """A figure that is not drawn yet: only then are pixels read."""

    about: list[str]
    made_of: Sequence[object]  # whatever the figure depends on
    draw: Callable[..., bytes]  # given a worker.Run, form and byline


def plan_of(kind: str, selection: Selection, sample: Sample) -> Plan:
    if kind == "days":
        return plan_days(selection, sample)
    if kind == "contact":
        return plan_contact(sample)
    return plan_measure(kind, sample)


def plan_measure(kind: str, sample: Sample) -> Plan:
    height, width, drawings, *_ = sampling.alike(sample.drawings)
    what = {"mean": "The mean", "spread": "The spread", "ink": "Ink"}[kind]

    def draw(run: worker.Run, **options: str) -> bytes:
        totals = aggregates.nothing(height, width)
        for _, blobs in blobs_of(drawings):
            totals = run(aggregates.add, totals, blobs)
        if not totals.number:
            raise Http404  # all of them are damaged
        title = f"{what} of {gallery_plot_texts.counted(totals.number)}"
        return run(gallery_plots.measure, totals, kind=kind, title=title, **options)

    return Plan([f"{width} × {height} pixels"], [drawing.id for drawing in drawings], draw)


def plan_contact(sample: Sample) -> Plan:
    drawings = sampling.contacts(sample.drawings)
    # As sampled, and not as read later: the figure's name tells of these.
    looks = [(each.height, each.width, each.colormap, each.vmin, each.vmax) for each in drawings]

    def draw(run: worker.Run, **options: str) -> bytes:
        pictures: list[Image.Image] = []
        for begin, blobs in blobs_of(drawings):
            own = looks[begin : begin + len(blobs)]
            shown = [Shown(blob, *look) for blob, look in zip(blobs, own, strict=True)]
            pictures += run(aggregates.thumbnails, shown)
        title = f"Contact sheet of {gallery_plot_texts.counted(len(pictures))}"
        return run(gallery_plots.contact, pictures, title=title, **options)

    return Plan([], [[drawing.id for drawing in drawings], looks], draw)


def plan_days(selection: Selection, sample: Sample) -> Plan:
    days = sampling.days(selection, sample)

    def draw(run: worker.Run, **options: str) -> bytes:
        return run(gallery_plots.days, days.counts, title="Drawings per day", **options)

    return Plan(gallery_plot_texts.about_days(days), days.counts, draw)


def blobs_of(drawings: Sequence[Drawing]) -> Iterator[tuple[int, list[bytes]]]:
    """Those of the drawings, in their order, BATCH_PIXELS at once, each time with the place of the
    first.

    Raises worker.BusyError if one is no longer published: the next sample will not contain it.
    Raises Http404 if none is.
    """
    ids = [drawing.id for drawing in drawings]
    begin = pixels = 0
    for at, drawing in enumerate(drawings):
        size = drawing.height * drawing.width
        if at > begin and pixels + size > BATCH_PIXELS:
            yield begin, read(ids[begin:at], ids)
            begin, pixels = at, 0
        pixels += size
    yield begin, read(ids[begin:], ids)


def read(ids: Sequence[UUID], among: Sequence[UUID]) -> list[bytes]:
    published = Drawing.objects.published()
    found = dict(published.filter(pk__in=ids).values_list("id", "blob"))
    if len(found) < len(ids):
        if found or published.filter(pk__in=among).exists():
            raise worker.BusyError
        raise Http404
    return [bytes(found[key]) for key in ids]

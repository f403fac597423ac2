"""The review queues: staff see one drawing after another, and publish, keep or hide each."""

from datetime import datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from drawings.models import Drawing, Report
from drawings.queries.review_queue import PENDING, REPORTED, Item, Key, Queue
from drawings.services import moderation

UPCOMING = 6
SHOWN_REPORTS = 20
LAST_DECISION_KEY = "last_decision"  # in the session


class DecisionForm(forms.Form):
    """A decision about a drawing, and what the page showed when it was made."""

    drawing = forms.UUIDField()
    decision = forms.ChoiceField(
        choices=[
            (status, status.label) for status in (Drawing.Status.PUBLISHED, Drawing.Status.HIDDEN)
        ]
    )
    status = forms.ChoiceField(choices=Drawing.Status.choices)
    title = forms.CharField(required=False, strip=False)
    artist = forms.CharField(required=False, strip=False)
    last_report = forms.IntegerField(min_value=0, max_value=2**63 - 1)


class LastDecision(NamedTuple):
    """The decision that can be undone, and the queue and position where it was made."""

    decision: moderation.Decision
    queue: str
    key: str


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Show the next drawing of a queue. POST decides about it, or undoes the last decision."""
    if not may_review(request):
        raise PermissionDenied
    queues = queues_for(request)
    data = request.POST if request.method == "POST" else request.GET
    named = [queue for queue in queues if queue.name == data.get("queue")]
    if request.method == "POST":
        queue = named[0] if named else PENDING
        return _undo(request, queue) if "undo" in data else _decide(request, queue)
    queue = named[0] if named else next((each for each in queues if each.find_oldest(1)), PENDING)
    return _show(request, queues, queue)


def may_review(request: HttpRequest) -> bool:
    return request.user.has_perms(["drawings.view_drawing", "drawings.curate_drawing"])


def queues_for(request: HttpRequest) -> list[Queue]:
    """Returns the queues that the user may review."""
    return [REPORTED, PENDING] if request.user.has_perm("drawings.view_report") else [PENDING]


def _show(request: HttpRequest, queues: list[Queue], queue: Queue) -> HttpResponse:
    items = _find_items(request, queue) or queue.find_oldest(1 + UPCOMING)
    last = _load_last_decision(request)
    context = {
        **admin.site.each_context(request),
        "title": "Review",
        "opts": Drawing._meta,
        "queue": queue,
        "queues": [(each, each.count_waiting()) for each in queues],
        "last": last and Drawing.objects.for_lists().filter(pk=last.decision.drawing).first(),
        "last_outcome": last and _describe_outcome(last.decision),
    }
    if items:
        context |= _item_context(items[0], with_reports=REPORTED in queues)
        context |= {
            "item": items[0],
            "upcoming": items[1:],
            "previous": queue.find_previous(items[0].key),
        }
    response = render(request, "admin/drawings/drawing/review.html", context)
    response["Cache-Control"] = "no-store"  # otherwise Back would show drawings already decided on
    return response


def _find_items(request: HttpRequest, queue: Queue) -> list[Item]:
    """Returns the item that the query string names, and those after it."""
    for name, lookup in (("at", "gte"), ("after", "gt")):
        if (key := queue.parse_key(request.GET.get(name, ""))) is not None:
            return queue.find_oldest(1 + UPCOMING, **{lookup: key})
    key = queue.parse_key(request.GET.get("before", ""))
    if key is not None and (item := queue.find_previous(key)):
        return queue.find_oldest(1 + UPCOMING, gte=item.key)
    return []


def _item_context(item: Item, *, with_reports: bool) -> dict[str, Any]:
    reports = Report.objects.filter(drawing=item.drawing).waiting().defer("sender").order_by("pk")
    shown = list(reports[: SHOWN_REPORTS + 1]) if with_reports else []
    newest = reports.last() if shown else None
    return {
        "drawing": item.drawing,
        "sender": bytes(item.drawing.sender or b"").hex(),
        "reports": shown[:SHOWN_REPORTS],
        "more_reports": len(shown) > SHOWN_REPORTS,
        "last_report": newest.pk if newest else 0,
    }


def reported_item(drawing: Drawing) -> dict[str, Any]:
    """Returns the context of a decision about a drawing with open reports, or {} without any."""
    ids = (
        Report.objects.filter(drawing=drawing).waiting().order_by("pk").values_list("pk", flat=True)
    )
    if (oldest := ids.first()) is None:
        return {}
    item = Item(oldest, drawing)
    return {"drawing": drawing, "queue": REPORTED, "item": item, "last_report": ids.last()}


def _decide(request: HttpRequest, queue: Queue) -> HttpResponse:
    form = DecisionForm(request.POST)
    key = queue.parse_key(request.POST.get("key", ""))
    if not form.is_valid() or key is None:
        raise BadRequest
    data = form.cleaned_data
    drawing = Drawing.objects.for_lists().filter(pk=data["drawing"]).first()
    if drawing is None:
        messages.warning(request, "This drawing was deleted meanwhile.")
        return _redirect(queue, after=key)
    seen = moderation.Seen(**{name: data[name] for name in moderation.Seen._fields})
    try:
        decision = moderation.decide_status(
            drawing, seen, data["decision"], cast(int, request.user.pk)
        )
    except moderation.OvertakenError:
        is_renamed = (drawing.title, drawing.artist) != (seen.title, seen.artist)
        reason = "its title has changed meanwhile." if is_renamed else _describe_overtaking(drawing)
        messages.warning(request, _about(drawing, f"was left as it is: {reason}"))
    else:
        _store_last_decision(request, LastDecision(decision, queue.name, str(key)))
        messages.success(request, _about(drawing, f"{_describe_outcome(decision)}."))
    return _redirect(queue, after=key)


def _undo(request: HttpRequest, queue: Queue) -> HttpResponse:
    last = _load_last_decision(request)
    if last is None or str(last.decision.drawing) != request.POST.get("drawing"):
        messages.warning(request, "There is nothing to undo.")
        return _redirect(queue)
    del request.session[LAST_DECISION_KEY]
    drawing = Drawing.objects.for_lists().filter(pk=last.decision.drawing).first()
    if drawing is None:
        messages.warning(request, "This drawing was deleted meanwhile.")
        return _redirect(queue)
    try:
        moderation.undo_decision(drawing, last.decision, cast(int, request.user.pk))
    except moderation.OvertakenError:
        reason = _describe_overtaking(drawing)
        messages.warning(request, _about(drawing, f"was left as it is: {reason}"))
        return _redirect(queue)
    if last.decision.is_kept:
        messages.success(request, _about(drawing, "is reported again."))
    else:
        label = Drawing.Status(last.decision.was).label.lower()
        messages.success(request, _about(drawing, f"is {label} again."))
    queue = REPORTED if last.queue == REPORTED.name else PENDING
    return _redirect(queue, at=last.key)


def _redirect(queue: Queue, **position: Key | str) -> HttpResponse:
    """Redirect to a queue's page: `at`, `after` or `before` an item's key, or at the start."""
    query = {"queue": queue.name} | {name: str(key) for name, key in position.items()}
    return HttpResponseRedirect(f"?{urlencode(query)}")


def _store_last_decision(request: HttpRequest, last: LastDecision) -> None:
    drawing, was, now, settled_at = last.decision
    settled = settled_at and settled_at.isoformat()
    request.session[LAST_DECISION_KEY] = [str(drawing), was, now, settled, last.queue, last.key]


def _load_last_decision(request: HttpRequest) -> LastDecision | None:
    if LAST_DECISION_KEY not in request.session:
        return None
    drawing, was, now, settled, queue, key = request.session[LAST_DECISION_KEY]
    settled_at = settled and datetime.fromisoformat(settled)
    return LastDecision(moderation.Decision(UUID(drawing), was, now, settled_at), queue, key)


def _about(drawing: Drawing, sentence: str) -> SafeString:
    """Returns a sentence that begins with the title, isolated as it may run from right to left."""
    return format_html("“<bdi>{}</bdi>” {}", drawing, sentence)


def _describe_outcome(decision: moderation.Decision) -> str:
    """Returns what has become of the drawing, such as "is now hidden" or "stays published"."""
    label = Drawing.Status(decision.now).label.lower()
    return f"stays {label}" if decision.is_kept else f"is now {label}"


def _describe_overtaking(drawing: Drawing) -> str:
    """Returns who decided meanwhile, if known, and the drawing's status now."""
    status = drawing.get_status_display().lower()
    entries = LogEntry.objects.filter(
        content_type__app_label="drawings", content_type__model="drawing", object_id=drawing.pk
    )
    entry = entries.select_related("user").order_by("-action_time").first()
    who = entry.user.get_username() if entry else "somebody else"
    return f"{who} decided meanwhile, and it is {status}."

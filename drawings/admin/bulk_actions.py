"""Actions on as many drawings as there may be: asking first, a part per request, until all is done.

Every page of it is the list's own address: what its search and its filters select is acted on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst

from drawings.admin.changelist import DrawingList
from drawings.models import Drawing
from drawings.queries import pagination
from drawings.queries.filters import DrawingFilter
from drawings.services import batches, moderation

COUNTED = 1_000
# Of those that were not selected one by one.
SHOWN = 12


@dataclass(frozen=True)
class Operation:
    """What is done to each drawing, or to what it is `of`.

    `work` takes a batch, a user's id and when the list was shown: how many it changed, and how many
    it left as they are.
    """

    action: str
    verb: str
    outcome: str
    work: Callable[[Sequence[Drawing], int, datetime], tuple[int, int]]
    is_loss: bool = False
    of: str = ""

    def on(self, drawings: str) -> str:
        return capfirst(f"{self.verb} {self.of}{drawings}")


def _publish(drawings: Sequence[Drawing], user_id: int, seen_at: datetime) -> tuple[int, int]:
    return moderation.set_status(drawings, Drawing.Status.PUBLISHED, user_id, seen_at)


def _hide(drawings: Sequence[Drawing], user_id: int, seen_at: datetime) -> tuple[int, int]:
    return moderation.set_status(drawings, Drawing.Status.HIDDEN, user_id)


def _delete(drawings: Sequence[Drawing], user_id: int, seen_at: datetime) -> tuple[int, int]:
    return moderation.delete(drawings, user_id), 0


def _block(drawings: Sequence[Drawing], user_id: int, seen_at: datetime) -> tuple[int, int]:
    return moderation.block_senders(drawings, user_id), 0


PUBLISH = Operation("publish", "publish", "now published", _publish)
HIDE = Operation("hide", "hide", "now hidden", _hide)
DELETE = Operation("delete_selected", "delete", "deleted", _delete, is_loss=True)
BLOCK = Operation(
    "block_sender",
    "block",
    "from senders that are blocked now",
    _block,
    of="the senders of ",
)


class StepForm(forms.Form):
    """What one page of an action tells the next one."""

    # "0" is no, which a checkbox would take for checked.
    select_across = forms.BooleanField(required=False, widget=forms.HiddenInput)
    post = forms.CharField(required=False)  # that it was asked, as Django's own actions have it
    after = forms.UUIDField(required=False)
    until = forms.UUIDField(required=False)
    done = forms.IntegerField(required=False, min_value=0, max_value=10**12)
    left = forms.IntegerField(required=False, min_value=0, max_value=10**12)
    seen_at = forms.DateTimeField(required=False)  # when the list was shown


def respond(
    model_admin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Drawing], operation: Operation
) -> HttpResponse | None:
    """Ask, or do what a request has time for; None when all is done, which sends back to the list.

    What loses something is asked about, what reaches beyond the selected drawings, and what was
    not selected one by one.
    """
    form = StepForm(request.POST)
    if not form.is_valid():
        raise BadRequest
    asked, across = form.cleaned_data, form.cleaned_data["select_across"]
    drawing_filter = _shown_filter(model_admin, request) if across else None
    until = asked["until"] or (drawing_filter and _newest(drawing_filter))
    find = _find_all(drawing_filter, until) if drawing_filter else partial(_find_selected, queryset)
    seen_at = asked["seen_at"] or timezone.now()
    first = request.POST.getlist(ACTION_CHECKBOX_NAME)
    step = {"across": across, "until": until, "first": first, "seen_at": seen_at}
    if (operation.is_loss or operation.of or across) and not asked["post"]:
        return _ask(model_admin, request, operation, find, step)

    user_id = cast(int, request.user.pk)
    left = asked["left"] or 0

    def work(batch: Sequence[Drawing]) -> int:
        nonlocal left
        changed, others = operation.work(batch, user_id, seen_at)
        left += others
        return changed

    progress = batches.run(work, find, asked["after"])
    done = (asked["done"] or 0) + progress.done
    if progress.after is None:
        _report(model_admin, request, operation, done, left)
        return None
    step |= {"after": progress.after, "done": done, "left": left}
    sentence = f"{_drawings_are(done)} {operation.outcome} so far, and more remain."
    return _page(model_admin, request, operation, step, {"sentence": sentence})


def _report(
    model_admin: ModelAdmin, request: HttpRequest, operation: Operation, done: int, left: int
) -> None:
    model_admin.message_user(request, f"{_drawings_are(done)} {operation.outcome}.")
    if left:
        reason = "changed after the list was shown: look at what they say now."
        said = f"{_drawings_are(left)} left as before, {reason}"
        model_admin.message_user(request, said, messages.WARNING)


def ask_to_remove_sender(
    model_admin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Drawing]
) -> HttpResponse | None:
    """Ask whether to delete what the sender of the selected drawings has sent, all of it."""
    chosen = queryset.order_by("pk").values_list("sender", flat=True)[: batches.BATCH]
    senders = {bytes(sender).hex() for sender in chosen if sender}
    if len(senders) != 1:
        said = "have more than one sender" if senders else "have no sender that is known"
        model_admin.message_user(request, f"The selected drawings {said}.", messages.ERROR)
        return None
    (sender,) = senders
    drawing_filter = DrawingFilter(sender=bytes.fromhex(sender))
    until = _newest(drawing_filter)
    step = {"across": True, "until": until, "first": [until], "address": f"?sender={sender}"}
    return _ask(model_admin, request, DELETE, _find_all(drawing_filter, until), step)


def _shown_filter(model_admin: ModelAdmin, request: HttpRequest) -> DrawingFilter:
    changelist = cast(DrawingList, model_admin.get_changelist_instance(request))
    return changelist.drawing_filter


def _newest(drawing_filter: DrawingFilter) -> UUID | None:
    """The end of the work: what comes while it goes on was not selected."""
    newest = pagination.find(drawing_filter, pagination.Cursor(), ascending=False, limit=1)
    return newest[0].pk if newest else None


def _find_all(drawing_filter: DrawingFilter, until: UUID | None) -> batches.Find:
    before = UUID(int=until.int + 1) if until else UUID(int=0)

    def find(after: UUID | None, limit: int) -> list[Drawing]:
        return pagination.find(
            drawing_filter, pagination.Cursor(before, after), ascending=True, limit=limit
        )

    return find


def _find_selected(queryset: QuerySet[Drawing], after: UUID | None, limit: int) -> list[Drawing]:
    rows = queryset.filter(pk__gt=after) if after else queryset
    return list(rows.order_by("pk")[:limit])


def _ask(
    model_admin: ModelAdmin,
    request: HttpRequest,
    operation: Operation,
    find: batches.Find,
    step: dict[str, Any],
) -> HttpResponse:
    found = find(None, COUNTED + 1)
    number = f"more than {COUNTED:,}" if len(found) > COUNTED else f"{len(found):,}"
    noun = "drawing" if len(found) == 1 else "drawings"
    shown = SHOWN if step["across"] else model_admin.list_per_page
    context = {
        "question": f"{operation.on(f'{number} {noun}')}?",
        "is_one": len(found) == 1,
        "drawings": found[:shown],
        "others": len(found) > shown,
    }
    return _page(model_admin, request, operation, step, context)


def _page(
    model_admin: ModelAdmin,
    request: HttpRequest,
    operation: Operation,
    step: dict[str, Any],
    context: dict[str, Any],
) -> HttpResponse:
    """The question, or how far it is, and the form that leads on."""
    return render(
        request,
        "admin/drawings/drawing/bulk.html",
        {
            **model_admin.admin_site.each_context(request),
            "title": operation.on("drawings"),
            "opts": model_admin.opts,
            "list_url": reverse("admin:drawings_drawing_changelist"),
            "operation": operation,
            "step": {"address": request.get_full_path(), **step},
            **context,
        },
    )


def _drawings_are(number: int) -> str:
    return f"{number:,} drawing is" if number == 1 else f"{number:,} drawings are"

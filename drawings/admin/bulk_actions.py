"""Actions on any number of drawings: a confirmation page, then batches over several requests.

Every page has the URL of the admin's list, so its search and filters select the same drawings.
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

from drawings.admin.changelist import DrawingChangeList
from drawings.models import Drawing
from drawings.queries import pagination
from drawings.queries.filters import DrawingFilter
from drawings.services import batches, moderation

MAX_COUNTED = 1_000
# The thumbnails on the confirmation page, unless the drawings were selected one by one.
MAX_SHOWN = 12


@dataclass(frozen=True)
class Operation:
    """What an action does to each drawing, or to something of each drawing, such as its sender.

    `work` takes a batch, the user's id, and the time when the list was shown. It returns how many
    drawings it changed and how many it skipped.
    """

    action: str
    verb: str
    outcome: str
    work: Callable[[Sequence[Drawing], int, datetime], tuple[int, int]]
    is_loss: bool = False
    of: str = ""  # in sentences: "the senders of "

    def describe(self, drawings: str) -> str:
        """Returns a phrase such as "Block the senders of 12 drawings"."""
        return capfirst(f"{self.verb} {self.of}{drawings}")


def _publish(drawings: Sequence[Drawing], user_id: int, seen_at: datetime) -> tuple[int, int]:
    return moderation.set_status(drawings, Drawing.Status.PUBLISHED, user_id, seen_at)


def _keep(drawings: Sequence[Drawing], user_id: int, seen_at: datetime) -> tuple[int, int]:
    return moderation.keep_drawings(drawings, user_id, seen_at)


def _hide(drawings: Sequence[Drawing], user_id: int, seen_at: datetime) -> tuple[int, int]:
    return moderation.set_status(drawings, Drawing.Status.HIDDEN, user_id)


def _delete(drawings: Sequence[Drawing], user_id: int, seen_at: datetime) -> tuple[int, int]:
    return moderation.delete_drawings(drawings, user_id), 0


def _block(drawings: Sequence[Drawing], user_id: int, seen_at: datetime) -> tuple[int, int]:
    return moderation.block_senders(drawings, user_id), 0


PUBLISH = Operation("publish", "publish", "now published", _publish)
KEEP = Operation("keep", "keep", "no longer reported", _keep)
HIDE = Operation("hide", "hide", "now hidden", _hide)
DELETE = Operation("delete_selected", "delete", "deleted", _delete, is_loss=True)
BLOCK = Operation(
    "block_sender",
    "block",
    "from senders that are now blocked",
    _block,
    of="the senders of ",
)


class StepForm(forms.Form):
    """The state that each page of an action passes to the next."""

    # A HiddenInput, because a CheckboxInput would treat "0" as checked.
    select_across = forms.BooleanField(required=False, widget=forms.HiddenInput)
    post = forms.CharField(
        required=False
    )  # the user has confirmed; Django's own actions use this name
    after = forms.UUIDField(required=False)
    until = forms.UUIDField(required=False)
    done = forms.IntegerField(required=False, min_value=0, max_value=10**12)
    left = forms.IntegerField(required=False, min_value=0, max_value=10**12)
    seen_at = forms.DateTimeField(required=False)  # when the list was shown


def run_action(
    model_admin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Drawing], operation: Operation
) -> HttpResponse | None:
    """Returns the confirmation page or a progress page, or None (back to the list) when done.

    Each request runs as many batches as it has time for. The user must confirm actions that delete
    something, that affect more than the drawings, or that select a whole list.
    """
    form = StepForm(request.POST)
    if not form.is_valid():
        raise BadRequest
    data, across = form.cleaned_data, form.cleaned_data["select_across"]
    drawing_filter = _shown_filter(model_admin, request) if across else None
    until = data["until"] or (drawing_filter and _find_newest(drawing_filter))
    find = _find_all(drawing_filter, until) if drawing_filter else partial(_find_selected, queryset)
    seen_at = data["seen_at"] or timezone.now()
    first = request.POST.getlist(ACTION_CHECKBOX_NAME)
    step = {"across": across, "until": until, "first": first, "seen_at": seen_at}
    if (operation.is_loss or operation.of or across) and not data["post"]:
        return _render_confirmation(model_admin, request, operation, find, step)

    user_id = cast(int, request.user.pk)
    left = data["left"] or 0

    def work(batch: Sequence[Drawing]) -> int:
        nonlocal left
        changed, skipped = operation.work(batch, user_id, seen_at)
        left += skipped
        return changed

    progress = batches.process_batches(work, find, data["after"])
    done = (data["done"] or 0) + progress.done
    if progress.after is None:
        _show_result(model_admin, request, operation, done, left)
        return None
    step |= {"after": progress.after, "done": done, "left": left}
    sentence = f"{_drawings_are(done)} {operation.outcome} so far, and more remain."
    return _render_page(model_admin, request, operation, step, {"sentence": sentence})


def _show_result(
    model_admin: ModelAdmin, request: HttpRequest, operation: Operation, done: int, left: int
) -> None:
    model_admin.message_user(request, f"{_drawings_are(done)} {operation.outcome}.")
    if left:
        noun = "drawing" if left == 1 else "drawings"
        sentence = f"Skipped {left:,} {noun} that changed after you opened the list. Look again."
        model_admin.message_user(request, sentence, messages.WARNING)


def ask_to_remove_sender(
    model_admin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Drawing]
) -> HttpResponse | None:
    """Ask whether to delete all drawings of the selected drawings' sender."""
    chosen = queryset.order_by("pk").values_list("sender", flat=True)[: batches.BATCH]
    senders = {bytes(sender).hex() for sender in chosen if sender}
    if len(senders) != 1:
        reason = "have more than one sender" if senders else "have no known sender"
        model_admin.message_user(request, f"The selected drawings {reason}.", messages.ERROR)
        return None
    (sender,) = senders
    drawing_filter = DrawingFilter(sender=bytes.fromhex(sender))
    until = _find_newest(drawing_filter)
    step = {"across": True, "until": until, "first": [until], "address": f"?sender={sender}"}
    return _render_confirmation(
        model_admin, request, DELETE, _find_all(drawing_filter, until), step
    )


def _shown_filter(model_admin: ModelAdmin, request: HttpRequest) -> DrawingFilter:
    changelist = cast(DrawingChangeList, model_admin.get_changelist_instance(request))
    return changelist.drawing_filter


def _find_newest(drawing_filter: DrawingFilter) -> UUID | None:
    """Returns the id of the last drawing to act on: drawings that arrive later weren't selected."""
    newest = pagination.find_drawings(drawing_filter, pagination.Cursor(), ascending=False, limit=1)
    return newest[0].pk if newest else None


def _find_all(drawing_filter: DrawingFilter, until: UUID | None) -> batches.Find:
    before = UUID(int=until.int + 1) if until else UUID(int=0)

    def find(after: UUID | None, limit: int) -> list[Drawing]:
        return pagination.find_drawings(
            drawing_filter, pagination.Cursor(before, after), ascending=True, limit=limit
        )

    return find


def _find_selected(queryset: QuerySet[Drawing], after: UUID | None, limit: int) -> list[Drawing]:
    rows = queryset.filter(pk__gt=after) if after else queryset
    return list(rows.order_by("pk")[:limit])


def _render_confirmation(
    model_admin: ModelAdmin,
    request: HttpRequest,
    operation: Operation,
    find: batches.Find,
    step: dict[str, Any],
) -> HttpResponse:
    found = find(None, MAX_COUNTED + 1)
    number = f"more than {MAX_COUNTED:,}" if len(found) > MAX_COUNTED else f"{len(found):,}"
    noun = "drawing" if len(found) == 1 else "drawings"
    shown = MAX_SHOWN if step["across"] else model_admin.list_per_page
    context = {
        "question": f"{operation.describe(f'{number} {noun}')}?",
        "is_one": len(found) == 1,
        "drawings": found[:shown],
        "others": len(found) > shown,
    }
    return _render_page(model_admin, request, operation, step, context)


def _render_page(
    model_admin: ModelAdmin,
    request: HttpRequest,
    operation: Operation,
    step: dict[str, Any],
    context: dict[str, Any],
) -> HttpResponse:
    """Render the question or the progress, with the form that continues the action."""
    return render(
        request,
        "admin/drawings/drawing/bulk.html",
        {
            **model_admin.admin_site.each_context(request),
            "title": operation.describe("drawings"),
            "opts": model_admin.opts,
            "list_url": reverse("admin:drawings_drawing_changelist"),
            "operation": operation,
            "step": {"address": request.get_full_path(), **step},
            **context,
        },
    )


def _drawings_are(number: int) -> str:
    return f"{number:,} drawing is" if number == 1 else f"{number:,} drawings are"

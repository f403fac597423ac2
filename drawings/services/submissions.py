"""How a drawing that is sent comes to the wall, whichever way it was sent."""

from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from drawings.forms import FlaskForm, SubmissionForm
from drawings.http import throttling
from drawings.http.errors import request_error
from drawings.models import Drawing
from drawings.services import senders
from drawsite.db.transactions import write_transaction
from drawsite.ratelimit import limiter

Form = SubmissionForm | FlaskForm

# What a row takes beside its blob and strokes, with its entries in indexes and the search: about
# 2,000 bytes in SQLite (docs/benchmarks.md, what a drawing costs).
ROW_BYTES = 2_000


class Receipt(NamedTuple):
    form: Form
    sent: Drawing | None  # as this request describes it; None if something is wrong with the form
    drawing: Drawing | None  # as it is stored, maybe by an earlier request; None like `sent`
    is_new: bool  # not sent before with the same submission key
    owner: UUID | None


def receive(
    request: HttpRequest,
    read: Callable[[], Form],
    find_owner: Callable[[Drawing], UUID | None] = lambda sent: None,
) -> Receipt | HttpResponse:
    """Store the drawing that a form describes, or the answer to a client that may send none now.

    `read` makes the form, and `find_owner` is given the drawing that a valid one describes.
    """
    refusal = throttling.of_full_disk(request) or throttling.of_sending(request, "drawings")
    if refusal is not None:
        return refusal
    form = read()
    if not form.is_valid():
        return Receipt(form, None, None, False, None)
    # Made before the transaction, which keeps other writers waiting.
    sent = form.drawing(**given_by(request))
    owner = sent.owner = find_owner(sent)
    size = ROW_BYTES + len(sent.blob) + len(sent.strokes or b"")
    if (refusal := throttling.of_bytes(request, size)) is not None and not is_stored(sent):
        return refusal
    is_stored_now = False
    try:
        with write_transaction():
            drawing, is_new = Drawing.objects.add_once(sent)
        is_stored_now = is_new
    finally:
        if refusal is None and not is_stored_now:
            throttling.give_back_bytes(request, size)
    return Receipt(form, sent, drawing, is_new, owner)


def is_stored(drawing: Drawing) -> bool:
    """Whether it was sent before: a repeated submission stores nothing, so it is let through."""
    key = drawing.submission_key
    return key is not None and Drawing.objects.filter(submission_key=key).exists()


def given_by(request: HttpRequest) -> dict[str, Any]:
    """The columns of a new drawing that its sender has no say in."""
    return {
        "status": Drawing.Status.PENDING if settings.REQUIRE_APPROVAL else Drawing.Status.PUBLISHED,
        "sender": senders.sender_of(limiter.client_address(request)),
    }


def is_from_another_site(request: HttpRequest) -> bool:
    """Whether a browser sends this for another site's page; programs name no origin.

    Else any page could have its visitors fill the wall, each within the limits of an address.
    """
    origin = request.headers.get("Origin")
    return origin is not None and origin.partition("://")[2] != request.get_host()


def refuse_another_site(request: HttpRequest) -> HttpResponse | None:
    """For what takes no token of this site's forms, and so could be sent by anybody's page."""
    if not is_from_another_site(request):
        return None
    return request_error(request, 403, "Pages of other sites may not draw on this wall.")

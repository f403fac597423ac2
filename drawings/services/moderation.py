"""Staff's decisions about drawings. Each is logged with the user who made it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.utils import timezone

from drawings.models import Drawing, DrawingQuerySet, Report, ReportQuerySet
from drawings.services import senders
from drawsite.db.transactions import write_transaction

# In the log, of decisions that left the status as it was.
KEPT = "Reports settled."


class OvertakenError(Exception):
    """The drawing has changed since it was shown, so nothing was done."""


class Seen(NamedTuple):
    """The values of a drawing that were shown when a decision was made."""

    status: str
    title: str
    artist: str
    last_report: int  # the id of the newest waiting report; 0 if there was none


class Decision(NamedTuple):
    """A decision about a drawing, with what it takes to undo it."""

    drawing: UUID
    was: str
    now: str
    settled_at: datetime | None  # when its reports were settled; None if it had none

    @property
    def is_kept(self) -> bool:
        """Whether it left the status as it was."""
        return self.was == self.now


# --- Many drawings, in one transaction ------------------------------------------------------


def set_status(
    drawings: Sequence[Drawing], status: str, user_id: int, seen_at: datetime | None = None
) -> tuple[int, int]:
    """Set the status of drawings and settle their reports.

    Skips drawings that have changed after `seen_at`. Returns how many got another status, and how
    many were skipped.
    """
    ids = {drawing.pk for drawing in drawings}
    with write_transaction():
        rows = Drawing.objects.filter(pk__in=ids).order_by("pk").select_for_update()
        now = list(rows.values_list("pk", "status", "changed_at"))
        skipped = {pk for pk, _, at in now if seen_at and at and at > seen_at}
        changing = {pk for pk, was, _ in now if was != status} - skipped
        Drawing.objects.filter(pk__in=changing).update_stamped(status=status)
        settled = _settle_waiting(Report.objects.filter(drawing__in=ids - skipped))
        label = Drawing.Status(status).label
        _log_action(
            [each for each in drawings if each.pk in changing], f"Status set to {label}.", user_id
        )
        _log_action([each for each in drawings if each.pk in settled], KEPT, user_id)
    return len(changing), len(skipped)


def keep_drawings(drawings: Sequence[Drawing], user_id: int, seen_at: datetime) -> tuple[int, int]:
    """Settle the reports made until `seen_at` and leave the drawings as they are.

    Skips drawings that have changed since. Returns how many had such reports, and how many were
    skipped.
    """
    ids = {drawing.pk for drawing in drawings}
    with write_transaction():
        rows = Drawing.objects.filter(pk__in=ids).order_by("pk").select_for_update()
        seen = {pk for pk, at in rows.values_list("pk", "changed_at") if not at or at <= seen_at}
        settled = _settle_waiting(Report.objects.filter(drawing__in=seen, created_at__lte=seen_at))
        _log_action([each for each in drawings if each.pk in settled], KEPT, user_id)
    return len(settled), len(ids - seen)


def delete_drawings(drawings: Sequence[Drawing], user_id: int) -> int:
    """Delete drawings permanently. Returns how many still existed."""
    existing = Drawing.objects.for_lists().filter(pk__in=[drawing.pk for drawing in drawings])
    with write_transaction():
        existing.prepare_deletion()
        _log_action(drawings, "", user_id, DELETION)
        _, deleted = existing.delete()
    return deleted.get(Drawing._meta.label, 0)


def block_senders(drawings: Sequence[Drawing], user_id: int) -> int:
    """Block the senders of drawings. Returns how many of the drawings have a sender."""
    ids = [drawing.pk for drawing in drawings]
    with write_transaction():
        sent = Drawing.objects.filter(pk__in=ids, sender__isnull=False)
        sender_of = dict(sent.values_list("pk", "sender"))
        for sender in {bytes(sender or b"") for sender in sender_of.values()}:
            senders.block_sender(sender, "From the list of drawings")
        _log_action([each for each in drawings if each.pk in sender_of], "Sender blocked.", user_id)
    return len(sender_of)


def settle_reports(reports: Iterable[Report], user_id: int) -> int:
    """Settle reports. Returns the number of drawings that they are about."""
    with write_transaction():
        settled = _settle_waiting(Report.objects.filter(pk__in=[report.pk for report in reports]))
        drawings = Drawing.objects.for_lists().filter(pk__in=settled)
        _log_action(list(drawings), KEPT, user_id)
    return len(settled)


# --- One drawing, unless it has changed -----------------------------------------------------


def decide_status(drawing: Drawing, seen: Seen, status: str, user_id: int) -> Decision:
    """Set the status of a drawing and settle the reports up to `seen.last_report`.

    Raises OvertakenError if the drawing is no longer as it was seen.
    """
    settled_at = None
    with write_transaction():
        as_seen = Drawing.objects.filter(pk=drawing.pk, title=seen.title, artist=seen.artist)
        _replace_status(as_seen, seen.status, status)
        if seen.last_report:
            reports = Report.objects.filter(drawing=drawing, pk__lte=seen.last_report)
            settled_at = timezone.now()
            if not reports.waiting().update(settled_at=settled_at):
                raise OvertakenError
        decision = Decision(drawing.pk, seen.status, status, settled_at)
        label = Drawing.Status(status).label
        _log_action([drawing], KEPT if decision.is_kept else f"Status set to {label}.", user_id)
    return decision


def undo_decision(drawing: Drawing, decision: Decision, user_id: int) -> None:
    """Undo a decision. Raises OvertakenError if another has been made since."""
    with write_transaction():
        _replace_status(Drawing.objects.filter(pk=drawing.pk), decision.now, decision.was)
        if decision.settled_at is not None:
            reports = Report.objects.filter(drawing=drawing, settled_at=decision.settled_at)
            reports.update(settled_at=None)
        label = Drawing.Status(decision.was).label
        undone = "reports opened again" if decision.is_kept else f"status set back to {label}"
        _log_action([drawing], f"Decision undone: {undone}.", user_id)


def _replace_status(drawings: DrawingQuerySet, seen: str, status: str) -> None:
    same = drawings.filter(status=seen).for_lists()
    # Lock the row: a concurrent decision must wait for this one.
    if not (
        same.select_for_update().first() if status == seen else same.update_stamped(status=status)
    ):
        raise OvertakenError


def _settle_waiting(reports: ReportQuerySet) -> set[UUID]:
    """Settle those reports that wait. Returns the ids of the drawings that they are about."""
    waiting = reports.waiting()
    drawings = set(waiting.values_list("drawing_id", flat=True))
    if drawings:
        waiting.update(settled_at=timezone.now())
    return drawings


def _log_action(
    drawings: Sequence[Drawing], message: str, user_id: int, flag: int = CHANGE
) -> None:
    if drawings:
        LogEntry.objects.log_actions(user_id, drawings, flag, message)

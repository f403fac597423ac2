"""Deletes expired rows without a cron job.

`manage.py prepare`, which runs at every start, deletes as many as it can without waiting for other
writers. After that each process deletes a batch once a day, after it has answered a login or a
submission.
"""

import logging
import threading
import time
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.core.signals import request_finished
from django.db import Error, connection
from django.db.models import QuerySet
from django.db.models.signals import post_save
from django.utils import timezone

from drawings.models import KnownAddress
from drawings.services import known_addresses, senders
from drawsite.db.transactions import nowait_transaction

logger = logging.getLogger(__name__)

BATCH = 1000  # rows of each kind, which take some ten milliseconds
DAY_SECONDS = 24 * 60 * 60

_due = time.monotonic() + DAY_SECONDS
_request = threading.local()  # `.is_write`: whether the request was a login or a submission


def expired_rows() -> list[QuerySet[Any]]:
    """A queryset of each kind of row that expires, with the rows that have expired."""
    return [
        Session.objects.filter(expire_date__lt=timezone.now()),
        KnownAddress.objects.filter(seen_on__lt=known_addresses.oldest_known()),
        *senders.expired_rows(),
    ]


def sweep() -> None:
    """Delete expired rows in batches, until none are left or another writer holds the lock."""
    while sweep_batch():
        pass


def sweep_batch() -> bool:
    """Delete at most BATCH expired rows of each kind. Returns whether there may be more.

    Never waits: while another writer holds the lock it deletes nothing, and leaves it to the next
    sweep.
    """
    more = False
    try:
        with nowait_transaction():
            for rows in expired_rows():
                keys = list(rows.values_list("pk", flat=True)[:BATCH])
                if keys:
                    # Repeat the condition: a session may have been extended meanwhile.
                    rows.filter(pk__in=keys).delete()
                more = more or len(keys) == BATCH
    except Error as error:
        logger.info("Expired rows are left for later: %s", str(error).partition("\n")[0])
        return False
    return more


def connect_signals() -> None:
    user_logged_in.connect(_note_login)
    post_save.connect(_note_submission, sender="drawings.Drawing")
    request_finished.connect(_sweep_if_due)


def _note_login(**kwargs: Any) -> None:
    _request.is_write = True


def _note_submission(*, created: bool, **kwargs: Any) -> None:
    _request.is_write = created


def _sweep_if_due(**kwargs: Any) -> None:
    global _due
    is_write = getattr(_request, "is_write", False)
    _request.is_write = False
    if not is_write or time.monotonic() < _due:
        return
    _due = time.monotonic() + DAY_SECONDS
    if sweep_batch():
        _due = 0.0  # the next login or submission continues
    # Close the connection as Django does. Its own receiver of this signal ran before this one.
    if not connection.in_atomic_block:  # as in a test
        connection.close_if_unusable_or_obsolete()

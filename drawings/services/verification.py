"""Whether a drawing's strokes come to its pixels: only then may they be shown."""

from contextlib import suppress

import numpy as np
from django.db import OperationalError

from drawings.imaging import pixels, strokes
from drawings.models import Drawing
from drawings.plotting import worker
from drawsite.db.transactions import hurried_transaction


class UncheckedError(Exception):
    """Whether they do cannot be told; the message is a sentence that says why."""


class MissingPaperError(UncheckedError):
    """The drawing that was drawn on is gone: nobody will ever tell."""


class TooLongError(UncheckedError):
    """It takes more work than it may."""


class DamagedPixelsError(UncheckedError):
    """The drawing's pixels, or its paper's, cannot be read."""


def verify(drawing: Drawing, seconds: float, run: worker.Run = worker.here) -> bool:
    """Make the field again from the strokes; record, and say, whether it is the one stored.

    `run` is where that is done, the reading of the strokes as well: in this process, or in its
    helper, for who only came to read. Then it is recorded if that takes no waiting.
    Raises BadStrokesError for strokes that cannot be read, and MissingPaperError, both recorded as
    not agreeing; and any other UncheckedError with nothing recorded, among others if it would take
    about so many seconds.
    """
    agree = False
    try:
        agree = _agree(drawing, strokes.Budget(seconds), run)
    except strokes.BadStrokesError:
        _record(drawing, agree, run)
        raise
    except strokes.TooMuchError as error:
        raise TooLongError(f"It takes more than about {seconds:g} seconds.") from error
    except strokes.MissingPaperError as error:
        _record(drawing, agree, run)
        raise MissingPaperError(str(error)) from error
    except pixels.BadBlobError as error:
        raise DamagedPixelsError(f"Its blob {error}") from error
    _record(drawing, agree, run)
    return agree


def _agree(drawing: Drawing, budget: strokes.Budget, run: worker.Run) -> bool:
    papers = Drawing.objects.for_pictures()
    paper = papers.filter(pk=drawing.parent_id).first() if drawing.parent_id else None
    data = bytes(drawing.strokes or b"")
    field = run(strokes.rasterise_packed, data, paper.field if paper else None, budget)
    return np.array_equal(field, drawing.field)


def _record(drawing: Drawing, agree: bool, run: worker.Run) -> None:
    drawing.strokes_agree = agree
    # Nothing is recorded if the paper was deleted meanwhile, which withdraws the strokes.
    row = Drawing.objects.filter(pk=drawing.pk, parent=drawing.parent_id)
    if run is worker.here:
        row.update(strokes_agree=agree)
    else:
        with suppress(OperationalError), hurried_transaction():
            row.update(strokes_agree=agree)

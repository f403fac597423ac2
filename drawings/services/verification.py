"""Verifies that a drawing's strokes produce its pixels. Only verified strokes are public."""

from contextlib import suppress

import numpy as np
from django.db import OperationalError

from drawings.imaging import pixels, rasteriser, strokes
from drawings.models import Drawing
from drawings.plotting import worker
from drawsite.db.transactions import nowait_transaction


class UncheckedError(Exception):
    """The strokes could not be verified; the message is a sentence that says why."""


class MissingBaseImageError(UncheckedError):
    """The base image was deleted, so the strokes can never be verified."""


class TooLongError(UncheckedError):
    """Rasterising takes more work than the limit."""


class DamagedPixelsError(UncheckedError):
    """The pixels of the drawing, or of its base image, cannot be read."""


def verify_strokes(drawing: Drawing, seconds: float, run: worker.Run = worker.run_inline) -> bool:
    """Rasterise the strokes, and record whether they produce the stored pixels.

    `seconds` is the limit, in seconds of one core. `run` rasterises in this process, or in the plot
    worker for read-only requests, whose result is recorded only if that needs no waiting.
    Returns whether they match. Raises BadStrokesError for strokes that cannot be read, or
    MissingBaseImageError: both are recorded as a mismatch. Raises another UncheckedError with
    nothing recorded.
    """
    agree = False
    try:
        agree = _strokes_agree(drawing, rasteriser.Budget(seconds), run)
    except strokes.BadStrokesError:
        _record_result(drawing, agree, run)
        raise
    except rasteriser.TooMuchWorkError as error:
        raise TooLongError(f"It takes more than about {seconds:g} seconds.") from error
    except strokes.MissingBaseImageError as error:
        _record_result(drawing, agree, run)
        raise MissingBaseImageError(str(error)) from error
    except pixels.BadBlobError as error:
        raise DamagedPixelsError(f"Its blob {error}") from error
    _record_result(drawing, agree, run)
    return agree


def _strokes_agree(drawing: Drawing, budget: rasteriser.Budget, run: worker.Run) -> bool:
    parents = Drawing.objects.for_images()
    parent = parents.filter(pk=drawing.parent_id).first() if drawing.parent_id else None
    data = bytes(drawing.strokes or b"")
    field = run(rasteriser.rasterise_packed, data, parent.field if parent else None, budget)
    return np.array_equal(field, drawing.field)


def _record_result(drawing: Drawing, agree: bool, run: worker.Run) -> None:
    drawing.strokes_agree = agree
    # Match the parent too: if it was deleted meanwhile, the strokes have been withdrawn.
    row = Drawing.objects.filter(pk=drawing.pk, parent=drawing.parent_id)
    if run is worker.run_inline:
        row.update(strokes_agree=agree)
    else:
        with suppress(OperationalError), nowait_transaction():
            row.update(strokes_agree=agree)

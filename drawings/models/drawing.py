"""Drawings: their columns, constraints, indexes and querysets."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, Self, TypeAlias
from uuid import UUID

from django.core.validators import MaxValueValidator
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Length
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone

from drawings.imaging import pixels
from drawings.imaging.strokes import Document, unpack
from drawings.models.labels import Labelled
from drawings.models.sender import SENDER_BYTES
from drawings.models.stamps import Stamp
from drawings.models.validators import validate_colormap, validate_line
from drawsite.lib.uuid7 import uuid7

TITLE_LENGTH = 80
ARTIST_LENGTH = 40
# Columns that lists do not load.
UNLISTED = ["blob", "strokes", "owner", "sender", "changed_at"]
PAGE_COLUMNS = ["width", "height", "title", "artist", "colormap", "status", "created_at"]
UPDATED_AT = Coalesce("changed_at", "created_at")


class DrawingStatus(models.TextChoices):
    """Whether everybody can see a drawing. Only its owner and staff see pending and hidden ones."""

    PUBLISHED = "published", "Published"
    PENDING = "pending", "Pending"
    HIDDEN = "hidden", "Hidden"


# Strokes that produce other pixels would show something that nobody has seen on the site. So they
# are served only once they have been verified, at the latest on the first request for them. Until
# then a page may offer strokes that are refused on request. Strokes whose base image was deleted
# cannot be verified, so they count as a mismatch.
STROKES_TO_SHOW = Q(strokes__isnull=False) & ~Q(strokes_agree=False)
UNVERIFIED = Q(strokes__isnull=False, strokes_agree__isnull=True)
# Strokes that everybody may see. They reveal their base image, so that must be published too.
PUBLIC_STROKES = Q(strokes_agree=True) & (
    Q(parent=None) | Q(parent__status=DrawingStatus.PUBLISHED)
)


class DrawingQuerySet(models.QuerySet["Drawing"]):
    def published(self) -> Self:
        return self.filter(status=DrawingStatus.PUBLISHED)

    def newest_first(self) -> Self:
        """Order by id: a UUIDv7 begins with the time."""
        return self.order_by("-id")

    def for_lists(self) -> Self:
        """Defer the pixels, the strokes and the columns that no list shows."""
        return self.defer(*UNLISTED)

    def for_page(self) -> Self:
        """Load what a drawing's own page shows, its parent's title and status, and whether there
        are strokes to show (`has_strokes`)."""
        shown = self.select_related("parent").only(*PAGE_COLUMNS, "parent__title", "parent__status")
        return shown.annotate(has_strokes=STROKES_TO_SHOW)

    def changed_before(self, at: datetime | None) -> Self:
        """Drawings that last changed before `at`; all of them if it is None."""
        rows = self.with_updated_at()
        return rows if at is None else rows.filter(updated_at__lt=at)

    def with_parents(self) -> Self:
        """Join the parents, with the columns that `for_lists` loads."""
        return self.select_related("parent").defer(*[f"parent__{name}" for name in UNLISTED])

    def changed_exactly_at(self, at: datetime, after: UUID) -> Self:
        """Drawings that last changed at exactly `at` and have ids above `after`, ordered by id.
        Needs `with_updated_at`."""
        return self.filter(updated_at=at, id__gt=after).order_by("id")

    def changed_after(self, at: datetime) -> Self:
        """Drawings that changed after `at`, the oldest change first. Needs `with_updated_at`."""
        return self.filter(updated_at__gt=at).order_by("updated_at", "id")

    def for_api(self) -> Self:
        """Like `with_updated_at`, with whether there are strokes to show (`has_strokes`)."""
        return self.with_updated_at().annotate(has_strokes=STROKES_TO_SHOW)

    def with_updated_at(self) -> Self:
        """Like `for_lists`, with the time when each drawing last changed (`updated_at`)."""
        return self.for_lists().annotate(updated_at=UPDATED_AT)

    def for_images(self) -> Self:
        """Load the pixels, but not the strokes."""
        return self.defer("strokes", "owner", "sender", "changed_at")

    def for_strokes(self) -> Self:
        """Load the strokes and the parents, but not the pixels. Parents may be unpublished."""
        return self.defer("blob", "owner", "sender", "changed_at").with_parents()

    def with_strokes_to_show(self) -> Self:
        return self.filter(STROKES_TO_SHOW)

    def unverified(self) -> Self:
        """Drawings whose strokes have not been compared with the pixels yet."""
        return self.filter(UNVERIFIED)

    def update_stamped(self, **values: Any) -> int:
        """Like `update`, but also sets `changed_at`. Returns the number of rows."""
        return self.update(changed_at=Stamp(), **values)

    def bulk_create(self, objs: Iterable["Drawing"], *args: Any, **options: Any) -> list["Drawing"]:
        """Like Django's, but also sets `changed_at`."""
        drawings = list(objs)
        for drawing in drawings:
            drawing.changed_at = Stamp()
        stored = super().bulk_create(drawings, *args, **options)
        for drawing in drawings:
            del drawing.changed_at  # as in `save`
        return stored

    def add_once(
        self, drawing: "Drawing", key: Literal["submission_key", "flask_id"] = "submission_key"
    ) -> tuple["Drawing", bool]:
        """Store a drawing. Returns the stored row and whether it is new. Idempotent.

        If a row has the same key, that row is returned unchanged: a drawing is stored once, even if
        it is sent several times or concurrently. A drawing without a key is always new. A parent
        that has been deleted meanwhile is set to null.
        """
        # Insert first and query only on a conflict: repeated submissions are rare.
        try:
            self._insert_row(drawing)
        except IntegrityError:
            value = getattr(drawing, key)
            if value is None:
                raise
            if (stored := self.filter(**{key: value}).for_lists().first()) is not None:
                return stored, False
            self._insert_row(drawing)  # the other row was deleted between the two statements
        return drawing, True

    def _insert_row(self, drawing: "Drawing") -> None:
        with transaction.atomic():
            if drawing.parent_id is not None and not self._lock_row(drawing.parent_id):
                drawing.parent_id, drawing.strokes_agree = None, False
            drawing.save(force_insert=True)

    def prepare_deletion(self) -> None:
        """Lock these rows until the transaction ends, and withdraw the strokes drawn on them.

        Without the lock, a drawing or a report that is stored at the same time would refer to a
        deleted row.
        """
        ids = list(self.order_by("pk").select_for_update().values_list("pk", flat=True))
        children = Drawing.objects.filter(parent__in=ids, strokes__isnull=False)
        children.update(strokes_agree=False)

    def _lock_row(self, id: UUID) -> bool:
        """Keep a row from being deleted until the transaction ends. Returns whether it exists."""
        same = self.filter(pk=id).select_for_update(no_key=True)
        return same.values_list("pk").first() is not None


class Drawing(Labelled, models.Model):  # noqa: DJ008 - Labelled has __str__
    """A drawing: its pixels as a blob, its strokes, and its labels."""

    Status: TypeAlias = DrawingStatus

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    width = models.PositiveSmallIntegerField(editable=False)
    height = models.PositiveSmallIntegerField(editable=False)
    vmin = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(255)],
        help_text="The brightness that gets the colormap's first colour.",
    )
    vmax = models.PositiveSmallIntegerField(
        default=255,
        validators=[MaxValueValidator(255)],
        help_text="The brightness that gets the colormap's last colour.",
    )
    title = models.CharField(max_length=TITLE_LENGTH, blank=True, validators=[validate_line])
    artist = models.CharField(max_length=ARTIST_LENGTH, blank=True, validators=[validate_line])
    colormap = models.CharField(max_length=40, default="gray", validators=[validate_colormap])
    status = models.CharField(max_length=10, choices=DrawingStatus, default=DrawingStatus.PUBLISHED)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Idempotency key, chosen by the client: a repeated submission stores nothing.
    submission_key = models.UUIDField(null=True, blank=True, editable=False)
    # The drawing's id in the Flask app that it was imported from.
    flask_id = models.UUIDField(null=True, blank=True, editable=False)
    # Whether the strokes produce the pixels: null until verification.verify_strokes has compared
    # them, false if the base image was deleted.
    strokes_agree = models.BooleanField(null=True, editable=False)
    # The drawing that this one was drawn on: its base image.
    parent = models.ForeignKey(
        "self",
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="children",
        db_index=False,  # the index below begins with it
    )
    # Near the end: SQLite reads a row from its beginning, and can read the columns before these
    # without the overflow pages that they fill.
    blob = models.BinaryField()
    # The strokes document, packed by strokes.pack; null for an upload or a brightness list.
    strokes = models.BinaryField(null=True)
    # Added later, so stored after the blob; never selected in lists. The owner is a browser (see
    # http/owner_cookie.py), the sender stands for an address (see services/senders.py).
    owner = models.UUIDField(null=True, editable=False)
    sender = models.BinaryField(max_length=SENDER_BYTES, null=True)
    # When the row was stored or last changed (see models/stamps.py); null for rows from before
    # stamps were kept.
    changed_at = models.DateTimeField(null=True, editable=False)

    has_strokes: bool  # only from `for_page` and `for_api`
    updated_at: datetime  # only from `with_updated_at`

    objects = DrawingQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["submission_key"], name="drawing_submission_key_unique"
            ),
            models.UniqueConstraint(fields=["flask_id"], name="drawing_flask_id_unique"),
            models.CheckConstraint(
                condition=Q(
                    width__range=(pixels.MIN_SIDE, pixels.MAX_SIDE),
                    height__range=(pixels.MIN_SIDE, pixels.MAX_SIDE),
                ),
                name="drawing_size_16_to_1024",
            ),
            models.CheckConstraint(
                condition=Q(vmin__gte=0, vmin__lte=F("vmax"), vmax__lte=255),
                name="drawing_vmin_vmax_ordered_in_0_to_255",
                violation_error_message="vmin must not be greater than vmax, nor vmax than 255.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=DrawingStatus.values),
                name="drawing_status_known",
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("title"), TITLE_LENGTH),
                name="drawing_title_at_most_80",
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("artist"), ARTIST_LENGTH),
                name="drawing_artist_at_most_40",
            ),
            models.CheckConstraint(condition=~Q(colormap=""), name="drawing_colormap_named"),
        ]
        indexes = [
            # The gallery's pages, a drawing's neighbours, the admin's filter by status.
            models.Index(fields=["status", "id"], name="drawing_status"),
            # The gallery's pages on PostgreSQL, which would otherwise prefer to scan the primary
            # key, with all hidden drawings in it. SQLite uses the index above.
            models.Index(
                fields=["id"], condition=Q(status=DrawingStatus.PUBLISHED), name="drawing_published"
            ),
            # The gallery with ?cmap=.
            models.Index(fields=["status", "colormap", "id"], name="drawing_status_colormap"),
            # The drawings of one artist.
            models.Index(fields=["status", "artist", "id"], name="drawing_status_artist"),
            # The drawings drawn on a drawing, newest first; also used when it is deleted.
            models.Index(
                fields=["parent", "status", "id"],
                condition=Q(parent__isnull=False),
                name="drawing_parent",
            ),
            # The command verify_strokes.
            models.Index(
                fields=["id"],
                condition=UNVERIFIED,
                name="drawing_unverified",
            ),
            # "My drawings", newest first.
            models.Index(
                fields=["owner", "id"], condition=Q(owner__isnull=False), name="drawing_owner"
            ),
            # All drawings of one sender.
            models.Index(
                fields=["sender", "id"], condition=Q(sender__isnull=False), name="drawing_sender"
            ),
            # The drawings that are new or changed since some time, in the order of the changes.
            models.Index(F("status"), UPDATED_AT, F("id"), name="drawing_updated"),
        ]
        permissions = [
            ("curate_drawing", "Can publish and hide drawings"),
            ("export_drawing", "Can take drawings out as datasets"),
        ]

    def save(self, *, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """Like Django's, but also sets `changed_at`."""
        self.changed_at = Stamp()
        update_fields = update_fields and {*update_fields, "changed_at"}
        try:
            super().save(update_fields=update_fields, **options)
        finally:
            del self.changed_at  # only the database knows the value: load it on first use

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Like Django's, but also withdraws the strokes that were drawn on this drawing."""
        with transaction.atomic():
            Drawing.objects.filter(pk=self.pk).prepare_deletion()
            return super().delete(*args, **options)

    @classmethod
    def from_field(cls, field: pixels.Field, **values: Any) -> Self:
        """Returns an unsaved drawing of a (height, width) uint8 array."""
        height, width = field.shape
        return cls(blob=pixels.write_blob(field), height=height, width=width, **values)

    @classmethod
    def from_brightness_list(cls, field: pixels.Field, **values: Any) -> Self:
        """Returns an unsaved drawing of a field that was sent as a list of numbers.

        It looks as in matplotlib's imshow: viridis, from the smallest number to the largest.
        """
        limits = {"colormap": "viridis", "vmin": int(field.min()), "vmax": int(field.max())}
        return cls.from_field(field, **{**limits, **values})

    @property
    def field(self) -> pixels.Field:
        """The pixels, a read-only (height, width) uint8 array. Raises BadBlobError if damaged."""
        return pixels.read_blob(bytes(self.blob), self.height, self.width)

    @property
    def document(self) -> Document:
        """The strokes document. Raises BadStrokesError if there is none or it is damaged."""
        return unpack(bytes(self.strokes or b""))

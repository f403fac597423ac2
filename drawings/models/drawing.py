from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any, Literal, Self
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Exists, F, OuterRef, Prefetch, Q
from django.db.models.functions import Coalesce, Length
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone
from uuid_utils.compat import uuid7

from drawings.imaging import pixels
from drawings.imaging.strokes import Document, unpack
from drawings.models.labels import Labelled
from drawings.models.stamps import Stamp
from drawings.models.text import folded_words
from drawings.models.validators import validate_colormap, validate_line

TITLE_LENGTH = 80
ARTIST_LENGTH = 40
NOTE_LENGTH = 300
WORD_LENGTH = 40
SENDER_BYTES = 16
TOKEN_NAME_LENGTH = 60
TOKEN_DIGEST_BYTES = 32
TOKEN_SHOWN_LENGTH = 16
# Of one drawing: enough to decide by, and few enough for the queue to pass over.
MOST_WAITING_REPORTS = 50
UNLISTED = ["blob", "strokes", "owner", "sender", "changed_at"]
ON_PAGE = ["width", "height", "title", "artist", "colormap", "status", "created_at"]
UPDATED_AT = Coalesce("changed_at", "created_at")

# Strokes that come to something else than the picture show what nobody has seen on the wall. They
# are given away only once they have been verified, which asking for them does if nobody has done it
# yet: until then a page may offer some that are refused when they are asked for. Strokes on a
# drawing that is gone come to nothing: they disagree.
STROKES_TO_SHOW = Q(strokes__isnull=False) & ~Q(strokes_agree=False)
UNVERIFIED = Q(strokes__isnull=False, strokes_agree__isnull=True)
# Strokes that everybody may see. They reveal their paper, so the paper must be published too.
PUBLIC_STROKES = Q(strokes_agree=True) & (Q(parent=None) | Q(parent__status="published"))


class DrawingQuerySet(models.QuerySet["Drawing"]):
    def published(self) -> Self:
        return self.filter(status=Drawing.Status.PUBLISHED)

    def newest_first(self) -> Self:
        """By id: a UUIDv7 begins with the time."""
        return self.order_by("-id")

    def for_lists(self) -> Self:
        """What is said of drawings: their pixels and strokes stay in the database."""
        return self.defer(*UNLISTED)

    def for_page(self) -> Self:
        """What a drawing's own page says of it, with the parent's name and status, and with whether
        there are strokes to show."""
        shown = self.select_related("parent").only(*ON_PAGE, "parent__title", "parent__status")
        return shown.annotate(has_strokes=STROKES_TO_SHOW)

    def changed_before(self, at: datetime | None) -> Self:
        """Those that last changed before this moment, if one is given."""
        rows = self.with_changes()
        return rows if at is None else rows.filter(updated_at__lt=at)

    def with_parents(self) -> Self:
        """With what `for_lists` reads of the parents."""
        return self.select_related("parent").defer(*[f"parent__{name}" for name in UNLISTED])

    def changed_at_once(self, at: datetime, after: UUID) -> Self:
        """Those of `with_changes` that last changed at this very moment, from the id on."""
        return self.filter(updated_at=at, id__gt=after).order_by("id")

    def changed_later(self, at: datetime) -> Self:
        """Those of `with_changes` that last changed after this moment, the oldest change first."""
        return self.filter(updated_at__gt=at).order_by("updated_at", "id")

    def for_answers(self) -> Self:
        """As `with_changes`, with whether there are strokes to show."""
        return self.with_changes().annotate(has_strokes=STROKES_TO_SHOW)

    def with_changes(self) -> Self:
        """As `for_lists`, with when each last changed."""
        return self.for_lists().annotate(updated_at=UPDATED_AT)

    def for_pictures(self) -> Self:
        """With their pixels."""
        return self.defer("strokes", "owner", "sender", "changed_at")

    def for_strokes(self) -> Self:
        """With their strokes, and with the parent, which not everybody may see."""
        return self.defer("blob", "owner", "sender", "changed_at").with_parents()

    def with_strokes_to_show(self) -> Self:
        return self.filter(STROKES_TO_SHOW)

    def unverified(self) -> Self:
        """Whose strokes have not been held against the pixels yet."""
        return self.filter(UNVERIFIED)

    def change(self, **values: Any) -> int:
        """Set what is said of these drawings, and that it has changed now; how many they are."""
        return self.update(changed_at=Stamp(), **values)

    def bulk_create(self, objs: Iterable["Drawing"], *args: Any, **options: Any) -> list["Drawing"]:
        """As Django's, with the moment at which each is stored."""
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
        """Store a drawing; the row, and whether it is new.

        When its key is there already, the row that has it comes back as it is: however often and
        however concurrently one drawing is sent, it is stored once. Without a key it is new.
        A parent that is gone is forgotten.
        """
        # Stored first and looked for then: that it is there already is the exception.
        try:
            self._add(drawing)
        except IntegrityError:
            value = getattr(drawing, key)
            if value is None:
                raise
            if (stored := self.filter(**{key: value}).for_lists().first()) is not None:
                return stored, False
            self._add(drawing)  # that row was deleted before it was looked for
        return drawing, True

    def _add(self, drawing: "Drawing") -> None:
        with transaction.atomic():
            if drawing.parent_id is not None and not self.keep(drawing.parent_id):
                drawing.parent_id, drawing.strokes_agree = None, False
            drawing.save(force_insert=True)

    def prepare_deletion(self) -> None:
        """Lock these rows until the current transaction ends, and withdraw the strokes that were
        drawn on them.

        What others draw on them or report meanwhile would refer to a drawing that is gone.
        """
        ids = list(self.order_by("pk").select_for_update().values_list("pk", flat=True))
        children = Drawing.objects.filter(parent__in=ids, strokes__isnull=False)
        children.update(strokes_agree=False)

    def keep(self, id: UUID) -> bool:
        """Whether there is a drawing; it is not deleted before the current transaction ends."""
        same = self.filter(pk=id).select_for_update(no_key=True)
        return same.values_list("pk").first() is not None


class Drawing(Labelled, models.Model):  # noqa: DJ008 - Labelled has it
    """A drawing: its pixels as a blob, and what is said about them."""

    class Status(models.TextChoices):
        PUBLISHED = "published", "Published"
        PENDING = "pending", "Pending"
        HIDDEN = "hidden", "Hidden"

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
    status = models.CharField(max_length=10, choices=Status, default=Status.PUBLISHED)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # The sender's own name for this one sending: the same key sent twice is one row.
    submission_key = models.UUIDField(null=True, blank=True, editable=False)
    # What the drawing was called in the Flask app, if it comes from there.
    flask_id = models.UUIDField(null=True, blank=True, editable=False)
    # Whether the strokes come to the pixels; null until verification.verify has tried it, false
    # without the drawing that was drawn on.
    strokes_agree = models.BooleanField(null=True, editable=False)
    # The drawing that was drawn on.
    parent = models.ForeignKey(
        "self",
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="children",
        db_index=False,  # the index below begins with it
    )
    # Last, because SQLite reads a row from its beginning: what is said of a drawing comes without
    # the pages that these fill.
    blob = models.BinaryField()
    # What strokes.pack made of the strokes document; null for a picture or a brightness list.
    strokes = models.BinaryField(null=True)
    # Behind the blob as they came later, and for no list to read. Whose browser sent it (see
    # drawings/http/owner_cookie.py), and from which address (see drawings/services/senders.py).
    owner = models.UUIDField(null=True, editable=False)
    sender = models.BinaryField(max_length=SENDER_BYTES, null=True)
    # When it was stored, or what is said of it last changed (see models/stamps.py); null if that
    # was before stamps were kept for new rows.
    changed_at = models.DateTimeField(null=True, editable=False)

    has_strokes: bool  # of a row that `for_page` or `for_answers` has found
    updated_at: datetime  # of a row that `with_changes` has found

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
                condition=Q(status__in=["published", "pending", "hidden"]),
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
            # The gallery's pages on PostgreSQL, which takes the one above for a longer way than the
            # primary key's, and goes by all the hidden drawings there. SQLite has no use for it.
            models.Index(fields=["id"], condition=Q(status="published"), name="drawing_published"),
            # The gallery with ?cmap=.
            models.Index(fields=["status", "colormap", "id"], name="drawing_status_colormap"),
            # What one artist drew.
            models.Index(fields=["status", "artist", "id"], name="drawing_status_artist"),
            # What was drawn on a drawing, newest first; and what to change when it is deleted.
            models.Index(
                fields=["parent", "status", "id"],
                condition=Q(parent__isnull=False),
                name="drawing_parent",
            ),
            # verify_strokes.
            models.Index(
                fields=["id"],
                condition=UNVERIFIED,
                name="drawing_unverified",
            ),
            # "My drawings", newest first.
            models.Index(
                fields=["owner", "id"], condition=Q(owner__isnull=False), name="drawing_owner"
            ),
            # All that one sender sent.
            models.Index(
                fields=["sender", "id"], condition=Q(sender__isnull=False), name="drawing_sender"
            ),
            # What is new or changed since some time, in that order.
            models.Index(F("status"), UPDATED_AT, F("id"), name="drawing_updated"),
        ]
        permissions = [
            ("curate_drawing", "Can publish and hide drawings"),
            ("export_drawing", "Can take drawings out as datasets"),
        ]

    def save(self, *, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """As Django's, with the moment at which the row is written."""
        self.changed_at = Stamp()
        update_fields = update_fields and {*update_fields, "changed_at"}
        try:
            super().save(update_fields=update_fields, **options)
        finally:
            del self.changed_at  # only the database knows it: deferred until somebody asks

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        with transaction.atomic():
            Drawing.objects.filter(pk=self.pk).prepare_deletion()
            return super().delete(*args, **options)

    @classmethod
    def from_field(cls, field: pixels.Field, **values: Any) -> Self:
        """An unsaved drawing of a field, uint8 of shape (height, width)."""
        height, width = field.shape
        return cls(blob=pixels.write_blob(field), height=height, width=width, **values)

    @classmethod
    def from_brightness_list(cls, field: pixels.Field, **values: Any) -> Self:
        """An unsaved drawing of a field that came as a list of numbers: it looks as matplotlib's
        imshow would show the list, from its own least to its own greatest."""
        limits = {"colormap": "viridis", "vmin": int(field.min()), "vmax": int(field.max())}
        return cls.from_field(field, **{**limits, **values})

    @property
    def field(self) -> pixels.Field:
        """The pixels: uint8 of shape (height, width), read-only."""
        return pixels.read_blob(bytes(self.blob), self.height, self.width)

    @property
    def document(self) -> Document:
        """The strokes document. BadStrokesError if there is none that can be read."""
        return unpack(bytes(self.strokes or b""))


class ReportQuerySet(models.QuerySet["Report"]):
    def waiting(self) -> Self:
        """For staff to see to them."""
        return self.filter(settled_at__isnull=True)

    def first_of_each_drawing(self) -> Self:
        """Of the reports that wait, the oldest of each drawing, with the drawing for lists."""
        older = Report.objects.waiting().filter(drawing=OuterRef("drawing"), pk__lt=OuterRef("pk"))
        return self.waiting().filter(~Exists(older)).with_drawing()

    def with_drawing(self) -> Self:
        """With what lists say of the drawing: asked for after the reports, as SQLite would begin
        with the drawings if they were joined."""
        drawings = Prefetch("drawing", Drawing.objects.for_lists())
        return self.prefetch_related(drawings).defer("sender")


class Report(models.Model):
    """What a visitor finds wrong with a drawing. Staff decides; no number of reports hides one."""

    class Reason(models.TextChoices):
        HURTFUL = "hurtful", "It insults or threatens somebody"
        UNSUITABLE = "unsuitable", "It is not fit for who comes here"
        PRIVATE = "private", "It shows something private"
        OTHER = "other", "Something else"

    drawing = models.ForeignKey(Drawing, on_delete=models.CASCADE, related_name="reports")
    reason = models.CharField(max_length=12, choices=Reason)
    note = models.CharField(max_length=NOTE_LENGTH, blank=True, validators=[validate_line])
    sender = models.BinaryField(max_length=SENDER_BYTES, null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # When staff had seen to it; null while it waits.
    settled_at = models.DateTimeField(null=True, editable=False)

    objects = ReportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["drawing", "sender"], name="report_once_by_a_sender"),
            models.CheckConstraint(
                condition=Q(reason__in=["hurtful", "unsuitable", "private", "other"]),
                name="report_reason_known",
            ),
        ]
        indexes = [
            # What waits for staff, oldest first.
            models.Index(
                fields=["id"], condition=Q(settled_at__isnull=True), name="report_waiting"
            ),
        ]

    def __str__(self) -> str:
        return self.get_reason_display()


class SenderKey(models.Model):
    """What addresses are hashed with during one period (see drawings/services/senders.py)."""

    begins = models.DateField(primary_key=True)
    key = models.BinaryField()

    def __str__(self) -> str:
        return f"Key from {self.begins} on"


class BlockedSender(models.Model):
    """A sender whose drawings and reports are refused, until its key is forgotten."""

    sender = models.BinaryField(max_length=SENDER_BYTES, unique=True)
    note = models.CharField(max_length=NOTE_LENGTH, blank=True, validators=[validate_line])
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"Sender {bytes(self.sender).hex()[:8]}"


class KnownAddress(models.Model):
    """That a name has logged in from an address: a keyed hash of both (see http/logins.py)."""

    digest = models.BinaryField(max_length=32, unique=True)
    # The day (UTC) of the last login.
    seen_on = models.DateField(db_index=True)

    def __str__(self) -> str:
        return f"Known address {bytes(self.digest).hex()[:8]}"


class BlockedWordManager(models.Manager["BlockedWord"]):
    def found_in(self, *texts: str) -> set[str]:
        """Those that any of the texts has, folded. One query, none where there is no word."""
        words = list(set().union(*map(folded_words, texts)))
        if not words:
            return set()
        # Plain: each drawing that is sent waits for it, four times as long for Django's query.
        table, places = self.model._meta.db_table, ", ".join(["%s"] * len(words))
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT "word" FROM "{table}" WHERE "word" IN ({places})', words)  # noqa: S608
            return {word for (word,) in cursor.fetchall()}


class BlockedWord(models.Model):
    """A word that no title and no artist's name may have, whatever its case and accents.

    It is stored folded, as words.folded_words has it: any way in must clean it.
    """

    word = models.CharField(max_length=WORD_LENGTH, unique=True, validators=[validate_line])

    objects = BlockedWordManager()

    def __str__(self) -> str:
        return self.word

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        words = folded_words(self.word)
        if len(words) != 1:
            raise ValidationError({"word": "One word only: letters and digits, without spaces."})
        (self.word,) = words
        super().clean_fields(exclude)


class DayCount(models.Model):
    """How many drawings came on a day (UTC) that is over; counted when first asked for."""

    day = models.DateField(primary_key=True)
    drawings = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.drawings} on {self.day}"


def a_year_from_now() -> date:
    return timezone.now().date() + timedelta(days=365)


class ApiToken(models.Model):
    """What a program of its user shows the API. The secret itself is stored nowhere.

    A token may do what both its scope (`may_...`) and its user's permissions allow.
    """

    name = models.CharField(
        max_length=TOKEN_NAME_LENGTH,
        validators=[validate_line],
        help_text="What it is for, such as “Notebook of the drawing course”.",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    # How the secret begins, for people to know it by.
    begins = models.CharField(max_length=TOKEN_SHOWN_LENGTH, editable=False)
    # Its SHA-256: 256 random bits need no slower hash.
    digest = models.BinaryField(max_length=TOKEN_DIGEST_BYTES, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # To the day or so; null if it never was.
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    expires_on = models.DateField(
        "expires", default=a_year_from_now, help_text="The last day (UTC) on which it works."
    )
    may_read = models.BooleanField(
        "Read", default=True, help_text="Pending and hidden drawings, and the statistics."
    )
    may_curate = models.BooleanField(
        "Curate", default=False, help_text="Publish and hide drawings; includes Read."
    )
    may_export = models.BooleanField(
        "Export", default=False, help_text="Download datasets of what it can see."
    )

    class Meta:
        verbose_name = "API token"
        constraints = [
            models.CheckConstraint(
                condition=Q(may_read=True) | Q(may_curate=True) | Q(may_export=True),
                name="api_token_may_something",
                violation_error_message="Choose at least one of Read, Curate and Export.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

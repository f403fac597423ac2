"""Visitors' reports of drawings, and the words that titles and artists' names must not contain."""

from collections.abc import Collection
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.utils import timezone

from drawings.models.drawing import Drawing
from drawings.models.sender import NOTE_LENGTH, SENDER_BYTES
from drawings.models.text import folded_words
from drawings.models.validators import validate_line

WORD_LENGTH = 40
# For each drawing: enough for a decision, and few enough for the review queue to skip over.
MAX_WAITING_REPORTS = 50


class ReportQuerySet(models.QuerySet["Report"]):
    def waiting(self) -> Self:
        """Reports that staff have not settled yet."""
        return self.filter(settled_at__isnull=True)

    def first_of_each_drawing(self) -> Self:
        """The oldest waiting report of each drawing, with the drawing."""
        older = Report.objects.waiting().filter(drawing=OuterRef("drawing"), pk__lt=OuterRef("pk"))
        return self.waiting().filter(~Exists(older)).with_drawing()

    def with_drawing(self) -> Self:
        """Load the drawings in a second query: SQLite would begin a join with their table."""
        drawings = Prefetch("drawing", Drawing.objects.for_lists())
        return self.prefetch_related(drawings).defer("sender")


class ReportReason(models.TextChoices):
    HURTFUL = "hurtful", "It insults or threatens somebody"
    UNSUITABLE = "unsuitable", "Not suitable for this audience"
    PRIVATE = "private", "It shows something private"
    OTHER = "other", "Something else"


class Report(models.Model):
    """A visitor's complaint about a drawing. Staff decide; reports alone never hide a drawing."""

    Reason = ReportReason

    drawing = models.ForeignKey(Drawing, on_delete=models.CASCADE, related_name="reports")
    reason = models.CharField(max_length=12, choices=ReportReason)
    note = models.CharField(max_length=NOTE_LENGTH, blank=True, validators=[validate_line])
    sender = models.BinaryField(max_length=SENDER_BYTES, null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # When staff settled it; null while it is waiting.
    settled_at = models.DateTimeField(null=True, editable=False)

    objects = ReportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["drawing", "sender"], name="report_once_by_a_sender"),
            models.CheckConstraint(
                condition=Q(reason__in=ReportReason.values),
                name="report_reason_known",
            ),
        ]
        indexes = [
            # The waiting reports, oldest first.
            models.Index(
                fields=["id"], condition=Q(settled_at__isnull=True), name="report_waiting"
            ),
        ]

    def __str__(self) -> str:
        return self.get_reason_display()


class BlockedWordManager(models.Manager["BlockedWord"]):
    def found_in(self, *texts: str) -> set[str]:
        """Returns the blocked words in the texts, folded. Takes one query, or none if there are no
        words in the texts."""
        words = set().union(*map(folded_words, texts))
        return set(self.filter(word__in=words).values_list("word", flat=True))


class BlockedWord(models.Model):
    """A word that titles and artists' names must not contain, whatever its case and accents.

    It is stored folded (see text.folded_words), so it must be cleaned before it is saved.
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

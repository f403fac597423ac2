"""The form for reporting a drawing."""

from typing import Any

from django import forms

from drawings.models import NOTE_LENGTH, Report
from drawings.models.validators import validate_line


class NoteField(forms.CharField):
    """Accepts text with line breaks; cleans to one line."""

    def to_python(self, value: Any) -> str:
        return " ".join((super().to_python(value) or "").split())


class ReportForm(forms.Form):
    """A visitor's reason for reporting a drawing."""

    reason = forms.ChoiceField(choices=Report.Reason.choices)
    note = NoteField(required=False, max_length=NOTE_LENGTH, validators=[validate_line])

"""Validation of all values that clients send, with one sentence for each problem."""

from typing import TypeVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS

from drawsite.lib.refusals import RefusedError

Form = TypeVar("Form", bound=forms.Form)


def validated(form: Form, status: int = 400) -> Form:
    """Returns the form if it is valid. Otherwise raises RefusedError with the form's errors."""
    if not form.is_valid():
        raise RefusedError(status, error_sentences(form))
    return form


def error_sentences(form: forms.Form) -> dict[str, list[str]]:
    """Maps each field with errors to their sentences; "request" is the form as a whole."""
    return {
        "request" if name == NON_FIELD_ERRORS else name: [str(error) for error in errors]
        for name, errors in form.errors.items()
    }

"""Validates every value that a client gives, with one sentence for each thing that is wrong."""

from typing import TypeVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS

from drawsite.lib.refusals import RefusedError

Form = TypeVar("Form", bound=forms.Form)


def validated(form: Form, status: int = 400) -> Form:
    """Returns the form if it is valid. Raises RefusedError with its errors if it is not."""
    if not form.is_valid():
        raise RefusedError(status, sentences(form))
    return form


def sentences(form: forms.Form) -> dict[str, list[str]]:
    """A form's errors: field name to sentences; "request" is the form as a whole."""
    return {
        "request" if name == NON_FIELD_ERRORS else name: [str(error) for error in errors]
        for name, errors in form.errors.items()
    }

"""The API's error responses, which list a request's problems by field."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from drawings.http.errors import error_response, not_found, refusal_response, request_error
from drawsite.lib.refusals import RefusedError

MAX_ERRORS = 20
FIELD_LENGTH = 40


def add_handlers(api: NinjaAPI) -> None:
    """Turn exceptions in the API's operations into the same responses as the site's."""
    handlers: dict[type[Exception], Callable[..., HttpResponse]] = {
        RefusedError: refusal_response,
        Http404: not_found,
        HttpError: _malformed_json,
        ValidationError: _invalid_values,
        Exception: _leave_to_django,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def _malformed_json(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Returns 400: ninja raises HttpError only for malformed JSON, and this code never does."""
    return request_error(request, 400, "The body is not JSON.")


def _invalid_values(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Returns 422 with sentences for the first MAX_ERRORS problems, or 404 for a bad path."""
    errors: dict[str, list[str]] = {}
    for each in error.errors[:MAX_ERRORS]:
        source, *path = each["loc"]
        if source == "path":
            return not_found(request, error)
        if source == "body":  # its path begins with the name of the operation's argument
            path = path[1:]
        field = str(path[0])[:FIELD_LENGTH] if path else "request"
        errors.setdefault(field, []).append(_sentence_for(each))
    return error_response(request, 422, errors)


def _sentence_for(error: Mapping[str, Any]) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "value_error":  # raised in schemas.py
            return str(context["error"])
        case "literal_error":
            return f"Give {context['expected']}."
        case "missing":
            return "This is required."
        case "extra_forbidden":
            return "There is no such field."
        case "model_type" | "model_attributes_type":
            return "Send a JSON object."
    return "This value isn't valid."


def _leave_to_django(request: HttpRequest, error: Exception) -> HttpResponse:
    raise error

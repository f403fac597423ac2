"""Builds the API's reference page from its OpenAPI document."""

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

from drawings.api import openapi, pagination
from drawings.api.schemas import COLORMAPS, DEFAULT_LIST_LIMIT
from drawsite.environment import Rate

# A command for each operation, in which {url} is the API's root.
EXAMPLES = {
    "list_drawings": 'curl "{url}drawings?cmap=magma&since=2026-01-01&limit=10"',
    "create_drawing": 'curl --form image=@picture.png --form title="From a script" {url}drawings',
    "get_drawing": "curl {url}drawings/01900000-0000-7000-8000-000000000000",
    "change_drawing": (
        'curl --request PATCH --header "Authorization: Bearer $TOKEN" \\\n'
        '     --json \'{{"status": "hidden"}}\' \\\n'
        "     {url}drawings/01900000-0000-7000-8000-000000000000"
    ),
    "get_array": 'curl --output drawings.npz "{url}drawings.npz?artist=Ada&limit=1000"',
    "export_drawings": (
        'curl --header "Authorization: Bearer $TOKEN" --output wall.npz "{url}export.npz"'
    ),
    "get_statistics": 'curl --header "Authorization: Bearer $TOKEN" "{url}statistics?days=365"',
}
PERIODS = {1: "second", 60: "minute", 3600: "hour", 24 * 3600: "day"}

# The parts of a text, each with a flag that is true for code.
Spans = list[tuple[str, bool]]


class Value(NamedTuple):
    """A parameter, or a field of a request or response body."""

    name: str
    kind: Spans
    about: Spans


class Operation(NamedTuple):
    """An operation, as the reference page shows it."""

    id: str
    method: str
    path: str
    summary: str
    about: list[Spans]
    needs_token: bool
    takes_list_parameters: bool  # its `parameters` then leave those out
    parameters: list[Value]
    body: list[Value]
    statuses: list[tuple[str, str]]
    example: str


def build_context(url: str) -> dict[str, Any]:
    """Returns the template's context. `url` is the API's root."""
    document = openapi.build_document(urlsplit(url).path)
    schemas = document["components"]["schemas"]
    return {
        "url": url,
        "operations": list(_build_operations(document, url)),
        "drawing": _fields(schemas["Drawing"], schemas),
        "limits": {
            "requests": _rate_in_words(settings.API_RATE),
            "drawings": _rate_in_words(settings.SUBMIT_RATE),
            "files": _rate_in_words(settings.FIGURE_RATE),
        },
        "max_examined": f"{pagination.MAX_EXAMINED:,}",
        "default_limit": DEFAULT_LIST_LIMIT,
        "max_upload_bytes": f"{settings.MAX_UPLOAD_BYTES:,}",
    }


def _build_operations(document: Mapping[str, Any], url: str) -> Iterator[Operation]:
    schemas = document["components"]["schemas"]
    listed: list[Value] = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parameters = [
                Value(each["name"], _type_in_words(each["schema"], schemas), _about(each))
                for each in operation["parameters"]
                if each["in"] == "query" or "enum" in each["schema"]
            ]
            # Don't repeat the list's parameters.
            takes_listed = bool(listed) and all(each in parameters for each in listed)
            own = [each for each in parameters if not takes_listed or each not in listed]
            if operation["operationId"] == "list_drawings":
                listed = [each for each in parameters if each.name != "limit"]
            yield Operation(
                id=operation["operationId"],
                method=method.upper(),
                path=path,
                summary=operation["summary"],
                about=[split_spans(each) for each in operation["description"].split("\n\n")],
                needs_token={} not in operation["security"],
                takes_list_parameters=takes_listed,
                parameters=own,
                body=_body_fields(operation, schemas),
                statuses=[
                    (status, HTTPStatus(int(status)).phrase) for status in operation["responses"]
                ],
                example=EXAMPLES[operation["operationId"]].format(url=url),
            )


def _body_fields(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> list[Value]:
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    return _fields(_resolved(schema, schemas), schemas) if schema else []


def _fields(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> list[Value]:
    return [
        Value(name, _type_in_words(each, schemas), _about(each))
        for name, each in schema["properties"].items()
    ]


def _resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in schema:
        resolved: Mapping[str, Any] = schemas[schema["$ref"].rpartition("/")[2]]
        return resolved
    return schema


def _type_in_words(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Spans:
    """Describes a value's type in words."""
    schema = _resolved(schema, schemas)
    if "anyOf" in schema:
        kinds = [
            _type_in_words(each, schemas) for each in schema["anyOf"] if each != {"type": "null"}
        ]
        return [part for kind in kinds for part in (*kind, (" or ", False))][:-1]
    if "enum" in schema:
        if schema["enum"] == COLORMAPS:
            return [("the name of a colormap", False)]
        return [part for value in schema["enum"] for part in ((str(value), True), (" or ", False))][
            :-1
        ]
    kind = {"integer": "whole number", "string": "text", "array": "list"}.get(
        schema["type"], schema["type"]
    )
    kind = {"uuid": "UUID", "uri": "URL", "date": "date", "date-time": "time"}.get(
        schema.get("format", ""), kind
    )
    if "maximum" in schema:
        kind += f" from {schema['minimum']:,} to {schema['maximum']:,}"
    elif "maxLength" in schema:
        kind += f" of at most {schema['maxLength']} characters"
    return [(kind, False)]


def _about(schema: Mapping[str, Any]) -> Spans:
    about = schema.get("description", "")
    default = schema.get("schema", {}).get("default")
    return split_spans(f"{about} The default is {default:,}." if default else about)


def split_spans(text: str) -> Spans:
    """Split a text at the backticks around code."""
    parts = re.split(r"`([^`]*)`", " ".join(text.split()))
    return [(part, bool(number % 2)) for number, part in enumerate(parts) if part]


def _rate_in_words(rate: Rate | None) -> str:
    if rate is None:
        return "no limit"
    period = PERIODS.get(rate.seconds, f"{rate.seconds:,} seconds")
    return f"{rate.limit:,} per {period}"

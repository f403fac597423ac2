"""The content of the API's reference page, made from its OpenAPI document."""

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

from drawings.api import openapi, pagination
from drawings.api.schemas import COLORMAPS, LISTED
from drawsite.environment import Rate

# A command for each operation; {url} is the API's root.
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

# A text in parts, each with whether it is code.
Spans = list[tuple[str, bool]]


class Value(NamedTuple):
    """A parameter, or a field of a request's or a response's body."""

    name: str
    kind: Spans
    about: Spans


class Operation(NamedTuple):
    id: str
    method: str
    path: str
    summary: str
    about: list[Spans]
    needs_token: bool
    repeats: bool  # takes all parameters of the list, too
    parameters: list[Value]
    body: list[Value]
    answers: list[tuple[str, str]]
    example: str


def context(url: str) -> dict[str, Any]:
    """The template's context; `url` is the API's root."""
    document = openapi.document(urlsplit(url).path)
    schemas = document["components"]["schemas"]
    return {
        "url": url,
        "operations": list(_operations(document, url)),
        "drawing": _fields(schemas["Drawing"], schemas),
        "limits": {
            "requests": _rate(settings.API_RATE),
            "drawings": _rate(settings.SUBMIT_RATE),
            "files": _rate(settings.FIGURE_RATE),
        },
        "most_examined": f"{pagination.MAX_EXAMINED:,}",
        "listed": LISTED,
        "max_upload_bytes": f"{settings.MAX_UPLOAD_BYTES:,}",
    }


def _operations(document: Mapping[str, Any], url: str) -> Iterator[Operation]:
    schemas = document["components"]["schemas"]
    listed: list[Value] = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parameters = [
                Value(each["name"], _kind(each["schema"], schemas), _about(each))
                for each in operation["parameters"]
                if each["in"] == "query" or "enum" in each["schema"]
            ]
            # The list's parameters are not repeated.
            repeats = bool(listed) and all(each in parameters for each in listed)
            own = [each for each in parameters if not repeats or each not in listed]
            if operation["operationId"] == "list_drawings":
                listed = [each for each in parameters if each.name != "limit"]
            yield Operation(
                id=operation["operationId"],
                method=method.upper(),
                path=path,
                summary=operation["summary"],
                about=[spans(each) for each in operation["description"].split("\n\n")],
                needs_token={} not in operation["security"],
                repeats=repeats,
                parameters=own,
                body=_body(operation, schemas),
                answers=[
                    (status, HTTPStatus(int(status)).phrase) for status in operation["responses"]
                ],
                example=EXAMPLES[operation["operationId"]].format(url=url),
            )


def _body(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> list[Value]:
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    return _fields(_resolved(schema, schemas), schemas) if schema else []


def _fields(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> list[Value]:
    return [
        Value(name, _kind(each, schemas), _about(each))
        for name, each in schema["properties"].items()
    ]


def _resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in schema:
        resolved: Mapping[str, Any] = schemas[schema["$ref"].rpartition("/")[2]]
        return resolved
    return schema


def _kind(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Spans:
    """The type of a value, in words."""
    schema = _resolved(schema, schemas)
    if "anyOf" in schema:
        kinds = [_kind(each, schemas) for each in schema["anyOf"] if each != {"type": "null"}]
        return [part for kind in kinds for part in (*kind, (" or ", False))][:-1]
    if "enum" in schema:
        if schema["enum"] == COLORMAPS:
            return [("a colormap of matplotlib", False)]
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
    return spans(f"{about} {default:,} unless given." if default else about)


def spans(text: str) -> Spans:
    """The parts of a text whose code is between backticks."""
    parts = re.split(r"`([^`]*)`", " ".join(text.split()))
    return [(part, bool(number % 2)) for number, part in enumerate(parts) if part]


def _rate(rate: Rate | None) -> str:
    if rate is None:
        return "no limit"
    period = PERIODS.get(rate.seconds, f"{rate.seconds:,} seconds")
    return f"{rate.limit:,} in a {period}"

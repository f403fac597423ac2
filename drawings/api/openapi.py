"""The API's OpenAPI document."""

from functools import lru_cache
from typing import Any

from drawings.api.v1 import api

RETRY_AFTER = {
    "Retry-After": {"description": "After how many seconds.", "schema": {"type": "integer"}}
}


@lru_cache(maxsize=1)
def document(prefix: str) -> dict[str, Any]:
    """The document of the API whose paths begin with a prefix."""
    schema: dict[str, Any] = dict(api.get_openapi_schema(path_prefix=prefix))
    schema["servers"] = [{"url": "/"}]
    for operations in schema["paths"].values():
        operations.pop("head", None)  # the same operation as GET, whose id must be unique
        for operation in operations.values():
            for status in (429, 503):
                operation["responses"][status]["headers"] = RETRY_AFTER
            operation["responses"] = {
                str(status): response for status, response in sorted(operation["responses"].items())
            }
            if operation["security"] == [{"Anybody": []}]:
                operation["security"] = [{}, {"Token": []}]
    schemes = schema["components"]["securitySchemes"]
    schema["components"]["securitySchemes"] = {"Token": schemes["Token"]}
    return schema

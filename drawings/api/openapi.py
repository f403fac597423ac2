"""The API's OpenAPI document."""

from functools import lru_cache
from typing import Any

from drawings.api.v1 import api

RETRY_AFTER = {
    "Retry-After": {
        "description": "Seconds to wait before retrying.",
        "schema": {"type": "integer"},
    }
}


@lru_cache(maxsize=1)
def build_document(prefix: str) -> dict[str, Any]:
    """Returns the OpenAPI document. All its paths begin with the prefix."""
    schema: dict[str, Any] = dict(api.get_openapi_schema(path_prefix=prefix))
    schema["servers"] = [{"url": "/"}]
    for operations in schema["paths"].values():
        operations.pop("head", None)  # same operation as GET, but ids must be unique
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

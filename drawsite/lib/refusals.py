"""The one exception that refuses a request, from any layer. It is answered in one place."""

from collections.abc import Mapping

Errors = Mapping[str, list[str]]


class RefusedError(Exception):
    """Refuses the request. `drawings.http.errors.refusal_response` turns it into the response.

    `errors` is one sentence about the whole request, or maps field names to sentences.
    `retry_after` is in seconds.
    """

    def __init__(
        self,
        status: int,
        errors: str | Errors,
        *,
        retry_after: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.errors: Errors = {"request": [errors]} if isinstance(errors, str) else errors
        super().__init__(status, self.errors)
        self.status = status
        self.retry_after = retry_after
        self.headers = dict(headers or {})

"""How any code refuses the request it works for: by one exception, answered in one place."""

from collections.abc import Mapping

Errors = Mapping[str, list[str]]


class RefusedError(Exception):
    """The request is refused. `drawings.http.errors.refusal` turns this into the response.

    `errors` is a sentence about the request as a whole, or maps the names of fields to sentences.
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

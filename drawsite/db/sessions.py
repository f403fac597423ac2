"""Django's sessions in the database, asked for by nothing that is no key of one.

Whatever a cookie holds would be looked for, a NUL too, which PostgreSQL fails on.
"""

import re
from typing import Any

from django.contrib.sessions.backends import db

WELL_FORMED = re.compile(r"[a-z0-9]{8,40}")


class SessionStore(db.SessionStore):
    def _validate_session_key(self, key: Any) -> bool:
        return isinstance(key, str) and WELL_FORMED.fullmatch(key) is not None

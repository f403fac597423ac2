"""Django's database sessions, which also validate the session key before looking it up.

Django looks up any cookie value, and PostgreSQL raises an error for a NUL character. Without this
check, a cookie could cause a 500.
"""

import re
from typing import Any

from django.contrib.sessions.backends import db

SESSION_KEY = re.compile(r"[a-z0-9]{8,40}")


class SessionStore(db.SessionStore):
    def _validate_session_key(self, key: Any) -> bool:
        return isinstance(key, str) and SESSION_KEY.fullmatch(key) is not None

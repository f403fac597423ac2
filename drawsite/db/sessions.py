"""Django's database sessions, with session keys checked before they are looked up.

Django looks up whatever the cookie holds, and PostgreSQL raises an error for a NUL character.
Without this check, anybody could cause a 500 with a cookie.
"""

import re
from typing import Any

from django.contrib.sessions.backends import db

SESSION_KEY = re.compile(r"[a-z0-9]{8,40}")


class SessionStore(db.SessionStore):
    def _validate_session_key(self, key: Any) -> bool:
        return isinstance(key, str) and SESSION_KEY.fullmatch(key) is not None

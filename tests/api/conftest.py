from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission

from drawings.models import ApiToken, Drawing
from drawings.services import api_tokens
from tests.support.api import ids


@pytest.fixture
def make_many(field):
    """Stores many drawings at once; returns their ids, newest first."""

    def make(number, **values):
        model = Drawing.from_field(field)
        rows = [Drawing(blob=model.blob, width=200, height=200, **values) for _ in range(number)]
        Drawing.objects.bulk_create(rows)
        return ids(*reversed(rows))

    return make


@pytest.fixture
def make_token(django_user_model):
    """Creates a token for a new staff user with these permissions. Returns the request headers that
    carry it, and its row. Without any, the user still has one that the API has no use for."""

    def make(*permissions, **values):
        user = django_user_model.objects.create_user(uuid4().hex)
        codenames = [*permissions, "view_group"]
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        scopes = {"may_read": True, "may_curate": True, "may_export": True}
        token = ApiToken(name="Notebook", user=user, **{**scopes, **values})
        secret = api_tokens.set_secret(token)
        token.save()
        return {"Authorization": f"Bearer {secret}"}, token

    return make

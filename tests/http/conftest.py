from uuid import uuid4

import pytest


@pytest.fixture(autouse=True)
def quick_passwords_and_fresh_counts(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SECRET_KEY = uuid4().hex


@pytest.fixture
def curators(django_user_model):
    for name in ("ada", "bob"):
        django_user_model.objects.create_superuser(name, password="right")

"""Creating an account from a script: `manage.py createsuperuser --noinput`."""

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def superuser_environment(monkeypatch):
    for name, value in [("USERNAME", "marianne"), ("EMAIL", "m@wall.example")]:
        monkeypatch.setenv(f"DJANGO_SUPERUSER_{name}", value)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "too short"),
        ("password", "too common"),
        ("73519824673", "entirely numeric"),
        ("marianne1", "too similar to the username"),
        ("", "too short"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused_with_the_reason(
    monkeypatch, password, reason
):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)

    with pytest.raises(CommandError, match=rf"DJANGO_SUPERUSER_PASSWORD: .*{reason}"):
        call_command("createsuperuser", interactive=False)

    assert not get_user_model().objects.exists()


def test_a_good_password_is_accepted(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a fine long password")

    call_command("createsuperuser", interactive=False, verbosity=0)

    user = get_user_model().objects.get()
    assert user.check_password("a fine long password")
    assert user.is_superuser

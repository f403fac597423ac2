"""Staff are the active users who have any permission, their own or a group's, and superusers.

Django's `is_staff` is not used. It would be a second thing to give with a group, and to take away.
"""

from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import AbstractUser, AnonymousUser, User
from django.core.exceptions import ValidationError
from django.http import HttpRequest


def may_enter_admin(user: AbstractUser | AnonymousUser) -> bool:
    """Whether the user is active and has any permission."""
    return bool(user.get_all_permissions())  # empty for inactive users


class StaffLoginForm(AdminAuthenticationForm):
    """Admits staff only, and tells others with the right password what they lack."""

    def confirm_login_allowed(self, user: User) -> None:
        AuthenticationForm.confirm_login_allowed(self, user)
        if not may_enter_admin(user):
            raise ValidationError(
                "This account isn't in a group yet. Ask the site's owner to add it to one.",
                code="no_group",
            )


class StaffAdminSite(AdminSite):
    login_form = StaffLoginForm

    def has_permission(self, request: HttpRequest) -> bool:
        return may_enter_admin(request.user)

"""The admin's pages for users and groups. A group makes a user staff (see drawsite.lib.staff)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import ManyToManyField, QuerySet
from django.http import HttpRequest

ABOUT_PERMISSIONS = (
    "A user with a group, or with a permission of their own, can log in here and do what these"
    " allow. Without any, they can't log in. To lock somebody out at once, untick Active."
)

# Django's filter for long lists needs a script, whose icons have names that no screen reader reads.
CHECKBOXES: dict[Any, Any] = {ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}

admin.site.unregister([User, Group])  # importing their ModelAdmins has registered them


@admin.register(Group)
class StaffGroupAdmin(GroupAdmin):
    filter_horizontal = ()
    formfield_overrides = CHECKBOXES


@admin.register(User)
class StaffUserAdmin(UserAdmin):
    """Django's UserAdmin without "staff status"."""

    filter_horizontal = ()
    formfield_overrides = CHECKBOXES
    readonly_fields = ("last_login", "date_joined")
    list_display = ("username", "email", "in_groups", "is_superuser", "is_active")
    list_filter = ("is_superuser", "is_active", "groups")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Personal info", {"fields": ("first_name", "last_name", "email")}),
        (
            "Permissions",
            {
                "fields": ("is_active", "groups", "user_permissions", "is_superuser"),
                "description": ABOUT_PERMISSIONS,
            },
        ),
        ("Important dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        *(UserAdmin.add_fieldsets or ()),
        ("Permissions", {"fields": ("groups",), "description": ABOUT_PERMISSIONS}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="Groups")
    def in_groups(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all())

"""API tokens. Staff make and revoke their own; nobody can change a token."""

from datetime import date
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from drawings.admin.selecting import CheckedSelection
from drawings.models import ApiToken
from drawings.services import api_tokens
from drawsite.db.transactions import write_transaction

EDITABLE_FIELDS = ("name", "expires_on", "may_read", "may_curate", "may_export")
RECORDED_FIELDS = ("begins", "user", "created_at", "last_used_at", "revoked_at")


class TokenForm(forms.ModelForm):
    def clean_expires_on(self) -> date:
        day: date = self.cleaned_data["expires_on"]
        if day < timezone.now().date():
            raise ValidationError("This day has passed. Choose a later one.")
        return day


@admin.register(ApiToken)
class ApiTokenAdmin(CheckedSelection):
    form = TokenForm
    list_display = (*EDITABLE_FIELDS, *RECORDED_FIELDS)
    list_select_related = ("user",)
    ordering = ("-pk",)
    actions = ("revoke",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        """Returns the user's own tokens. Superusers get all tokens, to revoke them."""
        rows = super().get_queryset(request).defer("digest")
        if request.user.is_superuser:
            return rows
        return rows.filter(user_id=request.user.pk)

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        return EDITABLE_FIELDS if obj is None else (*EDITABLE_FIELDS, *RECORDED_FIELDS)

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("drawings.delete_apitoken")

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        obj.user_id = cast(int, request.user.pk)
        request.api_secret = api_tokens.set_secret(obj)  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret on a page of its own, because a message could be stored in a cookie."""
        context = {
            **self.admin_site.each_context(request),
            "title": "Token created",
            "opts": self.opts,
            "token": obj,
            "secret": request.api_secret,  # type: ignore[attr-defined]
        }
        response = render(request, "admin/drawings/apitoken/made.html", context)
        response["Cache-Control"] = "private, no-store"
        return response

    @admin.action(description="Revoke selected tokens", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        with write_transaction():
            tokens = list(queryset.filter(revoked_at__isnull=True))
            rows = ApiToken.objects.filter(pk__in=[token.pk for token in tokens])
            rows.update(revoked_at=timezone.now())
            for token in tokens:
                self.log_change(request, token, "Revoked.")
        number = len(tokens)
        self.message_user(request, f"Revoked {number:,} token{'' if number == 1 else 's'}.")

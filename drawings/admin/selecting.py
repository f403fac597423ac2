"""Validation of the rows selected in an admin list."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpRequest, HttpResponse


class CheckedSelection(ModelAdmin):
    """A ModelAdmin that refuses malformed ids with BadRequest. Django would query for them."""

    def response_action(
        self, request: HttpRequest, *args: Any, **options: Any
    ) -> HttpResponse | None:
        try:
            for selected in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.clean(selected, None)
        except ValidationError as error:
            raise BadRequest from error
        return super().response_action(request, *args, **options)

"""The admin: drawings and their review, reports, blocked words and senders, API tokens, users."""

from django.contrib import admin

from drawings.admin import (  # noqa: F401 - importing them registers the models
    api_tokens,
    drawing,
    moderation,
    users,
)

admin.site.site_header = "Drawsite"
admin.site.site_title = "Drawsite"
admin.site.index_title = "Curate the wall"

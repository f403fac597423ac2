"""The admin: drawings and their review, reports, blocked words and senders, API tokens."""

from django.contrib import admin

from drawings.admin import api_tokens, drawing, moderation  # noqa: F401 - importing them registers the models

admin.site.site_header = "Drawsite"
admin.site.site_title = "Drawsite"
admin.site.index_title = "Curate the wall"

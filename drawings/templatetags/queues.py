"""Template tags for the admin's first page: waiting drawings and reports, expiring tokens."""

from django import template
from django.db.models import QuerySet
from django.http import HttpRequest

from drawings.admin import review
from drawings.models import ApiToken
from drawings.services import api_tokens

register = template.Library()


@register.simple_tag
def numbers_that_wait(request: HttpRequest) -> str:
    """The length of each of the user's review queues, such as "3 reported, 12 pending"."""
    return ", ".join(
        f"{queue.count_waiting()} {queue.title.lower()}" for queue in review.queues_for(request)
    )


@register.simple_tag
def tokens_about_to_expire(request: HttpRequest) -> QuerySet[ApiToken]:
    """Returns the user's API tokens that expire soon."""
    return api_tokens.expiring_tokens(request.user)

from django import template
from django.db.models import QuerySet
from django.http import HttpRequest

from drawings.admin import review
from drawings.models import ApiToken
from drawings.services import api_tokens

register = template.Library()


@register.simple_tag
def numbers_that_wait(request: HttpRequest) -> str:
    """How many wait in each queue of this user's, as far as they are counted: "3 reported, ..."."""
    return ", ".join(
        f"{queue.number()} {queue.title.lower()}" for queue in review.queues_of(request)
    )


@register.simple_tag
def tokens_about_to_expire(request: HttpRequest) -> QuerySet[ApiToken]:
    """This user's."""
    return api_tokens.about_to_expire(request.user)

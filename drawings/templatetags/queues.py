from django import template
from django.http import HttpRequest

from drawings.admin import review

register = template.Library()


@register.simple_tag
def numbers_that_wait(request: HttpRequest) -> str:
    """How many wait in each queue of this user's, as far as they are counted: "3 reported, ..."."""
    return ", ".join(
        f"{queue.number()} {queue.title.lower()}" for queue in review.queues_of(request)
    )

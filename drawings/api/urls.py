"""The API's URLs, below /api/v1/."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from drawings.api import openapi
from drawings.api.v1 import api

app_name = "api"


@require_safe
def openapi_json(request: HttpRequest) -> HttpResponse:
    prefix = request.path.removesuffix("openapi.json")
    response = JsonResponse(openapi.build_document(prefix))
    response["Access-Control-Allow-Origin"] = "*"
    patch_cache_control(response, public=True, max_age=3600)
    return response


urlpatterns = [
    path("openapi.json", openapi_json, name="openapi"),
    # Without ninja's root page, which would be empty.
    *(each for each in api.urls[0] if getattr(each, "name", "") != "api-root"),
]

"""The project's URLs: the admin's and the app's."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView


class Favicon(RedirectView):
    """Redirects to the icon, for pages that do not link it (the admin's)."""

    def get_redirect_url(self, *args: object, **kwargs: object) -> str:
        return static("drawings/img/icon.svg")


urlpatterns = [
    path("favicon.ico", Favicon.as_view()),
    path("", include("drawings.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "drawings.http.errors.bad_request"
handler403 = "drawings.http.errors.permission_denied"
handler404 = "drawings.http.errors.not_found"
handler500 = "drawings.http.errors.server_error"

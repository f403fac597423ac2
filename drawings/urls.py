from django.urls import path
from django.urls.resolvers import RoutePattern

from drawings.on_demand import OnDemand
from drawings.views import api, health, own, pages, pictures, reports, submission

app_name = "drawings"

urlpatterns = [
    path("", pages.canvas, name="canvas"),
    path("gallery/", pages.gallery, name="gallery"),
    path("mine/", own.mine, name="mine"),
    # /drawings/
    path("drawings/", submission.submit, name="submit"),
    path("drawings/<uuid:id>/", pages.drawing, name="drawing"),
    path("drawings/<uuid:id>/title/", own.retitle, name="retitle"),
    path("drawings/<uuid:id>/take-back/", own.take_back, name="take-back"),
    path("drawings/<uuid:id>/report/", reports.report, name="report"),
    path("drawings/<uuid:id>/report/thanks/", reports.thanks, name="report-thanks"),
    path("drawings/<uuid:id>/image.png", pictures.image, name="image"),
    path("drawings/<uuid:id>/plot.png", pictures.plot, name="plot"),
    path("drawings/<uuid:id>/pixels.npy", pictures.pixels_npy, name="npy"),
    path("drawings/<uuid:id>/strokes.json", pictures.strokes_json, name="strokes-json"),
    path("drawings/<uuid:id>/strokes.svg", pictures.strokes_svg, name="strokes-svg"),
    # /colormaps/
    path("colormaps/<str:name>.png", pictures.colormap_strip, name="colormap"),
    # /api/
    path("api/", api.reference, name="api"),
    OnDemand(RoutePattern("api/v1/"), "drawings.api.urls", app_name="api", namespace="api"),
    # For those who watch the server
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.prometheus, name="metrics"),
    # The Flask app's
    path("postmethod", submission.postmethod, name="postmethod"),
    path("results/", submission.flask_results, name="flask-results"),
    path("results/<uuid:id>", submission.flask_result, name="flask-result"),
]

"""The site's URLs."""

from django.urls import include, path

from drawings.views import (
    api_docs,
    data,
    gallery_plots,
    health,
    images,
    my_drawings,
    pages,
    plots,
    reports,
    submission,
)

app_name = "drawings"

urlpatterns = [
    path("", pages.studio, name="studio"),
    path("gallery/", pages.gallery, name="gallery"),
    path("gallery/plots/", gallery_plots.page, name="gallery-plots"),
    path(
        "gallery/plots/<str:kind>.png", gallery_plots.plot, {"format": "png"}, name="gallery-plot"
    ),
    path(
        "gallery/plots/<str:kind>.svg",
        gallery_plots.plot,
        {"format": "svg"},
        name="gallery-plot-svg",
    ),
    path(
        "gallery/plots/<str:kind>.pdf",
        gallery_plots.plot,
        {"format": "pdf"},
        name="gallery-plot-pdf",
    ),
    path("mine/", my_drawings.my_drawings, name="my-drawings"),
    # /drawings/
    path("drawings/", submission.submit, name="submit"),
    path("drawings/<uuid:id>/", pages.drawing, name="drawing"),
    path("drawings/<uuid:id>/title/", my_drawings.retitle, name="retitle"),
    path("drawings/<uuid:id>/take-back/", my_drawings.take_back, name="take-back"),
    path("drawings/<uuid:id>/report/", reports.report, name="report"),
    path("drawings/<uuid:id>/report/thanks/", reports.thanks, name="report-thanks"),
    path("drawings/<uuid:id>/image.png", images.image, name="image"),
    path("drawings/<uuid:id>/plot.png", plots.plot, {"format": "png"}, name="plot"),
    path("drawings/<uuid:id>/plot.svg", plots.plot, {"format": "svg"}, name="plot-svg"),
    path("drawings/<uuid:id>/plot.pdf", plots.plot, {"format": "pdf"}, name="plot-pdf"),
    path("drawings/<uuid:id>/pixels.npy", data.pixels_npy, name="npy"),
    path("drawings/<uuid:id>/pixels.csv", data.pixels_csv, name="csv"),
    path("drawings/<uuid:id>/pixels.json", data.pixels_json, name="pixels-json"),
    path("drawings/<uuid:id>/strokes.json", data.strokes_json, name="strokes-json"),
    path("drawings/<uuid:id>/strokes.svg", data.strokes_svg, name="strokes-svg"),
    # /colormaps/
    path("colormaps/<str:name>.png", images.colormap_strip, name="colormap"),
    path("colormaps/<str:name>.json", images.colormap_json, name="colormap-json"),
    # /api/
    path("api/", api_docs.reference, name="api"),
    path("api/v1/", include("drawings.api.urls")),
    # Monitoring
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.prometheus, name="metrics"),
    # The Flask app's URLs
    path("postmethod", submission.postmethod, name="postmethod"),
    path("results/", submission.flask_results, name="flask-results"),
    path("results/<uuid:id>", submission.flask_result, name="flask-result"),
]

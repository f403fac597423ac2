"""Prometheus metrics of all server processes together. Collected only if METRICS_TOKEN is set."""

import functools
import os
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.signals import post_save

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
BUCKET_SECONDS = (
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
    30.0,
)


class Instruments:
    def __init__(self) -> None:
        # Without METRICS_TOKEN, the server does not load the library.
        from prometheus_client import Counter, Histogram

        self.requests = Counter(
            "drawsite_requests", "Requests answered.", ["route", "method", "status"]
        )
        self.seconds = Histogram(
            "drawsite_request_seconds",
            "Response times in seconds.",
            ["route"],
            buckets=BUCKET_SECONDS,
        )
        self.drawings = Counter("drawsite_drawings", "Drawings stored.", ["status"])
        self.refusals = Counter("drawsite_refusals", "Requests refused by a limit.", ["limit"])
        self.busy = Counter("drawsite_busy", "Plots and strokes refused while the worker was busy.")


instruments = functools.cache(Instruments)


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    if settings.METRICS_TOKEN:
        method = method if method in METHODS else "other"
        instruments().requests.labels(route, method, status).inc()
        instruments().seconds.labels(route).observe(seconds)


def count_drawing(*, instance: Any, created: bool, **kwargs: Any) -> None:
    if created and settings.METRICS_TOKEN:
        transaction.on_commit(instruments().drawings.labels(instance.status).inc)


def count_refusal(limit: str) -> None:
    if settings.METRICS_TOKEN:
        instruments().refusals.labels(limit).inc()


def count_busy() -> None:
    if settings.METRICS_TOKEN:
        instruments().busy.inc()


def connect_signals() -> None:
    post_save.connect(count_drawing, sender="drawings.Drawing")


def render_exposition() -> tuple[bytes, str]:
    """Returns all metrics in Prometheus's exposition format, and the content type."""
    from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    instruments()
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry), CONTENT_TYPE_LATEST

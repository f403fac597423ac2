"""The site's settings, with what it is compared with beside it."""

from drawsite.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.compared.urls"

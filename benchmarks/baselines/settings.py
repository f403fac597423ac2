"""The site's settings, with the baselines' URLs as well."""

from drawsite.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.baselines.urls"

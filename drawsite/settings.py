"""All settings, read from environment variables. docs/settings.md says what each one does."""

import os
from pathlib import Path

from csp.constants import NONE, SELF
from environs import validate

from drawsite.environment import build_databases, env
from drawsite.observability.log_formats import FORMATTERS
from drawsite.secret_key import read_or_create_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Environment variables -------------------------------------------------------------------

HOST = env.str("HOST", "127.0.0.1")
PORT = env.int("PORT", 8000, validate=validate.Range(min=1, max=65535))
WEB_WORKERS = env.int("WEB_WORKERS", os.cpu_count() or 1, validate=validate.Range(min=1, max=256))
# Threads of each worker: while one waits for the database, the others work.
WEB_THREADS = 4

DATA_DIR: Path = env.directory("DATA_DIR", BASE_DIR / "data")

DEBUG = env.switch("DEBUG", "off")
SECRET_KEY = env.str("SECRET_KEY", "") or read_or_create_secret_key(DATA_DIR / "secret_key")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
HTTPS = env.switch("HTTPS", "off")
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0, validate=validate.Range(min=0, max=16))

DATABASE_URL = env.database("DATABASE_URL", f"sqlite:///{DATA_DIR / 'db.sqlite3'}")
DATABASE_REPLICA_URLS = env.databases("DATABASE_REPLICA_URLS", "")
DATABASE_POOL = env.int("DATABASE_POOL", 0, validate=validate.Range(min=0, max=1000))
REDIS_URL = env.redis("REDIS_URL", "")

LOG_FORMAT = env.str("LOG_FORMAT", "text", validate=validate.OneOf(["text", "json"]))
METRICS_TOKEN = env.token("METRICS_TOKEN", "")

SUBMIT_RATE = env.rate("SUBMIT_RATE", "60/m")
SUBMIT_BYTES = env.int("SUBMIT_BYTES", 50_000_000, validate=validate.Range(min=0))
REPORT_RATE = env.rate("REPORT_RATE", "10/m")
FIGURE_RATE = env.rate("FIGURE_RATE", "60/m")
LOGIN_RATE = env.rate("LOGIN_RATE", "30/m")
API_RATE = env.rate("API_RATE", "600/m")
REQUIRE_APPROVAL = env.switch("REQUIRE_APPROVAL", "off")
CANVAS_SIZES = env.sizes("CANVAS_SIZES", "200x200,400x400,400x300")
DEFAULT_COLORMAP = env.str("DEFAULT_COLORMAP", "crayons")  # the app checks it
MAX_UPLOAD_BYTES = env.int("MAX_UPLOAD_BYTES", 2_000_000, validate=validate.Range(min=100_000))
MIN_FREE_BYTES = env.int("MIN_FREE_BYTES", 500_000_000, validate=validate.Range(min=0))

# --- The application -------------------------------------------------------------------------

INSTALLED_APPS = [
    "drawings",
    "drawings.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
]

DATABASES = build_databases(DATABASE_URL, DATABASE_REPLICA_URLS, DATABASE_POOL)
DATABASE_ROUTERS = ["drawings.queries.replicas.ReplicaRouter"] if DATABASE_REPLICA_URLS else []

MIDDLEWARE = [
    "drawsite.observability.request_log.RequestLogMiddleware",
    # Sets the headers that every response needs, also when a middleware below refuses the request.
    "drawings.http.middleware.SecurityHeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    # Before WhiteNoise, so that the Host header is checked for static files too.
    "django.middleware.common.CommonMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "drawings.http.middleware.BodyCheckMiddleware",
    "drawings.http.middleware.ErrorMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
if DATABASE_REPLICA_URLS:
    MIDDLEWARE.append("drawings.queries.replicas.ReadYourWritesMiddleware")

ROOT_URLCONF = "drawsite.urls"
WSGI_APPLICATION = "drawsite.wsgi.application"
CSRF_FAILURE_VIEW = "drawings.http.errors.csrf_failure"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# A form field may fill the whole body (a brightness list does). The middleware refuses a larger
# body with 413.
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_UPLOAD_BYTES
FILE_UPLOAD_MAX_MEMORY_SIZE = MAX_UPLOAD_BYTES
DATA_UPLOAD_MAX_NUMBER_FILES = 4

LANGUAGE_CODE = "en-gb"
USE_I18N = False  # one language; this spares the look-ups, even in reverse()
TIME_ZONE = "UTC"
USE_TZ = True

# --- Static files: hashed names, compressed once, cached without expiry ----------------------

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "drawsite.lib.storage.HashedModuleStorage"},
}

# --- Security --------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
PERMISSIONS_POLICY = (
    "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(),"
    " midi=(), payment=(), usb=()"
)
SESSION_ENGINE = "drawsite.db.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
# This site cannot decide whether all other subdomains of its host use HTTPS.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Logins -----------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["drawings.http.logins.LimitedBackend"]

# --- Logs ------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": FORMATTERS[LOG_FORMAT]}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        # The request log has a line for each refused request. Django's own lines would quote the
        # request, and scanners ask for unknown hosts all the time.
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "CRITICAL"},
    },
}

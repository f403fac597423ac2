# make run    set everything up and serve the site
# make superuser  create an account for /admin/
# make test   install everything the tests need, a browser included, and run them all
# make bench  measure the site and compare the results with their targets
# make torture  kill the server, fill its disk, lock and delete its database, and check the promises
# make check  format, lint, types, import layers, migrations, deployment checks, known vulnerabilities
# make lock   pin the newest versions that pyproject.toml allows

VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
PYTHON ?= python3
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
UV_COMPILE := $(BIN)/uv pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --custom-compile-command "make lock"

.PHONY: run superuser test bench torture check format lock

run: $(VENV)/run
	$(MANAGE) prepare
	exec $(BIN)/gunicorn drawsite.wsgi

superuser: $(VENV)/run
	@test -t 0 || test -n "$$DJANGO_SUPERUSER_PASSWORD" || { \
		echo "No terminal to ask for a password. Set DJANGO_SUPERUSER_USERNAME, _EMAIL and _PASSWORD." >&2; exit 1; }
	$(MANAGE) prepare --verbosity 0
	$(MANAGE) createsuperuser $${DJANGO_SUPERUSER_PASSWORD:+--noinput}

test: $(VENV)/dev
	tools/install chromium nginx
	$(BIN)/python -m pytest $(PYTEST_ARGS)

bench: $(VENV)/dev
	tools/install chromium wrk nginx
	$(BIN)/python -m benchmarks

torture: $(VENV)/dev
	tools/install nginx
	$(BIN)/python -m torture $(TORTURE_ARGS)

check: $(VENV)/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/biome ci static
	$(BIN)/djlint --lint --quiet templates
	$(MANAGE) makemigrations --check --dry-run
	HTTPS=on TRUSTED_PROXIES=1 $(MANAGE) check --deploy --fail-level WARNING
	$(BIN)/python tools/audit.py

format: $(VENV)/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/biome check --write static

lock: $(VENV)/dev
	$(UV_COMPILE) --output-file requirements.txt
	$(UV_COMPILE) --extra parquet --constraints requirements.txt --output-file requirements-parquet.txt
	$(UV_COMPILE) --extra parquet --group dev --constraints requirements.txt --output-file requirements-dev.txt

$(VENV)/run: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Drawsite needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(PIP_INSTALL) --requirement requirements.txt
	@touch $@

$(VENV)/dev: requirements-dev.txt $(VENV)/run
	$(PIP_INSTALL) --requirement requirements-dev.txt
	@touch $@

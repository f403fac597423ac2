"""Every response of the API, to any request, matches the API's own description."""

import subprocess
import sys
from pathlib import Path

import pytest

from drawings.imaging import rasteriser, strokes
from drawings.models import ApiToken, Drawing
from drawings.services import api_tokens
from tests.support import documents

SEED = 20261122
EXAMPLES = 10

# The API also refuses what a JSON Schema cannot express: with 422, an invisible title or bytes that
# are no image; with 409, a drawing that has changed since.
CONFIGURATION = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "422"]
"""


@pytest.fixture
def wall(make_drawing):
    """A few drawings, one with strokes, one hidden."""
    given = documents.document(documents.LINE)
    make_drawing(rasteriser.rasterise(given), strokes=strokes.pack(given), strokes_agree=True)
    make_drawing(title="Fox", artist="Ada", colormap="magma")
    make_drawing(status="hidden")


@pytest.fixture
def token(django_user_model):
    token = ApiToken(
        name="Test",
        may_curate=True,
        may_export=True,
        user=django_user_model.objects.create_superuser("ada"),
    )
    secret = api_tokens.set_secret(token)
    token.save()
    return secret


@pytest.mark.parametrize("who", ["anybody", "staff"])
def test_every_response_matches_the_document(server, wall, token, tmp_path, who):
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
    header = ["--header", f"Authorization: Bearer {token}"] if who == "staff" else []

    result = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            "run",
            f"{server.url}/api/v1/openapi.json",
            *("--checks", "all"),
            *("--phases", "examples,coverage,fuzzing,stateful"),
            *("--seed", str(SEED), "--generation-database", "none"),
            *("--max-examples", str(EXAMPLES)),
            *("--no-color", "--suppress-health-check", "all"),
            *header,
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout[-8000:] + result.stderr
    assert Drawing.objects.filter(title="Shades").exists()  # valid requests were accepted as well

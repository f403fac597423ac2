"""The API's own description: the page for people, the document for programs."""

import json
import subprocess
import sys
from html import unescape

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import expect

from drawings.api import reference
from drawings.imaging import colormaps
from drawsite.environment import Rate
from tests.support import samples

PAGE = "/api/"
DOCUMENT = "/api/v1/openapi.json"

pytestmark = [pytest.mark.django_db, pytest.mark.page_alone]


@pytest.fixture
def document(client):
    return client.get(DOCUMENT).json()


def operations(document):
    return [
        (path, method, operation)
        for path, each in document["paths"].items()
        for method, operation in each.items()
    ]


# --- The document ---------------------------------------------------------------------------


def test_the_document_describes_every_operation(document):
    assert {(method, path) for path, method, _ in operations(document)} == {
        ("get", "/api/v1/drawings"),
        ("post", "/api/v1/drawings"),
        ("get", "/api/v1/drawings/{id}"),
        ("patch", "/api/v1/drawings/{id}"),
        ("get", "/api/v1/drawings.npz"),
        ("get", "/api/v1/statistics"),
        ("get", "/api/v1/export.{format}"),
    }
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(ids)) == len(ids)


def test_every_operation_documents_its_errors(document):
    errors = {"$ref": "#/components/schemas/Errors"}
    for _, _, operation in operations(document):
        failures = {
            status: answer
            for status, answer in operation["responses"].items()
            if int(status) >= 400
        }
        assert failures.keys() >= {"400", "401", "429", "503"}
        for status, answer in failures.items():
            assert answer["content"] == {"application/json": {"schema": errors}}
            assert ("headers" in answer) == (status in {"429", "503"})


def test_the_document_says_which_operations_need_a_token(document):
    required = {
        operation["operationId"]
        for _, _, operation in operations(document)
        if {} not in operation["security"]
    }

    assert required == {"change_drawing", "get_statistics", "export_drawings"}
    assert document["components"]["securitySchemes"]["Token"]["scheme"] == "bearer"


def test_pages_of_other_origins_may_read_the_document(client):
    assert client.get(DOCUMENT)["Access-Control-Allow-Origin"] == "*"


# --- The page -------------------------------------------------------------------------------


def test_the_page_shows_every_operation_parameter_and_response(client, document):
    page = unescape(client.get(PAGE).content.decode())

    for path, method, operation in operations(document):
        assert f"<b>{method.upper()}</b> {path}" in page
        assert operation["summary"] in page
        for parameter in operation["parameters"]:
            if parameter["name"] != "id":
                assert f"<code>{parameter['name']}</code>" in page
        for status in operation["responses"]:
            assert f">{status}</code>" in page
    for name in document["components"]["schemas"]["Drawing"]["properties"]:
        assert f"<code>{name}</code>" in page
    assert "`" not in page
    assert "the name of a colormap" in page  # rather than all their names
    assert "YlOrBr" not in page


def test_every_operation_has_an_example(document):
    ids = {operation["operationId"] for _, _, operation in operations(document)}

    assert reference.EXAMPLES.keys() == ids


def test_the_examples_on_the_page_use_the_sites_own_address(client):
    page = client.get(PAGE, headers={"Host": "localhost:9000"}).content.decode()

    assert 'href="http://localhost:9000/api/v1/openapi.json"' in page
    assert 'urlopen("http://localhost:9000/api/v1/drawings.npz")' in unescape(page)


def test_the_page_shows_the_rate_limits(client, settings):
    settings.API_RATE, settings.SUBMIT_RATE = Rate(600, 60), None
    settings.FIGURE_RATE = Rate(5, 90)

    page = client.get(PAGE).content.decode()

    for words in ("600 per minute", "no limit", "5 per 90 seconds"):
        assert words in page


def test_the_page_shows_the_actual_error_responses(client):
    page = unescape(client.get(PAGE).content.decode())

    answer = client.get("/api/v1/drawings?width=1").json()

    assert json.dumps(answer) in page


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_the_page_fits_any_screen_and_needs_no_javascript(browser, server, width):
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": width, "height": 800}
    )
    page = context.new_page()
    page.goto(server.url + PAGE)

    expect(page.get_by_role("heading", name="API", exact=True)).to_be_visible()
    for each in page.locator("main p, main dl, main pre, main h2").all():
        box = each.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    context.close()


def test_the_curl_examples_work(client, server, make_drawing, tmp_path):
    """Except for those that use a token."""
    drawing = make_drawing(colormap="magma")
    (tmp_path / "picture.png").write_bytes(samples.png(samples.shades(20, 30)))
    for id, example in reference.EXAMPLES.items():
        if "$TOKEN" in example:
            continue
        command = example.format(url=f"{server.url}/api/v1/").replace(
            samples.NO_ID, str(drawing.id)
        )
        result = subprocess.run(
            ["sh", "-c", command.replace("curl", "curl --silent --fail", 1)],
            cwd=tmp_path,
            capture_output=True,
        )
        assert result.returncode == 0, (id, result.stderr)
    assert (tmp_path / "drawings.npz").stat().st_size > 0


# --- Parts


def test_the_api_urls_can_be_reversed_by_name():
    assert reverse("drawings:api:drawings") == "/api/v1/drawings"
    assert reverse("drawings:api:openapi") == DOCUMENT


def test_the_npz_module_imports_neither_django_nor_ninja():
    code = "import sys, drawings.api.npz; print({'django', 'ninja', 'pydantic'} & {*sys.modules})"

    result = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, capture_output=True, check=True
    )

    assert result.stdout.decode().strip() == "set()"


def test_the_document_lists_every_colormap(document):
    (cmap,) = [
        each
        for each in document["paths"]["/api/v1/drawings"]["get"]["parameters"]
        if each["name"] == "cmap"
    ]

    assert all(colormaps.is_colormap(name) for name in cmap["schema"]["enum"])
    assert len(cmap["schema"]["enum"]) > 150

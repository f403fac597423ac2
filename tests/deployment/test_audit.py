"""tools/audit.py, with a local list of vulnerabilities instead of OSV."""

import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace

import pytest
from django.conf import settings

VULNERABILITY = {
    "id": "PYSEC-0000-1",
    "summary": "Anybody may draw.",
    "affected": [
        {
            "package": {"name": "django", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99"}]}],
        }
    ],
}


@pytest.fixture
def osv():
    """A local service. `osv.listed` maps package names to their vulnerabilities."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            listed = known.listed.get(question["package"]["name"].lower())
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"vulns": listed} if listed else {}).encode())

        def log_message(self, format, *arguments):
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        known = SimpleNamespace(listed={}, url=f"http://127.0.0.1:{server.server_port}/v1/query")
        Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield known
        server.shutdown()


UNREACHABLE = "http://127.0.0.1:1/v1/query"


def audit(url, **environment):
    """Run the audit. Returns its exit code and output."""
    inherited = {name: value for name, value in os.environ.items() if name != "AUDIT"}
    done = subprocess.run(
        [sys.executable, "tools/audit.py"],
        cwd=settings.BASE_DIR,
        env={**inherited, "OSV_URL": url, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.returncode, done.stdout


def test_packages_without_known_vulnerabilities_pass(osv):
    code, output = audit(osv.url)

    assert code == 0
    assert output.endswith("packages audited, 0 vulnerabilities\n")


def test_a_vulnerable_package_fails_and_is_named(osv):
    osv.listed = {"django": [VULNERABILITY]}

    code, output = audit(osv.url)

    assert code == 1
    assert "django 5" in output
    assert "PYSEC-0000-1, fixed in 99" in output


@pytest.mark.parametrize("environment", [{}, {"AUDIT": ""}, {"AUDIT": "online"}], ids=str)
def test_a_service_that_cannot_be_reached_fails_and_says_what_to_set(environment):
    code, output = audit(UNREACHABLE, **environment)

    assert code == 1
    assert output.startswith(f"NOT AUDITED: {UNREACHABLE} cannot be reached: ")
    assert "set AUDIT=offline" in output


def test_a_service_that_cannot_be_reached_passes_with_audit_offline():
    code, output = audit(UNREACHABLE, AUDIT="offline")

    assert code == 0
    assert output.startswith(f"NOT AUDITED: {UNREACHABLE} cannot be reached: ")


def test_audit_offline_still_audits_if_the_service_can_be_reached(osv):
    osv.listed = {"django": [VULNERABILITY]}

    code, output = audit(osv.url, AUDIT="offline")

    assert code == 1
    assert "PYSEC-0000-1" in output


def test_an_invalid_value_of_audit_fails(osv):
    code, output = audit(osv.url, AUDIT="off")

    assert code == 1
    assert output == "AUDIT must be online or offline, not 'off'.\n"

"""Look up known vulnerabilities of the pinned packages at OSV, a public database of them.

Exits with 1 and a list if there are any, and also with 1 if the service cannot be reached.
AUDIT=offline says that this machine has no route to the service: if it cannot be reached, the
script then prints that and exits with 0.
"""

import json
import os
import subprocess
import sys
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

SERVICE = os.environ.get("OSV_URL", "https://api.osv.dev/v1/query")
AUDIT = os.environ.get("AUDIT") or "online"
PINNED = "requirements-dev.txt"  # includes requirements.txt
TIMEOUT_SECONDS = 5
QUERY = json.dumps({"package": {"name": "django", "ecosystem": "PyPI"}, "version": "5.2"})


def probe_service() -> str | None:
    """Returns why the service cannot be used, or None if it can."""
    request = Request(SERVICE, QUERY.encode(), {"Content-Type": "application/json"})  # noqa: S310
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
            return None if isinstance(json.load(response), dict) else "its response is not JSON"
    except HTTPError as error:
        return f"its response is {error.code}"
    except URLError as error:
        return str(error.reason)
    except (OSError, ValueError) as error:
        return str(error)


def run_pip_audit() -> "subprocess.CompletedProcess[str]":
    options = [
        "--disable-pip",
        "--progress-spinner=off",
        f"--timeout={TIMEOUT_SECONDS}",
        "--desc=off",
    ]
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "pip_audit", f"--requirement={PINNED}", *options, "--format=json",
         "--vulnerability-service=osv", f"--osv-url={SERVICE}"],
        capture_output=True, text=True,
    )  # fmt: skip


def main() -> int:
    if AUDIT not in ("online", "offline"):
        print(f"AUDIT must be online or offline, not {AUDIT!r}.")
        return 1
    if (reason := probe_service()) is not None:
        print(f"NOT AUDITED: {SERVICE} cannot be reached: {reason}")
        if AUDIT == "offline":
            return 0
        print("If this machine has no route to it, set AUDIT=offline.")
        return 1
    done = run_pip_audit()
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        # pip-audit failed before it printed its list.
        print(f"The audit failed:\n{done.stderr}")
        return 1
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    found = [
        f"{package['name']} {package['version']}: {each['id']}, fixed in"
        f" {', '.join(each['fix_versions']) or 'no version yet'}"
        for package in packages
        for each in package.get("vulns", [])
    ]
    for line in found:
        print(line)
    if unknown:
        print(f"NOT AUDITED: {', '.join(unknown)}")
    print(f"{len(packages) - len(unknown)} packages audited, {len(found)} vulnerabilities")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

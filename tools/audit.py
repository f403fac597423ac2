"""Ask OSV, the public list of vulnerabilities, for those of the pinned packages.

Ends with 1 and the list if there are any, and also with 1 if the service cannot be reached: then
nothing is known. AUDIT=offline says that this machine has no route to the service. If it really
cannot be reached, that is printed, and the audit ends with 0.
"""

import json
import os
import subprocess
import sys
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

SERVICE = os.environ.get("OSV_URL", "https://api.osv.dev/v1/query")
AUDIT = os.environ.get("AUDIT") or "online"
PINNED = "requirements-dev.txt"  # those of requirements.txt are among them
SECONDS = 5
QUESTION = json.dumps({"package": {"name": "django", "ecosystem": "PyPI"}, "version": "5.2"})


def fault() -> str | None:
    """Why the service cannot be used; None if it can."""
    request = Request(SERVICE, QUESTION.encode(), {"Content-Type": "application/json"})  # noqa: S310
    try:
        with urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            return None if isinstance(json.load(answer), dict) else "it does not answer in JSON"
    except HTTPError as error:
        return f"it answers {error.code}"
    except URLError as error:
        return str(error.reason)
    except (OSError, ValueError) as error:
        return str(error)


def audit() -> "subprocess.CompletedProcess[str]":
    options = ["--disable-pip", "--progress-spinner=off", f"--timeout={SECONDS}", "--desc=off"]
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "pip_audit", f"--requirement={PINNED}", *options, "--format=json",
         "--vulnerability-service=osv", f"--osv-url={SERVICE}"],
        capture_output=True, text=True,
    )  # fmt: skip


def main() -> int:
    if AUDIT not in ("online", "offline"):
        print(f"AUDIT takes online or offline, not {AUDIT!r}.")
        return 1
    if (reason := fault()) is not None:
        print(f"NOT AUDITED: {SERVICE} cannot be reached: {reason}")
        if AUDIT == "offline":
            return 0
        print("If this machine has no route to it, set AUDIT=offline.")
        return 1
    done = audit()
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        # It lists what it has found, or fails without a list: then nothing is known.
        print(f"The audit broke off:\n{done.stderr}")
        return 1
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    found = [
        f"{package['name']} {package['version']}: {each['id']}, mended in"
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

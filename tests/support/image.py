"""The Dockerfile's steps as a script, in a folder instead of an image, where no engine runs."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
FOLDERS = ("/srv/drawsite", "/opt/venv")
INSTALLATION = ("python -m venv", "/opt/venv/bin/pip install")
# What only root may do, on a machine that is its own.
OF_ROOT = ("apt-get", "useradd", "chown")


class Step(NamedTuple):
    instruction: str
    text: str


def steps() -> Iterator[Step]:
    """The instructions, without comments."""
    for line in DOCKERFILE.read_text().splitlines():
        if line and not line.startswith("#"):
            yield Step(*line.split(maxsplit=1))


class Image:
    """What the steps leave behind: files below `root`, the variables of ENV, commands."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.site = root / "srv/drawsite"
        self.environment = {
            name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ
        }
        self.command: list[str] = []
        self.healthcheck: list[str] = []

    def build(self, clone: Path, packages: Path | None = None) -> None:
        """Do what the steps say on a clone of the repository.

        The packages are installed, which takes minutes, unless there is an environment that has
        them already. Users, Debian's packages and base images are left out.
        """
        self.site.mkdir(parents=True)
        (self.root / "opt").mkdir()
        if packages is not None:
            (self.root / "opt/venv").symlink_to(packages)
        for step in steps():
            installs = step.instruction == "RUN" and step.text.startswith(INSTALLATION)
            if not (installs and packages is not None):
                self._do(step, clone)

    def _do(self, step: Step, clone: Path) -> None:
        text = self.inside(step.text)
        match step.instruction:
            case "COPY" if not text.startswith("--from="):
                *sources, target = text.split()
                for source in sources:
                    # What ends in a slash is a folder to put it in.
                    name = Path(source).name if target.endswith("/") else ""
                    copy(clone / source, self.site / target / name)
            case "RUN" if not text.startswith(OF_ROOT):
                self.run(["sh", "-ec", text.replace("python -m venv", f"{sys.executable} -m venv")])
            case "ENV":
                name, _, value = text.partition("=")
                self.environment[name] = value.replace("$PATH", self.environment["PATH"])
            case "CMD":
                self.command = json.loads(text)
            case "HEALTHCHECK":
                self.healthcheck = json.loads(text.partition("CMD ")[2])

    def inside(self, text: str) -> str:
        """Text with the image's folders where they are here."""
        return re.sub("|".join(FOLDERS), lambda match: f"{self.root}{match[0]}", text)

    def run(self, command: list[str], **environment: str) -> None:
        subprocess.run(command, cwd=self.site, env={**self.environment, **environment}, check=True)


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copy(source, target)


def clone(folder: Path) -> Path:
    """The files that the repository has, as they are now."""
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            copy(ROOT / name, folder / name)
    return folder

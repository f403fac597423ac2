"""Run the Dockerfile's steps in a folder instead of an image, without a container engine."""

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
INSTALL_COMMANDS = ("python -m venv", "/opt/venv/bin/pip install")
# Commands that need root, and change the whole machine.
ROOT_COMMANDS = ("apt-get", "useradd", "chown")


class Step(NamedTuple):
    instruction: str
    text: str


def steps() -> Iterator[Step]:
    """The Dockerfile's instructions, without comments."""
    for line in DOCKERFILE.read_text().splitlines():
        if line and not line.startswith("#"):
            yield Step(*line.split(maxsplit=1))


class Image:
    """The result of the steps: files below `root`, the variables of ENV, and the commands."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.site = root / "srv/drawsite"
        self.environment = {
            name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ
        }
        self.command: list[str] = []
        self.healthcheck: list[str] = []

    def build(self, clone: Path, packages: Path | None = None) -> None:
        """Run the steps on a clone of the repository.

        `packages` is a virtual environment to use instead of installing the packages, which takes
        minutes. Skips users, Debian's packages and base images.
        """
        self.site.mkdir(parents=True)
        (self.root / "opt").mkdir()
        if packages is not None:
            (self.root / "opt/venv").symlink_to(packages)
        for step in steps():
            installs = step.instruction == "RUN" and step.text.startswith(INSTALL_COMMANDS)
            if not (installs and packages is not None):
                self._run_step(step, clone)

    def _run_step(self, step: Step, clone: Path) -> None:
        text = self.map_paths(step.text)
        match step.instruction:
            case "COPY" if not text.startswith("--from="):
                *sources, target = text.split()
                for source in sources:
                    # A target that ends in a slash is the folder to copy into.
                    name = Path(source).name if target.endswith("/") else ""
                    copy(clone / source, self.site / target / name)
            case "RUN" if not text.startswith(ROOT_COMMANDS):
                self.run(["sh", "-ec", text.replace("python -m venv", f"{sys.executable} -m venv")])
            case "ENV":
                name, _, value = text.partition("=")
                self.environment[name] = value.replace("$PATH", self.environment["PATH"])
            case "CMD":
                self.command = json.loads(text)
            case "HEALTHCHECK":
                self.healthcheck = json.loads(text.partition("CMD ")[2])

    def map_paths(self, text: str) -> str:
        """The text with the image's folders replaced by those below `root`."""
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
    """Copy the files that git tracks, with their uncommitted changes."""
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            copy(ROOT / name, folder / name)
    return folder

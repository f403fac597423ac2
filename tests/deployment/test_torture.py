"""`make torture` on a machine that cannot run a step."""

import shutil
import subprocess
import sys

import pytest

from torture import __main__ as torture


@pytest.mark.parametrize(
    ("step", "reason"),
    [("disk_full", "no disk can be mounted"), ("restarts", "initdb is not installed")],
)
def test_a_step_that_the_machine_cannot_run_is_named_and_fails_only_with_strict(
    monkeypatch, capsys, step, reason
):
    monkeypatch.setattr(sys, "argv", ["torture", step])
    monkeypatch.setattr(shutil, "which", lambda *args, **options: None)
    refused: subprocess.CompletedProcess[str] = subprocess.CompletedProcess([], 32)
    monkeypatch.setattr(subprocess, "run", lambda *args, **options: refused)

    assert torture.main() == 0
    assert f"NOT DONE: {step}: {reason}" in capsys.readouterr().out

    monkeypatch.setattr(sys, "argv", ["torture", "--strict", step])
    assert torture.main() == 1
    assert capsys.readouterr().out.endswith("| not done | NO |\n")

"""The secret key is created once and kept."""

import errno
import json
import os
import resource
import stat

import pytest
from environs import EnvError

from drawsite import secret_key
from tests.support.settings_process import start, starting


def test_the_secret_key_is_created_once_with_mode_0600(tmp_path):
    first = start(tmp_path)["SECRET_KEY"]
    file = tmp_path / "secret_key"

    assert len(first) >= 50
    assert file.read_text() == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert start(tmp_path)["SECRET_KEY"] == first
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_a_secret_key_that_cannot_be_flushed_leaves_no_file(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(EnvError, match=r"secret_key .* No space left"):
        secret_key.read_or_create_secret_key(tmp_path / "secret_key")

    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_stops_the_start_and_leaves_nothing(tmp_path):
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, usual[1]))
    try:
        with pytest.raises(EnvError, match="secret_key"):
            secret_key.read_or_create_secret_key(tmp_path / "secret_key")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)

    assert list(tmp_path.iterdir()) == []


def test_a_new_secret_key_and_its_name_are_flushed_to_the_disk(tmp_path, monkeypatch):
    flushed = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: flushed.append(os.fstat(descriptor).st_ino))

    secret_key.read_or_create_secret_key(tmp_path / "secret_key")

    assert flushed == [(tmp_path / "secret_key").stat().st_ino, tmp_path.stat().st_ino]


def test_processes_that_start_at_once_get_the_same_key(tmp_path):
    processes = [starting(tmp_path) for _ in range(4)]
    answers = [process.communicate() for process in processes]

    assert [process.returncode for process in processes] == [0] * 4, answers
    keys = {json.loads(out)["SECRET_KEY"] for out, _ in answers}
    assert keys == {(tmp_path / "secret_key").read_text()}
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]

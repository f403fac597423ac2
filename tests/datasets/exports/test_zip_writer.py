"""Zips that zip_writer writes, read back by zipfile."""

import io
import zipfile

import pytest

from drawings.datasets.exports.zip_writer import ZipWriter


class Pipe:
    """A file that can be written to, but not seek or tell."""

    def __init__(self):
        self.data = bytearray()

    def write(self, data):
        self.data += data

    def read(self):
        return zipfile.ZipFile(io.BytesIO(self.data))


def test_entries_can_be_read_back_unchanged():
    pipe = Pipe()
    with ZipWriter(pipe) as archive, archive.open_deferred_entry("later/lines.jsonl") as lines:
        archive.add("é/🦊.png", b"\x89PNG" * 100)
        lines.write(b"{}\n")
        with archive.open_entry("large.npy") as body:
            for _ in range(1000):
                body.write(bytes(1000))
        lines.write(b"[]\n")
        archive.add("nothing", b"")

    with pipe.read() as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "é/🦊.png": b"\x89PNG" * 100,
            "large.npy": bytes(1_000_000),
            "nothing": b"",
            "later/lines.jsonl": b"{}\n[]\n",
        }
    assert len(pipe.data) < 10_000


def test_a_zip_may_have_more_than_65535_entries():
    pipe = Pipe()
    with ZipWriter(pipe) as archive:
        for number in range(70_000):
            archive.add(f"{number}", b"x")

    with pipe.read() as archive:
        assert len(archive.namelist()) == 70_000
        assert archive.read("69999") == b"x"


def test_a_zip_may_be_larger_than_4_gigabytes(tmp_path):
    class Sparse:
        """Writes long runs of zeros as holes in a sparse file."""

        def __init__(self, file):
            self.file = file

        def write(self, data):
            if len(data) < len(zeros):
                self.file.write(data)
            else:  # a header, then zeros
                self.file.write(data[:100])
                self.file.seek(len(data) - 101, io.SEEK_CUR)
                self.file.write(b"\0")

    zeros = bytes(90_000_000)
    with (tmp_path / "large.zip").open("wb") as file, ZipWriter(Sparse(file)) as archive:
        for number in range(50):
            archive.add(f"{number}", zeros)
        with archive.open_entry("deflated") as body:
            body.write(b"behind them")
        archive.add("last", b"and this")

    with zipfile.ZipFile(tmp_path / "large.zip") as whole:
        assert whole.getinfo("last").header_offset > 2**32
        assert whole.read("deflated") == b"behind them"
        assert whole.read("last") == b"and this"
        assert whole.getinfo("49").file_size == len(zeros)


def test_a_zip_whose_writing_failed_is_not_a_valid_zip():
    pipe = Pipe()

    def fail():
        with ZipWriter(pipe) as archive, archive.open_deferred_entry("two"):
            archive.add("one", b"1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert not zipfile.is_zipfile(io.BytesIO(pipe.data))


def test_entries_have_a_readable_mode_and_a_current_date():
    pipe = Pipe()
    with ZipWriter(pipe) as archive:
        archive.add("one", b"1")

    with pipe.read() as archive:
        assert archive.getinfo("one").external_attr >> 16 == 0o100644
        assert archive.getinfo("one").date_time[0] >= 2026

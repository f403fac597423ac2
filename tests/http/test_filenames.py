from uuid import UUID

import pytest
from django.utils.http import content_disposition_header

from drawings.http.filenames import MAX_BYTES, file_name, safe_stem
from drawings.models import Drawing

ID = UUID("0198c1d2-0000-7000-8000-00005f0e21aa")


def test_a_file_name_has_the_title_and_part_of_the_id():
    drawing = Drawing(id=ID, title="Sleeping cat")

    assert file_name(drawing, "npy") == "Sleeping cat (5f0e21aa).npy"
    assert file_name(drawing, "strokes.json") == "Sleeping cat (5f0e21aa).strokes.json"


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("", "Untitled"),
        ("../../etc/passwd", "etc passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/", "Untitled"),
        ("...", "Untitled"),
        (".bashrc", "bashrc"),
        ("-rf *", "rf"),
        ("~root", "root"),
        ("a\"b'c", "a b c"),
        ("a\r\nSet-Cookie: x", "a Set-Cookie x"),
        ("a\x00b\x1b[31m", "a b [31m"),
        ("fox\u202egnp.exe", "fox gnp.exe"),
        ("\u200fشجرة\u200e", "شجرة"),
        ("a\ufeffb\u2028c", "a b c"),
        ("con", "Drawing con"),
        ("NUL.txt", "Drawing NUL.txt"),
        ("Com1 .png", "Drawing Com1 .png"),
        ("LPT²", "Drawing LPT²"),
        ("Connie", "Connie"),
        ("100%41 $HOME `x`", "100 41 HOME x"),
        ("a; b | c < d > e ? f", "a b c d e f"),
        ("C:\\x", "C x"),
        ("trailing. . ", "trailing"),
        ("猫 🐈 and Zoë", "猫 🐈 and Zoë"),
        ("Zoe\u0308", "Zoë"),
        ("\ud800x\ue000\U000e0041", "x"),
    ],
)
def test_a_title_becomes_a_name_that_is_valid_on_every_system(title, stem):
    assert safe_stem(title) == stem


@pytest.mark.parametrize("letter", ["x", "é", "猫", "🐈", "👩‍🚀"])
def test_a_long_title_is_cut_between_characters(letter):
    name = file_name(Drawing(id=ID, title=letter * 300), "contour.png")

    assert len(name.encode()) <= MAX_BYTES + len(" (5f0e21aa).contour.png") < 255
    assert name.startswith(letter[0] * 10) or len(letter) > 1
    assert "\ufffd" not in name


@pytest.mark.parametrize("title", ['"; filename=evil.exe', "a\\", "猫\r\n", "\u202e", "é" * 80])
def test_no_title_can_break_out_of_the_header(title):
    header = content_disposition_header(True, file_name(Drawing(id=ID, title=title), "csv"))

    assert header is not None
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') in (0, 2)
    assert header.startswith(("attachment; filename=", "attachment; filename*=utf-8''"))
    assert header.count(";") == 1

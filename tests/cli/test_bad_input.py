"""What bad input gets: the exit code, a message with the place, and no file."""

import os

import pytest

GOOD = b"dax\tRED\nwif\tGREEN\ndax fep\tRED RED\nwif fep\tGREEN GREEN\n"
LANGUAGE = b'%grammar\nstart: "dax" -> dax\n%semantics\ndax = [RED]\n'
LEARN = ("learn", "in.tsv", "--out", "out.nesy")

# what, contents of in.tsv, arguments, exit code, part of the message
TABLE = [
    ("no tab", b"dax\tRED\nwif GREEN\n", LEARN, 2, "in.tsv:2: no tab in this line; expected input<TAB>output"),
    ("two tabs", b"dax\tRED\tx\n", LEARN, 2, "in.tsv:1: 2 tabs"),
    ("invalid UTF-8", b"dax\tRED\nd\xffx\tRED\n", LEARN, 2, "in.tsv:2:2: invalid UTF-8"),
    ("UTF-16", "dax\tRED\n".encode("utf-16"), LEARN, 2, "in.tsv:1:"),
    ("empty file", b"", LEARN, 2, "in.tsv: the file is empty"),
    ("contradiction", b"dax\tRED\nwif\tX\ndax\tBLUE\n", LEARN, 2, 'in.tsv:3: "dax" gives "BLUE" here'),
    ("long line", b"dax\tRED\n" + b"dax " * 1_250_000 + b"\tRED\n", LEARN, 2, "in.tsv:2: a line of more than 1 MB"),
    (
        "directory",
        b"",
        ("learn", ".", "--out", "out.nesy"),
        2,
        ".: a folder without pairs.tsv; expected a PAIRS file, or a folder with a file pairs.tsv",
    ),
    ("no such file", b"", ("learn", "no.tsv", "--out", "out.nesy"), 2, "no.tsv: cannot be read: No such file"),
    ("damaged gzip", b"\x1f\x8b\x08\0\0", LEARN, 2, "in.tsv:1: damaged gzip"),
    ("out is the input", GOOD, ("learn", "in.tsv", "--out", "./in.tsv"), 2, "./in.tsv: named twice"),
    ("out in no folder", GOOD, ("learn", "in.tsv", "--out", "no/out.nesy"), 2, "no/out.nesy: cannot be written"),
    ("out is a folder", GOOD, ("learn", "in.tsv", "--out", "."), 2, ".: is a directory"),
    ("out is a device", GOOD, ("learn", "in.tsv", "--out", "/dev/full"), 2, "/dev/full: is not a regular file"),
    ("out is out of reach", GOOD, ("learn", "in.tsv", "--out", "/proc/out.nesy"), 2, "/proc/out.nesy: cannot be"),
    ("no --out", GOOD, ("learn", "in.tsv"), 2, "nesy learn TRAIN --out FILE"),
    ("bad budget", GOOD, (*LEARN, "--budget", "-1"), 2, "--budget"),
    ("budget is no number", GOOD, (*LEARN, "--budget", "soon"), 2, "--budget"),
    ("bad seed", GOOD, (*LEARN, "--seed", "x"), 2, "--seed"),
    ("unknown primitives", GOOD, (*LEARN, "--primitives", "magic"), 2, "magic"),
    ("no state", GOOD, (*LEARN, "--resume"), 2, "--state"),
    ("state is no file", GOOD, (*LEARN, "--state", "s", "--resume"), 2, "s: cannot be read"),
    ("state of something else", GOOD, (*LEARN, "--state", "twice.nesy", "--resume"), 2, "twice.nesy"),
    ("no verb", b"", (), 2, "VERB"),
    ("unknown verb", b"", ("lern",), 2, "lern"),
    ("language is no file", b"", ("run", "no.nesy", "dax"), 2, "no.nesy"),
    ("language is a folder", b"", ("run", ".", "dax"), 2, "."),
    ("language is empty", b"", ("check", "in.tsv"), 2, "in.tsv:1"),
    ("language is not UTF-8", b"%grammar\n\xff\n", ("check", "in.tsv"), 2, "in.tsv:2"),
    ("language is binary", b"\0" * 100, ("check", "in.tsv"), 2, "in.tsv"),
    ("grammar is broken", LANGUAGE.replace(b"->", b">"), ("check", "in.tsv"), 2, "in.tsv:2:"),
    ("clause is broken", LANGUAGE.replace(b"[RED]", b"[RED"), ("run", "in.tsv", "dax"), 2, "in.tsv:4:"),
    ("name is unknown", LANGUAGE.replace(b"[RED]", b"red"), ("run", "in.tsv", "dax"), 2, "in.tsv:4:"),
    ("input outside the language", b"", ("run", "twice.nesy", "fep dax"), 2, "fep"),
    ("unknown word", b"", ("run", "twice.nesy", "daxfep"), 2, "daxfep"),
    ("input is not UTF-8", b"", ("run", "twice.nesy", b"dax\xff"), 2, "invalid UTF-8"),
    ("a file of inputs", b"dax\nfep\n", ("run", "twice.nesy", "in.tsv"), 2, "in.tsv:2"),
    ("a file of no inputs", b"", ("run", "twice.nesy", "in.tsv"), 2, "in.tsv: no input"),
    ("explain outside the language", b"", ("explain", "twice.nesy", "fep", "--html", "out.html"), 2, "fep"),
    ("page in no folder", b"", ("explain", "twice.nesy", "dax", "--html", "no/p.html"), 2, "no/p.html: cannot be"),
    ("score without pairs", b"", ("score", "twice.nesy", "in.tsv"), 2, "in.tsv: the file is empty"),
]


@pytest.mark.parametrize(
    ("contents", "arguments", "code", "message"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_bad_input(nesy, contents, arguments, code, message):
    (nesy.folder / "in.tsv").write_bytes(contents)
    before = {path: path.read_bytes() for path in nesy.folder.iterdir()}
    done = nesy(*arguments)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert {path: path.read_bytes() for path in nesy.folder.iterdir()} == before, "something was written"


def test_an_output_folder_without_permission(nesy):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    (nesy.folder / "in.tsv").write_bytes(GOOD)
    (nesy.folder / "locked").mkdir(mode=0o500)
    done = nesy("learn", "in.tsv", "--out", "locked/out.nesy")
    assert done.returncode == 2
    assert "locked/out.nesy: cannot be written: Permission denied" in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_standard_output_is_full(nesy):
    with open("/dev/full", "wb") as full:
        done = nesy("learn", "--prelude", stdout=full)
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_broken_pipe_is_silent(nesy):
    (nesy.folder / "many").write_text("dax fep\n" * 20_000)
    reading, writing = os.pipe()
    os.close(reading)
    done = nesy("run", "twice.nesy", "many", stdout=writing)
    os.close(writing)
    assert done.stderr == ""
    assert done.returncode == 0

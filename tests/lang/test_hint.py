"""HINT: the shipped file gives every stored result."""

import gzip
import os
from pathlib import Path

import pytest

from nesy.errors import Undefined
from nesy.lang.language import language

DATA = Path(os.environ.get("NESY_DATA", Path(__file__).parents[3] / "shared" / "data")) / "hint"


@pytest.fixture(scope="module")
def hint():
    return language("hint")


@pytest.mark.parametrize(
    ("sentence", "value"),
    [
        ("7 - 2 - 1", 4),
        ("2 - 7", 0),
        ("7 / 2", 4),
        ("8 / 4 / 2", 1),
        ("1 + 2 * 3", 7),
        ("( 1 + 2 ) * 3", 9),
        ("0 / 5", 0),
    ],
)
def test_examples(hint, sentence, value):
    assert hint.run(sentence) == value


def test_no_division_by_zero(hint):
    with pytest.raises(Undefined):
        hint.run("3 / ( 2 - 5 )")


@pytest.mark.parametrize("part", ["val", "test"])
def test_is_the_stored_data(hint, part):
    file = DATA / f"expr_{part}.tsv.gz"
    if not file.exists():
        pytest.skip(f"no {file}; NESY_DATA names another place")
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines][1:]
    rows = rows[::5]
    assert [str(hint.run(" ".join(row[0]))) for row in rows] == [row[1] for row in rows]


def test_is_proved_unambiguous(hint):
    report = hint.check()
    assert report.ok
    assert [note.message for note in report.notes] == ["unambiguous (proved)"]

"""SCAN: the shipped file is the dataset."""

import gzip
import os
from pathlib import Path

import pytest

from nesy.lang.enumerate import sentences
from nesy.lang.language import language
from nesy.machine.values import text

DATA = Path(os.environ.get("NESY_DATA", Path(__file__).parents[3] / "shared" / "data")) / "scan" / "tasks.txt.gz"


@pytest.fixture(scope="module")
def scan():
    return language("scan")


def test_enumerates_the_published_number(scan):
    found = list(sentences(scan))
    assert len(found) == len(set(found)) == 20_910
    assert [len(words) for words in found] == sorted(len(words) for words in found)


def test_is_the_published_data(scan):
    if not DATA.exists():
        pytest.skip(f"no {DATA}; NESY_DATA names another place")
    with gzip.open(DATA, "rt", encoding="utf-8") as lines:
        published = dict(line.strip().removeprefix("IN: ").split(" OUT: ") for line in lines)
    assert {" ".join(words): text(scan.run(words)) for words in sentences(scan)} == published


def test_is_proved_unambiguous(scan):
    report = scan.check()
    assert report.ok
    assert not report.warnings
    assert [note.message for note in report.notes] == ["unambiguous (proved)"]

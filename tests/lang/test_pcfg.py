"""PCFG SET: the shipped file gives every stored pair."""

import gzip
import os
from pathlib import Path

import pytest

from nesy.lang.language import language
from nesy.machine.values import text

DATA = Path(os.environ.get("NESY_DATA", Path(__file__).parents[3] / "shared" / "data")) / "pcfg"
PARTS = ("10K/train", "10K/dev", "10K/test", "pcfgset/dev", "pcfgset/test", "productivity/test")


@pytest.fixture(scope="module")
def pcfg():
    return language("pcfg")


@pytest.mark.parametrize(
    ("sentence", "value"),
    [
        ("copy A1 B2", "A1 B2"),
        ("reverse shift A1 B2 C3", "A1 C3 B2"),
        ("swap_first_last append A1 B2 C3 , reverse D4 E5", "D4 B2 C3 E5 A1"),
        ("prepend echo A1 B2 , remove_first C3 , D4", "D4 A1 B2 B2"),
        ("repeat remove_second A1 , B2", "A1 A1"),
    ],
)
def test_examples(pcfg, sentence, value):
    assert text(pcfg.run(sentence)) == value


def test_is_proved_unambiguous(pcfg):
    assert [note.message for note in pcfg.check().notes] == ["unambiguous (proved)"]


@pytest.mark.parametrize("part", PARTS)
def test_is_the_stored_data(pcfg, part):
    source, target = (DATA / f"{part}.{end}.gz" for end in ("src", "tgt"))
    if not source.exists():
        pytest.skip(f"no {source}; NESY_DATA names another place")
    with gzip.open(source, "rt", encoding="utf-8") as inputs, gzip.open(target, "rt", encoding="utf-8") as outputs:
        wrong = [x for x, y in zip(inputs, outputs, strict=True) if text(pcfg.run(x.strip())) != y.strip()]
    assert wrong == []

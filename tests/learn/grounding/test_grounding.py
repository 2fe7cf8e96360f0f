"""From invented signs and answers alone to the language that they were written in."""

from __future__ import annotations

import numpy as np
import pytest

from nesy.errors import InputError, NesyError
from nesy.lang.language import Language
from nesy.learn.grounding import Grounding
from tests.learn.grounding.glyphs import SIDE, Signs, sentences

CONSTANTS = """
  | "1" -> one
  | "2" -> two
  | "3" -> three
  | "5" -> five
%semantics
one = 1
two = 2
three = 3
five = 5
"""
LANGUAGES = {
    "postfix": ('?start: e\n?e: e e "p" -> p\n  | e e "m" -> m' + CONSTANTS + "p(a, b) = a + b\nm(a, b) = monus(a, b)"),
    "one sign for two words": (
        '?start: e0\n?e0: e1\n  | e0 "-" e1 -> sub\n  | e0 "+" e1 -> add\n?e1: atom\n  | "-" e1 -> neg\n'
        '?atom: "4" -> four' + CONSTANTS + "four = 4\nadd(a, b) = a + b\nsub(a, b) = a - b\nneg(a) = 0 - a"
    ),
    "right-associative, with brackets": (
        '?start: e0\n?e0: e1\n  | e1 "q" e0 -> q\n?e1: atom\n  | e1 "s" -> s\n?atom: "(" e0 ")" -> b'
        + CONSTANTS
        + "b(a) = a\nq(a, b) = monus(a, b)\ns(a) = a + a"
    ),
    "sequences": (
        '?start: e0\n?e0: e1\n  | e0 "c" e1 -> c\n?e1: atom\n  | "d" e1 -> d\n?atom: "A" -> a\n'
        '  | "B" -> b\n  | "E" -> e\n'
        "%semantics\na = [A]\nb = [B]\ne = [E]\nd(x) = x ++ x\nc(x, y) = y ++ x"
    ),
}
LENGTHS = {"postfix": (1, 3, 5)}


def made(name: str, count: int, seed: int = 0) -> tuple[Language, Signs, list[np.ndarray], list[str]]:
    language = Language.load(name, text="%grammar\n" + LANGUAGES[name])
    words = sorted({w for t in language.grammar.terminals.values() for w in t.words or ()})
    signs = Signs(words, seed)
    pairs = sentences(language, count, LENGTHS.get(name, (1, 2, 3, 4, 5)), seed)
    return language, signs, [signs.write(words) for words, _ in pairs], [answer for _, answer in pairs]


@pytest.mark.parametrize("name", [n if n == "postfix" else pytest.param(n, marks=pytest.mark.slow) for n in LANGUAGES])
def test_the_whole_language_from_answers(name):
    language, signs, images, answers = made(name, 600)
    grounding = Grounding(len(signs.shapes) + 1).fit(images, answers)
    assert grounding.report.reliable, grounding.report
    fresh = sentences(language, 60, (5, 6, 7) if name != "postfix" else (7,), seed=1)
    found = grounding.predict([signs.write(words) for words, _ in fresh])
    assert np.mean([a == b for a, (_, b) in zip(found, fresh, strict=True)]) > 0.9
    assert len([w for w in grounding.words if w is not None]) == len(signs.shapes)


def test_shuffled_answers_give_no_word():
    _, _, images, answers = made("postfix", 400)
    shuffled = [answers[i] for i in np.random.default_rng(0).permutation(len(answers))]
    grounding = Grounding(8).fit(images, shuffled)
    assert grounding.language is None
    assert grounding.report.refused
    assert set(grounding.words) == {None}
    with pytest.raises(NesyError, match="nothing was learned"):
        grounding.predict(images[:1])


def test_without_one_image_sentences_it_says_what_is_missing():
    _, _, images, answers = made("postfix", 60)
    longer = [k for k, one in enumerate(images) if len(one) > 1]
    grounding = Grounding(8).fit([images[k] for k in longer], [answers[k] for k in longer])
    assert grounding.language is None
    assert "one image" in grounding.report.refused[0]


def test_a_given_language_leaves_the_images_to_learn():
    language, signs, images, answers = made("postfix", 400)
    grounding = Grounding(len(signs.shapes), given=language).fit(images, answers)
    fresh = sentences(language, 30, (5, 7), seed=1)
    found = grounding.predict([signs.write(words) for words, _ in fresh])
    assert np.mean([a == b for a, (_, b) in zip(found, fresh, strict=True)]) > 0.9


@pytest.mark.parametrize(
    ("images", "answers", "message"),
    [
        ([], [], "no image sequences"),
        ([np.zeros((1, 4, 4))], [], "1 image sequences and 0 answers"),
        ([np.zeros((0, 4, 4))], ["1"], "shape"),
        ([np.zeros((1, 4, 4)), np.zeros((1, 4, 5))], ["1", "2"], "4 x 5 pixels"),
        ([np.full((1, 4, 4), np.nan)], ["1"], "NaN"),
        ([np.full((1, 4, 4), 300)], ["1"], "0..255"),
        ([np.zeros((1, 4, 4), dtype=complex)], ["1"], "complex"),
    ],
)
def test_bad_input(images, answers, message):
    with pytest.raises(InputError, match=message):
        Grounding(3).fit(images, answers)


def test_no_symbols():
    with pytest.raises(InputError, match="0 symbols"):
        Grounding(0)


def test_signs_have_the_side_that_they_say():
    assert Signs(["a"]).draw("a").shape == (SIDE, SIDE)

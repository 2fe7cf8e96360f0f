"""The demonstration of handwritten arithmetic: its data, its measures, its page; the learning itself is replaced."""

import random
from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from nesy.demos.arithmetic import run as demonstration
from nesy.demos.arithmetic.data import DIGITS, FRAME, MOST, OPERATORS, SIGNS, Handwriting, expression, outermost
from nesy.demos.arithmetic.measure import measure, phrases
from nesy.learn.grounding import Epoch, Report
from nesy.learn.sight import Sight
from nesy.neural.recogniser import ConvolutionalRecogniser, Training, as_pixels

pytest.importorskip("sklearn", reason="the handwritten digits come with scikit-learn")


@pytest.fixture(scope="module")
def handwriting():
    return Handwriting.collect(0)


def test_pictures_for_the_test_are_others(handwriting):
    assert list(handwriting.train) == list(DIGITS + SIGNS)
    for symbol in DIGITS + SIGNS:
        train, test = handwriting.train[symbol], handwriting.test[symbol]
        assert min(len(train), len(test)) > 30
        assert train.shape[1:] == (FRAME.height, FRAME.width)
        known = {image.tobytes() for image in train}
        shared = sum(image.tobytes() in known for image in test)
        assert shared <= 1, symbol  # the same few pixels may come about twice


def value(tree):
    if isinstance(tree, str):
        return int(tree)
    operator, left, right = tree
    a, b = value(left), value(right)
    return {"+": a + b, "-": max(0, a - b), "x": a * b, "/": -(-a // b) if b else 0}[operator]


def read(symbols):
    """A tree by precedence climbing: an oracle for the language of the demonstration."""
    left, rest = level(symbols, 0)
    assert not rest
    return left


def level(symbols, least):
    if symbols[0] == "(":
        tree, rest = level(symbols[1:], 0)
        rest = rest[1:]
    else:
        tree, rest = symbols[0], symbols[1:]
    while rest and rest[0] in OPERATORS and (1 if rest[0] in "x/" else 0) >= least:
        operator = rest[0]
        right, rest = level(rest[1:], (1 if operator in "x/" else 0) + 1)
        tree = (operator, tree, right)
    return tree, rest


def test_answers_are_right_and_brackets_needed(handwriting):
    rng = random.Random(1)
    for example in handwriting.examples([0, 1, 2, 3, 5, 8] * 20, rng):
        assert value(read(list(example.symbols))) == int(example.answer) <= MOST
        assert example.images.shape == (len(example.symbols), 20, 20)
    for _ in range(200):
        symbols = expression(4, rng)
        assert sum(symbol in OPERATORS for symbol in symbols) == 4
        tree = read(list(symbols))
        for at, symbol in enumerate(symbols):
            if symbol == "(":
                depth = np.cumsum([(s == "(") - (s == ")") for s in symbols[at:]])
                end = at + int(np.flatnonzero(depth == 0)[0])
                without = [*symbols[:at], *symbols[at + 1 : end], *symbols[end + 1 :]]
                assert read(without) != tree, symbols
    assert outermost(["1", "+", "(", "2", "x", "3", ")", "-", "4"]) == ["+", "-"]


class Labelled:
    """In the place of `Grounding`: a recogniser trained on labels, and the language that the answers are from."""

    handwriting = None

    def __init__(self, symbols, *, seed, budget, progress, recogniser=None):
        self.progress, self.report = progress, Report(estimate=1.0, heldout=10)
        self.language, self.words, self.recogniser = None, (None,) * symbols, None

    def fit(self, sequences, answers):
        self.progress(Epoch("constants", 0, 0.1, 10, float("nan"), 0.5, -1.0, ("0", "1")))
        torch.manual_seed(0)
        training = Training(ConvolutionalRecogniser(16, 20, 20, channels=(8, 16), hidden=48))
        pictures = self.handwriting.train
        targets = torch.eye(16).repeat_interleave(torch.tensor([len(pictures[s]) for s in pictures]), 0)
        pixels = as_pixels(np.concatenate(list(pictures.values())))
        for _ in range(5):
            training.epoch(pixels, targets)
        self.language, self.words = self.handwriting.truth, tuple(pictures)
        self.recogniser = training.average
        self.progress(Epoch("sentences", 0, 0.2, 10, 0.9, 1.0, -1.0))
        return self


@pytest.mark.slow
def test_the_demonstration(handwriting, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(Labelled, "handwriting", handwriting)
    monkeypatch.setattr(demonstration, "Grounding", Labelled)
    assert demonstration.run(tmp_path, "nesy", seconds=1.0, scale=0.1) == 0
    out = capsys.readouterr().out
    assert "No symbol labels, no grammar and no program are given." in out
    assert "constants" in out
    assert "longer than those learned from" in out
    assert "plus(a, b) = a + b" in out
    page = ElementTree.fromstring((tmp_path / "arithmetic.html").read_text())
    images = [element.get("src") for element in page.iter("{http://www.w3.org/1999/xhtml}img")]
    assert len(images) > 50
    assert all(image.startswith("data:image/png;base64,") for image in images)
    sight = Sight.load(tmp_path / "arithmetic.nesy")
    right, total = sight.score(sight.pairs(tmp_path / "test.npz"))
    assert right > 0.7 * total
    sight.run(sight.picture(tmp_path / "expression.png"))


def test_measures(handwriting):
    labelled = Labelled(16, seed=0, budget=1.0, progress=lambda _: None)
    labelled.handwriting = handwriting
    labelled.fit([], [])
    sight = Sight(labelled.language, labelled.words, labelled.recogniser, FRAME)
    examples = handwriting.examples([1, 2, 2, 3] * 5, random.Random(0), test=True)
    found = measure(sight, handwriting.test, examples, handwriting.truth)
    assert found.symbols > 0.9
    assert found.answers > 0.5
    assert found.parses >= found.answers - 0.1
    shuffled = Sight(labelled.language, labelled.words[::-1], labelled.recogniser, FRAME)
    assert measure(shuffled, handwriting.test, examples, handwriting.truth).symbols == found.symbols


def test_phrases(handwriting):
    derivation = handwriting.truth.parse(["2", "x", "(", "3", "+", "4", ")"])
    assert phrases(derivation) == {(0, 7), (2, 7), (3, 6)}

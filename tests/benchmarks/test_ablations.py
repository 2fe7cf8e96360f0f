"""The tasks of the ablations are what they are said to be."""

import numpy as np
import pytest

from benchmarks import ablations
from nesy.lang.language import Language


@pytest.mark.parametrize(("name", "language"), [("arithmetic", "hint"), ("commands", "scan")])
def test_pairs_are_right_and_kept_apart(name, language):
    task = ablations.TASKS[name](0)
    grammar = Language.load(language)
    assert len(task.train) == ablations.TRAIN
    assert len(task.test) == ablations.TEST
    assert not {words for words, _ in task.train} & {words for words, _ in task.test}
    for words, output in [*task.train[::50], *task.test[::50]]:
        assert ablations._value(grammar, words) == output
        assert set(words) <= task.arities.keys()
        arguments = sum(task.arities[word] or 0 for word in words)
        silent = sum(task.arities[word] is None for word in words)
        assert arguments == len(words) - silent - 1  # the arities make a tree of every sentence


def test_what_the_published_learner_gets():
    assert ablations._swapped(("jump", "around", "left", "twice")) == ("jump", "left", "around", "twice")


@pytest.mark.parametrize("kind", ablations.FAULTS)
def test_faulty_readings(kind):
    hint = Language.load("hint")
    for log_probs, answer, words in list(ablations.faulty(kind, 0))[:10]:
        assert np.logaddexp.reduce(log_probs, axis=1) == pytest.approx(0)
        read = tuple(ablations.SYMBOLS[k] for k in log_probs.argmax(axis=1))
        if kind == "symbol":
            assert sum(a != b for a, b in zip(read, words, strict=True)) == 1
            assert answer == ablations._value(hint, words)
        else:
            assert read == words
            assert answer != ablations._value(hint, words)


def test_without_equivalence_more_is_kept():
    assert ablations.searched("monus", False)["kept"] > ablations.searched("monus", True)["kept"]

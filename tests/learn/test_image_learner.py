"""`nesy.Learner` on images: a thin seam; the learning itself is replaced where it is not what is tested."""

import numpy as np
import pytest
import torch

import nesy
from nesy.errors import InputError, NesyError
from nesy.images import ImagePairs
from nesy.learn import image_learner
from nesy.learn.grounding import Report
from tests.learn.seen import FRAME, Known, images, sight


@pytest.fixture
def known(monkeypatch):
    class Own(Known):
        pass

    monkeypatch.setattr(image_learner, "Grounding", Own)
    return Own


PAIRS = [(images(signs), value) for signs, value in (("/", 1), ("o", 2), ("/+o", 3), ("o+o", 4), ("o+o", 7))]


@pytest.mark.usefixtures("known")
def test_fit_predict_derive_score_save_load(tmp_path):
    steps = []
    learner = nesy.Learner(symbols=4, progress=steps.append).fit(PAIRS)
    assert learner.reliable
    assert learner.predict(images("o+/")) == "3"
    assert learner.predict(torch.from_numpy(images("o+/"))) == "3"
    assert learner.predict("two p one") == "3"
    assert learner.derive(images("o+/")).value == 3
    assert learner.score(PAIRS) == (4, 5)
    assert learner.score([("two p one", 3)]) == (1, 1)
    assert [(step.stage, step.explained, step.total, step.detail) for step in steps] == [("words", 8, 10, "_ p _")]
    assert learner.report.train_accuracy == 0.8
    assert learner.report.contradictions == [(4, "two p two", "7", "4")]
    assert dict(learner.report.words)["p"][0].program == "plus(a, b) = a + b"
    learner.save(tmp_path / "twos.nesy")
    loaded = nesy.Learner.load(tmp_path / "twos.nesy")
    assert loaded.predict(images("o+/")) == "3"
    assert loaded.score(PAIRS) == (4, 5)


def test_a_language_without_pictures_is_loaded_too(tmp_path):
    (tmp_path / "twos.nesy").write_text(sight().language.source)
    loaded = nesy.Learner.load(tmp_path / "twos.nesy")
    assert loaded.predict("two p one") == "3"
    assert loaded.sight is None


def test_what_was_found_is_kept_after_an_interrupt(known):
    known.interrupts = True
    learner = nesy.Learner(symbols=4)
    with pytest.raises(KeyboardInterrupt):
        learner.fit(PAIRS)
    assert learner.predict(images("o+/")) == "3"


def test_nothing_found(known):
    known.finds, known.report_as = False, Report(refused=["no word explains anything"])
    learner = nesy.Learner(symbols=4).fit(PAIRS)
    assert not learner.reliable
    assert learner.refused == ["no word explains anything"]
    with pytest.raises(NesyError, match="nothing was learned"):
        learner.predict(images("o+/"))


def repeated(answers):
    return [(images("/"), answer) for answer in answers for _ in range(4)]


BAD = [
    (4, [], "no pairs"),
    (4, [(images("/")[:0], 1)], "an empty expression"),
    (4, [(images("/"), 1), (images("/")[:, :9], 1)], "pair 1: images of 9 x 12 pixels; expected 12 x 12"),
    (4, [(np.full((1, 12, 12), np.nan), 1)], "pair 0: pixels that are NaN"),
    (4, [(images("/"), 1), (images("/"), 0.5)], "pair 1: an output that is a float"),
    (4, [("dax fep", "RED")], "pair 0: pixels of type"),
    (2, repeated("123"), "pairs of one image have 3 different answers; expected at most .* 2"),
    (0, PAIRS, "0 symbols; expected at least one"),
    (None, PAIRS, r"images; expected Learner\(symbols=N\)"),
]


@pytest.mark.parametrize(("symbols", "pairs", "message"), BAD, ids=[row[2][:30] for row in BAD])
def test_bad_pairs(symbols, pairs, message):
    with pytest.raises(InputError, match=message):
        nesy.Learner(symbols=symbols).fit(pairs)


def test_answers_that_the_domain_lacks():
    with pytest.raises(InputError, match=r'pair 1: the answer "A B" is a sequence of words; expected .* peano'):
        nesy.Learner(symbols=4, primitives="peano").fit([(images("/"), 1), (images("o"), "A B")])


def test_few_wrong_answers_are_no_more_symbols(known):
    learner = nesy.Learner(symbols=2).fit([*repeated("12"), (images("/"), 57)])
    assert isinstance(learner, nesy.Learner)
    assert known.finds


def test_pairs_of_a_file(known, tmp_path):
    ImagePairs.of(PAIRS).save(tmp_path / "pairs.npz")
    learner = nesy.Learner(symbols=4).fit(ImagePairs.read(tmp_path / "pairs.npz"))
    assert learner.sight.frame.height == FRAME.height
    assert known.finds

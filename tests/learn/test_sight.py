"""Languages that see: they read, explain, and come back from their two files."""

import hashlib
import json
import random

import numpy as np
import pytest
import torch
from safetensors.torch import save

from nesy.errors import InputError, OutsideLanguage
from nesy.images.show import png, strip
from nesy.learn.sight import Sight, weights_of
from nesy.neural.checkpoint import save_checkpoint
from nesy.neural.recogniser_file import KIND
from nesy.neural.recogniser_file import header as header_of
from tests.learn.seen import FRAME, images, sight

EXPRESSIONS = [("/", 1), ("o", 2), ("/+o", 3), ("o+o+o", 6), ("/+/+o+/", 5)]


@pytest.mark.parametrize(("signs", "value"), EXPRESSIONS)
def test_a_sequence_is_read_as_a_sentence(signs, value):
    seen = images(signs, seed=1)
    assert sight().run(seen) == value
    assert sight().run(torch.from_numpy(seen)) == value
    assert sight().run(seen / 255) == value
    assert sight().parse(seen).value == value


def test_the_grammar_decides_where_an_image_is_doubtful():
    blank = np.zeros((1, 12, 12), np.uint8)
    reading = sight().reading(np.concatenate([images("/"), blank, images("o")]))
    assert reading.words == ("one", "p", "two")


def test_what_cannot_be_read():
    alone = sight()
    assert [reading.value for reading in alone.readings([images("/"), images("o")])] == [1, 2]
    assert alone.readings([images("/o"), images("/")])[0] is None
    with pytest.raises(OutsideLanguage, match="no reading of the 2 images"):
        alone.run(images("//"))
    assert alone.readings([]) == []


def test_score_counts_what_cannot_be_read_as_wrong():
    pairs = [(images("/+o"), 3), (images("/+o"), "3"), (images("/+o"), 4), (images("//"), 1)]
    assert sight().score(pairs) == (2, 4)


def test_a_picture_of_an_expression(tmp_path):
    path = tmp_path / "expression.png"
    for scale, dark in ((1, False), (3, True)):
        line = strip(images("o+/", seed=5), scale=scale)
        path.write_bytes(png(255 - line if dark else line))
        assert sight().run(sight().picture(path)) == 3


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((2, 8, 8), np.uint8), "images of 8 x 8 pixels; expected 12 x 12"),
        (np.zeros((0, 12, 12), np.uint8), "an empty expression"),
        (np.zeros((12, 12), np.uint8), "an array of shape"),
        (np.full((1, 12, 12), np.nan), "pixels that are NaN"),
        (np.full((1, 12, 12), 7.0), "pixels of type float64"),
        (np.zeros((1, 12, 12), np.int32), "pixels of type int32"),
        ("one p two", "pixels of type"),
    ],
)
def test_bad_images(wrong, message):
    with pytest.raises(InputError, match=message):
        sight().run(wrong)


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "twos.nesy"
    sight().save(path)
    return path


def test_what_is_saved_comes_back(saved):
    found = Sight.load(saved)
    assert found.words == sight().words
    assert found.frame == FRAME
    sequences = [images(signs, seed=2) for signs, _ in EXPRESSIONS]
    for here, there in zip(found.log_probs(sequences), sight().log_probs(sequences), strict=True):
        assert np.allclose(here, there)
    assert saved.read_text() == sight().language.source


def test_a_definition_that_was_corrected_by_hand_is_used(saved):
    saved.write_text(saved.read_text().replace("two = 2", "two = 20"))
    assert Sight.load(saved).run(images("/+o")) == 21


def test_a_word_that_is_gone(saved):
    saved.write_text(saved.read_text().replace('"two"', '"deux"'))
    with pytest.raises(InputError, match=r"twos\.safetensors: symbol 1 stands for 'two', which is no word of"):
        Sight.load(saved)


def test_a_recogniser_that_is_gone(saved):
    saved.with_suffix(".safetensors").unlink()
    with pytest.raises(InputError, match=r"twos\.safetensors: is not there; expected the recogniser"):
        Sight.load(saved)


def test_a_module_of_the_users_own_is_not_saved(tmp_path):
    own = Sight(sight().language, sight().words, torch.nn.Flatten(), FRAME)
    with pytest.raises(TypeError, match="a Flatten cannot be saved"):
        own.save(tmp_path / "own.nesy")
    assert not list(tmp_path.iterdir())


def header(**changes):
    good = header_of(sight().words, sight().recogniser, FRAME)
    return {**good, **changes}


@pytest.mark.parametrize(
    "change",
    [
        {"words": "one two"},
        {"words": [1, 2, 3, 4]},
        {"words": ["one"] * 5000},
        {"words": ["one"]},
        {"height": 0},
        {"height": 10**9},
        {"width": "12"},
        {"hidden": 31},
        {"hidden": True},
        {"channels": [8]},
        {"channels": 8},
        {"channels": []},
        {"channels": [4096] * 40},
        {"margin": 0.9},
        {"margin": float("nan")},
        {"margin": None},
        {"light": 1},
    ],
    ids=repr,
)
def test_a_header_that_is_wrong(saved, change):
    weights = weights_of(saved)
    save_checkpoint(weights, KIND, header(**change), sight().recogniser.state_dict())
    with pytest.raises(InputError, match=r"twos\.safetensors: "):
        Sight.load(saved)


def test_weights_that_are_wrong(saved):
    weights = weights_of(saved)
    good = sight().recogniser.state_dict()
    name = next(name for name in good if good[name].ndim > 1)
    for tensors in (
        {key: value for key, value in good.items() if key != name},
        {**good, "more": torch.zeros(3)},
        {**good, name: torch.full_like(good[name], float("nan"))},
    ):
        save_checkpoint(weights, KIND, header(), tensors)
        with pytest.raises(InputError, match=r"twos\.safetensors: weights"):
            Sight.load(saved)


def test_a_checksum_that_does_not_fit(saved):
    weights = weights_of(saved)
    about = {"kind": KIND, "version": 1, "checksum": hashlib.sha256(b"").hexdigest(), "header": header()}
    with open(weights, "wb") as stream:
        stream.write(save({"weight": torch.zeros(3)}, {"checkpoint": json.dumps(about)}))
    with pytest.raises(InputError, match="the checksum does not fit"):
        Sight.load(saved)


def test_mutated_recognisers_are_refused(saved):
    weights = weights_of(saved)
    with open(weights, "rb") as stream:
        good = stream.read()
    for seed in range(60):
        generator = random.Random(seed)
        data = bytearray(good)
        for _ in range(generator.randint(1, 3)):
            at = generator.randrange(len(data) if seed % 2 else 1500)
            data[at] ^= 1 << generator.randrange(8)
        with open(weights, "wb") as stream:
            stream.write(data[: generator.randrange(len(data))] if seed % 5 == 0 else data)
        try:
            found = Sight.load(saved)
        except InputError:
            continue
        assert found.words == sight().words, "only what means nothing may differ"

"""A grounding that was killed goes on where it was, and comes to the same."""

import random

import numpy as np
import pytest
import torch

from nesy.errors import InputError
from nesy.learn.grounding import Grounding
from nesy.learn.grounding.state import KIND
from nesy.neural.checkpoint import load_checkpoint, save_checkpoint
from tests.learn.grounding.test_grounding import made

SETTINGS = {"symbols": 9, "budget": 600.0, "primitives": "arithmetic"}


@pytest.fixture(scope="module")
def pairs():
    _, _, images, answers = made("postfix", 300)
    return images, answers


class Killed(Exception):
    pass


def killed_after(rounds, pairs, path):
    """Work on the pairs until so many rounds are done, and then no more."""
    done = []

    def progress(epoch):
        if len(done) == rounds:
            raise Killed
        done.append(epoch)

    with pytest.raises(Killed):
        Grounding(**SETTINGS, progress=progress, checkpoint=path).fit(*pairs)
    return done


@pytest.fixture(scope="module")
def whole(pairs):
    return Grounding(**SETTINGS).fit(*pairs)


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [1, 3])
def test_what_goes_on_comes_to_the_same(pairs, whole, tmp_path, rounds):
    path = tmp_path / "state"
    before = killed_after(rounds, pairs, path)
    seen = []
    again = Grounding(**SETTINGS, progress=seen.append, checkpoint=path).fit(*pairs)
    assert (again.language and again.language.source) == (whole.language and whole.language.source)
    assert again.words == whole.words
    assert [(e.phase, e.number) for e in again.report.epochs] == [(e.phase, e.number) for e in whole.report.epochs]
    assert [(e.phase, e.number) for e in [*before, *seen]] == [(e.phase, e.number) for e in whole.report.epochs]
    for name, weight in whole.recogniser.state_dict().items():
        assert torch.equal(again.recogniser.state_dict()[name], weight), name


@pytest.mark.slow
def test_a_finished_state_is_only_finished(pairs, tmp_path, whole):
    path = tmp_path / "state"
    Grounding(**SETTINGS, checkpoint=path).fit(*pairs)
    seen = []
    again = Grounding(**SETTINGS, progress=seen.append, checkpoint=path).fit(*pairs)
    assert seen == []
    assert again.words == whole.words


@pytest.fixture(scope="module")
def state(pairs, tmp_path_factory):
    path = tmp_path_factory.mktemp("states") / "state"
    killed_after(1, pairs, path)
    return path


def test_a_state_of_other_work(pairs, state):
    images, answers = pairs
    for settings, change, message in (
        ({}, answers[::-1], "pairs"),
        ({"seed": 5}, answers, "seed"),
        ({"symbols": 10}, answers, "symbols"),
        ({"primitives": "peano"}, answers, "primitives"),
    ):
        with pytest.raises(InputError, match=f"state: the saved state is of other {message}"):
            Grounding(**{**SETTINGS, **settings}, checkpoint=state).fit(images, change)


@pytest.mark.parametrize(
    "change",
    [
        {"phase": "dreaming"},
        {"phase": None},
        {"number": "many"},
        {"words": 7},
        {"words": [1] * 9},
        {"language": "%grammar"},
        {"language": None},
        {"epochs": [{"phase": "words"}]},
        {"epochs": 3},
        {"random": {}},
        {"random": None},
        {"seconds": "long"},
        {"refused": 5},
        {"work": None},
    ],
    ids=repr,
)
def test_a_state_that_is_nonsense(pairs, state, tmp_path, change):
    header, tensors = load_checkpoint(state, KIND)
    path = tmp_path / "bad"
    save_checkpoint(path, KIND, {**header, **change}, tensors)
    with pytest.raises(InputError, match="bad: "):
        Grounding(**SETTINGS, checkpoint=path).fit(*pairs)


def test_a_state_of_another_network(pairs, state, tmp_path):
    header, tensors = load_checkpoint(state, KIND)
    path = tmp_path / "bad"
    name = next(name for name in tensors if name.startswith("optimiser") and tensors[name].dim() > 1)
    for changed in ({name: torch.zeros(3, 3)}, {"random": torch.zeros(3, dtype=torch.uint8)}):
        save_checkpoint(path, KIND, header, {**tensors, **changed})
        with pytest.raises(InputError, match="bad: no proper state"):
            Grounding(**SETTINGS, checkpoint=path).fit(*pairs)


def test_mutated_states_are_refused(pairs, state, tmp_path):
    good, path = state.read_bytes(), tmp_path / "mutated"
    for seed in range(30):
        generator = random.Random(seed)
        data = bytearray(good)
        data[generator.randrange(len(data))] ^= 1 << generator.randrange(8)
        path.write_bytes(data[: generator.randrange(len(data))] if seed % 4 == 0 else data)
        with pytest.raises((InputError, Killed)):
            Grounding(**SETTINGS, progress=lambda _: (_ for _ in ()).throw(Killed), checkpoint=path).fit(*pairs)


def test_the_state_survives_being_read(state):
    header, tensors = load_checkpoint(state, KIND)
    assert header["phase"] != "constants"
    assert np.isfinite([float(t.float().sum()) for t in tensors.values()]).all()

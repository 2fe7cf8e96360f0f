"""Emulators: training is repeatable and resumable, reports count what is right, short cuts are found."""

import random
from itertools import product

import pytest
import torch
from torch.utils.data import DataLoader

from nesy.errors import InputError
from nesy.learn.dataset import END, IGNORED, IS, PAD, TaskDataset, collate
from nesy.learn.emulate import Emulator, one_cycle
from nesy.recursion.data import splits
from nesy.recursion.data.cut import Cut
from nesy.recursion.data.tasks import successor, traversal
from nesy.terms import read_term, same

SMALL = successor(bits=range(1, 6), deep=0.3)
STEPS = traversal("inorder", nodes=range(1, 4), rounds=1, integers=(0, 1))
TINY = {"width": 16, "heads": 2, "layers": 1, "batch": 8, "device": "cpu"}


def weights(emulator):
    return torch.cat([p.detach().flatten() for p in emulator.net.parameters()])


# -------------------------------------------------------------------- data


def test_the_data_set_is_the_task():
    data = TaskDataset(SMALL, 40, seed=3)
    for index in range(40):
        tokens, labels = data[index]
        example = data.example(index)
        words = [data.vocabulary.tokens[i] for i in tokens]
        assert words == [*example.source, "<is>", *example.target]
        shown = labels[labels != IGNORED].tolist()
        assert data.vocabulary.words(shown) == list(example.target)
        assert shown[-1] == END
        assert torch.equal(labels[len(example.source) : -1], tokens[len(example.source) + 1 :])
    assert data.example(7) == TaskDataset(SMALL, 40, seed=3).example(7)
    with pytest.raises(IndexError):
        data[40]


def test_batches_are_padded():
    tokens, labels = next(iter(DataLoader(TaskDataset(SMALL, 16), batch_size=16, collate_fn=collate)))
    assert tokens.shape == labels.shape
    assert ((tokens == PAD) <= (labels == IGNORED)).all()
    assert ((tokens == IS).sum(1) == 1).all()


def test_the_test_side_of_a_split():
    data = TaskDataset(successor(split=splits.length(6)), 20, test=True)
    assert all(len(data.example(i).source) > 6 for i in range(20))


# -------------------------------------------------------------------- training


def test_learns_a_small_function():
    emulator = Emulator(successor(bits=range(1, 4)), width=32, batch=32, steps=120, rate=5e-3, device="cpu").fit()
    report = emulator.score(60, each=10)
    assert report.drawn.share > 0.9
    assert set(report.depths) == {0, 1, 2, 3}
    assert len(report.edges) == 3
    assert "depth     2" in str(report)


MODELS = [("transformer", "learned"), ("transformer", "none"), ("universal", "rotary"), ("gru", "none")]


@pytest.mark.parametrize(("model", "positions"), MODELS)
def test_same_seed_same_model_and_training_resumes(model, positions, tmp_path):
    """Interrupted, saved, loaded and resumed is as trained at one go; the random state of the caller is left alone."""
    state = torch.get_rng_state()
    options = {**TINY, "model": model, "positions": positions, "steps": 6, "seed": 5}
    whole = Emulator(SMALL, **options).fit()

    def interrupt(step, loss):
        if step == 3:
            raise KeyboardInterrupt

    path = tmp_path / "emulator.safetensors"
    part = Emulator(SMALL, **options).fit(progress=interrupt, checkpoint=path)
    assert part.step == 3
    resumed = Emulator.load(path, SMALL, device="cpu")
    assert torch.equal(weights(resumed), weights(part))
    resumed.fit()
    assert resumed.step == 6
    assert torch.equal(weights(resumed), weights(whole))
    assert not torch.equal(weights(Emulator(SMALL, **{**options, "seed": 6}).fit()), weights(whole))
    assert torch.equal(torch.get_rng_state(), state)


def test_the_learning_rate_is_one_cycle():
    scheduler = torch.optim.lr_scheduler.OneCycleLR
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1)
    theirs = scheduler(optimizer, max_lr=2.0, total_steps=1000)
    for step in range(1000):
        assert one_cycle(step, 1000, 2.0) == pytest.approx(theirs.get_last_lr()[0], abs=0.02)
        optimizer.step()
        if step < 999:
            theirs.step()


# -------------------------------------------------------------------- prediction


@pytest.fixture(scope="module")
def half_trained():
    return Emulator(SMALL, width=32, heads=2, batch=32, steps=60, rate=5e-3, device="cpu").fit()


def test_teacher_forcing_agrees_with_greedy_decoding(half_trained):
    rng = random.Random(0)
    inputs = [SMALL.draw(rng) for _ in range(80)]
    expected = [SMALL.program.call("succ", *arguments) for arguments in inputs]
    said = half_trained.predict_many(inputs)
    right = half_trained.correct(inputs)
    assert right == [one is not None and same(one, other) for one, other in zip(said, expected, strict=True)]
    assert True in right
    assert False in right
    assert half_trained.predict(*inputs[right.index(True)]) == expected[right.index(True)]


def test_what_is_no_value_is_none():
    emulator = Emulator(SMALL, **TINY, steps=1)
    said = emulator.predict_many([SMALL.draw(random.Random(seed)) for seed in range(20)])
    assert None in said


def test_learned_positions_end_with_a_message():
    emulator = Emulator(SMALL, **TINY, positions="learned", longest=8)
    with pytest.raises(InputError, match="learned positions end at 8"):
        emulator.correct([(read_term("X1(X1(X1(X1(X1(X1(One))))))"),)])


# -------------------------------------------------------------------- reports


class CarriesTo(Emulator):
    """An emulator that has learned to carry to a depth, and copies beyond it."""

    depth = 3
    cut = Cut(SMALL.program)

    def predict_many(self, inputs, batch=256):
        return [self.cut.call("succ", self.depth, *arguments) for arguments in inputs]

    def correct(self, inputs, batch=256):
        said = self.predict_many(inputs)
        return [same(a, SMALL.program.call("succ", *x)) for a, x in zip(said, inputs, strict=True)]


def test_reports_are_by_depth():
    report = CarriesTo(successor(bits=range(1, 8)), **TINY).score(200, each=20)
    for depth, cell in report.depths.items():
        assert cell.correct == (cell.total if depth <= 3 else 0)
    assert max(cell.total for cell in report.depths.values()) == 20
    right = {str(arguments[0]): verdict for arguments, verdict in report.edges.items()}
    assert right["One"]
    assert right["X0(X0(X0(X0(X0(X0(X0(One)))))))"]
    assert not right["X1(X1(X1(X1(X1(X1(X1(One)))))))"]


def test_the_short_cut_of_one_that_takes_it():
    found = CarriesTo(successor(bits=range(1, 10)), **TINY).shortcut(200)
    assert (found.depth, found.precision, found.recall) == (3, 1.0, 1.0)
    assert found.agreed == found.hits == found.failed > 5
    assert "succ_within(depth + 1, X1(b)) = X0(succ_within(depth, b))" in found.program
    assert "recurses to depth 3 only" in str(found)


def test_one_that_never_fails_has_no_short_cut():
    class Right(CarriesTo):
        depth = 100

    found = Right(SMALL, **TINY).shortcut(60)
    assert (found.failed, found.predicted, found.precision, found.recall) == (0, 0, None, None)
    assert str(found).startswith("no failure on")


def test_the_first_wrong_step():
    arguments = (read_term("Node(Node(Leaf, 0, Leaf), 1, Leaf)"),)
    trace = STEPS.trace(arguments)
    emulator = Emulator(STEPS, **TINY)
    for wrong, nonsense in product(range(1, len(trace)), (None, trace[0])):
        said = [*trace[1:wrong], nonsense, *trace[wrong + 1 :]]
        emulator._decoded = lambda sources, said=said: said
        found = emulator.first_wrong_step(*arguments)
        assert (found.number, found.predicted) == (wrong, nonsense)
        assert same(found.before, trace[wrong - 1])
        assert same(found.expected, trace[wrong])
    emulator._decoded = lambda sources: trace[1:]
    assert emulator.first_wrong_step(*arguments) is None


def test_steps_are_predicted_and_scored():
    emulator = Emulator(STEPS, **TINY, steps=2).fit()
    assert emulator.score(10, each=3).depths
    wrong = emulator.first_wrong_step(*STEPS.draw(random.Random(0)))
    assert wrong is not None
    assert wrong.number == 1


# -------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "lstm"}, "transformer or universal or gru"),
        ({"positions": "sinus"}, "learned or rotary or none"),
        ({"width": 10}, "even width for each head"),
        ({"steps": 0}, "1 or more"),
        ({"epochs": 3}, "no setting epochs"),
        ({"device": "abacus"}, "the device 'abacus'"),
    ],
)
def test_settings_that_do_not_fit_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        Emulator(SMALL, **options)


def test_steps_and_short_cuts_belong_to_their_kinds_of_task():
    with pytest.raises(InputError, match="a task with rounds="):
        Emulator(SMALL, **TINY).first_wrong_step(read_term("One"))
    with pytest.raises(InputError, match="output is the function's value"):
        Emulator(STEPS, **TINY).shortcut()


def test_bad_checkpoints_are_refused(tmp_path):
    path = tmp_path / "emulator.safetensors"
    Emulator(SMALL, **TINY, steps=1).fit().save(path)
    good = path.read_bytes()
    with pytest.raises(InputError, match="another task"):
        Emulator.load(path, successor(order="reversed"))
    damages = {
        "the checksum": good[:-1] + bytes([good[-1] ^ 1]),
        "no checkpoint": good[:100],
        "is no": b"",
        "checksum does": good.replace(b'\\"step\\": 1', b'\\"step\\": 9'),
        "version 7": good.replace(b'\\"version\\": 1', b'\\"version\\": 7'),
    }
    for message, data in damages.items():
        assert data != good
        path.write_bytes(data)
        with pytest.raises(InputError, match=message):
            Emulator.load(path, SMALL)
    with pytest.raises(InputError, match="cannot be read"):
        Emulator.load(tmp_path / "absent", SMALL)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_learns_the_same():
    options = {**TINY, "steps": 5}
    on_cpu = Emulator(SMALL, **options).fit()
    on_gpu = Emulator(SMALL, **{**options, "device": "cuda"}).fit()
    torch.testing.assert_close(weights(on_gpu).cpu(), weights(on_cpu), atol=1e-3, rtol=1e-3)

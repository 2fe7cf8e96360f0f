"""The training loop: what it learns, that it can be killed, that several processes are one."""

import csv
import os
import signal
import subprocess
import sys
import time
import types
from pathlib import Path

import pytest
import torch
from torch import nn

from graphs import fit
from graphs.checkpoint import CheckpointError
from graphs.training.processes import Process

ROOT = Path(__file__).parents[2]


def network(dropout):
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Dropout(dropout), nn.Linear(8, 1))


def points(update, generator):
    return torch.randn(8, 2, generator=generator).tolist()


def product(model, examples, device):
    x = torch.tensor(examples, device=device)
    return (model(x)[:, 0] - x.prod(1)).square().mean()


def run(out, dropout=0.0, sleep=0.0):
    """One training run with a checkpoint and a table; `sleep` seconds per update."""

    def draw(*arguments):
        time.sleep(sleep)
        return points(*arguments)

    model = network(dropout)
    fit(model, draw, product, updates=30, rate=0.01, every=5, device="cpu", clip=1.0, checkpoint=out, log=f"{out}.csv")
    return model


def apart(*command, arguments):
    """Run this file as a program."""
    return subprocess.Popen(
        [*command, __file__, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def rows(path):
    with open(path, encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def assert_same(model, other, **tolerance):
    for ours, theirs in zip(model.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, **tolerance)


def test_a_killed_run_ends_as_one_that_was_not(tmp_path, capsys):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    with apart(sys.executable, arguments=[killed, 0.3, 0.05]) as process:
        while not killed.exists():
            assert process.poll() is None, process.stdout.read()
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert len(rows(f"{killed}.csv")) < 6, "it was killed before it was done"
    expected = run(whole, 0.3)
    capsys.readouterr()
    assert_same(run(killed, 0.3), expected, rtol=0, atol=0)
    assert len(capsys.readouterr().err.splitlines()) < 6, "it did not start afresh"
    assert [row["update"] for row in rows(f"{killed}.csv")] == ["5", "10", "15", "20", "25", "30"]
    assert [row["loss"] for row in rows(f"{killed}.csv")][-1] == rows(f"{whole}.csv")[-1]["loss"]


def test_a_run_that_is_done_is_not_run_again(tmp_path):
    model = run(tmp_path / "run")
    before = rows(tmp_path / "run.csv")
    assert_same(run(tmp_path / "run"), model, rtol=0, atol=0)
    assert rows(tmp_path / "run.csv") == before


@pytest.mark.slow
def test_two_processes_are_one(tmp_path):
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    with apart(*torchrun, arguments=[tmp_path / "two", 0, 0]) as process:
        printed, _ = process.communicate(timeout=240)
    assert process.returncode == 0, printed
    assert printed.count("30/30 loss") == 1
    assert_same(run(tmp_path / "two"), run(tmp_path / "one"), rtol=1e-4, atol=1e-6)


def line(update, generator):
    return torch.randn(4, 1, generator=generator).tolist()


def slope(model, examples, device):
    x = torch.tensor(examples, device=device)
    return (model(x) - 3 * x).square().mean()


def test_the_best_weights_are_kept_and_training_ends_early(tmp_path):
    figures = iter([1.0, 3.0, 2.0, 3.0, 2.5, 9.0, 9.0])
    seen = []

    def evaluate(model):
        seen.append(model.weight.item())
        return {"quality": next(figures)}

    def go(updates):
        model = nn.Linear(1, 1, bias=False)
        nn.init.zeros_(model.weight)
        fit(
            model, line, slope, updates=updates, rate=0.01, every=1, evaluate=evaluate, keep="quality", patience=3,
            checkpoint=tmp_path / "run", device="cpu", quiet=True,
        )  # fmt: skip
        return model.weight.item()

    assert go(3) == seen[1], "the second was the best of three"
    assert go(7) == seen[1], "a run that goes on knows what was best before"
    assert len(seen) == 5, "no row better than the second for three rows"
    assert go(7) == seen[1]
    assert len(seen) == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [({"patience": 3}, "give keep="), ({"keep": "quality"}, "no figure 'quality', expected one of loss, seconds")],
)
def test_nothing_to_keep(options, message):
    with pytest.raises(ValueError, match=message):
        fit(nn.Linear(1, 1), line, slope, updates=1, device="cpu", quiet=True, **options)


def test_it_learns_and_reports(tmp_path, capsys):
    torch.manual_seed(0)
    model = nn.Linear(1, 1)
    before = torch.get_rng_state()
    fit(
        model,
        line,
        slope,
        updates=400,
        rate=lambda update: 0.1 * 0.99**update,
        every=200,
        device="cpu",
        evaluate=lambda model: {"weight": float(model.weight), "training": float(model.training)},
        log=tmp_path / "log.csv",
    )
    first, last = rows(tmp_path / "log.csv")
    assert (first["update"], last["update"]) == ("200", "400")
    assert float(last["weight"]) == pytest.approx(3, abs=0.05)
    assert float(last["training"]) == 0
    assert "400/400 loss" in capsys.readouterr().err
    assert model.training
    assert torch.equal(torch.get_rng_state(), before), "a user's generator is left alone"


def test_narrow_numbers():
    torch.manual_seed(0)
    model, seen = nn.Linear(1, 1), []

    def loss(model, examples, device):
        seen.append(model(torch.tensor(examples)).dtype)
        return slope(model, examples, device)

    fit(model, line, loss, updates=2, device="cpu", precision="bfloat16", quiet=True)
    assert set(seen) == {torch.bfloat16}
    assert model.weight.dtype == torch.float32


def test_a_bar_for_a_person(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    fit(nn.Linear(1, 1), line, slope, updates=3, device="cpu")
    assert "3/3" in capsys.readouterr().err


def test_tensorboard(monkeypatch, tmp_path):
    written = []

    class Writer:
        def __init__(self, folder, purge_step):
            written.append((folder, purge_step))

        def add_scalar(self, name, value, update):
            written.append((name, update))

        def close(self):
            written.append("closed")

    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", types.SimpleNamespace(SummaryWriter=Writer))
    fit(nn.Linear(1, 1), line, slope, updates=2, device="cpu", quiet=True, board=tmp_path)
    assert written == [(str(tmp_path), 1), ("loss", 2), ("seconds", 2), "closed"]
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'nesy\[tensorboard\]'"):
        fit(nn.Linear(1, 1), line, slope, updates=2, device="cpu", quiet=True, board=tmp_path)


def test_what_does_not_fit_is_refused(tmp_path):
    path = tmp_path / "run"
    settings = {"updates": 2, "device": "cpu", "quiet": True, "checkpoint": path}
    fit(nn.Linear(1, 1), line, slope, **settings)
    with pytest.raises(CheckpointError, match="seed 0; expected seed 1"):
        fit(nn.Linear(1, 1), line, slope, seed=1, **settings)
    with pytest.raises(CheckpointError, match="of another model"):
        fit(nn.Linear(1, 2), line, slope, **settings)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(CheckpointError, match="checksum"):
        fit(nn.Linear(1, 1), line, slope, **settings)


def test_a_loss_that_is_no_number():
    with pytest.raises(FloatingPointError, match="updates 1 to 2 is nan"):
        fit(nn.Linear(1, 1), line, lambda *a: slope(*a) * torch.nan, updates=2, device="cpu", quiet=True)


def test_a_batch_that_cannot_be_shared():
    with pytest.raises(ValueError, match="a batch of 3 for 2 processes"):
        Process(torch.device("cpu"), 0, 2).share([1, 2, 3])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_on_a_gpu(precision):
    torch.manual_seed(0)
    model = nn.Linear(1, 1)
    fit(model, line, slope, updates=400, rate=lambda u: 0.1 * 0.99**u, quiet=True, precision=precision, compiled=True)
    assert float(model.weight) == pytest.approx(3, abs=0.1)


if __name__ == "__main__":
    run(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))


def test_subnormal_numbers_are_zero_in_training_and_nowhere_else():
    tiny, seen = torch.full((4,), 1e-40), []

    def loss(model, examples, device):
        seen.append(float((tiny * 1.0).sum()))
        return model.weight.square().sum()

    fit(nn.Linear(1, 1), lambda update, generator: [0], loss, updates=2, device="cpu", quiet=True)
    assert seen == [0.0, 0.0]
    assert (tiny * 1.0 > 0).all()

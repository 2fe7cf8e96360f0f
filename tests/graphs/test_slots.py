"""Training in slots: learns, resumes to the bit, and is one run in two processes."""

from __future__ import annotations

import copy
import dataclasses
import os

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from graphs.checkpoint import CheckpointError
from graphs.relational.constraint_graph import VARIABLE, ConstraintGraph, Pools
from graphs.relational.slots import Settings, SlotTrainer, open_loss, right
from graphs.relational.values import ValueNetwork

SIZE = 4
SETTINGS = Settings(updates=6, slots=4, tile=2, steps=3, segments=2, warmup=2)


def permutations() -> ConstraintGraph:
    """Four variables with four values, all different."""
    node = torch.arange(SIZE * SIZE).view(SIZE, SIZE)
    pool = torch.arange(SIZE).repeat_interleave(SIZE)
    relations = {
        VARIABLE: Pools.build(node.flatten(), pool, SIZE * SIZE),
        "permutation": Pools.build(node.T.flatten(), pool, SIZE * SIZE),
    }
    return ConstraintGraph(pool, relations, SIZE)


def problems(update: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """A permutation of which all but one variable are given."""
    solution = torch.eye(SIZE)[torch.randperm(SIZE, generator=generator)]
    open_ = int(torch.randint(SIZE, (1,), generator=generator))
    x = torch.stack([solution, 1 - solution, torch.zeros(SIZE, SIZE)], -1)
    x[open_] = torch.tensor([0.0, 0.0, 1.0])
    return x.view(-1, 3), solution.flatten()


def trainer(settings: Settings = SETTINGS) -> SlotTrainer:
    torch.manual_seed(settings.seed)
    return SlotTrainer(ValueNetwork(3, 8, {"permutation": 0}), permutations(), problems, settings)


def test_a_missing_value_is_learned():
    run = trainer(Settings(updates=80, slots=16, tile=16, steps=3, segments=2, rate=0.02, warmup=10))
    steps = list(run.run())
    assert sum(step.solved for step in steps[-20:]) / 20 > 0.95 > 0.5 > steps[0].solved
    assert steps[-1].loss < 0.5 * steps[0].loss


def test_an_interrupted_run_goes_on_to_the_bit(tmp_path):
    whole = trainer()
    losses = [step.loss for step in whole.run()]
    half = trainer()
    begun = [step.loss for step in half.run(3)]
    half.save(tmp_path / "state")
    other = trainer()
    other.resume(tmp_path / "state")
    assert begun + [step.loss for step in other.run()] == losses
    assert all(torch.equal(whole.averaged[name], tensor) for name, tensor in other.averaged.items())


def test_a_run_with_other_settings_is_not_resumed(tmp_path):
    trainer().save(tmp_path / "state")
    with pytest.raises(CheckpointError, match="other settings"):
        trainer(dataclasses.replace(SETTINGS, seed=1)).resume(tmp_path / "state")


def test_a_damaged_state_is_named(tmp_path):
    trainer().save(tmp_path / "state")
    raw = bytearray((tmp_path / "state").read_bytes())
    raw[-3] ^= 1
    (tmp_path / "state").write_bytes(raw)
    with pytest.raises(CheckpointError, match="checksum"):
        trainer().resume(tmp_path / "state")


@pytest.mark.parametrize(("again", "seen"), [(0.0, 4 + 4 * 3), (1.0, 4)])
def test_what_was_not_solved_in_time_is_replaced_or_begun_again(again, seen):
    run = trainer(dataclasses.replace(SETTINGS, again=again))  # six updates, two for a problem: nothing is solved
    assert [step.problems for step in run.run()][-1] == seen
    assert bool((run.state[0] == 0).all())


def test_slots_that_do_not_divide():
    with pytest.raises(ValueError, match="4 slots, 1 processes, tiles of 3: do not divide"):
        trainer(dataclasses.replace(SETTINGS, tile=3))


def test_only_what_is_open_is_learned_from():
    graph = permutations()
    x, target = problems(0, torch.Generator().manual_seed(0))
    logits = torch.randn(2, 16, 1)
    moved = logits.clone()
    moved[:, x[:, 0] > 0] += 3  # changes the given variables' distributions only
    same = open_loss(logits, x[:, None], target[:, None], graph)
    assert torch.allclose(open_loss(moved, x[:, None], target[:, None], graph), same)
    assert right(10 * target[:, None], target[:, None], graph).tolist() == [True]
    assert right(-target[:, None], target[:, None], graph).tolist() == [False]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cpu_and_gpu_learn_the_same():
    torch.manual_seed(0)
    network = ValueNetwork(3, 8, {"permutation": 0})
    runs = [SlotTrainer(copy.deepcopy(network).to(d), permutations(), problems, SETTINGS) for d in ("cpu", "cuda")]
    losses = [[step.loss for step in run.run()] for run in runs]
    assert losses[0] == pytest.approx(losses[1], abs=1e-3)
    for name, tensor in runs[0].averaged.items():
        assert torch.allclose(tensor, runs[1].averaged[name].cpu(), atol=1e-3)


def _train(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    run = trainer(dataclasses.replace(SETTINGS, tile=1))
    list(run.run(2))
    run.save(os.path.join(folder, "state"))
    last = list(run.run(3))[-1]
    again = trainer(dataclasses.replace(SETTINGS, tile=1))
    again.resume(os.path.join(folder, "state"))
    assert list(again.run(3))[-1] == last
    torch.save({"weights": run.network.state_dict(), "x": run.x}, os.path.join(folder, f"{rank}"))
    dist.destroy_process_group()


def test_two_processes_learn_one_network_from_different_problems_and_resume(tmp_path):
    mp.spawn(_train, args=(str(tmp_path),), nprocs=2)
    one, other = (torch.load(tmp_path / str(rank), weights_only=True) for rank in (0, 1))
    assert all(torch.equal(tensor, other["weights"][name]) for name, tensor in one["weights"].items())
    assert not torch.equal(one["x"], other["x"])


def test_a_widened_network_is_the_same_function_and_can_learn():
    narrow = trainer().network
    x, _ = problems(0, torch.Generator().manual_seed(0))
    before, _ = narrow(x[:, None], permutations(), 5)
    wide = narrow.widened(12)
    after, _ = wide(x[:, None], permutations(), 5)
    torch.testing.assert_close(before, after)
    after.square().sum().backward()
    assert wide.read.weight.grad[:, 8:].abs().min() > 0
    with pytest.raises(ValueError, match="4 channels cannot hold the 8"):
        narrow.widened(4)

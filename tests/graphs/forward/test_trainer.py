"""Layers that learn alone: no gradient leaves a layer, memory does not grow with depth, a stopped run goes on."""

import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest
import torch
from torch import nn
from torch_geometric.data import Data
from torch_geometric.nn import GATConv, GCNConv, GINConv

from graphs import Denoising, ForwardForward, ForwardTrainer, LinkPrediction, Schedule, SingleForward
from graphs.checkpoint import CheckpointError
from graphs.forward.local import Local

ROOT = Path(__file__).parents[3]
QUICK = Schedule(epochs=4, every=2)


def clusters(seed=0, n=60, classes=3):
    """Nodes of three kinds, linked within their kind most of the time."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.arange(n) % classes
    x = torch.randn(n, 8, generator=generator)
    x[:, :classes] += 1.5 * nn.functional.one_hot(y, classes)
    source, target = torch.randint(0, n, (2, 6 * n), generator=generator)
    same = (y[source] == y[target]) | (torch.rand(6 * n, generator=generator) < 0.1)
    edge_index = torch.stack([source, target])[:, same & (source != target)]
    part = torch.arange(n) // classes % 3
    masks = {"train_mask": part == 0, "val_mask": part == 1, "test_mask": part == 2}
    return Data(x=x, y=y, edge_index=torch.cat([edge_index, edge_index.flip(0)], 1), **masks)


def pairs(seed=0):
    data = clusters(seed)
    links = data.edge_index[:, data.edge_index[0] < data.edge_index[1]]
    none = torch.randint(0, 60, (2, links.size(1)), generator=torch.Generator().manual_seed(1))
    label = torch.cat([torch.ones(links.size(1)), torch.zeros(none.size(1))])
    return Data(x=data.x, edge_index=data.edge_index, edge_label_index=torch.cat([links, none], 1), edge_label=label)


def gin(wide, out):
    return GINConv(nn.Sequential(nn.Linear(wide, 16), nn.ReLU(), nn.Linear(16, out)))


CASES = {
    "single-forward": (lambda: [GCNConv(8, 16), GCNConv(16, 12), GCNConv(12, 16)], SingleForward(), None, clusters),
    "attention": (lambda: [GATConv(8, 4, heads=2), GCNConv(8, 6)], SingleForward(edges="up"), None, clusters),
    "labels": (lambda: [GCNConv(11, 16), GCNConv(16, 16)], ForwardForward(), None, clusters),
    "label nodes": (lambda: [GCNConv(8, 16), GCNConv(16, 16)], ForwardForward("nodes"), None, clusters),
    "links": (lambda: [GCNConv(8, 16), GCNConv(16, 16)], LinkPrediction(), None, pairs),
    "denoising": (lambda: [gin(11, 3), gin(11, 3)], Denoising(), None, clusters),
    "from above to the loss": (lambda: [GCNConv(8, 6), GCNConv(6, 6)], SingleForward(), "loss", clusters),
    "from above to the input": (
        lambda: [GCNConv(14, 6), GCNConv(12, 6), GCNConv(9, 6)],
        SingleForward(),
        "input",
        clusters,
    ),
}


def trained(case, schedule=QUICK, seed=0, **options):
    layers, strategy, top_down, data = CASES[case]
    torch.manual_seed(3)
    trainer = ForwardTrainer(layers(), strategy, schedule=schedule, top_down=top_down)
    return trainer.fit(data(), seed=seed, device="cpu", quiet=True, **options)


def leaves(loss):
    """The parameters that a loss has a gradient with respect to, by walking its graph."""
    found, todo, seen = set(), [loss.grad_fn], set()
    while todo:
        node = todo.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            found.add(node.variable)
        todo.extend(parent for parent, _ in node.next_functions)
    return found


@pytest.mark.parametrize("case", CASES)
def test_the_gradient_with_respect_to_other_layers_is_absent(case):
    together = CASES[case][2] is not None
    losses = []
    backward = torch.Tensor.backward
    part = torch.stack

    def parts(tensors, *arguments):
        if together and all(t.dim() == 0 and t.requires_grad for t in tensors):
            losses.extend(leaves(t) for t in tensors)
        return part(tensors, *arguments)

    def watch(loss, *arguments, **options):
        if not together:
            losses.append(leaves(loss))
        backward(loss, *arguments, **options)

    with mock.patch.object(torch.Tensor, "backward", watch), mock.patch.object(torch, "stack", parts):
        trainer = trained(case)
    own = [set(layer.parameters()) for layer in trainer.layers]
    assert all(found in own for found in losses)
    assert all(one in losses for one in own)


@pytest.mark.parametrize("case", CASES)
def test_what_is_learned(case):
    data = CASES[case][3]()
    answers = trained(case, Schedule(epochs=60, rate=0.02, every=10)).predict(data)
    if case == "links":
        right = answers[data.edge_label == 1].mean() - answers[data.edge_label == 0].mean()
        assert right > 0.2
    else:
        assert (answers == data.y)[data.test_mask].float().mean() > 0.6, "0.33 is chance"


@pytest.mark.parametrize("case", CASES)
def test_a_stopped_run_goes_on_to_the_same_weights(case, tmp_path):
    whole = trained(case, Schedule(epochs=12, every=2))
    calls = 0
    step = torch.optim.Adam.step

    def killed(*arguments, **options):
        nonlocal calls
        calls += 1
        if calls == 17 - 8 * (CASES[case][2] is not None):
            raise KeyboardInterrupt
        return step(*arguments, **options)

    with mock.patch.object(torch.optim.Adam, "step", killed), pytest.raises(KeyboardInterrupt):
        trained(case, Schedule(epochs=12, every=2), folder=tmp_path)
    resumed = trained(case, Schedule(epochs=12, every=2), folder=tmp_path)
    for ours, theirs in zip(resumed.layers.parameters(), whole.layers.parameters(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("case", CASES)
def test_saved_layers_say_the_same(case, tmp_path):
    layers, strategy, top_down, data = CASES[case]
    trainer = trained(case)
    trainer.save(tmp_path / "layers")
    other = ForwardTrainer(layers(), strategy, top_down=top_down).load(tmp_path / "layers")
    assert torch.equal(other.scores(data()), trainer.scores(data()))


@pytest.mark.parametrize("case", ["single-forward", "attention", "labels", "links", "denoising"])
def test_small_batches(case):
    data = CASES[case][3]()
    trainer = trained(case, Schedule(epochs=30, rate=0.02, every=10, batch_size=200 if case == "links" else 7))
    answers = trainer.predict(data)
    quality = (answers > 0.5) == (data.edge_label == 1) if case == "links" else (answers == data.y)[data.test_mask]
    assert quality.float().mean() > 0.6


def test_memory_does_not_grow_with_depth():
    def peak(depth):
        """Most bytes that autograd keeps at a time while this many layers are trained."""
        held = {"now": 0, "most": 0}

        class Kept:
            def __init__(self, tensor):
                self.tensor = tensor.detach()
                held["now"] += tensor.nbytes
                held["most"] = max(held.values())

            def __del__(self):
                held["now"] -= self.tensor.nbytes

        layers = [GCNConv(8, 8) for _ in range(depth)]
        with torch.autograd.graph.saved_tensors_hooks(Kept, lambda kept: kept.tensor):
            ForwardTrainer(layers, schedule=QUICK).fit(clusters(), device="cpu", quiet=True)
        return held["most"]

    assert peak(1) == peak(3) == peak(9) > 0


def test_the_loss_of_single_forward_by_hand():
    data = clusters()
    strategy = SingleForward(temperature=0.5)
    problem = strategy.learn(data, 3, seed=7)
    virtual = torch.randn(3, 8, generator=torch.Generator().manual_seed(7))
    x = torch.cat([data.x, virtual])
    x = x / (x.norm(dim=1, keepdim=True) + 1e-8)
    links = [(i, 60 + int(data.y[i])) for i in range(60) if data.train_mask[i]]
    links = torch.tensor(links + [(b, a) for a, b in links]).T
    conv = GCNConv(8, 5)
    h = conv(x, torch.cat([data.edge_index, links], 1)).relu()
    expected = nn.functional.cross_entropy(h[:60][data.train_mask] @ h[60:].T / 0.5, data.y[data.train_mask])
    local = Local(conv, problem, strategy, 0, 1)
    torch.testing.assert_close(local(torch.arange(len(problem.items))), expected, rtol=1e-4, atol=1e-5)


def test_labels_of_other_nodes_than_training_nodes_are_not_used():
    data = clusters()
    hidden = data.clone()
    hidden.y = torch.where(data.train_mask | data.val_mask, data.y, 0)
    for case in ("single-forward", "labels", "label nodes", "denoising", "from above to the input"):
        trainer = trained(case)
        assert torch.equal(trainer.scores(data), trainer.scores(hidden)), case


def test_another_graph():
    trainer = trained("single-forward", Schedule(epochs=80, rate=0.02, every=10))
    new = clusters(seed=5, n=90)
    unlabelled = Data(x=new.x, edge_index=new.edge_index)
    assert (trainer.predict(unlabelled) == new.y).float().mean() > 0.6
    moved = torch.randperm(90)
    place = moved.argsort()
    same = Data(x=new.x[moved], edge_index=place[new.edge_index])
    torch.testing.assert_close(trainer.scores(same), trainer.scores(unlabelled)[moved], rtol=1e-4, atol=1e-5)


def test_validation_on_other_data():
    data, valid = clusters(), clusters(seed=1)
    del data.val_mask
    torch.manual_seed(0)
    trainer = ForwardTrainer([GCNConv(8, 8)], schedule=Schedule(epochs=40, rate=0.02, patience=3))
    assert trainer.fit(data, valid, device="cpu", quiet=True).predict(data).shape == (60,)


def test_pairs_without_a_link_are_paired_anew():
    data, strategy = pairs(), LinkPrediction()
    problem = strategy.learn(data, 0, 0)
    none = problem.target == 0
    links = {tuple(pair) for pair in data.edge_index.T.tolist()}
    loops_and_links = (problem.items[none, 0] == problem.items[none, 1]).sum()
    loops_and_links += sum(tuple(pair) in links for pair in problem.items[none].tolist())
    torch.manual_seed(0)
    for _ in range(5):
        fresh = strategy.vary(problem, 0, 1)
        assert torch.equal(fresh.items[~none], problem.items[~none])
        assert torch.equal(fresh.items[none, 0], problem.items[none, 0])
        assert (fresh.items[none] != problem.items[none]).any()
        found = fresh.items[none].tolist()
        assert sum(a == b or (a, b) in links for a, b in found) <= loops_and_links


def test_narrow_numbers():
    data = clusters()
    trainer = trained("single-forward", Schedule(epochs=40, rate=0.02, every=10), precision="bfloat16")
    assert (trainer.predict(data) == data.y)[data.test_mask].float().mean() > 0.6


def test_a_seed_says_all():
    first, second = trained("labels", seed=4), trained("labels", seed=4)
    assert torch.equal(first.scores(clusters()), second.scores(clusters()))


def without(name):
    data = clusters()
    del data[name]
    return data


def changed(**values):
    data = clusters()
    for name, value in values.items():
        data[name] = value
    return data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (lambda: without("train_mask"), r"data.train_mask: None, expected \(60,\) torch.bool"),
        (lambda: changed(y=torch.zeros(60)), r"data.y: .*torch.float32, expected \(n,\) torch.int64"),
        (lambda: changed(train_mask=torch.arange(60) == 0), "data.y: no training node of class 1, 2"),
        (lambda: changed(edge_index=torch.tensor([[0], [60]])), "data.edge_index: names node 60, expected 0 to 59"),
        (lambda: changed(x=torch.full((60, 8), float("nan"))), "data.x: 480 of 480 values are NaN or infinite"),
        (lambda: changed(x=torch.zeros(60, 9)), "layer 0: 8 in-channels, expected 9"),
    ],
)
def test_wrong_data_are_named(data, message):
    with pytest.raises(ValueError, match=message):
        ForwardTrainer([GCNConv(8, 4)], schedule=QUICK).fit(data(), device="cpu", quiet=True)


def test_wrong_arguments_are_named(tmp_path):
    with pytest.raises(ValueError, match="1 layers, 2 schedules"):
        ForwardTrainer([GCNConv(8, 4)], schedule=[QUICK, QUICK])
    with pytest.raises(ValueError, match="strategy 'backpropagation', expected one of single-forward"):
        ForwardTrainer([GCNConv(8, 4)], "backpropagation")
    with pytest.raises(ValueError, match="expected at least two layers and the strategy single-forward"):
        ForwardTrainer([GCNConv(8, 4)], top_down="loss")
    with pytest.raises(ValueError, match="call fit, or load"):
        ForwardTrainer([GCNConv(8, 4)]).predict(clusters())
    trained("single-forward", folder=tmp_path)
    with pytest.raises(CheckpointError, match="a run with other seed; give another folder"):
        trained("single-forward", folder=tmp_path, seed=1)
    trained("single-forward").save(tmp_path / "layers")
    with pytest.raises(CheckpointError, match="of other layers"):
        ForwardTrainer([GCNConv(8, 4)]).load(tmp_path / "layers")
    with pytest.raises(CheckpointError, match=r"trained by .*SingleForward"):
        ForwardTrainer([GCNConv(8, 4)], Denoising()).load(tmp_path / "layers")


@pytest.mark.parametrize("x", ["dense", "sparse"])
def test_a_layer_compiles_without_breaks(x):
    data = clusters()
    data.x = data.x * (data.x > 2.2) if x == "sparse" else data.x
    strategy = SingleForward()
    local = Local(GCNConv(8, 4), strategy.learn(data, 3, 0), strategy, 0, 1)
    batch = torch.arange(len(local))
    compiled = torch.compile(local, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(batch), local(batch))
    compiled(batch).backward()


DISTRIBUTED = {"alone": (8, 16, 12), "loss": (8, 6, 6), "input": (14, 9, 6)}


def side_by_side(signal):
    """Two layers, and where they hear those above."""
    wide, middle, out = DISTRIBUTED[signal]
    below = [GCNConv(wide, middle), GCNConv(middle + 3 if signal == "input" else middle, out)]
    return below, None if signal == "alone" else signal


def distributed(out):
    for signal in DISTRIBUTED:
        torch.manual_seed(3)
        layers, top_down = side_by_side(signal)
        schedule = Schedule(epochs=10, rate=0.02, every=2, batch_size=20)
        trainer = ForwardTrainer(layers, schedule=schedule, top_down=top_down)
        trainer.fit(clusters(), device="cpu", quiet=True)
        if os.environ.get("RANK", "0") == "0":
            trainer.save(f"{out}-{signal}")


@pytest.mark.slow
def test_two_processes_are_one(tmp_path):
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [*torchrun, __file__, str(tmp_path / "two")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    distributed(tmp_path / "one")
    for signal in DISTRIBUTED:
        scores = []
        for name in ("one", "two"):
            layers, top_down = side_by_side(signal)
            trainer = ForwardTrainer(layers, top_down=top_down).load(tmp_path / f"{name}-{signal}")
            scores.append(trainer.scores(clusters()))
        torch.testing.assert_close(*scores, rtol=1e-3, atol=1e-4)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("case", [case for case in CASES if case not in ("denoising", "links")])
def test_a_gpu_finds_the_same(case):
    layers, strategy, top_down, data = CASES[case]
    expected = trained(case).scores(data())
    torch.manual_seed(3)
    trainer = ForwardTrainer(layers(), strategy, schedule=QUICK, top_down=top_down)
    found = trainer.fit(data(), device="cuda", quiet=True).scores(data())
    torch.testing.assert_close(found.cpu(), expected, rtol=1e-2, atol=1e-3)


if __name__ == "__main__":
    distributed(sys.argv[1])

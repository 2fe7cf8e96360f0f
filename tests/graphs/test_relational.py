"""The relational network: all its forms are one function, and a graph's numbering means nothing."""

from unittest import mock

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from graphs import GraphReadout, RecurrentRelationalNetwork, Wiring, settle
from graphs.relational import blocks
from graphs.relational.deltas import StepDelta
from graphs.relational.messages import heard_by_edges

OTHERS = ["fast", "lean"]
"""Modes that are compared with the published formula."""


@st.composite
def graphs(draw):
    """(edge_index, num_nodes): isolated nodes, self loops, edges twice; often all nodes of the same degree."""
    n = draw(st.integers(1, 7))
    node = st.integers(0, n - 1)
    if draw(st.booleans()):
        degree = draw(st.integers(0, 3))
        edges = [(draw(node), target) for target in draw(st.permutations(range(n))) for _ in range(degree)]
    else:
        edges = draw(st.lists(st.tuples(node, node), max_size=15))
    return torch.tensor(edges, dtype=torch.int64).view(-1, 2).T, n


@st.composite
def cases(draw):
    """A network in double precision with a graph, its nodes' and edges' inputs."""
    edge_index, n = draw(graphs())
    edge_channels = draw(st.sampled_from([0, 2]))
    torch.manual_seed(draw(st.integers(0, 1000)))
    network = RecurrentRelationalNetwork(
        3,
        draw(st.sampled_from([1, 5])),
        4,
        steps=draw(st.integers(1, 3)),
        edge_channels=edge_channels,
        recurrence=draw(st.sampled_from(["lstm", "none"])),
        layers=draw(st.integers(2, 4)),
        rank=draw(st.sampled_from([0, 0, 2])),
    ).double()
    for delta in network.modules():
        if isinstance(delta, StepDelta):
            nn.init.normal_(delta.left)
    x = torch.randn(n, 3, dtype=torch.double)
    edge_attr = torch.randn(edge_index.size(1), 2, dtype=torch.double) if edge_channels else None
    return network, x, edge_index, edge_attr


def run(network, mode, x, edge_index, edge_attr):
    """Read-outs and the gradients of a function of them, in the order of inputs and parameters."""
    network.mode = mode
    inputs = [t.clone().requires_grad_() for t in (x, edge_attr) if t is not None]
    out = network(inputs[0], edge_index, *inputs[1:])
    weights = torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view(out.shape)
    return out, torch.autograd.grad((out * weights).sum(), [*inputs, *network.parameters()])


@pytest.mark.parametrize("mode", OTHERS)
@given(case=cases(), block=st.sampled_from([1, 200, 2**19]))
def test_values_and_gradients_are_those_of_the_formula(mode, case, block):
    network, *inputs = case
    with mock.patch.dict(blocks.BLOCK, cpu=block):
        check_against_the_formula(mode, network, inputs)


def check_against_the_formula(mode, network, inputs):
    expected, expected_gradients = run(network, "edges", *inputs)
    out, gradients = run(network, mode, *inputs)
    torch.testing.assert_close(out, expected, rtol=1e-9, atol=1e-11)
    for gradient, wanted in zip(gradients, expected_gradients, strict=True):
        torch.testing.assert_close(gradient, wanted, rtol=1e-8, atol=1e-10)


@settings(max_examples=15)
@given(
    graph=graphs(),
    edges=st.sampled_from(["none", "as they are", "linear"]),
    layers=st.integers(0, 2),
    keep=st.booleans(),
)
def test_gradients_of_the_sum_in_blocks(graph, edges, layers, keep):
    edge_index, n = graph
    incoming = Wiring.of(edge_index, n).incoming
    torch.manual_seed(n)
    shapes = [(n, 2), (n, 2), (edge_index.size(1), 2), (2, 2), *[(2, 2), (2,)] * layers]
    inputs = [torch.randn(shape, dtype=torch.double, requires_grad=True) for shape in shapes]

    def function(at_source, at_target, at_edge, to_edge, *layers):
        terms = {"none": (None, None), "as they are": (at_edge, None), "linear": (at_edge, to_edge)}[edges]
        return blocks.sum_in_blocks(at_source, at_target, *terms, layers, incoming, keep=keep)

    with mock.patch.dict(blocks.BLOCK, cpu=64):
        assert torch.autograd.gradcheck(function, inputs)


@given(graph=graphs(), most=st.integers(1, 20))
def test_blocks_hold_every_edge_once(graph, most):
    edge_index, n = graph
    incoming = Wiring.of(edge_index, n).incoming
    parts = list(incoming.blocks(most))
    sources = [part.source for *_, part in parts]
    assert [i for nodes, *_ in parts for i in range(nodes.start, nodes.stop)] == list(range(n))
    assert torch.equal(torch.cat(sources), incoming.source) if n else not sources
    for nodes, edges, part in parts:
        assert len(part.source) <= most or nodes.stop - nodes.start == 1
        assert torch.equal(part.target + nodes.start, incoming.target[edges])


@pytest.mark.parametrize("edge_channels", [0, 1])
def test_the_lean_form_keeps_nothing_per_edge(edge_channels):
    network = RecurrentRelationalNetwork(3, 4, 2, steps=3, edge_channels=edge_channels, mode="lean")
    edge_index = torch.cartesian_prod(torch.arange(7), torch.arange(7)).T
    edge_attr = torch.randn(49, 1) if edge_channels else None
    kept = {}

    def keep(tensor):
        kept[tensor.data_ptr()] = tensor.detach()

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda nothing: nothing):
        network(torch.randn(7, 3), edge_index, edge_attr)
    assert [tuple(tensor.shape) for tensor in kept.values() if len(tensor) == 49] == [(49, 1)] * edge_channels


@pytest.mark.parametrize("mode", ["edges", *OTHERS])
def test_narrow_numbers(mode):
    torch.manual_seed(0)
    network = RecurrentRelationalNetwork(3, 16, 2, steps=2, edge_channels=1, mode=mode)
    x, edge_index, edge_attr = torch.randn(5, 3), torch.randint(0, 5, (2, 12)), torch.randn(12, 1)
    with torch.autocast("cpu", torch.bfloat16):
        out = network(x, edge_index, edge_attr)
    out.float().sum().backward()
    torch.testing.assert_close(out.float(), network(x, edge_index, edge_attr), rtol=0.1, atol=0.05)
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())


@pytest.mark.parametrize("mode", ["edges", *OTHERS])
@settings(max_examples=30)
@given(case=cases(), data=st.data())
def test_numbering_of_nodes_and_order_of_edges_mean_nothing(mode, case, data):
    network, x, edge_index, edge_attr = case
    network.mode = mode
    new = torch.tensor(data.draw(st.permutations(range(len(x)))), dtype=torch.int64)
    shuffled = torch.tensor(data.draw(st.permutations(range(edge_index.size(1)))), dtype=torch.int64)
    moved = torch.empty_like(x)
    moved[new] = x
    with torch.no_grad():
        expected = network(x, edge_index, edge_attr)
        out = network(moved, new[edge_index[:, shuffled]], None if edge_attr is None else edge_attr[shuffled])
    torch.testing.assert_close(out[:, new], expected, rtol=1e-9, atol=1e-11)


@settings(max_examples=20)
@given(case=cases())
def test_a_graph_does_not_hear_the_others_of_its_batch(case):
    network, x, edge_index, edge_attr = case
    n = len(x)
    both = torch.cat([edge_index, edge_index + n], 1)
    pairs = None if edge_attr is None else torch.cat([edge_attr, -edge_attr])
    with torch.no_grad():
        together = network(torch.cat([x, -x]), both, pairs)
        alone = network(x, edge_index, edge_attr)
    torch.testing.assert_close(together[:, :n], alone, rtol=1e-9, atol=1e-11)


def published_step(network, x, h, memory, edges):
    """One step for a graph given as a list of edges, node by node."""
    mlp, states, memories = network.message, [], []
    for j in range(len(x)):
        m = sum((mlp(torch.cat([h[a], h[b]])) for a, b in edges if b == j), torch.zeros_like(h[0]))
        u = network.post(torch.cat([m, x[j]]))
        state, cell = network.cell(u[None], (memory[0][j][None], memory[1][j][None]))
        states.append(state[0])
        memories.append(cell[0])
    return torch.stack(states), torch.stack(memories)


def test_it_is_the_published_network():
    torch.manual_seed(0)
    network = RecurrentRelationalNetwork(3, 6, 2, steps=3, mode="edges")
    inputs, edges = torch.randn(4, 3), [(0, 1), (2, 1), (1, 0), (3, 3), (1, 2)]
    out = network(inputs, torch.tensor(edges).T)
    x = h = network.encoder(inputs)
    state = cell = torch.zeros_like(h)
    for step in range(3):
        state, cell = published_step(network, x, h, (state, cell), edges)
        h = state
        torch.testing.assert_close(out[step], network.readout(h))


def test_size_of_the_published_sudoku_network():
    network = RecurrentRelationalNetwork(48, 96, 10)
    embeddings = 16 * (10 + 9 + 9)
    assert embeddings + sum(p.numel() for p in network.parameters()) == 201_482


def test_more_steps_than_in_training():
    network = RecurrentRelationalNetwork(3, 4, 2, steps=2)
    x, edge_index = torch.randn(3, 3), torch.tensor([[0, 1], [1, 2]])
    assert network(x, edge_index).shape == (2, 3, 2)
    assert torch.equal(network(x, edge_index, steps=5)[:2], network(x, edge_index))
    assert torch.equal(network(x, Wiring.of(edge_index, 3)), network(x, edge_index))


def test_deltas_start_at_nothing_and_the_last_one_stays():
    torch.manual_seed(0)
    plain = RecurrentRelationalNetwork(3, 4, 2, steps=3)
    network = RecurrentRelationalNetwork(3, 4, 2, steps=3, rank=1)
    shared = {
        name.replace("parametrizations.", "").replace(".original", ""): p for name, p in network.named_parameters()
    }
    plain.load_state_dict({name: shared[name] for name in plain.state_dict()})
    x, edge_index = torch.randn(3, 3), torch.tensor([[0, 1], [1, 2]])
    torch.testing.assert_close(network(x, edge_index), plain(x, edge_index))
    for name, parameter in network.named_parameters():
        if name.endswith("left"):
            nn.init.normal_(parameter)
    out = network(x, edge_index, steps=5)
    assert not torch.allclose(out, plain(x, edge_index, steps=5))
    for name, parameter in network.named_parameters():
        if name.endswith(("left", "right")):
            parameter.data = torch.cat([parameter.data, parameter.data[-1:].expand(2, -1, -1)])
    torch.testing.assert_close(network(x, edge_index, steps=5), out)


@settings(max_examples=30)
@given(case=cases(), confidence=st.sampled_from([0.0, 0.3, 0.4]), patience=st.integers(1, 3))
def test_settled_nodes_stay_as_they_are(case, confidence, patience):
    network, x, edge_index, edge_attr = case
    found = settle(network, x, edge_index, edge_attr, steps=6, confidence=confidence, patience=patience)
    logits, updates = settled_node_by_node(network, x, edge_index, edge_attr, 6, confidence, patience)
    torch.testing.assert_close(found.logits, logits, rtol=1e-9, atol=1e-11)
    assert found.updates.tolist() == updates


def settled_node_by_node(network, x, edge_index, edge_attr, steps, confidence, patience):
    """All nodes are computed in every step; those that have settled keep what they had."""
    wiring, edges = network.wired(x, edge_index, edge_attr)
    x = h = network.encoder(x)
    memory, history, updates = None, [[] for _ in x], [0] * len(x)
    logits = [None] * len(x)
    settled = [False] * len(x)
    with torch.no_grad():
        for step in range(steps):
            network.at_step(step)
            new, memory_now = network.update(x, h, heard_by_edges(network.message, h, wiring, edges), memory)
            keep = torch.tensor(settled)[:, None]
            h = torch.where(keep, h, new)
            memory = memory_now and tuple(
                new if memory is None else torch.where(keep, old, new)
                for old, new in zip(memory or memory_now, memory_now, strict=True)
            )
            out = network.readout(h)
            for i in range(len(x)):
                if not settled[i]:
                    logits[i], updates[i] = out[i], updates[i] + 1
                    sure, best = out[i].softmax(0).max(0)
                    history[i].append((int(best), float(sure) >= confidence))
                    last = history[i][-patience:]
                    settled[i] = (
                        len(last) == patience and len({best for best, _ in last}) == 1 and all(s for _, s in last)
                    )
    return torch.stack(logits), updates


def test_a_network_that_is_never_sure_runs_to_the_end():
    torch.manual_seed(0)
    network = RecurrentRelationalNetwork(3, 4, 2, steps=4)
    x, edge_index = torch.randn(3, 3), torch.tensor([[0, 1], [1, 2]])
    found = settle(network, x, edge_index, confidence=1.1)
    torch.testing.assert_close(found.logits, network(x, edge_index)[-1])
    assert found.updates.tolist() == [4, 4, 4]


def test_an_answer_per_graph_is_a_function_of_the_sum_of_its_states():
    torch.manual_seed(0)
    readout = GraphReadout(4, 8, 3, dropout=0.5).eval()
    states = torch.randn(2, 5, 4)
    out = readout(states, torch.tensor([0, 2, 0, 2, 2]), 3)
    torch.testing.assert_close(out[:, 0], readout.mlp(states[:, 0] + states[:, 2]))
    torch.testing.assert_close(out[:, 1], readout.mlp(torch.zeros(2, 4)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": torch.zeros(3, 2)}, r"x: \(3, 2\), expected \(3, 3\)"),
        ({"edge_index": torch.zeros(3, 2)}, r"edge_index: \(3, 2\) torch.float32, expected \(2, e\) torch.int64"),
        ({"edge_index": torch.tensor([[0], [3]])}, r"edge_index names nodes 0 to 3, expected 0 to 2"),
        ({"edge_attr": None}, r"edge_attr: None, expected \(2, 1\)"),
        ({"edge_attr": torch.zeros(3, 1)}, r"edge_attr: \(3, 1\), expected \(2, 1\)"),
    ],
)
def test_wrong_inputs_are_named(change, message):
    network = RecurrentRelationalNetwork(3, 4, 2, edge_channels=1)
    inputs = {"x": torch.zeros(3, 3), "edge_index": torch.tensor([[0, 1], [1, 2]]), "edge_attr": torch.zeros(2, 1)}
    with pytest.raises(ValueError, match=message):
        network(**inputs | change)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("mode", ["edges", *OTHERS])
def test_a_gpu_gives_the_same(mode):
    torch.manual_seed(0)
    network = RecurrentRelationalNetwork(3, 16, 2, steps=3, edge_channels=1)
    x, edge_index, edge_attr = torch.randn(9, 3), torch.randint(0, 9, (2, 40)), torch.randn(40, 1)
    expected, expected_gradients = run(network, "edges", x, edge_index, edge_attr)
    out, gradients = run(network.cuda(), mode, x.cuda(), edge_index.cuda(), edge_attr.cuda())
    torch.testing.assert_close(out.cpu(), expected, rtol=1e-3, atol=1e-4)
    for gradient, wanted in zip(gradients, expected_gradients, strict=True):
        torch.testing.assert_close(gradient.cpu(), wanted, rtol=1e-2, atol=1e-3)

"""NCN and NCNC: their formulas written down per pair, and what must not change a score."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs import NCN, NCNC
from graphs.link.ncnc import Calibration
from graphs.sparse import SparseMatrix

OPTIONS = [{}, {"walks": 3}, {"directed": True}, {"edge_types": 2}, {"layers": 2, "last_layers": 2}]


@st.composite
def cases(draw):
    """A model in evaluation mode, double precision, with its inputs; pairs of distinct nodes."""
    n = draw(st.integers(2, 8))
    ends = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))
    edges = torch.tensor(draw(st.lists(ends, max_size=20)), dtype=torch.int64).view(-1, 2).T
    pairs = draw(st.lists(ends.filter(lambda pair: pair[0] != pair[1]), min_size=1, max_size=6))
    torch.manual_seed(draw(st.integers(0, 1000)))
    options = draw(st.sampled_from(OPTIONS))
    depth = draw(st.integers(0, 2))
    kind = torch.randint(0, 2, (edges.size(1),)) if "edge_types" in options else None
    x = torch.randn(n, 3, dtype=torch.double)
    model = (
        NCNC(3, 4, depth=depth, calibration=Calibration(1.5, 0.2, 0.6, 0.9), **options)
        if depth
        else NCN(3, 4, **options)
    )
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    return model.double().eval(), x, edges, torch.tensor(pairs).T, kind


def close(a, b):
    torch.testing.assert_close(a, b, rtol=1e-7, atol=1e-9)


@settings(max_examples=60)
@given(case=cases())
def test_a_score_is_symmetric_and_does_not_depend_on_other_pairs(case):
    model, x, edges, pairs, kind = case
    scores = model(x, edges, pairs, kind)
    core = getattr(model, "ncn", model)
    if not core.directed:
        close(model(x, edges, pairs.flip(0), kind), scores)
    close(torch.cat([model(x, edges, pair[:, None], kind) for pair in pairs.T]), scores)
    order = torch.randperm(pairs.size(1))
    close(model(x, edges, pairs[:, order], kind), scores[order])


@settings(max_examples=40)
@given(case=cases())
def test_the_numbering_of_nodes_means_nothing(case):
    model, x, edges, pairs, kind = case
    number = torch.randperm(len(x))
    renumbered = torch.empty_like(x)
    renumbered[number] = x
    close(model(renumbered, number[edges], number[pairs], kind), model(x, edges, pairs, kind))


def by_hand(model, x, neighbours, i, j, depth):
    """Section 5 of the paper for one pair, on the encoder's vectors."""
    head = (model.ncn if isinstance(model, NCNC) else model).head
    carried = head.carried(x)
    weights = dict.fromkeys(neighbours[i] & neighbours[j], 1.0)
    if depth:
        for one, other in ((i, j), (j, i)):
            for w in neighbours[one] - neighbours[other] - {other}:
                logit = by_hand(model, x, neighbours, other, w, depth - 1)
                c = model.calibration
                q = 1 / (1 + (-c.scale * (logit - c.offset)).exp())
                weights[w] = c.strength * c.prior * q / (c.prior * q + 1 - q)
    term = head.of_ends(x[i] * x[j])
    if weights:
        total = sum(weight * carried[w] for w, weight in weights.items())
        term = term + head.weight * head.of_common(total)
    return head.last(term)[0]


@settings(max_examples=30)
@given(case=cases().filter(lambda case: case[-1] is None))
def test_scores_are_those_of_the_formula(case):
    model, x, edges, pairs, _ = case
    core = getattr(model, "ncn", model)
    if core.directed or core.walks is not None:
        return
    dense = torch.zeros(len(x), len(x), dtype=torch.double)
    dense[edges[0], edges[1]] = 1
    dense = ((dense + dense.T) > 0).double().fill_diagonal_(0)
    scale = (dense.sum(1) + 1).rsqrt()[:, None]
    h, layers = core.encoder.linear(x), []
    for k, weight in enumerate(core.encoder.layer_weights):
        h = core.encoder.norms[k - 1](h).relu() if k else h
        h = scale * ((dense + torch.eye(len(x))) @ (scale * h))
        layers.append(weight * h)
    neighbours = [set(row.nonzero()[:, 0].tolist()) for row in dense]
    depth = getattr(model, "depth", 0)
    with torch.no_grad():
        expected = [by_hand(model, sum(layers), neighbours, i, j, depth) for i, j in pairs.T.tolist()]
    close(model(x, edges, pairs).detach(), torch.stack(expected))


@pytest.mark.filterwarnings("ignore:Sparse")
@pytest.mark.parametrize("form", ["coo", "csr", "matrix"])
def test_sparse_features_give_the_same(form):
    torch.manual_seed(0)
    x = torch.randn(6, 30) * (torch.rand(6, 30) < 0.05)
    edges, pairs = torch.randint(0, 6, (2, 12)), torch.tensor([[0, 1, 2], [3, 4, 5]])
    model = NCNC(30, 8).eval()
    sparse = {"coo": x.to_sparse, "csr": x.to_sparse_csr, "matrix": lambda: SparseMatrix.of(x)}[form]()
    for given_form in (x, sparse):
        model.zero_grad()
        scores = model(given_form, edges, pairs)
        scores.sum().backward()
        gradient = model.ncn.encoder.linear.weight.grad.clone()
        if given_form is x:
            expected = scores, gradient
    torch.testing.assert_close((scores, gradient), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("where", "same"), [([0.0, 100.0], True), ([-100.0, 100.0], False)])
def test_the_limits_of_completion(where, same):
    """Without strength, or where no missing link is likely, NCNC is NCN."""
    torch.manual_seed(1)
    x, edges, pairs = torch.randn(6, 3), torch.randint(0, 6, (2, 8)), torch.tensor([[0, 1], [2, 3]])
    models = [NCNC(3, 4, calibration=Calibration(offset=where[k])).eval() for k in range(2)]
    models[1].load_state_dict(models[0].state_dict())
    ncn = models[0].ncn(x, edges, pairs)
    likely = torch.allclose(models[0](x, edges, pairs), ncn)
    unlikely = torch.allclose(models[1](x, edges, pairs), ncn)
    assert unlikely
    assert same or not likely


@given(
    scale=st.floats(0.1, 5),
    offset=st.floats(-2, 2),
    prior=st.floats(0, 1),
    strength=st.floats(0, 1),
    logit=st.floats(-5, 5),
)
def test_calibration_is_bayes_rule(scale, offset, prior, strength, logit):
    q = 1 / (1 + torch.exp(torch.tensor(-scale * (logit - offset), dtype=torch.double)))
    found = Calibration(scale, offset, prior, strength).probability(torch.tensor(logit, dtype=torch.double))
    torch.testing.assert_close(found, strength * prior * q / (prior * q + 1 - q))
    assert 0 <= found <= strength + 1e-12


def test_direction_and_types_matter():
    torch.manual_seed(0)
    x, edges = torch.randn(4, 3), torch.tensor([[0, 1, 2], [1, 2, 3]])
    pairs = torch.tensor([[0, 2], [2, 0]])
    model = NCN(3, 4, directed=True).eval()
    forth, back = model(x, edges, pairs)
    assert abs(forth - back) > 1e-4
    model = NCN(3, 4, edge_types=2).eval()
    torch.nn.init.normal_(model.head.factors)
    torch.nn.init.normal_(model.encoder.factors)
    one, other = (model(x, edges, pairs, torch.tensor(kinds)) for kinds in ([0, 0, 0], [0, 1, 0]))
    assert not torch.allclose(one, other)


def test_graphs_without_features():
    """Nodes are known by degree and walks; a node that the edges do not name is one without links."""
    torch.manual_seed(0)
    edges = torch.tensor([[0, 1, 1], [1, 2, 3]])
    model = NCN(0, 4, walks=3).eval()
    scores = model(None, edges, torch.tensor([[0, 0, 9, 5], [2, 3, 1, 1]]))
    assert torch.allclose(scores[0], scores[1])
    assert torch.allclose(scores[2], scores[3])
    assert not torch.allclose(scores[0], scores[2])
    far = torch.tensor([[4, 4], [5, 9]])  # in a graph that names node 6, 4 and 5 are nodes like others
    assert model(None, edges, far).isfinite().all()
    named = model(None, torch.tensor([[0, 1, 1, 6], [1, 2, 3, 7]]), far[:, :1])
    assert torch.allclose(model(None, edges, far), named)
    learned = NCN(0, 4, num_nodes=4).eval()(None, edges, torch.tensor([[0, 0], [2, 3]]))
    assert not torch.allclose(*learned)


def test_no_edges_and_no_pairs():
    model = NCNC(3, 4, walks=2).eval()
    none = torch.empty(2, 0, dtype=torch.int64)
    assert model(torch.randn(3, 3), none, torch.tensor([[0], [1]])).shape == (1,)
    assert model(torch.randn(3, 3), torch.tensor([[0], [1]]), none).shape == (0,)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": torch.randn(4, 2)}, r"x: \(4, 2\), expected \(n, 3\)"),
        ({"x": None}, r"x: None, expected \(n, 3\)"),
        ({"x": torch.full((4, 3), float("nan"))}, "x: 12 of 12 values are NaN or infinite"),
        ({"edge_index": torch.tensor([[0], [4]])}, "edge_index: names node 4, expected 0 to 3"),
        ({"edge_label_index": torch.tensor([[0], [7]])}, "edge_label_index: names node 7, expected 0 to 3"),
        ({"edge_label_index": torch.tensor([[0.0], [1.0]])}, "edge_label_index: torch.float32"),
        ({"edge_type": torch.tensor([0])}, "edge_type: given, but edge_types=1"),
    ],
)
def test_wrong_inputs_are_named(change, message):
    inputs = {
        "x": torch.randn(4, 3),
        "edge_index": torch.tensor([[0], [1]]),
        "edge_label_index": torch.tensor([[0], [2]]),
    }
    with pytest.raises(ValueError, match=message):
        NCNC(3, 4)(**inputs | change)


def test_wrong_settings_are_named():
    with pytest.raises(ValueError, match="depth 0, expected at least 1"):
        NCNC(3, 4, depth=0)
    with pytest.raises(ValueError, match="walks 1: expected a length of at least 2"):
        NCN(3, 4, walks=1)


def test_narrow_numbers():
    torch.manual_seed(0)
    model = NCNC(3, 16, walks=2)
    x, edges, pairs = torch.randn(6, 3), torch.randint(0, 6, (2, 12)), torch.tensor([[0, 1], [2, 3]])
    with torch.autocast("cpu", torch.bfloat16):
        scores = model(x, edges, pairs)
    scores.float().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
    torch.testing.assert_close(scores.float(), model(x, edges, pairs), rtol=0.1, atol=0.1)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("options", OPTIONS[:3])
def test_a_gpu_gives_the_same(options):
    torch.manual_seed(0)
    model = NCNC(3, 16, **options).eval()
    x, edges, pairs = torch.randn(20, 3), torch.randint(0, 20, (2, 60)), torch.randint(0, 20, (2, 30))
    expected = model(x, edges, pairs)
    found = model.cuda()(x.cuda(), edges.cuda(), pairs.cuda())
    torch.testing.assert_close(found.cpu(), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of torch.compile, about itself
def test_the_network_compiles_without_a_break():
    """What is done per node and per pair; the search for neighbours depends on data and stays outside."""
    torch.manual_seed(0)
    model, x, edges = NCN(3, 8), torch.randn(6, 3), torch.randint(0, 6, (2, 12))
    graph = model.adjacency(x, edges)
    encoder = torch.compile(model.encoder, fullgraph=True, backend="aot_eager")
    encoder(x, graph).sum().backward()
    torch.testing.assert_close(encoder(x, graph), model.encoder(x, graph))
    head = torch.compile(model.head, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(head(torch.eye(8)), model.head(torch.eye(8)))

"""Forward-forward learns from a training node what it is asked about any other; few known classes suffice."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import one_hot, softplus
from torch_geometric.data import Data
from torch_geometric.nn import GCNConv, SAGEConv

from graphs import ForwardForward, ForwardTrainer, Schedule
from graphs.forward.local import Local

LABELS = "features", "nodes"


@st.composite
def graphs(draw):
    """With a training node for each of 2 to 4 classes, at least."""
    classes, more, seed = draw(st.integers(2, 4)), draw(st.integers(0, 6)), draw(st.integers(0, 999))
    generator, n = torch.Generator().manual_seed(seed), classes + more
    return Data(
        x=torch.randn(n, 3, generator=generator),
        edge_index=torch.randint(n, (2, draw(st.integers(0, 20))), generator=generator),
        y=torch.arange(n) % classes,
        train_mask=torch.arange(n) < classes + draw(st.integers(0, more)),
    )


def local(conv, problem, strategy):
    return Local(conv, problem, strategy, 0, 1)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("kind", [GCNConv, SAGEConv])
@given(data=graphs())
def test_a_training_node_is_learned_from_as_it_is_asked_where_no_class_is_known(label, kind, data):
    """The loss, by hand from the goodness of the answers: the right one of all classes, and the mean of the others."""
    strategy, classes = ForwardForward(label), int(data.y.max()) + 1
    conv = kind(3 + classes * (label == "features"), 5)
    asked = strategy.ask(Data(x=data.x, edge_index=data.edge_index), classes, 7)
    goodness = 5 * local(conv, asked, strategy).evidence(torch.zeros(0))[data.train_mask]
    right = one_hot(data.y[data.train_mask], classes).bool()
    wrong = softplus(goodness[~right] - 2).view(len(right), -1).mean(1)
    learned = local(conv, strategy.learn(data, classes, 7), strategy)(torch.arange(len(right)))
    torch.testing.assert_close(learned, (softplus(2 - goodness[right]) + wrong).mean(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("label", LABELS)
@given(data=graphs(), batch=st.integers(0, 99))
def test_a_known_class_is_kept_in_all_copies(label, data, batch):
    strategy, classes = ForwardForward(label), int(data.y.max()) + 1
    conv = SAGEConv(3 + classes * (label == "features"), 5)
    alone = Data(x=data.x, edge_index=data.edge_index[:, :0], y=data.y, train_mask=data.train_mask)
    said = local(conv, strategy.ask(alone, classes, batch), strategy).evidence(torch.zeros(0))[data.train_mask]
    torch.testing.assert_close(said, said[:, :1].expand_as(said))


def communities(seed, nodes=240, classes=3):
    """A tenth of the nodes is labelled."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.arange(nodes) % classes
    x = torch.randn(nodes, 8, generator=generator)
    x[:, :classes] += 1.2 * one_hot(y, classes)
    ends = torch.randint(nodes, (2, 12 * nodes), generator=generator)
    kept = (y[ends[0]] == y[ends[1]]) | (torch.rand(ends.size(1), generator=generator) < 0.2)
    edges = ends[:, kept]
    known = torch.randperm(nodes, generator=generator) % 10 == 0
    return Data(x=x, edge_index=torch.cat([edges, edges.flip(0)], 1), y=y, train_mask=known)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("threshold", [0.5, 2.0])
def test_few_known_classes_are_enough(label, threshold):
    """Better than the nearest mean of the known nodes' features, which sees no links."""
    found, nearest = [], []
    for seed in range(3):
        data, wide = communities(seed), 8 + 3 * (label == "features")
        torch.manual_seed(seed)
        trainer = ForwardTrainer(
            [GCNConv(wide, 16), GCNConv(16, 16)],
            ForwardForward(label, threshold=threshold),
            schedule=Schedule(epochs=80, rate=0.03),
        )
        said = trainer.fit(data, seed=seed, device="cpu", quiet=True).predict(data)
        means = torch.stack([data.x[data.train_mask & (data.y == kind)].mean(0) for kind in range(3)])
        for answers, right in ((said, found), (torch.cdist(data.x, means).argmin(1), nearest)):
            right.append(float((answers == data.y)[~data.train_mask].float().mean()))
    assert min(found) > max(nearest) > 0.4, (found, nearest)

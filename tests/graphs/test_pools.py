"""Sums over pools, against loops; gradients; the network against its formula."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from graphs.relational.constraint_graph import VARIABLE, ConstraintGraph, Pools
from graphs.relational.pooling import hear, pool_sum
from graphs.relational.values import PoolMessages, ValueNetwork


@st.composite
def memberships(draw):
    """Node numbers per pool; some nodes in no pool, some in several, none twice in one."""
    n = draw(st.integers(1, 7))
    pools = draw(st.lists(st.lists(st.integers(0, n - 1), min_size=1, max_size=n, unique=True), min_size=1, max_size=5))
    return n, pools


def build(n: int, pools: list[list[int]], features: torch.Tensor | None = None) -> Pools:
    members = torch.tensor([node for pool in pools for node in pool], dtype=torch.long)
    pool = torch.tensor([p for p, pool in enumerate(pools) for _ in pool], dtype=torch.long)
    return Pools.build(members, pool, n, features)


def by_hand(message: PoolMessages, said, pools, features=None):
    """The formula, pool by pool and member by member."""
    heard = torch.zeros_like(said)
    place = 0
    for pool in pools:
        rows = [None if features is None else features[place + i] for i in range(len(pool))]
        place += len(pool)
        own = [
            said[node] if row is None else (said[node] + message.sends(row)).relu()
            for node, row in zip(pool, rows, strict=True)
        ]
        for node, mine, row in zip(pool, own, rows, strict=True):
            before = message.pool(sum(own) - mine) + message.self_(mine)
            heard[node] = heard[node] + (before if row is None else before + message.hears(row)).relu()
    return heard


@given(memberships(), st.booleans(), st.integers(0, 10**6))
def test_messages_are_the_formula_in_value_and_gradient(drawn, featured, seed):
    n, pools = drawn
    torch.manual_seed(seed)
    message = PoolMessages(3, 2 if featured else 0).double()
    said = torch.rand(n, 2, 3, dtype=torch.double, requires_grad=True)
    features = torch.rand(sum(map(len, pools)), 2, dtype=torch.double) if featured else None
    fast, slow = message(said, build(n, pools, features)), by_hand(message, said, pools, features)
    assert torch.allclose(fast, slow, atol=1e-12)
    weight = torch.rand_like(fast)
    parameters = [said, *message.parameters()]
    gradients = (torch.autograd.grad((out * weight).sum(), parameters) for out in (fast, slow))
    for one, other in zip(*gradients, strict=True):
        assert torch.allclose(one, other, atol=1e-12)


def test_gradients_of_the_sums():
    pools = build(4, [[0, 1, 2], [2], [0, 2]])
    own = torch.randn(4, 2, 3, dtype=torch.double, requires_grad=True)
    total = torch.randn(3, 2, 3, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda own: pool_sum(own, pools), own)
    assert torch.autograd.gradcheck(lambda total, own: hear(total, own, pools), (total, own))


@pytest.mark.parametrize(
    ("members", "pool", "message"),
    [
        ([], [], "no memberships"),
        ([0, 1], [0], r"members \(2,\) and pool \(1,\)"),
        ([0, 4], [0, 0], "members 0 to 4: expected 0 to 2"),
        ([0, 1], [1, 0], "pool: expected 0, 1, 2"),
        ([0, 1], [0, 2], "pool: expected 0, 1, 2"),
    ],
)
def test_bad_memberships(members, pool, message):
    with pytest.raises(ValueError, match=message):
        Pools.build(torch.tensor(members, dtype=torch.long), torch.tensor(pool, dtype=torch.long), 3)


def test_more_steps_from_the_last_state_are_the_same_as_all_at_once():
    torch.manual_seed(0)
    graph = ConstraintGraph(
        torch.tensor([0, 0, 1, 1]), {VARIABLE: build(4, [[0, 1], [2, 3]]), "different": build(4, [[0, 2], [1, 3]])}, 2
    )
    network, x = ValueNetwork(3, 8), torch.rand(4, 2, 3)
    whole, _ = network(x, graph, 5)
    begun, state = network(x, graph, 2)
    ended, _ = network(x, graph, 3, state)
    assert torch.equal(whole, torch.cat([begun, ended]))

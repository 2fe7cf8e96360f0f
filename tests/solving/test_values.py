"""The values view: relations of rules, equivariance, batches."""

from __future__ import annotations

import random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from graphs.relational.values import ValueNetwork, log_probabilities, relations_of
from nesy.puzzles.instance import Instance
from nesy.puzzles.model import AllDifferent, Array, Count, Element, Linear, Model, Product, Rule, Table
from nesy.solving.values import graph, inputs


def model(domains, *constraints) -> Model:
    rules = tuple(Rule(f"rule[{i}]", constraint) for i, constraint in enumerate(constraints))
    names = {(i,): i for i in range(len(domains))}
    return Model("test", tuple(map(tuple, domains)), rules, (Array("x", (tuple(range(len(domains))),), names),))


def latin(n: int) -> Model:
    rows = [AllDifferent(tuple(n * r + c for c in range(n))) for r in range(n)]
    columns = [AllDifferent(tuple(n * r + c for r in range(n))) for c in range(n)]
    return model([range(1, n + 1)] * (n * n), *rows, *columns)


ALL_KINDS = model(
    [(1, 2, 3)] * 4,
    AllDifferent((0, 1, 2)),
    AllDifferent((1, 3), (0, 1)),
    Linear((0, 1), (1, -1), "<=", 2),
    Linear((0, 2), (1, 1), "=", 4),
    Linear((0, 3), (1, 1), "!=", 9),
    Product((0, 1), "=", 2),
    Table((0, 1), frozenset({(1, 2), (2, 1), (3, 7)})),
    Table((2, 3), frozenset({(1, 2)}), negated=True),
    Element((0, 1, 2, 3), (1, 2)),
    Count((0, 1, 2), frozenset({1, 2}), ">=", 1),
)


def test_relations_of_every_kind_of_rule():
    relations = graph(ALL_KINDS).relations
    pools = {name: found.num_pools for name, found in relations.items()}
    assert pools == {
        "variable": 4,
        "permutation": 3,  # 1, 2 and 3 each once among three variables
        "different": 2,  # 2 and 3 meet where the offset is 1
        "linear_at_most": 1,
        "linear_equal": 1,
        "linear_unequal": 1,
        "product_equal": 1,
        "row": 2,  # (3, 7) is out of reach
        "no_row": 1,
        "element": 6,
        "count_at_least": 1,
    }
    first = relations["row"].members[:2].tolist()
    assert first == [0, 4]  # x[0] = 1 with x[1] = 2


def test_shares_of_a_sum_add_up_to_its_slack_where_it_holds_with_equality():
    pools = graph(model([(1, 4, 6), (2, 3)], Linear((0, 1), (2, -3), "=", -1))).relations["linear_equal"]
    share = dict(zip(pools.members.tolist(), pools.features[:, 0].tolist(), strict=True))
    slack = pools.features[0, 1].item()
    assert share[1] + share[4] == pytest.approx(slack, abs=1e-6)  # 2 * 4 - 3 * 3 = -1
    assert share[0] + share[3] != pytest.approx(slack, abs=1e-3)


def test_inputs_say_given_ruled_out_open():
    x = inputs([Instance(model([(1, 2, 3), ("a", "b")]), (0b101, 0b10))])
    assert x[:, 0].tolist() == [[0, 0, 1], [0, 1, 0], [0, 0, 1], [0, 1, 0], [1, 0, 0]]


@given(st.integers(0, 10**6))
def test_renaming_digits_and_moving_rows_moves_the_logits_along(seed):
    n, dice = 4, random.Random(seed)
    square = latin(n)
    torch.manual_seed(seed)
    network = ValueNetwork(3, 8, relations_of([graph(square)])).double()
    domains = [dice.choice([0b1111, 1 << dice.randrange(n)]) for _ in range(n * n)]
    rows, digits = dice.sample(range(n), n), dice.sample(range(n), n)
    moved = [0] * (n * n)
    where = torch.empty(n**3, dtype=torch.long)
    for r in range(n):
        for c in range(n):
            mask = domains[n * r + c]
            moved[n * rows[r] + c] = sum(1 << digits[d] for d in range(n) if mask >> d & 1)
            for d in range(n):
                where[(n * r + c) * n + d] = (n * rows[r] + c) * n + digits[d]
    x = inputs([Instance(square, tuple(domains)), Instance(square, tuple(moved))]).double()
    logits, _ = network(x, graph(square), 4)
    assert torch.allclose(logits[:, :, 0], logits[:, where, 1], atol=1e-12)


def test_an_instance_does_not_depend_on_the_others_of_its_batch():
    torch.manual_seed(0)
    network = ValueNetwork(3, 8, relations_of([graph(ALL_KINDS)]))
    x = torch.rand(12, 5, 3)
    together, _ = network(x, graph(ALL_KINDS), 3)
    alone = torch.cat([network(x[:, i : i + 1], graph(ALL_KINDS), 3)[0] for i in range(5)], -1)
    assert torch.allclose(together, alone, atol=1e-6)


def test_log_probabilities_add_up_to_one_per_variable():
    constraints = graph(model([(1, 2), (1, 2, 3), (7,)]))
    logits = torch.randn(2, 6, 3) * 50
    found = log_probabilities(logits, constraints).exp()
    for nodes in ((0, 1), (2, 3, 4), (5,)):
        assert torch.allclose(found[:, nodes].sum(1), torch.ones(2, 3), atol=1e-5)

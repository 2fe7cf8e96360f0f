"""Pretty-CLEVR: scenes and questions by the published rules."""

import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs.datasets.pretty_clevr import APART, QUESTIONS, random_scenes


def jumped(places, start, jumps):
    """The object reached, by the rule as it is told."""
    here, visited = start, {start}
    for _ in range(jumps):
        here = min(set(range(len(places))) - visited, key=lambda one: math.dist(places[here], places[one]))
        visited.add(here)
    return here


@settings(max_examples=20)
@given(st.integers(0, 10**6))
def test_scenes_and_answers_keep_the_rules(seed):
    scenes = random_scenes(3, seed=seed)
    positions = scenes.positions.double()
    assert ((positions >= 0) & (positions < 1)).all()
    gaps = torch.cdist(positions, positions) + torch.eye(8) * 9
    assert gaps.min() > APART - 1e-6
    assert scenes.colours.sort(1).values.tolist() == [list(range(8))] * 3
    asked = scenes.questions(torch.arange(3 * QUESTIONS))
    seen = set()
    for number in range(3 * QUESTIONS):
        scene = number // QUESTIONS
        assert torch.equal(asked.positions[number], scenes.positions[scene])
        colours = scenes.colours[scene].tolist()
        anchor, jumps, answer = (int(part[number]) for part in (asked.anchors, asked.jumps, asked.answers))
        seen.add((scene, anchor, jumps))
        start = anchor - 8 if anchor >= 8 else colours.index(anchor)
        end = jumped(positions[scene].tolist(), start, jumps)
        assert answer == (colours[end] if anchor >= 8 else 8 + end)
    assert len(seen) == 3 * QUESTIONS, "each attribute with each number of jumps"


def test_scenes_depend_on_the_seed_alone():
    one, same, other = (random_scenes(5, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one.positions, same.positions)
    assert torch.equal(one.colours, same.colours)
    assert not torch.equal(one.positions, other.positions)


def test_positions_are_spread_evenly():
    """Drawing again near others pushes towards the rim, a little; the mean stays in the middle."""
    positions = random_scenes(2000).positions
    assert (positions.mean((0, 1)) - 0.5).abs().max() < 0.01
    assert abs(float(positions.var()) - 1 / 12) < 0.01

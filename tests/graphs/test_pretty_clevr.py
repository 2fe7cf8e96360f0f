"""Pretty-CLEVR: scenes and questions by the published rules."""

import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs.datasets.pretty_clevr import APART, random_scenes


def jumped(places, start, jumps):
    """The object reached, by the rule as it is told."""
    here, visited = start, {start}
    for _ in range(jumps):
        here = min(set(range(len(places))) - visited, key=lambda one: math.dist(places[here], places[one]))
        visited.add(here)
    return here


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.sampled_from([2, 5, 8]))
def test_scenes_and_answers_keep_the_rules(seed, objects):
    scenes = random_scenes(3, objects=objects, seed=seed)
    assert (scenes.objects, scenes.per_scene) == (objects, 2 * objects**2)
    positions = scenes.positions.double()
    assert ((positions >= 0) & (positions < 1)).all()
    gaps = torch.cdist(positions, positions) + torch.eye(objects) * 9
    assert gaps.min() > APART - 1e-6
    assert scenes.colours.sort(1).values.tolist() == [list(range(objects))] * 3
    asked = scenes.questions(torch.arange(3 * scenes.per_scene))
    seen = set()
    for number in range(3 * scenes.per_scene):
        scene = number // scenes.per_scene
        assert torch.equal(asked.positions[number], scenes.positions[scene])
        colours = scenes.colours[scene].tolist()
        anchor, jumps, answer = (int(part[number]) for part in (asked.anchors, asked.jumps, asked.answers))
        seen.add((scene, anchor, jumps))
        start = anchor - objects if anchor >= objects else colours.index(anchor)
        end = jumped(positions[scene].tolist(), start, jumps)
        assert answer == (colours[end] if anchor >= objects else objects + end)
    assert len(seen) == 3 * scenes.per_scene, "each attribute with each number of jumps"


def test_scenes_depend_on_the_seed_alone():
    one, same, other = (random_scenes(5, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one.positions, same.positions)
    assert torch.equal(one.colours, same.colours)
    assert not torch.equal(one.positions, other.positions)


def test_random_questions_have_at_most_so_many_jumps_and_all_others_evenly():
    scenes = random_scenes(2, objects=4)
    numbers = scenes.draw(2000, 2, torch.Generator().manual_seed(0))
    jumps = scenes.questions(numbers).jumps
    assert set(jumps.tolist()) == {0, 1, 2}
    assert len(numbers.unique()) == 2 * 4 * 3 * 2, "scenes, starts, jumps, attributes"


def test_positions_are_spread_evenly():
    """Drawing again near others pushes towards the rim, a little; the mean stays in the middle."""
    positions = random_scenes(2000).positions
    assert (positions.mean((0, 1)) - 0.5).abs().max() < 0.01
    assert abs(float(positions.var()) - 1 / 12) < 0.01

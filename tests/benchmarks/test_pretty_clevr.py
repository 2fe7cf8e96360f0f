"""The Pretty-CLEVR benchmark: which questions are drawn, and how answers are counted."""

import torch
from torch import nn
from torch.nn.functional import one_hot

from benchmarks.pretty_clevr import Settings, accuracy_by_jumps, draw, jumps_at
from graphs.datasets.pretty_clevr import random_scenes


def test_questions_of_more_jumps_come_in_one_after_the_other():
    found = [jumps_at(update / 100, 0.8) for update in range(101)]
    assert found[0] == 0
    assert found == sorted(found)
    assert set(found) == set(range(8))
    assert found[79] == found[-1] == 7
    settings = Settings(scenes=3, updates=100, all_jumps=0.8)
    scenes = random_scenes(3)
    for update in (0, 35, 99):
        numbers = draw(settings, update, torch.Generator().manual_seed(0))
        assert int(scenes.questions(numbers).jumps.max()) == jumps_at(update / 100, 0.8)


class Knows(nn.Module):
    """Right for an even number of jumps, wrong for an odd one."""

    def forward(self, batch):
        return one_hot((batch.answers + batch.jumps % 2) % 16, 16)[None]


def test_answers_are_counted_by_jumps():
    assert accuracy_by_jumps(Knows(), random_scenes(3)) == [1, 0, 1, 0, 1, 0, 1, 0]

"""The Pretty-CLEVR benchmark: which questions are drawn, and how answers are counted."""

from torch import nn
from torch.nn.functional import one_hot

from benchmarks.pretty_clevr import Settings, accuracy_by_jumps, measure, most_jumps
from graphs.datasets.pretty_clevr import random_scenes


def test_questions_of_more_jumps_come_in_one_after_the_other():
    settings = Settings(objects=8, updates=100, all_jumps=0.8)
    found = [most_jumps(update, settings) for update in range(100)]
    assert found[0] == 0
    assert found == sorted(found)
    assert set(found) == set(range(8))
    assert found[79] == 6
    assert found[80] == found[-1] == 7


def test_a_short_run(tmp_path):
    run = measure("MLP", Settings(scenes=20, test_scenes=3, updates=3, batch=4), tmp_path)
    assert len(run["accuracy"]) == 5
    assert (tmp_path / "MLP.csv").read_text().splitlines()[-1].startswith("3,")


class Knows(nn.Module):
    """Right for an even number of jumps, wrong for an odd one."""

    def forward(self, batch):
        return one_hot((batch.answers + batch.jumps % 2) % 16, 16)[None]


def test_answers_are_counted_by_jumps():
    assert accuracy_by_jumps(Knows(), random_scenes(3)) == [1, 0, 1, 0, 1, 0, 1, 0]

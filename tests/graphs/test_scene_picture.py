"""Pictures of scenes: valid SVG, with every object and the whole path."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
import torch

from graphs.datasets.pretty_clevr import ATTRIBUTES, COLOURS, random_scenes
from graphs.datasets.scene_picture import scene_picture


def test_scenes_of_few_objects():
    text = scene_picture(random_scenes(1, objects=3).questions(torch.tensor([4])))
    assert {colour for colour in COLOURS if f'="{colour}"' in text} == set(COLOURS[:3])
    assert "to the nearest new object: " in text


@pytest.mark.parametrize("number", [0, 1, 15, 100])
def test_the_way_to_the_answer(number):
    asked = random_scenes(1, seed=3).questions(torch.tensor([number]))
    text = scene_picture(asked)
    ElementTree.fromstring(text)
    jumps = int(asked.jumps[0])
    lines = re.findall(r'<line x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)"', text)
    assert len(lines) == jumps
    assert all(line[2:] == following[:2] for line, following in pairwise(lines))
    assert {colour for colour in COLOURS if f'="{colour}"' in text} == set(COLOURS)
    assert f"from {ATTRIBUTES[asked.anchors[0]]}, {jumps} jump" in text
    assert f": {ATTRIBUTES[asked.answers[0]]}<" in text

"""Pretty-CLEVR: scenes whose questions need a known number of steps of reasoning (arXiv 1711.08028, section 3.2).

Eight objects lie in the unit square, no two within a distance of 0.1; each of eight colours and of eight shapes occurs
once. A question names an object by its colour or its shape (the anchor) and a number of jumps: start at the anchor
and go on to the nearest object that was not visited yet, so many times. The answer is the other attribute of the
object reached: its shape if the anchor is a colour, and the other way round. 8 anchors x 2 attributes x 8 numbers of
jumps = 128 questions per scene.

As in the paper's generator, object k has shape k and the colours are shuffled; attributes are numbers, colours 0 to 7
and shapes 8 to 15. Scenes of fewer objects have as many colours, shapes and numbers of jumps as objects.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

OBJECTS = 8
"""How many a published scene has."""
APART = 0.1
COLOURS = ("blue", "green", "red", "cyan", "magenta", "yellow", "black", "gray")
SHAPES = ("circle", "triangle down", "triangle up", "triangle left", "triangle right", "square", "plus", "cross")
ATTRIBUTES = (*COLOURS, *SHAPES)


@dataclass(frozen=True, slots=True)
class SceneQuestions:
    """b questions, each with its scene of n objects.

    Attributes:
        positions: (b, n, 2) where the objects are.
        colours: (b, n) of the objects, 0 to n - 1.
        anchors: (b,) the attribute that names where to start, 0 to 2 n - 1.
        jumps: (b,) 0 to n - 1.
        answers: (b,) the attribute asked for, 0 to 2 n - 1.
    """

    positions: Tensor
    colours: Tensor
    anchors: Tensor
    jumps: Tensor
    answers: Tensor


@dataclass(frozen=True, slots=True)
class Scenes:
    """s scenes of n objects, with all their questions.

    Attributes:
        positions: (s, n, 2).
        colours: (s, n).
        paths: (s, n, n) the object reached from each object (second axis) after 0 to n - 1 jumps (last axis).
    """

    positions: Tensor
    colours: Tensor
    paths: Tensor

    def __len__(self) -> int:
        return len(self.colours)

    @property
    def objects(self) -> int:
        """How many a scene has."""
        return self.colours.size(1)

    @property
    def per_scene(self) -> int:
        """How many questions there are about each scene: 2 n^2."""
        return 2 * self.objects**2

    def draw(self, count: int, jumps: int, generator: torch.Generator) -> Tensor:
        """(count,) numbers of random questions of at most so many jumps."""
        sizes = (len(self), self.objects, jumps + 1, 2)
        scene, start, jump, by_shape = (torch.randint(size, (count,), generator=generator) for size in sizes)
        return self.per_scene * scene + 2 * (self.objects * start + jump) + by_shape

    def questions(self, indices: Tensor) -> SceneQuestions:
        """Some of the 2 n^2 s questions.

        Args:
            indices: (b,) their numbers; those from 2 n^2 i on are about scene i.
        """
        scene, rest = indices // self.per_scene, indices % self.per_scene
        start, jumps, by_shape = rest // (2 * self.objects), rest // 2 % self.objects, rest % 2
        end = self.paths[scene, start, jumps]
        colours = self.colours[scene]
        starts, ends = (colours.gather(1, place[:, None])[:, 0] for place in (start, end))
        return SceneQuestions(
            positions=self.positions[scene],
            colours=colours,
            anchors=torch.where(by_shape == 1, self.objects + start, starts),
            jumps=jumps,
            answers=torch.where(by_shape == 1, ends, self.objects + end),
        )


def random_scenes(count: int, *, objects: int = OBJECTS, seed: int = 0) -> Scenes:
    """Scenes by the rules above; the same seed draws the same ones."""
    generator = torch.Generator().manual_seed(seed)
    positions = torch.rand(count, objects, 2, generator=generator)
    for place in range(1, objects):
        _draw_apart(positions, place, generator)
    colours = torch.rand(count, objects, generator=generator).argsort(1)
    return Scenes(positions, colours, greedy_paths(positions))


def greedy_paths(positions: Tensor) -> Tensor:
    """(s, n, 2) -> (s, n, n): from each object always to the nearest one not visited yet."""
    scenes, count = positions.shape[:2]
    distances = torch.cdist(positions, positions, compute_mode="donot_use_mm_for_euclid_dist")
    here = torch.arange(count).expand(scenes, count)
    visited = torch.zeros(scenes, count, count, dtype=torch.bool)
    path = [here]
    for _ in range(count - 1):
        visited = visited.scatter(2, here[:, :, None], True)
        onward = distances.gather(1, here[:, :, None].expand(-1, -1, count))
        here = onward.masked_fill(visited, torch.inf).argmin(2)
        path.append(here)
    return torch.stack(path, 2)


def _draw_apart(positions: Tensor, place: int, generator: torch.Generator) -> None:
    """Draw an object again where it is too near an earlier one."""
    near = torch.arange(len(positions))
    while len(near):
        gaps = (positions[near, :place] - positions[near, place, None]).norm(dim=2)
        near = near[gaps.amin(1) <= APART]
        positions[near, place] = torch.rand(len(near), 2, generator=generator)

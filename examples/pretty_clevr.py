"""Questions that need one step of reasoning after another: from object to nearest object, so many times.

    python examples/pretty_clevr.py --picture scene.svg          draw a scene with a question and the way to its answer
    python examples/pretty_clevr.py [--objects 4] [--jumps 1] [--steps 4] [--updates 1500]       train a network

Every colour and every shape is there once. "From red, 2 jumps": from the red object to its nearest, on to the nearest
new one; asked is that one's shape. The network sees the positions, the colours and the shapes of the objects. Every
further jump takes more updates than those before it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy

from graphs import fit
from graphs.datasets.pretty_clevr import ATTRIBUTES, Scenes, random_scenes
from graphs.datasets.scene_picture import scene_picture
from graphs.relational.scenes import SceneNetwork


def train(network: SceneNetwork, scenes: Scenes, jumps: int, updates: int) -> None:
    """First questions without jumps, then with one and so on, all of them in the last third."""

    def draw(update: int, generator: torch.Generator) -> torch.Tensor:
        return scenes.draw(128, min(jumps, int((jumps + 1) * 1.5 * update / updates)), generator)

    def loss(model: SceneNetwork, numbers: torch.Tensor, device: torch.device) -> torch.Tensor:
        batch = scenes.questions(numbers)
        out = model(batch)
        return cross_entropy(out.flatten(0, 1), batch.answers.repeat(len(out)))

    fit(network, draw, loss, updates=updates, rate=3e-3, clip=1.0, every=100, device="cpu")


@torch.no_grad()
def test(network: SceneNetwork, scenes: Scenes, jumps: int) -> None:
    asked = scenes.questions(torch.arange(scenes.per_scene * len(scenes)))
    right = network.eval()(asked)[-1].argmax(1) == asked.answers
    for number in range(jumps + 1):
        share = right[asked.jumps == number].float().mean()
        print(f"{number} jumps: {share:.1%} right (guessing an object: {1 / scenes.objects:.1%})")


def main() -> None:
    parser = argparse.ArgumentParser(description="Questions about scenes, by number of jumps.")
    parser.add_argument("--picture", type=Path, help="only draw a question, as SVG")
    parser.add_argument("--objects", type=int, default=4, choices=range(2, 9), help="of a scene; published: 8")
    parser.add_argument("--jumps", type=int, default=1, help="most jumps of a question that is trained on")
    parser.add_argument("--steps", type=int, default=4, help="how often the objects hear each other")
    parser.add_argument("--updates", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    if chosen.jumps not in range(chosen.objects):
        parser.error(f"--jumps {chosen.jumps}: expected 0 to {chosen.objects - 1}, one fewer than objects")
    if chosen.picture:
        asked = random_scenes(1, seed=chosen.seed).questions(torch.tensor([2 * 4]))
        chosen.picture.write_text(scene_picture(asked), encoding="utf-8")
        print(f"{chosen.picture}: from {ATTRIBUTES[asked.anchors[0]]}, {asked.jumps[0]} jumps")
        return
    torch.manual_seed(chosen.seed)
    network = SceneNetwork(64, chosen.steps, objects=chosen.objects, dropout=0.0)
    train(network, random_scenes(20_000, objects=chosen.objects, seed=chosen.seed), chosen.jumps, chosen.updates)
    test(network, random_scenes(100, objects=chosen.objects, seed=chosen.seed + 1), chosen.jumps)


if __name__ == "__main__":
    main()

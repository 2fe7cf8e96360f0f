"""Questions that need one step of reasoning after another: from object to nearest object, so many times.

    python examples/pretty_clevr.py --picture scene.svg          draw a scene with a question and the way to its answer
    python examples/pretty_clevr.py [--jumps 0] [--updates 1000]    train a network of two steps

Eight objects, each colour and each shape once. "From red, 2 jumps": from the red object to its nearest, on to the
nearest new one; asked is that one's shape. The network sees the positions, the colours and the shapes of the objects.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy

from graphs import fit
from graphs.datasets.pretty_clevr import ATTRIBUTES, OBJECTS, QUESTIONS, Scenes, random_scenes
from graphs.datasets.scene_picture import scene_picture
from graphs.relational.scenes import SceneNetwork


def train(network: SceneNetwork, scenes: Scenes, jumps: int, updates: int) -> None:
    """First questions without jumps, then with one and so on, all of them in the last third."""

    def draw(update: int, generator: torch.Generator) -> torch.Tensor:
        most = min(jumps, int((jumps + 1) * 1.5 * update / updates))
        parts = [torch.randint(n, (64,), generator=generator) for n in (len(scenes), OBJECTS, most + 1, 2)]
        scene, start, jump, by_shape = parts
        return QUESTIONS * scene + 2 * (OBJECTS * start + jump) + by_shape

    def loss(model: SceneNetwork, numbers: torch.Tensor, device: torch.device) -> torch.Tensor:
        batch = scenes.questions(numbers)
        out = model(batch)
        return cross_entropy(out.flatten(0, 1), batch.answers.repeat(len(out)))

    fit(network, draw, loss, updates=updates, rate=3e-3, clip=1.0, every=100, device="cpu")


@torch.no_grad()
def test(network: SceneNetwork, scenes: Scenes, jumps: int) -> None:
    asked = scenes.questions(torch.arange(QUESTIONS * len(scenes)))
    right = network.eval()(asked)[-1].argmax(1) == asked.answers
    for number in range(jumps + 1):
        print(f"{number} jumps: {right[asked.jumps == number].float().mean():.1%} right (guessing: 12.5%)")


def main() -> None:
    parser = argparse.ArgumentParser(description="Questions about scenes, by number of jumps.")
    parser.add_argument("--picture", type=Path, help="only draw a question, as SVG")
    parser.add_argument("--jumps", type=int, default=0, help="most jumps of a question that is trained on")
    parser.add_argument("--updates", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    if chosen.picture:
        asked = random_scenes(1, seed=chosen.seed).questions(torch.tensor([2 * 4]))
        chosen.picture.write_text(scene_picture(asked), encoding="utf-8")
        print(f"{chosen.picture}: from {ATTRIBUTES[asked.anchors[0]]}, {asked.jumps[0]} jumps")
        return
    torch.manual_seed(chosen.seed)
    network = SceneNetwork(64, steps=2, dropout=0.0)
    train(network, random_scenes(5000, seed=chosen.seed), chosen.jumps, chosen.updates)
    test(network, random_scenes(50, seed=chosen.seed + 1), chosen.jumps)


if __name__ == "__main__":
    main()

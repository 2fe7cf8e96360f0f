"""Questions that need one step of reasoning after another: from object to nearest object, so many times.

    python examples/pretty_clevr.py --picture scene.svg          draw a scene with a question and the way to its answer
    python examples/pretty_clevr.py [--updates 600]              train a network of two steps on questions of few jumps

Eight objects, each colour and each shape once. "From red, 2 jumps": from the red object to its nearest, on to the
nearest new one; asked is that one's shape. The network sees the positions, the colours and the shapes of the objects.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy

from graphs.datasets.pretty_clevr import ATTRIBUTES, QUESTIONS, SceneQuestions, random_scenes
from graphs.datasets.scene_picture import scene_picture
from graphs.relational.scenes import SceneNetwork


def questions(scenes: int, count: int, jumps: int, seed: int) -> SceneQuestions:
    """So many different questions of at most so many jumps."""
    drawn = random_scenes(scenes, seed=seed)
    numbers = torch.arange(QUESTIONS * scenes)
    numbers = numbers[drawn.questions(numbers).jumps <= jumps]
    generator = torch.Generator().manual_seed(seed)
    return drawn.questions(numbers[torch.randperm(len(numbers), generator=generator)[:count]])


def part(batch: SceneQuestions, chosen: torch.Tensor) -> SceneQuestions:
    return SceneQuestions(*(getattr(batch, name)[chosen] for name in SceneQuestions.__slots__))


def train(network: SceneNetwork, training: SceneQuestions, updates: int) -> None:
    optimiser = torch.optim.Adam(network.parameters(), 2e-3)
    for update in range(1, updates + 1):
        batch = part(training, torch.randint(len(training.jumps), (128,)))
        out = network.train()(batch)
        loss = cross_entropy(out.flatten(0, 1), batch.answers.repeat(len(out)))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if update % 100 == 0:
            print(f"update {update}: loss {loss.item():.3f}", flush=True)


@torch.no_grad()
def test(network: SceneNetwork, asked: SceneQuestions) -> None:
    right = network.eval()(asked)[-1].argmax(1) == asked.answers
    for jumps in range(int(asked.jumps.max()) + 1):
        print(f"{jumps} jumps: {right[asked.jumps == jumps].float().mean():.1%} right (guessing: 12.5%)")


def main() -> None:
    parser = argparse.ArgumentParser(description="Questions about scenes, by number of jumps.")
    parser.add_argument("--picture", type=Path, help="only draw a question, as SVG")
    parser.add_argument("--jumps", type=int, default=1, help="most jumps of a question that is trained on")
    parser.add_argument("--updates", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    if chosen.picture:
        asked = random_scenes(1, seed=chosen.seed).questions(torch.tensor([2 * 4]))
        chosen.picture.write_text(scene_picture(asked), encoding="utf-8")
        print(f"{chosen.picture}: from {ATTRIBUTES[asked.anchors[0]]}, {asked.jumps[0]} jumps")
        return
    torch.manual_seed(chosen.seed)
    network = SceneNetwork(64, steps=2)
    train(network, questions(5000, 50_000, chosen.jumps, chosen.seed), chosen.updates)
    test(network, questions(100, 2_000, chosen.jumps, chosen.seed + 1))


if __name__ == "__main__":
    main()

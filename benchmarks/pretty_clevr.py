"""Pretty-CLEVR: accuracy by the number of jumps, for the relational network with 4 steps and with 1, and for an MLP.

    python -m benchmarks.pretty_clevr [--updates 4000]        train the three one after the other, and test

A reduced setting of arXiv 1711.08028, section 3.2: the published networks, batch size, scaling and turning of scenes,
but 20,000 scenes instead of 100,000, and a few thousand updates with a higher learning rate instead of up to ten
million. Scenes are generated, seed 0 for training and 1 for the test; every network sees the same batches.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from benchmarks.claims import Claim, Kept
from graphs.datasets.pretty_clevr import OBJECTS, QUESTIONS, SceneQuestions, Scenes, random_scenes
from graphs.relational.scenes import SceneMLP, SceneNetwork

MODELS: dict[str, Callable[[], nn.Module]] = {
    "4 steps": SceneNetwork,
    "1 step": lambda: SceneNetwork(steps=1),
    "MLP": SceneMLP,
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Of one run."""

    seed: int = 0
    scenes: int = 20_000
    test_scenes: int = 200
    updates: int = 4_000
    batch: int = 128
    rate: float = 1e-3


def claims(kept: Kept) -> Iterator[Claim]:
    runs = {name: kept.once(name, lambda name=name: measure(name, Settings())) for name in MODELS}
    accuracy = {name: run["accuracy"] for name, run in runs.items()}
    four, one, mlp = accuracy.values()
    ahead = min(four[jumps] - max(one[jumps], mlp[jumps]) for jumps in (2, 3, 4))
    yield Claim(
        "pretty_clevr.jumps",
        f"4 steps {_percents(four)}",
        f"1 step {_percents(one)}; MLP {_percents(mlp)}",
        f"{100 * ahead:.0f} points ahead at 2 to 4 jumps, at least",
        "4 steps far above 1 step and MLP from 2 jumps on: at least 20 points at 2 to 4 jumps",
        ahead >= 0.2,
        f"accuracy at 0 to 7 jumps, {Settings().test_scenes * 2 * OBJECTS} test questions each; "
        f"{runs['4 steps']['settings']}; CPU s {', '.join(str(run['seconds']) for run in runs.values())}; "
        "published (figures only): 4 steps nearly perfect to about 4 jumps, the others fail after 1 or 2",
    )


def _percents(accuracies: list[float]) -> str:
    return " ".join(f"{100 * one:.0f}" for one in accuracies) + "%"


def measure(name: str, settings: Settings) -> dict[str, Any]:
    """Train one of the models and test it."""
    scenes, test = random_scenes(settings.scenes, seed=0), random_scenes(settings.test_scenes, seed=1)
    torch.manual_seed(settings.seed)
    model = MODELS[name]()
    start = time.process_time()
    losses = train(model, scenes, settings)
    seconds = round(time.process_time() - start)
    accuracy = accuracy_by_jumps(model, test)
    print(f"{name}: {_percents(accuracy)} at 0 to 7 jumps, {seconds} s", flush=True)
    return {"settings": asdict(settings), "accuracy": accuracy, "losses": losses, "seconds": seconds}


def train(model: nn.Module, scenes: Scenes, settings: Settings) -> list[float]:
    """The mean losses of each tenth of the updates; the learning rate falls as a cosine."""
    generator = torch.Generator().manual_seed(settings.seed)
    optimiser = torch.optim.Adam(model.parameters(), settings.rate)
    losses = []
    for update in range(settings.updates):
        for group in optimiser.param_groups:
            share = (1 + math.cos(math.pi * update / settings.updates)) / 2
            group["lr"] = settings.rate * min(1, (update + 1) / 100) * (0.02 + 0.98 * share)
        drawn = torch.randint(QUESTIONS * len(scenes), (settings.batch,), generator=generator)
        batch = moved(scenes.questions(drawn), generator)
        out = model.train()(batch)
        loss = cross_entropy(out.flatten(0, 1), batch.answers.repeat(len(out)))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        losses.append(loss.item())
        if (update + 1) % 200 == 0:
            print(f"update {update + 1}: loss {sum(losses[-200:]) / 200:.3f}", flush=True)
    tenths = torch.tensor(losses).tensor_split(10)
    return [round(float(tenth.mean()), 4) for tenth in tenths]


def moved(batch: SceneQuestions, generator: torch.Generator) -> SceneQuestions:
    """Each scene turned about its middle and scaled by 1/2 to 2, at random: what is nearest stays nearest."""
    count = len(batch.jumps)
    angle = torch.rand(count, generator=generator) * 2 * math.pi
    scale = 2 ** (2 * torch.rand(count, generator=generator) - 1)
    x, y = scale * angle.cos(), scale * angle.sin()
    turn = torch.stack([torch.stack([x, -y], 1), torch.stack([y, x], 1)], 1)  # (b, 2, 2)
    return replace(batch, positions=(batch.positions - 0.5) @ turn + 0.5)


@torch.no_grad()
def accuracy_by_jumps(model: nn.Module, scenes: Scenes) -> list[float]:
    """Share of right answers of the last step, for each number of jumps, over all questions of the scenes."""
    model.eval()
    right = torch.zeros(OBJECTS)
    for indices in torch.arange(QUESTIONS * len(scenes)).split(1024):
        batch = scenes.questions(indices)
        hit: Tensor = model(batch)[-1].argmax(1) == batch.answers
        right += batch.jumps[hit].bincount(minlength=OBJECTS)
    return [round(float(one) / (2 * OBJECTS * len(scenes)), 4) for one in right]


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the three models on Pretty-CLEVR and test them.")
    for name, value in asdict(Settings()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    parser.add_argument("--models", nargs="*", default=list(MODELS), choices=list(MODELS))
    chosen = vars(parser.parse_args())
    for name in chosen.pop("models"):
        measure(name, Settings(**chosen))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()

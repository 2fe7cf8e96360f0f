"""Pretty-CLEVR: accuracy by the number of jumps, for the relational network with 4 steps and with 1, and for an MLP.

    python -m benchmarks.pretty_clevr [--run FOLDER] [--updates 20000]      train the three, or go on, and test

A reduced setting of arXiv 1711.08028, section 3.2, for a few minutes of one core per network. Scenes have five objects
instead of eight, with five colours, five shapes and 0 to 4 jumps: 50 questions per scene instead of 128. Networks have
64 channels instead of 128 (the MLP 256, as published) and no dropout; scenes are not scaled and turned at random; the
learning rate is 3e-3 instead of 1e-4, and there are 20,000 updates, not up to ten million. Questions of more jumps
come in one after the other during the first part of the training. Batches have 128 questions and messages one hidden
layer, as published. Scenes are generated, one seed for training and another for the test; all networks see the same
batches.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from benchmarks.claims import RESULTS, Claim, Kept
from graphs import fit
from graphs.datasets.pretty_clevr import Scenes, random_scenes
from graphs.relational.scenes import SceneMLP, SceneNetwork

RUN = RESULTS / "pretty_clevr.partial"
"""Folder of the runs' states; runs that were stopped go on from it."""
MODELS: dict[str, Callable[[int], nn.Module]] = {
    "4 steps": lambda objects: SceneNetwork(64, steps=4, objects=objects, dropout=0.0),
    "1 step": lambda objects: SceneNetwork(64, steps=1, objects=objects, dropout=0.0),
    "MLP": lambda objects: SceneMLP(objects=objects, dropout=0.0),
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Of a run; `all_jumps` is the share of the updates after which questions have any number of jumps."""

    seed: int = 0
    objects: int = 5
    scenes: int = 100_000
    test_scenes: int = 1_000
    updates: int = 20_000
    batch: int = 128
    rate: float = 3e-3
    all_jumps: float = 0.6


def claims(kept: Kept) -> Iterator[Claim]:
    settings = Settings()
    found = {name: kept.once(name, partial(measure, name, settings, RUN)) for name in MODELS}
    four, one, mlp = (run["accuracy"] for run in found.values())
    ahead = [four[jumps] - max(one[jumps], mlp[jumps]) for jumps in (2, 3, 4)]
    asked = 2 * settings.objects * settings.test_scenes
    seconds = ", ".join(f"{name} {run['seconds']:.0f}" for name, run in found.items())
    yield Claim(
        "pretty_clevr.jumps",
        f"4 steps {_percents(four)}",
        f"1 step {_percents(one)}; MLP {_percents(mlp)}",
        f"{', '.join(f'{100 * points:.0f}' for points in ahead)} points ahead at 2, 3, 4 jumps",
        "4 steps far above 1 step and MLP from 2 jumps on: at least 20 points at 2 to 4 jumps",
        min(ahead) >= 0.2,
        f"accuracy at 0 to 4 jumps, {asked} test questions each; {asdict(settings)}; "
        f"CPU seconds: {seconds}; guessing an object: {100 / settings.objects:.0f}%; "
        "published (figures only): 4 steps nearly perfect to about 4 jumps, the others fail after 1 or 2",
    )


def _percents(accuracies: list[float]) -> str:
    return " ".join(f"{100 * one:.0f}" for one in accuracies) + "%"


def measure(name: str, settings: Settings, folder: Path) -> dict[str, Any]:
    """Train one of the models, or go on training it.

    Returns:
        "accuracy": on the test scenes, by the number of jumps; "seconds": processor time of this training.
    """
    folder.mkdir(parents=True, exist_ok=True)
    scenes = random_scenes(settings.scenes, objects=settings.objects, seed=0)
    test, few = (
        random_scenes(count, objects=settings.objects, seed=seed)
        for seed, count in ((1, settings.test_scenes), (2, 50))
    )
    torch.manual_seed(settings.seed)
    model = MODELS[name](settings.objects)

    def loss(model: nn.Module, numbers: Tensor, device: torch.device) -> Tensor:
        batch = scenes.questions(numbers)
        out = model(batch)
        return cross_entropy(out.flatten(0, 1), batch.answers.repeat(len(out)))

    start = time.process_time()
    fit(
        model,
        lambda update, generator: scenes.draw(settings.batch, most_jumps(update, settings), generator),
        loss,
        updates=settings.updates,
        rate=lambda update: settings.rate * schedule(update, settings.updates),
        clip=1.0,
        seed=settings.seed,
        device="cpu",
        evaluate=lambda model: {str(n): one for n, one in enumerate(accuracy_by_jumps(model, few))},
        every=500,
        checkpoint=folder / f"{name}.safetensors",
        log=folder / f"{name}.csv",
    )
    seconds = time.process_time() - start
    return {"accuracy": accuracy_by_jumps(model.eval(), test), "seconds": round(seconds, 1)}


def most_jumps(update: int, settings: Settings) -> int:
    """Of a question, at this point of the training: each number has longer than the one before."""
    share = update / (settings.updates * settings.all_jumps)
    return min(settings.objects - 1, int((settings.objects - 1) * math.sqrt(share)))


def schedule(update: int, total: int) -> float:
    """Share of the highest learning rate: 100 updates of warm-up, then a cosine down to 2%."""
    return min(1.0, (update + 1) / 100) * (0.02 + 0.98 * (1 + math.cos(math.pi * update / total)) / 2)


@torch.no_grad()
def accuracy_by_jumps(model: nn.Module, scenes: Scenes) -> list[float]:
    """Share of right answers of the last step, for each number of jumps, over all questions of the scenes."""
    right = torch.zeros(scenes.objects)
    for numbers in torch.arange(scenes.per_scene * len(scenes)).split(1024):
        batch = scenes.questions(numbers)
        hit: Tensor = model(batch)[-1].argmax(1) == batch.answers
        right += batch.jumps[hit].bincount(minlength=scenes.objects)
    return [round(float(one) / (2 * scenes.objects * len(scenes)), 4) for one in right]


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the three models on Pretty-CLEVR and test them.")
    parser.add_argument("--run", type=Path, default=RUN, help="folder of the runs' states")
    parser.add_argument("--models", nargs="*", default=list(MODELS), choices=list(MODELS))
    for name, value in asdict(Settings()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    chosen: dict[str, Any] = vars(parser.parse_args())
    folder, names = chosen.pop("run"), chosen.pop("models")
    for name in names:
        run = measure(name, Settings(**chosen), folder)
        print(f"{name}: {_percents(run['accuracy'])} at 0, 1, 2 ... jumps, {run['seconds']} CPU seconds", flush=True)


if __name__ == "__main__":
    main()

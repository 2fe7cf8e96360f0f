"""Pretty-CLEVR: accuracy by the number of jumps, for the relational network with 4 steps and with 1, and for an MLP.

    python -m benchmarks.pretty_clevr [--run FOLDER] [--updates 40000]      train the three, or go on, and test

A reduced setting of arXiv 1711.08028, section 3.2: networks of 64 channels instead of 128, 20,000 scenes instead of
100,000, not scaled and turned at random, no dropout, batches of 64 instead of 128, a learning rate of 2e-3 instead of
1e-4, and 40,000 updates instead of up to ten million. Questions of more jumps come in one after the other during
the first part of the training. Scenes are generated, seed 0 for training and 1 for the test; all see the same batches.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy

from benchmarks.claims import RESULTS, Claim, Kept
from graphs import fit
from graphs.datasets.pretty_clevr import OBJECTS, QUESTIONS, Scenes, random_scenes
from graphs.relational.scenes import SceneMLP, SceneNetwork

RUN = RESULTS / "pretty_clevr.partial"
"""Folder of the runs' states; runs that were stopped go on from it."""
MODELS: dict[str, Callable[[], nn.Module]] = {
    "4 steps": lambda: SceneNetwork(64, steps=4, dropout=0.0),
    "1 step": lambda: SceneNetwork(64, steps=1, dropout=0.0),
    "MLP": lambda: SceneMLP(dropout=0.0),
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Of a run; `all_jumps` is the share of the updates after which questions have any number of jumps."""

    seed: int = 0
    scenes: int = 20_000
    test_scenes: int = 200
    updates: int = 40_000
    batch: int = 64
    rate: float = 2e-3
    all_jumps: float = 0.6


def claims(kept: Kept) -> Iterator[Claim]:
    four, one, mlp = (kept.once(name, partial(measure, name, Settings(), RUN)) for name in MODELS)
    ahead = [four[jumps] - max(one[jumps], mlp[jumps]) for jumps in (2, 3, 4)]
    yield Claim(
        "pretty_clevr.jumps",
        f"4 steps {_percents(four)}",
        f"1 step {_percents(one)}; MLP {_percents(mlp)}",
        f"{', '.join(f'{100 * points:.0f}' for points in ahead)} points ahead at 2, 3, 4 jumps",
        "4 steps far above 1 step and MLP from 2 jumps on: at least 20 points at 2 to 4 jumps",
        min(ahead) >= 0.2,
        f"accuracy at 0 to 7 jumps, {Settings().test_scenes * 2 * OBJECTS} test questions each; {asdict(Settings())}; "
        "published (figures only): 4 steps nearly perfect to about 4 jumps, the others fail after 1 or 2",
    )


def _percents(accuracies: list[float]) -> str:
    return " ".join(f"{100 * one:.0f}" for one in accuracies) + "%"


def measure(name: str, settings: Settings, folder: Path) -> list[float]:
    """Train one of the models, or go on training it; its accuracy on the test scenes by the number of jumps."""
    folder.mkdir(parents=True, exist_ok=True)
    scenes, test = random_scenes(settings.scenes, seed=0), random_scenes(settings.test_scenes, seed=1)
    torch.manual_seed(settings.seed)
    model = MODELS[name]()

    def loss(model: nn.Module, numbers: Tensor, device: torch.device) -> Tensor:
        batch = scenes.questions(numbers)
        out = model(batch)
        return cross_entropy(out.flatten(0, 1), batch.answers.repeat(len(out)))

    fit(
        model,
        partial(draw, settings),
        loss,
        updates=settings.updates,
        rate=lambda update: settings.rate * schedule(update, settings.updates),
        clip=1.0,
        seed=settings.seed,
        device="cpu",
        evaluate=lambda model: dict(zip("01234567", accuracy_by_jumps(model, test), strict=True)),
        every=500,
        checkpoint=folder / f"{name}.safetensors",
        log=folder / f"{name}.csv",
    )
    return accuracy_by_jumps(model.eval(), test)


def draw(settings: Settings, update: int, generator: Generator) -> Tensor:
    """(b,) numbers of questions."""
    most = jumps_at(update / settings.updates, settings.all_jumps)
    scene = torch.randint(settings.scenes, (settings.batch,), generator=generator)
    start = torch.randint(OBJECTS, (settings.batch,), generator=generator)
    jumps = torch.randint(most + 1, (settings.batch,), generator=generator)
    by_shape = torch.randint(2, (settings.batch,), generator=generator)
    return QUESTIONS * scene + 2 * (OBJECTS * start + jumps) + by_shape


def jumps_at(share: float, all_jumps: float) -> int:
    """Most jumps of a question after this share of the training."""
    return min(OBJECTS - 1, int(OBJECTS * share / all_jumps))


def schedule(update: int, total: int) -> float:
    """Share of the highest learning rate: 100 updates of warm-up, then a cosine down to 2%."""
    return min(1.0, (update + 1) / 100) * (0.02 + 0.98 * (1 + math.cos(math.pi * update / total)) / 2)


@torch.no_grad()
def accuracy_by_jumps(model: nn.Module, scenes: Scenes) -> list[float]:
    """Share of right answers of the last step, for each number of jumps, over all questions of the scenes."""
    right = torch.zeros(OBJECTS)
    for numbers in torch.arange(QUESTIONS * len(scenes)).split(1024):
        batch = scenes.questions(numbers)
        hit: Tensor = model(batch)[-1].argmax(1) == batch.answers
        right += batch.jumps[hit].bincount(minlength=OBJECTS)
    return [round(float(one) / (2 * OBJECTS * len(scenes)), 4) for one in right]


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the three models on Pretty-CLEVR and test them.")
    parser.add_argument("--run", type=Path, default=RUN, help="folder of the runs' states")
    parser.add_argument("--models", nargs="*", default=list(MODELS), choices=list(MODELS))
    for name, value in asdict(Settings()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    chosen: dict[str, Any] = vars(parser.parse_args())
    folder, names = chosen.pop("run"), chosen.pop("models")
    for name in names:
        print(f"{name}: {_percents(measure(name, Settings(**chosen), folder))} at 0 to 7 jumps", flush=True)


if __name__ == "__main__":
    main()

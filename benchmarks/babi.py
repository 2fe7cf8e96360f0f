"""bAbI: all twenty tasks, one network, 1,000 training questions per task (arXiv 1711.08028, section 3.1).

    python -m benchmarks.babi [--run FOLDER] [--updates 30000]      train, or go on training, and test

The published figures are for the release with 10,000 questions per task, of which 9,000 are trained on; here it is
`$NESY_DATA/babi/en` with 1,000, of which the last 100 of each task are for validation. Settings were chosen by
validation alone; of one run, the weights with the least validation error are tested, once.
"""

from __future__ import annotations

import argparse
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy

from benchmarks.claims import DATA, RESULTS, Claim, Kept
from graphs import fit
from graphs.checkpoint import load_checkpoint, save_checkpoint
from graphs.datasets.babi import Question, read_babi
from graphs.datasets.stories import Stories, vocabulary
from graphs.relational.mlp import MLP
from graphs.relational.stories import StoryNetwork

FOLDER = DATA / "babi" / "en"
RUN = RESULTS / "babi.partial"
"""Folder of the run's state; a run that was stopped goes on from it, with other `updates` to a nearer or later end."""
SOLVED = 0.05


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Of one run; `l2` is of the MLPs' weights, as published."""

    seed: int = 0
    updates: int = 30_000
    steps: int = 3
    batch: int = 32
    rate: float = 1e-3
    l2: float = 1e-5
    dropout: float = 0.5
    validation: int = 100
    every: int = 500


def claims(kept: Kept) -> Iterator[Claim]:
    if not FOLDER.exists():
        yield Claim("babi", f"not measured: no {FOLDER}; NESY_DATA names another place")
        return
    run = kept.once("joint, 1,000 per task, seed 0", lambda: measure(Settings(), RUN))
    errors = run["test"]
    yield Claim(
        "babi.joint",
        f"mean error {sum(errors) / len(errors):.1%}, {solved(errors)}/20 tasks solved (error below 5%)",
        "published: 0.46%, 20/20, from 10 times the data (9,000 training questions per task, here 900)",
        detail=f"errors of tasks 1 to 20: {', '.join(f'{100 * error:.1f}' for error in errors)}%; "
        f"validation {run['validation']:.1%}; {run['settings']}",
    )


def measure(settings: Settings, folder: Path) -> dict[str, Any]:
    """Train, or go on training, and test the best weights."""
    folder.mkdir(parents=True, exist_ok=True)
    training, validation = split(read_babi(FOLDER), settings.validation)
    words = vocabulary(training)
    best = train(settings, training, validation, folder)
    test = read_babi(FOLDER, "test")
    network = network_of(settings, words)
    header = best.restore(network)
    return {"settings": asdict(settings), "test": errors_by_task(network, Stories(test, words), test)} | header


def split(questions: Sequence[Question], validation: int) -> tuple[list[Question], list[Question]]:
    """All but the last questions of each task, and those."""
    first: list[Question] = []
    last: list[Question] = []
    for _, group in itertools.groupby(questions, lambda question: question.task):
        of_task = list(group)
        first += of_task[:-validation]
        last += of_task[-validation:]
    return first, last


def network_of(settings: Settings, words: Sequence[str]) -> StoryNetwork:
    torch.manual_seed(settings.seed)
    return StoryNetwork(len(words), steps=settings.steps, dropout=settings.dropout)


def train(
    settings: Settings,
    training: Sequence[Question],
    validation: Sequence[Question],
    folder: Path,
    *,
    quiet: bool = False,
) -> Best:
    """Train, or go on from where the folder's run was; the best weights so far are in the folder, too."""
    words = vocabulary(training)
    network, stories = network_of(settings, words), Stories(training, words)
    best = Best(folder / "best.safetensors", Stories(validation, words), validation, settings)

    def draw(_: int, generator: Generator) -> Tensor:
        return torch.randint(len(stories), (settings.batch,), generator=generator)

    def loss(model: nn.Module, indices: Tensor, device: torch.device) -> Tensor:
        batch = stories.batch(indices).to(device)
        out = model(batch)
        return cross_entropy(out.flatten(0, 1), batch.answers.repeat(len(out)))

    fit(
        network,
        draw,
        loss,
        updates=settings.updates,
        rate=lambda update: settings.rate * schedule(update, settings.updates),
        optimiser=lambda _: torch.optim.Adam(_groups(network, settings.l2), fused=True),
        clip=1.0,
        seed=settings.seed,
        device="cpu",
        evaluate=best,
        every=settings.every,
        checkpoint=folder / "run.safetensors",
        log=folder / "log.csv",
        quiet=quiet,
    )
    return best


def _groups(network: nn.Module, l2: float) -> list[dict[str, Any]]:
    decayed = [layer.weight for one in network.modules() if isinstance(one, MLP) for layer in one.layers]
    chosen = set(map(id, decayed))
    others = [one for one in network.parameters() if id(one) not in chosen]
    return [{"params": decayed, "weight_decay": l2}, {"params": others}]


def schedule(update: int, total: int) -> float:
    """Share of the highest learning rate: 200 updates of warm-up, then a cosine down to 2%."""
    return min(1.0, (update + 1) / 200) * (0.02 + 0.98 * (1 + math.cos(math.pi * update / total)) / 2)


class Best:
    """Validation during training; the weights with the least error are kept in a file."""

    def __init__(self, path: Path, stories: Stories, questions: Sequence[Question], settings: Settings) -> None:
        self._path, self._stories, self._questions, self._settings = path, stories, questions, settings
        self._least = math.inf
        if path.exists():
            header, _ = load_checkpoint(path, "babi")
            if header["settings"] | {"updates": settings.updates} != asdict(settings):
                raise ValueError(f"{path}: a run with {header['settings']}; expected {asdict(settings)}")
            self._least = header["validation"]

    def __call__(self, network: StoryNetwork) -> Mapping[str, float]:
        errors = errors_by_task(network, self._stories, self._questions)
        error = sum(errors) / len(errors)
        if error < self._least:
            self._least = error
            header = {"validation": error, "errors": errors, "settings": asdict(self._settings)}
            save_checkpoint(self._path, "babi", header, network.state_dict())
        return {"error": error, "solved": solved(errors), **{f"task {n}": e for n, e in enumerate(errors, 1)}}

    def restore(self, network: StoryNetwork) -> dict[str, Any]:
        """Load the best weights; what was measured with them."""
        header, weights = load_checkpoint(self._path, "babi")
        network.load_state_dict(weights)
        return header


@torch.no_grad()
def errors_by_task(network: StoryNetwork, stories: Stories, questions: Sequence[Question]) -> list[float]:
    """Share of wrong answers of the last step, for each task that there is."""
    network.eval()
    wrong: dict[int, list[bool]] = {}
    for indices in torch.arange(len(stories)).split(250):
        batch = stories.batch(indices)
        missed = network(batch)[-1].argmax(1) != batch.answers
        for index, miss in zip(indices.tolist(), missed.tolist(), strict=True):
            wrong.setdefault(questions[index].task, []).append(miss)
    return [sum(wrong[task]) / len(wrong[task]) for task in sorted(wrong)]


def solved(errors: Sequence[float]) -> int:
    """How many tasks are solved."""
    return sum(error < SOLVED for error in errors)


def main() -> None:
    parser = argparse.ArgumentParser(description="Train on the bAbI tasks and test.")
    parser.add_argument("--run", type=Path, default=RUN, help="folder of the run's state")
    for name, value in asdict(Settings()).items():
        parser.add_argument(f"--{name}", type=type(value), default=value)
    chosen = vars(parser.parse_args())
    run = measure(Settings(**{name: chosen[name] for name in asdict(Settings())}), chosen["run"])
    print(f"test: mean error {sum(run['test']) / 20:.1%}, {solved(run['test'])} solved, {run['test']}")


if __name__ == "__main__":
    main()

"""bAbI: all twenty tasks, one network, 1,000 training questions per task (arXiv 1711.08028, section 3.1).

    python -m benchmarks.babi --checkpoint FILE [--epochs 30]      train, or go on training, and test

The published figures are for the release with 10,000 questions per task, of which 9,000 are trained on; here it is
`$NESY_DATA/babi/en` with 1,000, of which the last 100 of each task are for validation. Settings were chosen by
validation alone; of one run, the weights of the epoch with the least validation error are tested, once.
"""

from __future__ import annotations

import argparse
import itertools
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from benchmarks.claims import DATA, RESULTS, Claim, Kept
from graphs.datasets.babi import TASKS, Question, read_babi
from graphs.datasets.stories import Stories, vocabulary
from graphs.relational.mlp import MLP
from graphs.relational.stories import StoryNetwork
from graphs.checkpoint import load_checkpoint, save_checkpoint

FOLDER = DATA / "babi" / "en"
CHECKPOINT = RESULTS / "babi.partial.safetensors"
SOLVED = 0.05


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Of one run; `l2` is of the MLPs' weights, as published."""

    seed: int = 0
    epochs: int = 30
    steps: int = 3
    batch: int = 32
    rate: float = 2e-3
    l2: float = 1e-5
    dropout: float = 0.5
    validation: int = 100


def claims(kept: Kept) -> Iterator[Claim]:
    if not FOLDER.exists():
        yield Claim("babi", f"not measured: no {FOLDER}; NESY_DATA names another place")
        return
    run = kept.once("joint, 1,000 per task, seed 0", lambda: measure(Settings(), CHECKPOINT))
    errors = run["test"]
    yield Claim(
        "babi.joint",
        f"mean error {sum(errors) / len(errors):.1%}, {solved(errors)}/20 tasks solved (error below 5%)",
        "published: 0.46%, 20/20, from 10 times the data (9,000 training questions per task, here 900)",
        detail=f"errors of tasks 1 to 20: {', '.join(f'{100 * error:.1f}' for error in errors)}%; "
        f"validation {run['valid']:.1%} after epoch {run['best']} of {run['settings']['epochs']}; "
        f"{run['settings']}; {run['seconds'] / 60:.0f} CPU minutes on one core",
    )


def measure(settings: Settings, checkpoint: Path) -> dict[str, Any]:
    """Train, or go on training, and test the best weights."""
    training, validation = split(read_babi(FOLDER), settings.validation)
    trainer = Trainer(settings, training, validation)
    trainer.resume(checkpoint)
    while trainer.epoch < settings.epochs:
        trainer.train_epoch()
        trainer.save(checkpoint)
    trainer.network.load_state_dict(trainer.best_weights)
    test = read_babi(FOLDER, "test")
    return {
        "settings": asdict(settings),
        "test": errors_by_task(trainer.network, Stories(test, trainer.words), test),
        "valid": trainer.best_error,
        "best": trainer.best_epoch,
        "seconds": round(trainer.seconds),
        "history": trainer.history,
    }


def split(questions: Sequence[Question], validation: int) -> tuple[list[Question], list[Question]]:
    """All but the last questions of each task, and those."""
    first: list[Question] = []
    last: list[Question] = []
    for _, group in itertools.groupby(questions, lambda question: question.task):
        of_task = list(group)
        first += of_task[:-validation]
        last += of_task[-validation:]
    return first, last


class Trainer:
    """One run, epoch by epoch; each epoch draws from its own seed, so that a resumed run is the same run."""

    def __init__(self, settings: Settings, training: Sequence[Question], validation: Sequence[Question]) -> None:
        self.settings, self.validation = settings, validation
        self.words = vocabulary(training)
        self._training, self._validation = Stories(training, self.words), Stories(validation, self.words)
        torch.manual_seed(settings.seed)
        self.network = StoryNetwork(len(self.words), steps=settings.steps, dropout=settings.dropout)
        decayed = [layer.weight for one in self.network.modules() if isinstance(one, MLP) for layer in one.layers]
        others = [one for one in self.network.parameters() if all(one is not weight for weight in decayed)]
        groups = [{"params": decayed, "weight_decay": settings.l2}, {"params": others}]
        self._optimiser = torch.optim.Adam(groups, settings.rate, fused=True)
        self.epoch, self.seconds = 0, 0.0
        self.best_epoch, self.best_error = 0, math.inf
        self.best_weights = self._weights()
        self.history: list[list[float]] = []

    def train_epoch(self) -> None:
        """One pass over the training questions, then validation."""
        start = time.process_time()
        torch.manual_seed(1_000_000 * (self.settings.seed + 1) + self.epoch)
        batches = torch.randperm(len(self._training)).split(self.settings.batch)
        losses = [self._update(indices, self.epoch + place / len(batches)) for place, indices in enumerate(batches)]
        self.epoch += 1
        errors = errors_by_task(self.network, self._validation, self.validation)
        error = sum(errors) / len(errors)
        if error < self.best_error:
            self.best_epoch, self.best_error = self.epoch, error
            self.best_weights = self._weights()
        self.seconds += time.process_time() - start
        self.history.append([round(sum(losses) / len(losses), 4), round(error, 4), solved(errors)])
        print(
            f"epoch {self.epoch}, {self.seconds:.0f} s: loss {self.history[-1][0]}, validation error {error:.1%},"
            f" {solved(errors)} solved: {' '.join(f'{100 * one:.0f}' for one in errors)}",
            flush=True,
        )

    def _weights(self) -> dict[str, Tensor]:
        return {name: weight.clone() for name, weight in self.network.state_dict().items()}

    def _update(self, indices: Tensor, epochs: float) -> float:
        for group in self._optimiser.param_groups:
            group["lr"] = self.settings.rate * schedule(epochs, self.settings.epochs)
        batch = self._training.batch(indices)
        out = self.network.train()(batch)
        loss = cross_entropy(out.flatten(0, 1), batch.answers.repeat(len(out)))
        self._optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self._optimiser.step()
        return loss.item()

    def save(self, path: Path) -> None:
        """Weights, best weights, the optimiser's means, and how far the run is."""
        tensors = {f"now.{name}": weight for name, weight in self.network.state_dict().items()}
        tensors |= {f"best.{name}": weight for name, weight in self.best_weights.items()}
        for place, state in self._optimiser.state_dict()["state"].items():
            tensors |= {f"adam.{place}.{name}": value for name, value in state.items()}
        save_checkpoint(path, "babi", self._header(), tensors)

    def resume(self, path: Path) -> None:
        """Go on where a run with the same settings was; nothing happens if there is no file."""
        if not path.exists():
            return
        header, tensors = load_checkpoint(path, "babi")
        if header["settings"] != asdict(self.settings):
            raise ValueError(f"{path}: a run with {header['settings']}, expected {asdict(self.settings)}")
        parts: dict[str, dict[str, Tensor]] = {"now": {}, "best": {}, "adam": {}}
        for name, tensor in tensors.items():
            part, _, rest = name.partition(".")
            parts[part][rest] = tensor
        self.network.load_state_dict(parts["now"])
        self.best_weights = parts["best"]
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in parts["adam"].items():
            place, _, key = name.partition(".")
            state.setdefault(int(place), {})[key] = tensor
        self._optimiser.load_state_dict(self._optimiser.state_dict() | {"state": state})
        for name in ("epoch", "seconds", "best_epoch", "best_error", "history"):
            setattr(self, name, header[name])

    def _header(self) -> dict[str, Any]:
        names = ("epoch", "seconds", "best_epoch", "best_error", "history")
        return {"settings": asdict(self.settings), **{name: getattr(self, name) for name in names}}


def schedule(epochs: float, total: int) -> float:
    """Share of the highest learning rate: half an epoch of warm-up, then a cosine down to 2%."""
    return min(1.0, 2 * epochs + 0.01) * (0.02 + 0.98 * (1 + math.cos(math.pi * epochs / total)) / 2)


@torch.no_grad()
def errors_by_task(network: StoryNetwork, stories: Stories, questions: Sequence[Question]) -> list[float]:
    """Share of wrong answers of the last step, for each task that there is."""
    network.eval()
    right: list[bool] = []
    for indices in torch.arange(len(stories)).split(250):
        batch = stories.batch(indices)
        right += (network(batch)[-1].argmax(1) == batch.answers).tolist()
    found = {
        task: [one for one, question in zip(right, questions, strict=True) if question.task == task] for task in TASKS
    }
    return [1 - sum(of_task) / len(of_task) for of_task in found.values() if of_task]


def solved(errors: Sequence[float]) -> int:
    """How many tasks are solved."""
    return sum(error < SOLVED for error in errors)


def main() -> None:
    parser = argparse.ArgumentParser(description="Train on the bAbI tasks and test.")
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT)
    for name, value in asdict(Settings()).items():
        parser.add_argument(f"--{name}", type=type(value), default=value)
    chosen = vars(parser.parse_args())
    run = measure(Settings(**{name: chosen[name] for name in asdict(Settings())}), chosen["checkpoint"])
    print(f"test: {run['test']}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()

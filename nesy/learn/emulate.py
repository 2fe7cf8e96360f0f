"""Emulating structural recursion: a sequence model learns a function from examples, and what it learned is examined.

Small models that are right on all but a few inputs often have not learned the recursion: they fail where it is deep,
which is exponentially rare (arXiv 2305.14699, 2401.12947). So exact match is told by recursion depth and on edge
cases, never as one mean, and a short-cut program says which failures are to be expected.
"""

from __future__ import annotations

import hashlib
import math
import os
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from nesy.errors import InputError, Undefined
from nesy.learn.dataset import END, IGNORED, IS, TaskDataset, Vocabulary, collate, pack
from nesy.learn.emulation import Cell, Report, Shortcut, WrongStep
from nesy.neural.checkpoint import load_checkpoint, save_checkpoint
from nesy.neural.decoder import Decoder, Positions, RecurrentDecoder, TransformerDecoder, UniversalDecoder
from nesy.neural.threads import torch_threads
from nesy.recursion.data.cut import Cut
from nesy.recursion.data.inputs import Arguments
from nesy.recursion.data.tasks import Task
from nesy.terms import Value, same

Model = Literal["transformer", "universal", "gru"]

UNLIMITED = 1 << 31
"""Examples that training may draw."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What an emulator is made of; the defaults train in about three minutes on one core.

    Attributes:
        model: ``"transformer"``; ``"universal"``, one block with adaptive halting; ``"gru"``.
        positions: ``"learned"``, ``"rotary"`` or ``"none"``; a GRU has none.
        longest: tokens of a sequence for which there are learned positions.
        rate, decay: highest learning rate (one cycle) and weight decay of AdamW.
        seed: of weights and examples. Same seed, same machine, same model.
    """

    model: Model = "transformer"
    positions: Positions = "rotary"
    width: int = 64
    layers: int = 2
    heads: int = 4
    longest: int = 256
    steps: int = 1800
    batch: int = 64
    rate: float = 2e-3
    decay: float = 0.01
    seed: int = 0

    def __post_init__(self) -> None:
        if self.model not in get_args(Model):
            raise InputError(f"the model {self.model!r}", expected=" or ".join(get_args(Model)))
        if self.positions not in get_args(Positions):
            raise InputError(f"the positions {self.positions!r}", expected=" or ".join(get_args(Positions)))
        for name in ("width", "layers", "heads", "longest", "steps", "batch"):
            if getattr(self, name) < 1:
                raise InputError(f"{name}={getattr(self, name)}", expected="1 or more")
        if self.model != "gru" and self.width % (2 * self.heads):
            raise InputError(f"width {self.width} with {self.heads} heads", expected="an even width for each head")


class Emulator:
    """A sequence model that emulates the function of a task, or its rounds of reduction.

    Args:
        task: what to emulate; see `nesy.recursion.data.tasks`.
        device: ``"auto"`` is a CUDA device if there is one.
        threads: CPU threads; one is best for models of this size.
        settings: of `Settings`, by name.

    Raises:
        InputError: a setting does not fit.
    """

    def __init__(
        self, task: Task, *, device: torch.device | str = "auto", threads: int | None = 1, **settings: Any
    ) -> None:
        known = {field.name for field in fields(Settings)}
        for name in settings:
            if name not in known:
                raise InputError(f"no setting {name}", expected=f"one of {', '.join(sorted(known))}")
        self.task, self.settings, self.threads = task, Settings(**settings), threads
        self.device = _device(device)
        self._make(Vocabulary(task.tokens()))

    def _make(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.step = 0
        with torch.random.fork_rng(devices=[]):  # weights are made on the CPU: the same for every device
            torch.manual_seed(self.settings.seed)
            self.net = _decoder(self.settings, len(vocabulary)).to(self.device)
        self.optimizer = torch.optim.AdamW(
            self.net.parameters(), lr=self.settings.rate, weight_decay=self.settings.decay
        )

    # ---------------------------------------------------------------- training

    def fit(
        self,
        *,
        progress: Callable[[int, float], None] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        every: int = 200,
    ) -> Emulator:
        """Train, from the step that was reached to the last one of the settings.

        Ctrl-C ends the training and keeps what was trained: `step` says how far it came, and `fit` goes on from there.

        Args:
            progress: called after each step with its number and its loss.
            checkpoint: a file that is written after `every` so many steps and at the end.

        Raises:
            InputError: the checkpoint cannot be written.
        """
        data = TaskDataset(self.task, UNLIMITED, seed=self.settings.seed, vocabulary=self.vocabulary)
        self.net.train()
        with torch_threads(self.threads):
            try:
                while self.step < self.settings.steps:
                    loss = self._train_step(data)
                    if progress:
                        progress(self.step, loss)
                    if checkpoint is not None and self.step % every == 0:
                        self.save(checkpoint)
            except KeyboardInterrupt:
                pass
        self.net.eval()
        if checkpoint is not None:
            self.save(checkpoint)
        return self

    def _train_step(self, data: TaskDataset) -> float:
        first = self.step * self.settings.batch
        tokens, labels = self._batch(data[first + i] for i in range(self.settings.batch))
        for group in self.optimizer.param_groups:
            group["lr"] = one_cycle(self.step, self.settings.steps, self.settings.rate)
        loss = cross_entropy(self._logits(tokens).flatten(0, 1), labels.flatten(), ignore_index=IGNORED)
        if isinstance(self.net, UniversalDecoder):
            loss = loss + self.net.penalty
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        return float(loss.detach())

    def _batch(self, packed: Iterable[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
        tokens, labels = collate(list(packed))
        return tokens.to(self.device), labels.to(self.device)

    def _logits(self, tokens: Tensor) -> Tensor:
        try:
            logits: Tensor = self.net(tokens)
        except ValueError as error:  # learned positions end
            raise InputError(str(error), mend="or give a larger longest=") from None
        return logits

    # ---------------------------------------------------------------- prediction

    def predict(self, *arguments: Value) -> Value | None:
        """What the model says the function's value is; None where its tokens are no value."""
        return self.predict_many([arguments])[0]

    def predict_many(self, inputs: Sequence[Arguments], batch: int = 256) -> list[Value | None]:
        """The predictions for many inputs, by greedy decoding; of rounds, for the call itself."""
        sources = inputs if self.task.rounds is None else [(self.task.state(arguments),) for arguments in inputs]
        return self._decoded([self.task.encoder.encode(*source) for source in sources], batch)

    def correct(self, inputs: Sequence[Arguments], batch: int = 256) -> list[bool]:
        """Whether each output is predicted token for token.

        The true output is read and each next token compared: the model's own output, greedily decoded, is the true
        one exactly if all of these agree.
        """
        packed = [pack(self.task.example(arguments), self.vocabulary) for arguments in inputs]
        return self._all_right(packed, batch)

    @torch.inference_mode()
    def _all_right(self, packed: Sequence[tuple[Tensor, Tensor]], batch: int = 256) -> list[bool]:
        self.net.eval()
        found: list[bool] = []
        with torch_threads(self.threads):
            for start in range(0, len(packed), batch):
                tokens, labels = self._batch(packed[start : start + batch])
                right = (self._logits(tokens).argmax(-1) == labels) | (labels == IGNORED)
                found += right.all(1).tolist()
        return found

    @torch.inference_mode()
    def _decoded(self, sources: Sequence[Sequence[str]], batch: int = 256) -> list[Value | None]:
        self.net.eval()
        found: list[Value | None] = [None] * len(sources)
        by_length: dict[int, list[int]] = {}
        for i, source in enumerate(sources):
            by_length.setdefault(len(source), []).append(i)
        with torch_threads(self.threads):
            for length, members in by_length.items():  # of one length: no padding before the output
                for start in range(0, len(members), batch):
                    chosen = members[start : start + batch]
                    rows = [[*self.vocabulary.ids(sources[i]), IS] for i in chosen]
                    outputs = self._greedy(torch.tensor(rows, device=self.device), self._room(length))
                    for i, output in zip(chosen, outputs.tolist(), strict=True):
                        found[i] = self._value(output)
        return found

    def _greedy(self, tokens: Tensor, room: int) -> Tensor:
        """(b, s) -> (b, <= room): the likeliest tokens, one after the other; what follows `END` has no meaning."""
        start = tokens.shape[1]
        for _ in range(room):
            following = self._logits(tokens)[:, -1:].argmax(-1)
            tokens = torch.cat([tokens, following], 1)
            if (tokens[:, start:] == END).any(1).all():
                break
        return tokens[:, start:]

    def _room(self, length: int) -> int:
        """How many tokens an output may have: learned positions end."""
        room = 4 * length + 50
        learned = self.settings.positions == "learned" and self.settings.model != "gru"
        return max(1, min(room, self.settings.longest - length - 1)) if learned else room

    def _value(self, ids: Sequence[int]) -> Value | None:
        try:
            return self.task.encoder.decode(self.vocabulary.words(ids))[0]
        except InputError:
            return None

    # ---------------------------------------------------------------- reports

    def score(self, samples: int = 500, *, each: int = 50, seed: int = 1) -> Report:
        """Exact match on inputs as a user would draw them, by recursion depth, and on the edge cases.

        Args:
            samples: inputs that are drawn without regard to depth, and again as many deep ones.
            each: inputs of one depth, at most.
        """
        rng = random.Random(f"score {seed}")
        test = self.task.split is not None
        plain = self._accepted(lambda: self.task.inputs.shallowly(rng), samples, test)
        deep = self._accepted(lambda: self.task.inputs.deeply(rng), samples, test)
        by_depth: dict[int, list[Arguments]] = {}
        for arguments in dict.fromkeys(deep + plain):
            members = by_depth.setdefault(self.task.inputs.depth(arguments), [])
            if len(members) < each:
                members.append(arguments)
        edges = self.task.inputs.edges
        return Report(
            self.task.name,
            self._cell(plain),
            {depth: self._cell(members) for depth, members in sorted(by_depth.items())},
            dict(zip(edges, self.correct(edges), strict=True)),
        )

    def _accepted(self, draw: Callable[[], Arguments], samples: int, test: bool) -> list[Arguments]:
        """Draws; with a split, those of its test side."""
        split = self.task.split
        if not test or split is None:
            return [draw() for _ in range(samples)]
        drawn = (draw() for _ in range(20 * samples))
        return [arguments for arguments in drawn if split.tests(arguments)][:samples]

    def _cell(self, inputs: Sequence[Arguments]) -> Cell:
        return Cell(sum(self.correct(inputs)), len(inputs))

    def first_wrong_step(self, *arguments: Value) -> WrongStep | None:
        """The first step of the reduction that the model predicts wrongly; None if its whole trace is right.

        Raises:
            InputError: the task is a function's value, not rounds of its reduction.
        """
        if self.task.rounds is None:
            raise InputError(f"{self.task.name} has no steps", expected="a task with rounds=")
        states = self.task.trace(arguments)
        predicted = self._decoded([self.task.encoder.encode(state) for state in states[:-1]])
        for number, found in enumerate(predicted, 1):
            if found is None or not same(found, states[number]):
                return WrongStep(number, states[number - 1], states[number], found)
        return None

    def shortcut(self, samples: int = 2000, *, seed: int = 2) -> Shortcut:
        """The short-cut program "recurse only to depth d" that predicts the model's failures best.

        It is fitted on one half of the drawn inputs and measured on the other one.

        Raises:
            InputError: the task is rounds of reduction.
        """
        if self.task.rounds is not None:
            raise InputError(
                "short cuts of rounds of reduction", expected="a task whose output is the function's value"
            )
        rng = random.Random(f"shortcut {seed}")
        inputs = self.task.inputs
        drawn = [inputs.deeply(rng) for _ in range(samples // 2)]
        drawn += [inputs.shallowly(rng) for _ in range(samples - len(drawn))]
        drawn = [*dict.fromkeys(drawn)]
        rng.shuffle(drawn)
        failed = [not right for right in self.correct(drawn)]
        half = len(drawn) // 2
        cut = Cut(self.task.program)
        deepest = max(map(inputs.depth, drawn))
        fitted = [(d, self._predicted(cut, d, drawn[:half])) for d in range(deepest + 1)]
        depth = max(fitted, key=lambda found: (_f1(found[1], failed[:half]), -found[0]))[0]
        predicted = self._predicted(cut, depth, drawn[half:])
        wrong = [arguments for arguments, fails in zip(drawn[half:], failed[half:], strict=True) if fails]
        return Shortcut(
            depth,
            "\n".join(cut.clauses()),
            sum(p and f for p, f in zip(predicted, failed[half:], strict=True)),
            sum(predicted),
            len(wrong),
            len(drawn) - half,
            self._agreement(cut, depth, wrong),
        )

    def _predicted(self, cut: Cut, depth: int, inputs: Sequence[Arguments]) -> list[bool]:
        """Whether the short cut gives another value than the function, or none."""
        values = (_cut_value(cut, self.task.function, depth, arguments) for arguments in inputs)
        return [
            value is None or not same(value, self.task.program.call(self.task.function, *arguments))
            for value, arguments in zip(values, inputs, strict=True)
        ]

    def _agreement(self, cut: Cut, depth: int, inputs: Sequence[Arguments]) -> int:
        """On how many inputs the model says what the short cut computes."""
        said = self.predict_many(inputs)
        computed = [_cut_value(cut, self.task.function, depth, arguments) for arguments in inputs]
        return sum(a is not None and b is not None and same(a, b) for a, b in zip(said, computed, strict=True))

    # ---------------------------------------------------------------- files

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model and the state of its training; the file is replaced at once or not at all.

        Raises:
            InputError: the file cannot be written.
        """
        tensors = {f"net.{name}": tensor for name, tensor in self.net.state_dict().items()}
        for number, state in self.optimizer.state_dict()["state"].items():
            tensors |= {f"adam.{number}.{name}": value for name, value in state.items()}
        header = {
            "settings": asdict(self.settings),
            "step": self.step,
            "vocabulary": list(self.vocabulary.tokens),
            "task": _fingerprint(self.task),
        }
        save_checkpoint(path, "emulator", header, tensors)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        task: Task,
        *,
        device: torch.device | str = "auto",
        threads: int | None = 1,
    ) -> Emulator:
        """The emulator of a file; `fit` goes on where its training stopped.

        Args:
            task: the one it was made for: programs are not part of the file.

        Raises:
            InputError: the file cannot be read, was changed, or belongs to another task.
        """
        header, tensors = load_checkpoint(path, "emulator")
        name = os.fspath(path)
        if header.get("task") != _fingerprint(task):
            raise InputError("was trained on another task", file=name, expected=f"{task.name}, the same program")
        try:
            made = cls(task, device=device, threads=threads, **header["settings"])
            made._make(Vocabulary(header["vocabulary"][len(Vocabulary(())) :]))
            made._restore(int(header["step"]), tensors)
        except InputError:
            raise
        except (KeyError, TypeError, ValueError, RuntimeError):
            raise InputError("the tensors do not fit the settings", file=name) from None
        return made

    def _restore(self, step: int, tensors: dict[str, Tensor]) -> None:
        self.net.load_state_dict({name[4:]: t for name, t in tensors.items() if name.startswith("net.")})
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            if name.startswith("adam."):
                _, number, key = name.split(".")
                state.setdefault(int(number), {})[key] = tensor
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": state, "param_groups": groups})
        self.step = step
        self.net.eval()


def one_cycle(step: int, steps: int, highest: float) -> float:
    """The learning rate: from a 25th up in the first 30% of the steps, then down to almost 0, both on a cosine."""
    warm = 0.3 * steps
    low, part = (highest / 25, step / warm) if step < warm else (highest / 1e5, 1 - (step - warm) / (steps - warm))
    return low + (highest - low) * (1 - math.cos(math.pi * part)) / 2


def _device(device: torch.device | str) -> torch.device:
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError) as error:
        raise InputError(f"the device {device!r}: {str(error).splitlines()[0]}", expected="auto, cpu or cuda") from None


def _decoder(settings: Settings, words: int) -> Decoder:
    if settings.model == "gru":
        return RecurrentDecoder(words, width=settings.width, layers=settings.layers)
    net = TransformerDecoder if settings.model == "transformer" else UniversalDecoder
    return net(
        words,
        width=settings.width,
        layers=settings.layers,
        heads=settings.heads,
        positions=settings.positions,
        longest=settings.longest,
    )


def _cut_value(cut: Cut, function: str, depth: int, arguments: Arguments) -> Value | None:
    try:
        return cut.call(function, depth, *arguments)
    except Undefined:
        return None


def _f1(predicted: Sequence[bool], failed: Sequence[bool]) -> float:
    both = sum(p and f for p, f in zip(predicted, failed, strict=True))
    either = sum(predicted) + sum(failed)
    return 2 * both / either if either else 1.0


def _fingerprint(task: Task) -> dict[str, Any]:
    source = hashlib.sha256(task.program.source.encode()).hexdigest()
    return {"name": task.name, "order": task.order, "digits": task.digits, "program": source}

"""A network as a guide."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.resources import files
from itertools import pairwise
from typing import Self

import torch
from torch import Tensor

from graphs.relational.values import ValueNetwork, log_probabilities
from nesy.errors import InputError
from nesy.puzzles.instance import Instance
from nesy.puzzles.model import Model, Value
from nesy.puzzles.search import Preferences
from nesy.solving.values import firsts, graph, inputs

TILE = 8
"""Instances that the network sees at once on a CPU; so many fit its cache."""


class NetworkGuide:
    """A `graphs.ValueNetwork` as a guide.

    Args:
        network: trained on puzzles whose rules are of the same kinds.
        steps: of the network; more of them look further ahead.
        device: of the network; None: a GPU if there is one.
    """

    def __init__(self, network: ValueNetwork, steps: int = 32, device: torch.device | str | None = None) -> None:
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.network, self.steps = network.to(self.device).eval(), steps

    @classmethod
    def load(cls, path: str | os.PathLike[str] | None = None, *, steps: int = 32) -> Self:
        """A saved network; without a path the one that nesy brings, for puzzles of all-different rules.

        Raises:
            InputError: the file cannot be read or holds no network.
        """
        source = os.fspath(path) if path is not None else str(files("nesy.solving") / "weights/permutation.safetensors")
        try:
            return cls(ValueNetwork.load(source), steps)
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror or error}", file=source) from None
        except ValueError as error:
            raise InputError(str(error).removeprefix(f"{source}: "), file=source) from None

    def __call__(self, instances: Sequence[Instance]) -> list[Preferences]:
        """Log-probabilities of every variable's values after the last step.

        Raises:
            InputError: the network was trained on none of the kinds of rules.
        """
        found: list[Preferences] = []
        for part in self._parts(instances):
            _, last = self._run(part)
            first = firsts(part[0].model)
            for column in last.T.tolist():
                found.append([column[a:b] for a, b in pairwise(first)])
        return found

    def propose(self, instances: Sequence[Instance]) -> list[tuple[Value, ...]]:
        """What the network alone answers: per variable the most probable value. Nothing is verified."""
        found = []
        for instance, preferences in zip(instances, self(instances), strict=True):
            domains = instance.model.domains
            found.append(tuple(d[p.index(max(p))] for d, p in zip(domains, preferences, strict=True)))
        return found

    def course(self, instance: Instance) -> Tensor:
        """(steps, n) probabilities of every node after every step, on the CPU: how the network makes up its mind."""
        logits, _ = self._run([instance])
        return log_probabilities(logits, graph(instance.model).to(self.device))[:, :, 0].exp().cpu()

    def _parts(self, instances: Sequence[Instance]) -> list[Sequence[Instance]]:
        """The instances in runs of one model, at most `TILE` long on a CPU."""
        parts: list[list[Instance]] = []
        width = TILE if self.device.type == "cpu" else 1024
        for instance in instances:
            if not parts or parts[-1][0].model is not instance.model or len(parts[-1]) == width:
                parts.append([])
            parts[-1].append(instance)
        return list(parts)

    def _run(self, instances: Sequence[Instance]) -> tuple[Tensor, Tensor]:
        """Logits (steps, n, b), and the log-probabilities (n, b) of the last step."""
        model = instances[0].model
        self._check(model)
        constraints = graph(model).to(self.device)
        with torch.inference_mode():
            logits, _ = self.network(inputs(instances).to(self.device), constraints, self.steps)
            return logits, log_probabilities(logits[-1], constraints)

    def _check(self, model: Model) -> None:
        known, needed = set(self.network.relations), set(graph(model).relations)
        if not known & needed:
            raise InputError(
                f"the network knows {', '.join(sorted(known))} only, and the puzzle {model.name} has none of them",
                expected="a network that was trained on such rules",
                mend="solve without a guide, or train one: nesy.solving.training",
            )

"""A network as a guide."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.resources import files
from itertools import pairwise
from typing import Self

import torch
from torch import Tensor

from graphs.relational.constraint_graph import ConstraintGraph
from graphs.relational.values import ValueNetwork, log_probabilities
from nesy.errors import InputError
from nesy.neural.threads import torch_threads
from nesy.puzzles.instance import Instance
from nesy.puzzles.model import Model, Value
from nesy.puzzles.search import Preferences
from nesy.solving.guide import Advice
from nesy.solving.values import firsts, graph, inputs

LOOK = 8
"""Steps between looks at what the network proposes."""

TILE = 8
"""Instances that the network sees at once on a CPU; so many fit its cache."""


class NetworkGuide:
    """A `graphs.ValueNetwork` as a guide.

    Args:
        network: trained on puzzles whose rules are of the same kinds.
        steps: of the network, at most; where what it proposes is a solution, it stops.
        device: of the network; None: a GPU if there is one.
    """

    def __init__(self, network: ValueNetwork, steps: int = 64, device: torch.device | str | None = None) -> None:
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.network, self.steps = network.to(self.device).eval(), steps

    @classmethod
    def load(cls, path: str | os.PathLike[str] | None = None, *, steps: int = 64) -> Self:
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

    def __call__(self, instances: Sequence[Instance]) -> list[Advice]:
        """Log-probabilities of every variable's values.

        Raises:
            InputError: the network was trained on none of the kinds of rules.
        """
        return [advice for part in self._parts(instances) for advice in self._advise(part)]

    def propose(self, instances: Sequence[Instance]) -> list[tuple[Value, ...]]:
        """What the network alone answers: per variable the most probable value. Nothing says that it is right."""
        return [_likeliest(i.model, a.preferences) for i, a in zip(instances, self(instances), strict=True)]

    def course(self, instance: Instance) -> Tensor:
        """(steps, n) probabilities of every node after every step, on the CPU: how the network makes up its mind."""
        constraints = self._graph(instance.model)
        with torch.inference_mode(), torch_threads(1):
            logits, _ = self.network(inputs([instance]).to(self.device), constraints, self.steps)
            return log_probabilities(logits, constraints)[:, :, 0].exp().cpu()

    def _parts(self, instances: Sequence[Instance]) -> list[Sequence[Instance]]:
        """The instances in runs of one model, at most `TILE` long on a CPU."""
        parts: list[list[Instance]] = []
        width = TILE if self.device.type == "cpu" else 1024
        for instance in instances:
            if not parts or parts[-1][0].model is not instance.model or len(parts[-1]) == width:
                parts.append([])
            parts[-1].append(instance)
        return list(parts)

    def _advise(self, instances: Sequence[Instance]) -> list[Advice]:
        """An instance leaves when what the network proposes is a solution; the others go on."""
        model = instances[0].model
        constraints, x = self._graph(model), inputs(instances).to(self.device)
        state = self.network.start(*x.shape[:2])
        left, done = list(range(len(instances))), [Advice()] * len(instances)
        for start in range(0, self.steps, LOOK):
            steps = min(LOOK, self.steps - start)
            with torch.inference_mode(), torch_threads(1):  # so small a network gains nothing from more
                logits, state = self.network(x, constraints, steps, state)
                columns = log_probabilities(logits[-1], constraints).T.tolist()
            for i, column in zip(left, columns, strict=True):
                preferences = [column[a:b] for a, b in pairwise(firsts(model))]
                done[i] = Advice(preferences, start + steps)
            going = [k for k, i in enumerate(left) if not instances[i].verified(_likeliest(model, done[i].preferences))]
            if not going:
                break
            left, x, state = [left[k] for k in going], x[:, going], (state[0][:, going], state[1][:, going])
        return done

    def _graph(self, model: Model) -> ConstraintGraph:
        found = graph(model)
        if not set(self.network.relations) & set(found.relations):
            raise InputError(
                f"the network knows {', '.join(sorted(self.network.relations))} only, "
                f"and the puzzle {model.name} has none of them",
                expected="a network that was trained on such rules",
                mend="solve without a guide, or train one: nesy.solving.training",
            )
        return found.to(self.device)


def _likeliest(model: Model, preferences: Preferences | None) -> tuple[Value, ...]:
    return tuple(d[p.index(max(p))] for d, p in zip(model.domains, preferences or (), strict=True))

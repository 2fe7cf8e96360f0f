"""Layers that hear those above them (Park et al., arXiv 2403.11004, section 3.5); no gradient leaves a layer.

``"loss"``: after a pass from the bottom up, a layer's loss is that of the mean of its output and the outputs above.
``"input"``: a layer's input is ``[h_below, h_above]``, for the last layer the label, one-hot or 1/C where it is not
known; even layers change in one update, odd ones in the next. What a layer hears is what others found last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from graphs.forward.features import unit_rows
from graphs.forward.propagation import propagation
from graphs.forward.strategy import Problem, Strategy

Signal: TypeAlias = Literal["loss", "input"]
STEPS, SETTLED = 10, 2
"""With signals to the input an answer takes so many steps; those after the first few count."""


class Together(nn.Module):
    """Layers that are trained side by side, each on its own loss.

    Args:
        layers: at least two, with `out_channels`.
        problem: what to learn, or to answer.
        known: (n,) the nodes of the problem's graph whose classes are known.
        classes: (len(known),) these.
        strategy: with class nodes.
        signal: where to.
    """

    def __init__(
        self,
        layers: Iterable[nn.Module],
        problem: Problem,
        known: Tensor,
        classes: Tensor,
        strategy: Strategy,
        signal: Signal,
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.problem, self._strategy, self._signal = problem, strategy, signal
        self._first = propagation(self.layers[0], problem.x.unit(), problem.edge_index)
        n, c = problem.x.shape[0], len(problem.anchors)
        self._label = problem.x.dense.new_full((n, c), 1 / c)
        self._label[torch.cat([known, problem.anchors])] = one_hot(
            torch.cat([classes, torch.arange(c, device=classes.device)]), c
        ).to(self._label)
        self.turn: Tensor
        self.register_buffer("turn", torch.zeros((), dtype=torch.int64, device=self._label.device))
        for number, state in enumerate(self._nothing()):
            self.register_buffer(f"state{number}", state)

    def forward(self, batch: Tensor) -> Tensor:
        """One update's loss, the sum of the layers'; what they find is kept for the next."""
        problem, states = self.problem, [self.get_buffer(f"state{number}") for number in range(len(self.layers))]
        outputs = self._pass(states) if self._signal == "loss" else self._half(states, int(self.turn) % 2)
        self.turn += 1
        for number, state in enumerate(states):
            setattr(self, f"state{number}", state)
        heard = self._with_those_above(outputs, states) if self._signal == "loss" else outputs
        losses = [
            self._strategy.loss(h[problem.items[batch]], h[problem.anchors], problem.target[batch]) for h in heard
        ]
        return torch.stack(losses).sum()

    def found(self) -> list[Tensor]:
        """(classes, d) each: the class nodes in all outputs that count."""
        return [h[self.problem.anchors] for h in self._answers()]

    def said(self, anchors: Sequence[Tensor]) -> Tensor:
        """(m, classes): the sum of all outputs' evidence, compared with these class nodes."""
        parts = zip(self._answers(), anchors, strict=True)
        return torch.stack([self._strategy.evidence(h[self.problem.items], found) for h, found in parts]).sum(0)

    def quality(self, said: Tensor) -> float:
        """Of answers to all examples."""
        return self._strategy.quality(said, self.problem.target)

    def _nothing(self) -> list[Tensor]:
        """(n, d) for each layer: before it has found anything."""
        n = self.problem.x.shape[0]
        return [self._label.new_zeros(n, width(layer, number)) for number, layer in enumerate(self.layers)]

    def _answers(self) -> Iterator[Tensor]:
        """(n, d) outputs, all that count for an answer, always in the same order."""
        states = self._nothing()
        if self._signal == "loss":
            yield from self._pass(states)
            return
        for step in range(STEPS):
            outputs = [*self._half(states, 0), *self._half(states, 1)]
            if step >= SETTLED:
                yield from outputs

    def _pass(self, states: list[Tensor]) -> list[Tensor]:
        """Outputs of all layers, from the bottom up."""
        return [self._run(number, states) for number in range(len(self.layers))]

    def _half(self, states: list[Tensor], first: int) -> list[Tensor]:
        """Outputs of every second layer."""
        return [self._run(number, states) for number in range(first, len(self.layers), 2)]

    def _with_those_above(self, outputs: list[Tensor], states: list[Tensor]) -> list[Tensor]:
        return [torch.stack([h.relu(), *states[number + 1 :]]).mean(0) for number, h in enumerate(outputs)]

    def _run(self, number: int, states: list[Tensor]) -> Tensor:
        """(n, d) output of a layer, from what those below and above it found last; it is kept among the states."""
        above = None
        if self._signal == "input":
            above = self._label if number + 1 == len(states) else unit_rows(states[number + 1])
        if number == 0:
            h = self._first(above)
        else:
            below = unit_rows(states[number - 1])
            x = below if above is None else torch.cat([below, above], 1)
            h = self.layers[number](x, self.problem.edge_index)
        states[number] = h.detach().relu()
        return h


def width(layer: Any, number: int) -> int:
    """Channels of a layer's output.

    Raises:
        ValueError: it does not say.
    """
    if not isinstance(getattr(layer, "out_channels", None), int):
        raise ValueError(f"layer {number}: no out_channels, which signals from above need")
    heads = layer.heads if getattr(layer, "concat", False) else 1
    return int(layer.out_channels * heads)

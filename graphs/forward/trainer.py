"""Training layer by layer: each on its own loss, with its own optimiser, until it gets no better; then the next."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor, nn

from graphs.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from graphs.forward.denoising import Denoising
from graphs.forward.folder import claim
from graphs.forward.goodness import ForwardForward
from graphs.forward.links import LinkPrediction
from graphs.forward.local import Local
from graphs.forward.schedule import Schedule
from graphs.forward.single import SingleForward
from graphs.forward.strategy import Problem, Strategy, known, mask
from graphs.forward.topdown import Signal, Together
from graphs.training.fit import Precision
from graphs.training.processes import default_device

Name: TypeAlias = Literal["single-forward", "forward-forward", "forward-forward-nodes", "links", "denoising"]
STRATEGIES: dict[str, Callable[[], Strategy]] = {
    "single-forward": SingleForward,
    "forward-forward": ForwardForward,
    "forward-forward-nodes": partial(ForwardForward, "nodes"),
    "links": LinkPrediction,
    "denoising": Denoising,
}
KIND = "forward layers"


class ForwardTrainer:
    """Layers that learn alone, from the bottom up (Park et al., *Forward learning of graph neural networks*, 2024).

        trainer = ForwardTrainer([GCNConv(1433, 128), GCNConv(128, 128)]).fit(data, seed=0)
        classes = trainer.predict(data)

    The loss of a layer has no gradient with respect to any other layer's parameters, and the activations of one layer
    are in memory, however many layers there are. What a layer has found is handed on rectified, rows of length one.

    Args:
        layers: any PyTorch Geometric convolutions, called with features and edges.
        strategy: `SingleForward` and the others beside it, or the name of one with its defaults.
        schedule: of all layers, or one for each.
        top_down: signals from the layers above, see `graphs.forward.topdown`; then all layers are trained side by side,
            by the first schedule, and what each one finds is kept.

    Raises:
        ValueError: arguments that do not go together.
    """

    def __init__(
        self,
        layers: Sequence[nn.Module],
        strategy: Strategy | Name = "single-forward",
        *,
        schedule: Schedule | Sequence[Schedule] = Schedule(),  # noqa: B008
        top_down: Signal | None = None,
    ) -> None:
        self.layers = nn.ModuleList(layers)
        self.strategy, self.top_down = _strategy(strategy), top_down
        self.schedules = [schedule] * len(layers) if isinstance(schedule, Schedule) else list(schedule)
        if not layers or len(self.schedules) != len(layers):
            raise ValueError(f"{len(layers)} layers, {len(self.schedules)} schedules: expected as many, at least one")
        if top_down and (len(layers) < 2 or not isinstance(self.strategy, SingleForward)):
            raise ValueError(f"top_down {top_down!r}: expected at least two layers and the strategy single-forward")
        self._anchors: list[Tensor] = []
        self._classes = self._seed = 0

    def fit(
        self,
        data: Any,
        valid: Any = None,
        *,
        seed: int = 0,
        device: str | torch.device | None = None,
        precision: Precision = "float32",
        compiled: bool = False,
        folder: str | os.PathLike[str] | None = None,
        quiet: bool = False,
    ) -> ForwardTrainer:
        """Train every layer.

        Args:
            data: a graph with ``x``, (n, c) dense or sparse, and ``edge_index``; for classes of nodes ``y`` and
                ``train_mask``, for links ``edge_label_index`` and ``edge_label``.
            valid: data to tell by when a layer is done; None: the nodes of ``data.val_mask``, if there is one. Without
                either, a layer is trained for all its epochs.
            seed: of what is random: class nodes' features, batches, noise, dropout. Layers keep their weights.
            device: None: a GPU if there is one.
            precision: of the computation (autocast).
            compiled: whether to use `torch.compile`.
            folder: of checkpoints, one for each layer; a run that was stopped goes on from them, and ends with the
                weights of one that was not.
            quiet: print nothing.

        Raises:
            ValueError: the data lack something, or what they hold is wrong; the message says what.
            CheckpointError: the folder holds the checkpoints of another run.
        """
        device = default_device() if device is None else torch.device(device)
        self.layers.to(device)
        data, valid = copy(data).to(device), None if valid is None else copy(valid).to(device)
        self._classes, self._seed, self._anchors = self.strategy.classes(data), seed, []
        if folder is not None:
            claim(Path(folder), how=self._how(), schedules=self.schedules, seed=seed, data=data)
        problem, judged = self.strategy.learn(data, self._classes, seed), self._judged(data, valid)
        options = {"device": device, "precision": precision, "compiled": compiled, "quiet": quiet}
        if self.top_down:
            judge = None if judged is None else self._together(data if valid is None else valid, judged)
            self._fit_together(self._together(data, problem), judge, folder, options)
        else:
            self._fit_layers(problem, judged, folder, options)
        self.layers.eval()
        return self

    def scores(self, data: Any) -> Tensor:
        """(n, classes) for every node of a graph, or (p,) for every pair: the sum of what the layers say.

        Args:
            data: the graph that was trained on, or another; the classes of its ``train_mask`` are used, if it has one.

        Raises:
            ValueError: the layers were not trained, or the data are wrong.
        """
        if not self._anchors:
            raise ValueError("the layers were not trained; call fit, or load")
        self.layers.eval()
        data = copy(data).to(next(self.layers.parameters()).device)
        problem = self.strategy.ask(data, self._classes, self._seed)
        with torch.no_grad():
            if self.top_down:
                return self._together(data, problem).said(self._anchors)
            said: Tensor | float = 0.0
            for number, (conv, anchors) in enumerate(zip(self.layers, self._anchors, strict=True)):
                local = Local(conv, problem, self.strategy, number, len(self.layers))
                said, problem = said + local.evidence(anchors), local.advance()
        assert isinstance(said, Tensor)
        return said

    def predict(self, data: Any) -> Tensor:
        """(n,) the classes of all nodes, or (p,) the probabilities of all pairs; see `scores`."""
        said = self.scores(data)
        return said.argmax(1) if said.dim() == 2 else said / len(self.layers)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the trained layers to a file that is safe to load from strangers."""
        tensors = {f"layers.{name}": tensor for name, tensor in self.layers.state_dict().items()}
        tensors |= {f"anchors.{number}": anchors for number, anchors in enumerate(self._anchors)}
        save_checkpoint(path, KIND, {"classes": self._classes, "seed": self._seed, "how": self._how()}, tensors)

    def load(self, path: str | os.PathLike[str]) -> ForwardTrainer:
        """Take trained layers from a file; this trainer has to have layers of the same shapes.

        Raises:
            CheckpointError: the file is of other layers or another strategy, was changed, or is no such file.
        """
        header, tensors = load_checkpoint(path, KIND)
        if header["how"] != self._how():
            raise CheckpointError(f"{os.fspath(path)}: trained by {header['how']}; expected {self._how()}")
        weights = {name.removeprefix("layers."): t for name, t in tensors.items() if name.startswith("layers.")}
        try:
            self.layers.load_state_dict(weights)
        except RuntimeError as error:
            raise CheckpointError(f"{os.fspath(path)}: of other layers: {error}") from None
        device = next(self.layers.parameters()).device
        self._classes, self._seed = header["classes"], header["seed"]
        self._anchors = [tensors[f"anchors.{number}"].to(device) for number in range(len(tensors) - len(weights))]
        return self

    def _fit_layers(self, problem: Problem, judged: Problem | None, folder: Any, options: dict[str, Any]) -> None:
        said: Tensor | float = 0.0
        for number in range(len(self.layers)):
            problem, judged, said = self._fit_layer(number, problem, judged, said, folder, options)

    def _fit_layer(
        self,
        number: int,
        problem: Problem,
        judged: Problem | None,
        said: Tensor | float,
        folder: Any,
        options: dict[str, Any],
    ) -> tuple[Problem, Problem | None, Tensor | float]:
        """Train one layer; the problems for the layer above, and what is said of those judged by."""
        conv, place = self.layers[number], (self.strategy, number, len(self.layers))
        local = Local(conv, problem, *place)
        judge = None if judged is None else Local(conv, judged, *place)

        def quality() -> float:
            assert judge is not None
            return judge.quality(said + judge.evidence(local.anchors()))

        self._train(local, len(problem.items), number, None if judge is None else quality, folder, options)
        conv.eval()
        with torch.no_grad():
            anchors = local.anchors()
            self._anchors.append(anchors)
            if judge is None:
                return local.advance(), None, said
            return local.advance(), judge.advance(), said + judge.evidence(anchors)

    def _fit_together(self, model: Together, judge: Together | None, folder: Any, options: dict[str, Any]) -> None:
        problem = model.problem

        def quality() -> float:
            assert judge is not None
            return judge.quality(judge.said(model.found()))

        options = {**options, "partial": self.top_down == "input"}
        self._train(model, len(problem.items), 0, None if judge is None else quality, folder, options)
        with torch.no_grad():
            self._anchors = model.found()

    def _train(
        self,
        model: nn.Module,
        examples: int,
        number: int,
        quality: Callable[[], float] | None,
        folder: Any,
        options: Any,
    ) -> None:
        checkpoint = None if folder is None else Path(folder) / f"layer{number}.safetensors"
        settings = {"seed": self._seed + number, "checkpoint": checkpoint, **options}
        self.schedules[number].train(model, examples, self.strategy.measure, quality, **settings)

    def _together(self, data: Any, problem: Problem) -> Together:
        nodes = known(data)
        classes = data.y[nodes] if len(nodes) else nodes
        assert self.top_down is not None
        return Together(self.layers, problem, nodes, classes, self.strategy, self.top_down)

    def _judged(self, data: Any, valid: Any) -> Problem | None:
        if valid is not None:
            return self.strategy.ask(valid, self._classes, self._seed)
        if getattr(data, "val_mask", None) is None:
            return None
        problem, chosen = self.strategy.ask(data, self._classes, self._seed), mask(data, "val_mask")
        return replace(problem, items=problem.items[chosen], target=problem.target[chosen])

    def _how(self) -> list[str]:
        return [repr(self.strategy), repr(self.top_down)]


def _strategy(chosen: Strategy | str) -> Strategy:
    if not isinstance(chosen, str):
        return chosen
    if chosen not in STRATEGIES:
        raise ValueError(f"strategy {chosen!r}, expected one of {', '.join(STRATEGIES)}, or an object")
    return STRATEGIES[chosen]()

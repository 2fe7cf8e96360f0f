"""Training of networks that score links; the links they are asked about are hidden from them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import softplus

from graphs.link.adjacency import Adjacency
from graphs.link.encoder import features
from graphs.link.evaluate import evaluate_links
from graphs.link.model import LinkModel, Scorer
from graphs.link.split import LinkSplit
from graphs.sparse import SparseMatrix
from graphs.training.fit import Precision, fit


class LinkNetwork(LinkModel, Protocol):
    """What is trained: an `nn.Module` called like a `LinkModel`, with edges or with the graph that it makes of them."""

    def adjacency(self, x: Tensor | SparseMatrix | None, edge_index: Tensor, /) -> Adjacency:
        """The graph as the network sees it."""

    def scorer(self, x: Tensor | SparseMatrix | None, edge_index: Tensor | Adjacency, /) -> Scorer:
        """As of a `LinkModel`."""


def fit_links(
    model: LinkNetwork,
    x: Tensor | None,
    split: LinkSplit,
    *,
    epochs: int = 100,
    batch: int = 1024,
    rate: float = 3e-3,
    seed: int = 0,
    metric: str | None = "hits@100",
    every: int = 5,
    patience: int | None = None,
    device: str | torch.device | None = None,
    precision: Precision = "float32",
    checkpoint: str | os.PathLike[str] | None = None,
    log: str | os.PathLike[str] | None = None,
    quiet: bool = False,
) -> None:
    """Train a network in place, on the links of training and as many pairs without one, drawn anew every time.

    Of every batch the links are hidden: no message goes along them and they make no common neighbours. The loss is
    ``-log sigmoid(logit)`` of links ``- log sigmoid(-logit)`` of the others.

    Args:
        model: `graphs.NCN`, `graphs.NCNC`.
        x: (n, c) features, dense or sparse; None: there are none.
        split: its training part is learned from.
        epochs: passes over the training links; what is left of them after the last full batch is left out of a pass.
        batch: links at a time.
        rate: learning rate of Adam at the start; it falls evenly to nothing at the end.
        seed: of the batches, the negatives and dropout.
        metric: of the validation part, see `evaluate_links`; the weights with the highest are kept. None: there is no
            validation, and the last weights are kept.
        every: epochs between two validations.
        patience: validations without a higher figure after which training ends.
        device, precision, checkpoint, log, quiet: as of `graphs.fit`.

    Raises:
        ValueError: features or edges that do not fit.
        FloatingPointError: the loss is not finite.
    """
    assert isinstance(model, nn.Module)
    task = _Task(model, x, split, batch, seed)
    updates = epochs * task.per_epoch

    def validate(module: nn.Module) -> Mapping[str, float]:
        home = next(module.parameters()).device
        return evaluate_links(_Prepared(model, task), x, split, [metric] if metric else [], part="valid", device=home)

    fit(
        model,
        task.draw,
        task.loss,
        updates=updates,
        rate=lambda update: rate * (1 - update / updates),
        seed=seed,
        device=device,
        precision=precision,
        evaluate=validate if metric else None,
        every=every * task.per_epoch,
        keep=metric,
        patience=patience,
        checkpoint=checkpoint,
        log=log,
        quiet=quiet,
    )


class _Task:
    """Batches and their loss; what needs graph and features only is done once per device."""

    def __init__(self, model: LinkNetwork, x: Tensor | None, split: LinkSplit, batch: int, seed: int) -> None:
        self._model, self._x, self.part, self._seed = model, x, split.train, seed
        self._links = split.train.positives.cpu()
        self._batch = min(batch, self._links.size(1))
        self._ready: dict[torch.device, tuple[Tensor | SparseMatrix | None, Adjacency]] = {}
        self.per_epoch = self._links.size(1) // self._batch

    def draw(self, update: int, generator: Generator) -> Any:
        """(b, 4), whose rows are the examples: a link and a pair without one in each row."""
        epoch, number = divmod(update, self.per_epoch)
        own = int(np.random.SeedSequence([self._seed, 1, epoch]).generate_state(1)[0])
        order = torch.randperm(self._links.size(1), generator=Generator().manual_seed(own))
        links = self._links[:, order[number * self._batch : (number + 1) * self._batch]]
        return torch.cat([links, self.part.fresh.draw(self._batch, generator)]).T

    def loss(self, model: nn.Module, examples: Any, device: torch.device) -> Tensor:
        """The mean over the links and over the other pairs."""
        links, others = examples.T.to(device).split(2)
        x, graph = self.on(device)
        logits = model(x, graph.without(links), torch.cat([links, others], 1)).float()
        there, not_there = logits.split(links.size(1))
        return softplus(-there).mean() + softplus(not_there).mean()

    def on(self, device: torch.device) -> tuple[Tensor | SparseMatrix | None, Adjacency]:
        """Features and the graph of training as the network takes them."""
        if device not in self._ready:
            x = None if self._x is None else self._x.to(device)
            graph = self._model.adjacency(x, self.part.edge_index.to(device))
            self._ready[device] = features(x), graph
        return self._ready[device]


class _Prepared:
    """A network as `evaluate_links` calls it; where the graph is that of training, nothing is computed anew of it."""

    def __init__(self, model: LinkNetwork, task: _Task) -> None:
        self._model, self._task = model, task

    def __call__(self, x: Tensor | None, edge_index: Tensor, edge_label_index: Tensor) -> Tensor:
        return self.scorer(x, edge_index)(edge_label_index)

    def scorer(self, x: Tensor | None, edge_index: Tensor) -> Scorer:
        seen = self._task.part.edge_index.to(edge_index.device)
        return self._model.scorer(
            *(self._task.on(edge_index.device) if torch.equal(seen, edge_index) else (x, edge_index))
        )

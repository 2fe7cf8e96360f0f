"""The training loop.

    fit(network, draw, loss, updates=10_000, checkpoint="run.safetensors", log="run.csv")

A run that was stopped, by whatever means, goes on from its checkpoint when the same call is made again, and ends with
the weights of a run that was not stopped (bit for bit on the same machine). Under ``torchrun --nproc_per_node=N`` each
process works on its part of every batch.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Literal, TypeAlias

import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.amp.grad_scaler import GradScaler
from torch.nn.utils import clip_grad_norm_

from graphs.training.best import Best
from graphs.training.processes import Process, join
from graphs.training.report import Sink, table, tensorboard, terminal
from graphs.training.state import restore_state, save_state
from graphs.training.subnormal import subnormals_are_zero

Draw: TypeAlias = Callable[[int, Generator], Sequence[Any]]
"""The update's number and its own source of randomness -> the examples of its batch."""

Loss: TypeAlias = Callable[[nn.Module, Sequence[Any], torch.device], Tensor]
"""Calls the model on some examples, on a device; the mean over the examples."""

Evaluate: TypeAlias = Callable[[nn.Module], Mapping[str, float]]
"""Figures by name; always the same names."""

Precision: TypeAlias = Literal["float32", "bfloat16", "float16"]


def fit(
    model: nn.Module,
    draw: Draw,
    loss: Loss,
    *,
    updates: int,
    rate: float | Callable[[int], float] = 2e-4,
    optimiser: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer] = torch.optim.Adam,
    clip: float | None = None,
    seed: int = 0,
    device: str | torch.device | None = None,
    precision: Precision = "float32",
    compiled: bool = False,
    partial: bool = False,
    evaluate: Evaluate | None = None,
    every: int = 1000,
    keep: str | None = None,
    patience: int | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    log: str | os.PathLike[str] | None = None,
    board: str | os.PathLike[str] | None = None,
    quiet: bool = False,
) -> None:
    """Train a model in place.

    Args:
        draw: the examples of each update; a function of its arguments alone, so that a run can go on.
        loss: of the model on examples.
        updates: how many, with those of a run that is taken up.
        rate: learning rate; by the update's number, if it changes.
        optimiser: from the parameters; `rate` overrides its learning rate.
        clip: norm of the gradient.
        seed: of the batches and of dropout.
        device: None: a GPU if there is one.
        precision: of the computation (autocast); weights stay as they are.
        compiled: whether to use `torch.compile`; it pays on a GPU.
        partial: whether an update may leave some parameters without a gradient; several processes have to know.
        evaluate: called every so often with the model in evaluation mode.
        every: updates between two rows of figures, evaluations and checkpoints; one more at the end.
        keep: the figure, of those that `evaluate` gives, that is to be high: the model ends with its best weights.
        patience: rows of figures without a higher one after which training ends.
        checkpoint: file; if it is there, the run goes on from it.
        log: CSV file with a row of figures each time.
        board: folder for TensorBoard (extra ``tensorboard``).
        quiet: print nothing.

    Raises:
        CheckpointError: the checkpoint is of another model or seed, or no checkpoint.
        ValueError: there is no figure to keep.
        FloatingPointError: the loss is not finite.
    """
    here = join(device)
    with ExitStack() as stack:
        stack.enter_context(subnormals_are_zero())
        stack.enter_context(torch.random.fork_rng([here.device] if here.device.type == "cuda" else []))
        model.to(here.device)
        optimise = optimiser(model.parameters())
        scaler = GradScaler(here.device.type, enabled=precision == "float16")
        best = Best(keep, patience)
        done = 0 if checkpoint is None else restore_state(checkpoint, seed, model, optimise, scaler, best)
        worker = here.wrap(torch.compile(model) if compiled else model, partial)  # type: ignore[arg-type]
        sinks = [] if here.rank else _sinks(stack, updates, done, log, board, quiet)
        total, since, start = torch.zeros((), device=here.device), done, time.perf_counter()
        model.train()
        for update in range(done, updates):
            if best.over:
                break
            examples = _examples(draw, update, seed, here)
            for group in optimise.param_groups:
                group["lr"] = rate(update) if callable(rate) else rate
            with torch.autocast(here.device.type, getattr(torch, precision), enabled=precision != "float32"):
                value = loss(worker, examples, here.device)
            scaler.scale(value).backward()
            if clip is not None:
                scaler.unscale_(optimise)
                clip_grad_norm_(model.parameters(), clip)
            scaler.step(optimise)
            scaler.update()
            optimise.zero_grad()
            total += value.detach()
            figures: dict[str, float] = {}
            if (update + 1) % every == 0 or update + 1 == updates:
                figures = {"loss": float(total) / (update + 1 - since), "seconds": time.perf_counter() - start}
                _check(figures["loss"], update + 1, since)
                total, since = torch.zeros_like(total), update + 1
                figures |= here.agree({} if here.rank else _evaluated(model, evaluate))
                best.see(model, figures)
            for sink in sinks:
                sink(update + 1, figures)
            if figures and checkpoint is not None and not here.rank:
                save_state(checkpoint, update + 1, seed, model, optimise, scaler, best)
        best.restore(model)


def _examples(draw: Draw, update: int, seed: int, here: Process) -> Sequence[Any]:
    """The part of the batch for this process; sets the generators that dropout uses."""
    batch, dropout = np.random.SeedSequence([seed, update]).generate_state(2, np.uint32).tolist()
    torch.manual_seed(dropout + here.rank)
    return here.share(draw(update, Generator().manual_seed(batch)))


def _evaluated(model: nn.Module, evaluate: Evaluate | None) -> Mapping[str, float]:
    if evaluate is None:
        return {}
    model.eval()
    with torch.no_grad():
        figures = evaluate(model)
    model.train()
    return figures


def _check(loss: float, update: int, since: int) -> None:
    if not np.isfinite(loss):
        raise FloatingPointError(
            f"the loss of updates {since + 1} to {update} is {loss}: a lower rate or a clipped gradient may help"
        )


def _sinks(
    stack: ExitStack,
    updates: int,
    done: int,
    log: str | os.PathLike[str] | None,
    board: str | os.PathLike[str] | None,
    quiet: bool,
) -> list[Sink]:
    wanted = [] if quiet else [terminal(updates, done)]
    wanted += [] if log is None else [table(log, done)]
    wanted += [] if board is None else [tensorboard(board, done)]
    return [stack.enter_context(sink) for sink in wanted]

"""Training a recogniser from answers alone, where the language is given: maximum marginal likelihood.

The loss is minus the logarithm of the probability that the language gives the answer, summed over all symbols and
parses; its gradient is the posterior of the symbols (`nesy.forest`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nesy.errors import InputError
from nesy.forest import Reader
from nesy.machine.values import Value


class _LogJoint(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, log_probs: Tensor, reader: Reader, lengths: Sequence[int], answers: Sequence[Value]
    ) -> Tensor:
        rows = log_probs.detach().cpu().double().numpy()
        if len(set(lengths)) == 1:
            found = reader.posterior(rows.reshape(len(lengths), lengths[0], -1), answers)
        else:
            found = reader.posterior(np.split(rows, np.cumsum(lengths)[:-1]), answers)
        ctx.save_for_backward(torch.from_numpy(np.concatenate(found.symbols)).to(log_probs))
        ctx.lengths = lengths
        return torch.from_numpy(found.log_joint).to(log_probs)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        (symbols,) = ctx.saved_tensors
        if len(set(ctx.lengths)) == 1:
            each = gradients[0][:, None].expand(-1, ctx.lengths[0]).reshape(-1)
        else:
            each = gradients[0].repeat_interleave(torch.tensor(ctx.lengths, device=symbols.device))
        return symbols * each[:, None], None, None, None


def log_joint(log_probs: Tensor, reader: Reader, lengths: Sequence[int], answers: Sequence[Value]) -> Tensor:
    """(m,) log-probability that each sequence has its answer; -inf where no reading has it. Differentiable.

    Args:
        log_probs: (sum of the lengths, V) log-probabilities of the symbols, sequence after sequence.
        reader: the language.
        lengths: of the m sequences, none of them 0.
        answers: m values.
    """
    made: Tensor = _LogJoint.apply(log_probs, reader, lengths, answers)  # type: ignore[no-untyped-call]
    return made


def surprise(joint: Tensor) -> Tensor:
    """Minus the mean of log-probabilities; answers that no reading has count as 0, and have no gradient."""
    return -joint.masked_fill(joint == -torch.inf, 0.0).mean()


def fit_recogniser(
    reader: Reader,
    recogniser: nn.Module,
    sequences: Sequence[NDArray[np.generic] | Tensor],
    answers: Sequence[Value],
    *,
    epochs: int = 20,
    batch: int = 32,
    rate: float = 1e-3,
    seed: int = 0,
    progress: Callable[[int, float], None] | None = None,
) -> nn.Module:
    """Fit a recogniser to the answers of image sequences by gradient descent (Adam).

    Same seed, same machine: same result. Sequences that no reading gives their answer are left out of their batch.

    Args:
        reader: a given language over symbols.
        recogniser: images (b, 1, h, w) in 0..1 to (b, V) logits.
        sequences: per example (k, h, w) images: uint8, or floats in 0..1.
        answers: per example its value.
        batch: examples per step.
        progress: called after each epoch with its number and its mean loss.

    Raises:
        InputError: as many answers as sequences are needed, and an image in each sequence.
    """
    if len(sequences) != len(answers):
        raise InputError(f"{len(sequences)} sequences and {len(answers)} answers", expected="one answer per sequence")
    lengths = [len(sequence) for sequence in sequences]
    if 0 in lengths:
        raise InputError(f"sequence {lengths.index(0)} has no image", mend="leave it out")
    images = [_unit(sequence) for sequence in sequences]
    optimiser = torch.optim.Adam(recogniser.parameters(), rate)
    generator = torch.Generator().manual_seed(seed)
    device = next(recogniser.parameters()).device
    recogniser.train()
    for epoch in range(epochs):
        total = 0.0
        order = torch.randperm(len(images), generator=generator).tolist()
        for first in range(0, len(order), batch):
            part = order[first : first + batch]
            logits = recogniser(torch.cat([images[i] for i in part]).to(device))
            joint = log_joint(
                torch.log_softmax(logits, 1), reader, [lengths[i] for i in part], [answers[i] for i in part]
            )
            loss = surprise(joint)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            total += float(loss.detach()) * len(part)
        if progress is not None:
            progress(epoch, total / max(1, len(order)))
    return recogniser


def _unit(images: NDArray[np.generic] | Tensor) -> Tensor:
    """(k, h, w) images as (k, 1, h, w) floats in 0..1."""
    pixels = torch.as_tensor(images)
    scale = 255 if pixels.dtype == torch.uint8 else 1
    return pixels.float()[:, None] / scale

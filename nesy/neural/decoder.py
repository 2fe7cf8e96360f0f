"""Decoders: models that read a sequence of tokens and say which comes next, after each.

`TransformerDecoder` stacks blocks; `UniversalDecoder` applies one block again and again, at each token for as long as
it decides to (Dehghani et al., arXiv 1807.03819; halting: Graves, arXiv 1603.08983); `RecurrentDecoder` is a GRU.
All have one signature, ``forward(tokens) -> logits``.

Shapes: b sequences, t tokens, d channels, v words of the vocabulary.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn

from nesy.neural.attention import CausalBlock

Positions = Literal["learned", "rotary", "none"]


class Embedding(nn.Module):
    """Tokens to channels, with a learned vector for each position if wanted."""

    def __init__(self, words: int, width: int, positions: Positions = "none", longest: int = 0) -> None:
        super().__init__()
        if positions not in get_args(Positions):
            raise ValueError(f"positions {positions!r}: expected one of {', '.join(get_args(Positions))}")
        self.words = nn.Embedding(words, width)
        self.positions = nn.Embedding(longest, width) if positions == "learned" else None

    def forward(self, tokens: Tensor) -> Tensor:
        """(b, t) -> (b, t, d).

        Raises:
            ValueError: more tokens than there are learned positions.
        """
        x: Tensor = self.words(tokens)
        if self.positions is None:
            return x
        t, longest = tokens.shape[1], self.positions.num_embeddings
        if t > longest:
            raise ValueError(f"{t} tokens: learned positions end at {longest}; use rotary positions, or none")
        return x + self.positions.weight[:t]


class TransformerDecoder(nn.Module):
    """Blocks of their own, one after the other.

    Args:
        words: of the vocabulary.
        longest: how many tokens a sequence has at most; of learned positions only.
    """

    def __init__(
        self,
        words: int,
        *,
        width: int = 64,
        layers: int = 2,
        heads: int = 4,
        positions: Positions = "rotary",
        longest: int = 512,
    ) -> None:
        super().__init__()
        self.embed = Embedding(words, width, positions, longest)
        self.blocks = nn.ModuleList(CausalBlock(width, heads, rotary=positions == "rotary") for _ in range(layers))
        self.out = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, words))

    def forward(self, tokens: Tensor) -> Tensor:
        """(b, t) token ids -> (b, t, v) logits of the next token."""
        x = self.embed(tokens)
        for block in self.blocks:
            x = block(x)
        return self.out(x)


class UniversalDecoder(nn.Module):
    """One block, applied up to `layers` times; each token halts by itself.

    After each step a token halts with probability sigma(w x + b). It stops when these have summed to 1, and its
    state is the mean of its states, weighted with them; the last weight is what remains (arXiv 1603.08983, eq. 5-13).

    Args:
        layers: the largest number of steps.
        price: of a step, in the loss.
    """

    def __init__(
        self,
        words: int,
        *,
        width: int = 64,
        layers: int = 6,
        heads: int = 4,
        positions: Positions = "rotary",
        longest: int = 512,
        price: float = 1e-3,
    ) -> None:
        super().__init__()
        self.layers, self.price = layers, price
        self.embed = Embedding(words, width, positions, longest)
        self.times = nn.Parameter(0.02 * torch.randn(layers, width))
        self.block = CausalBlock(width, heads, rotary=positions == "rotary")
        self.halt = nn.Linear(width, 1)
        nn.init.constant_(self.halt.bias, -1.0)  # to begin with, a few steps
        self.out = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, words))
        self.ponder: Tensor | None = None

    def forward(self, tokens: Tensor) -> Tensor:
        """(b, t) token ids -> (b, t, v) logits of the next token; `ponder` (b, t) is then the cost in steps."""
        x = self.embed(tokens)
        halted = x.new_zeros(x.shape[:2])  # the sum of the halting probabilities so far
        steps = torch.zeros_like(halted)
        mean = torch.zeros_like(x)
        remainder = torch.zeros_like(halted)
        for step in range(self.layers):
            running = halted < 1
            x = torch.where(running[..., None], self.block(x + self.times[step]), x)
            chance = self.halt(x).squeeze(-1).sigmoid()
            last = running & ((halted + chance >= 1 - 1e-2) | (step == self.layers - 1))
            weight = torch.where(last, 1 - halted, chance) * running
            remainder = torch.where(last, weight, remainder)
            mean = mean + weight[..., None] * x
            halted = torch.where(last, torch.ones_like(halted), halted + weight)
            steps = steps + running
        self.ponder = steps + remainder
        return self.out(mean)

    @property
    def penalty(self) -> Tensor:
        """What the steps of the last call add to the loss."""
        assert self.ponder is not None, "there was no call"
        return self.price * self.ponder.mean()


class RecurrentDecoder(nn.Module):
    """A GRU; it knows its position by its state alone."""

    def __init__(self, words: int, *, width: int = 64, layers: int = 2) -> None:
        super().__init__()
        self.embed = Embedding(words, width)
        self.cell = nn.GRU(width, width, layers, batch_first=True)
        self.out = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, words))

    def forward(self, tokens: Tensor) -> Tensor:
        """(b, t) token ids -> (b, t, v) logits of the next token."""
        return self.out(self.cell(self.embed(tokens))[0])


Decoder = TransformerDecoder | UniversalDecoder | RecurrentDecoder
"""What can be trained to say the next token."""

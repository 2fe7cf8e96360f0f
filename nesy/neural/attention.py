"""A causal Transformer block, with rotary positions if wanted.

Attention and feed-forward layer with layer norm first (arXiv 1706.03762, 2002.04745); rotary positions turn pairs of
coordinates of queries and keys by an angle that grows with the position, so that scores depend on distance
(Su et al., arXiv 2104.09864, equation 15).

Shapes: b sequences, t tokens, d channels, h heads.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention


class CausalBlock(nn.Module):
    """``x + attention(norm(x))``, then ``x + feed_forward(norm(x))``; a token attends to itself and those before it."""

    def __init__(self, width: int, heads: int, *, rotary: bool = False) -> None:
        super().__init__()
        if width % heads or (rotary and width // heads % 2):
            raise ValueError(f"width {width} and {heads} heads: expected an even number of channels for each head")
        self.heads, self.rotary = heads, rotary
        self.attention_norm = nn.LayerNorm(width)
        self.project = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(b, t, d) -> (b, t, d)."""
        b, t, d = x.shape
        parts = self.project(self.attention_norm(x)).view(b, t, 3, self.heads, d // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # each (b, h, t, d / h)
        if self.rotary:
            query, key = rotate(query), rotate(key)
        mixed = scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).reshape(b, t, d))
        return x + self.feed_forward(x)


def rotate(x: Tensor) -> Tensor:
    """(..., t, c) -> (..., t, c): the pair (x_i, x_{i + c/2}) at position p is turned by p / 10000^(2i/c)."""
    t, c = x.shape[-2:]
    rates = 10_000.0 ** -(torch.arange(0, c, 2, device=x.device, dtype=x.dtype) / c)
    angles = torch.arange(t, device=x.device, dtype=x.dtype)[:, None] * rates  # (t, c / 2)
    cosine, sine = angles.cos(), angles.sin()
    left, right = x.chunk(2, -1)
    return torch.cat([left * cosine - right * sine, left * sine + right * cosine], -1)

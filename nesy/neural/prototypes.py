"""Symbols known by examples, so that new ones are added without training, and unknown ones are seen as such.

Snell, Swersky, Zemel, *Prototypical networks for few-shot learning*, NeurIPS 2017, arXiv 1703.05175: a symbol's
prototype is the mean of what a network makes of its examples. Here the examples themselves stand beside it, the angle
is what counts, and what is farther from all of them than known symbols are is of no known symbol.

Shapes: b images of h x w pixels, v symbols, c numbers that the network makes of an image.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from graphs.index.exact import ExactIndex

SCALES = [2.0**k for k in range(10)]
"""Of which the likeliest is taken to make logits of distances."""


class Prototypes:
    """A `nesy.seams.Recogniser` over the symbols that were added so far.

        known = Prototypes(recogniser.features)
        known.add("7", images)                     # as many as there are, a few are enough
        known.calibrate(other_images, symbols)
        known.read(images)                         # ["7", None, ...]; None: no symbol that is known

    Args:
        features: of a trained network in evaluation mode: (b, 1, h, w) in 0..1 to (b, c).

    Attributes:
        symbols: in the order in which they were added, which is that of the logits.
        radius: cosine distance from all that is known beyond which a symbol is unknown; see `calibrate`.
        scale: of the logits; see `calibrate`.
    """

    def __init__(self, features: Callable[[Tensor], Tensor]) -> None:
        self._features = features
        self._index: ExactIndex | None = None
        self._rows: dict[str, Tensor] = {}  # symbol -> ids of its vectors
        self.radius, self.scale = math.inf, 16.0

    @property
    def symbols(self) -> list[str]:
        """In the order in which they were added."""
        return list(self._rows)

    @torch.no_grad()
    def add(self, symbol: str, images: Tensor) -> None:
        """Know a symbol by some of its images, (b, 1, h, w).

        Raises:
            ValueError: it is known already; there is no image.
        """
        if symbol in self._rows:
            raise ValueError(f"symbol: {symbol!r} is known already, expected a new one")
        if not len(images):
            raise ValueError(f"images: none of {symbol!r}, expected at least one")
        examples = normalize(self._features(images))
        if self._index is None:
            self._index = ExactIndex(examples.size(1), metric="cosine")
        self._rows[symbol] = self._index.add(torch.cat([examples.mean(0, keepdim=True), examples]))

    @torch.no_grad()
    def calibrate(self, images: Tensor, symbols: Sequence[str], keep: float = 0.95) -> None:
        """Choose `radius` and `scale` on images of known symbols that were not added.

        Of further images of such symbols, a share of at least `keep` on average will be within the radius.

        Raises:
            ValueError: too few images for that share, a symbol that is not known.
        """
        if unknown := set(symbols) - set(self._rows):
            raise ValueError(f"symbols: {', '.join(sorted(unknown))} not known, expected some of {self.symbols}")
        self.radius = self._known.calibrate_radius(self._features(images), keep)
        apart = -self(images) / self.scale
        labels = torch.tensor([self.symbols.index(symbol) for symbol in symbols], device=apart.device)
        self.scale = min(SCALES, key=lambda scale: float(cross_entropy(-scale * apart, labels)))

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Tensor:
        """Images (b, 1, h, w) in 0..1 to (b, v) logits."""
        features = self._features(images)
        apart = [self._known.search(features, 1, where=rows).distances for rows in self._rows.values()]
        return -self.scale * torch.cat(apart, 1)

    @torch.no_grad()
    def read(self, images: Tensor) -> list[str | None]:
        """The symbol of each image, None: none that is known."""
        found = self._known.search(self._features(images), 1, radius=self.radius).ids[:, 0].tolist()
        owner = {row: symbol for symbol, rows in self._rows.items() for row in rows.tolist()}
        return [owner.get(row) for row in found]

    @property
    def _known(self) -> ExactIndex:
        if self._index is None:
            raise ValueError("no symbol is known yet, expected some to have been added")
        return self._index

"""Perception: from the image of a symbol to a distribution over symbols.

`ConvolutionalRecogniser` is a small convolutional network. `Training` fits it, or any module of the same signature, to
*soft* targets, one distribution per image: what expectation-maximisation has, where nobody knows the labels.

Shapes: b images of h x w pixels, v symbols.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

SIDE, SMALLEST = 20, 8
"""Pixels of the longer side that the network works on, and of the shorter one at the least."""
READ_AT_ONCE = 2048


class ConvolutionalRecogniser(nn.Module):
    """Convolutions and pooling, ``forward((b, 1, h, w) in 0..1) -> (b, v)`` logits.

    Images are scaled to a working size first, their aspect kept. Ink is what differs from `background`.

    Args:
        symbols: v.
        height, width: h, w of the images.
        background: the pixel value of blank paper, 0 or 1.
        channels: of the convolutions, each followed by a halving of height and width.
        hidden: units of the last layer but one.

    Raises:
        ValueError: no symbol, or images without pixels.
    """

    background: Tensor

    def __init__(
        self,
        symbols: int,
        height: int,
        width: int,
        *,
        background: float = 0.0,
        channels: Sequence[int] = (16, 32, 64),
        hidden: int = 96,
    ) -> None:
        super().__init__()
        if min(symbols, height, width) < 1:
            raise ValueError(f"{symbols} symbols of {height} x {width} pixels: expected at least one of each")
        self.symbols, self.size = symbols, working_size(height, width)
        self.register_buffer("background", torch.tensor(float(background)))
        layers: list[nn.Module] = []
        for before, after in zip((1, *channels), channels, strict=False):
            layers += [
                nn.Conv2d(before, after, 3, padding=1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(),
                nn.MaxPool2d(2),
            ]
        features = channels[-1] * math.prod(max(1, side >> len(channels)) for side in self.size)
        self.convolutions = nn.Sequential(*layers)
        self.classify = nn.Sequential(
            nn.Flatten(), nn.Linear(features, hidden), nn.ReLU(), nn.Dropout(0.3), nn.Linear(hidden, symbols)
        )
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @classmethod
    def seeded(
        cls, seed: int, symbols: int, height: int, width: int, *, channels: Sequence[int], hidden: int
    ) -> ConvolutionalRecogniser:
        """One whose first weights are those of a seed."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return cls(symbols, height, width, channels=channels, hidden=hidden)

    def forward(self, images: Tensor) -> Tensor:
        """Images (b, 1, h, w) in 0..1 to logits (b, symbols)."""
        logits: Tensor = self.classify(self.features(images))
        return logits

    def features(self, images: Tensor) -> Tensor:
        """Images (b, 1, h, w) in 0..1 to what the convolutions see in them, (b, c): it tells new symbols apart too."""
        ink = (resized(images, self.size) - self.background).abs()
        found: Tensor = self.convolutions(ink).flatten(1)
        return found


def working_size(height: int, width: int) -> tuple[int, int]:
    """The size that images are scaled to: the longer side to `SIDE` at most, tiny ones to their double."""
    side = min(SIDE, max(height, width) if max(height, width) >= 12 else 2 * max(height, width))
    scale = side / max(height, width)
    return max(SMALLEST, round(height * scale)), max(SMALLEST, round(width * scale))


def resized(images: Tensor, size: tuple[int, int]) -> Tensor:
    """(b, 1, h, w) scaled to (b, 1, *size)."""
    if images.shape[2:] == size:
        return images
    return functional.interpolate(images, size, mode="bilinear", antialias=True, align_corners=False).clamp(0, 1)


def as_pixels(images: NDArray[np.uint8], size: tuple[int, int] | None = None) -> Tensor:
    """(b, h, w) bytes as a uint8 tensor (b, 1, h, w), scaled to `size`: what `Training` takes."""
    pixels = torch.from_numpy(np.ascontiguousarray(images))[:, None]
    if size is None or tuple(pixels.shape[2:]) == size:
        return pixels
    parts = [
        resized(part.float() / 255, size).mul(255).round().to(torch.uint8) for part in torch.split(pixels, READ_AT_ONCE)
    ]
    return torch.cat(parts)


class Training:
    """Fits a recogniser to soft targets, epoch by epoch, with affine augmentation.

    Probabilities are read with a running mean of the weights (Polyak & Juditsky 1992), which is less noisy than the
    last weights. Same seed, same machine, same number of threads: same result.

    Args:
        model: (b, 1, h, w) in 0..1 to (b, v) logits; it is moved to `device`.
        rate, decay: learning rate and weight decay of AdamW.
        keep: how much of the running mean is kept at each step; less in the first steps.
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        seed: int = 0,
        device: str | torch.device | None = None,
        rate: float = 2e-3,
        decay: float = 1e-2,
        batch: int = 128,
        keep: float = 0.995,
    ) -> None:
        self.device = torch.device(device or "cpu")
        self.model = model.to(self.device)
        self.average = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), rate, weight_decay=decay)
        self.random = torch.Generator().manual_seed(seed)
        self.batch, self.keep, self.steps = batch, keep, 0

    def epoch(
        self, images: Tensor, targets: Tensor, weights: Tensor | None = None, rate: float | tuple[float, float] = 2e-3
    ) -> float:
        """One pass over the images in random order; the mean loss.

        Args:
            images: uint8 (n, 1, h, w).
            targets: (n, v), each row a distribution.
            weights: (n,), how much each image counts.
            rate: of learning; a pair falls from the first to the second during the epoch.
        """
        first, last = rate if isinstance(rate, tuple) else (rate, rate)
        order = torch.randperm(len(images), generator=self.random)
        parts = [p for p in torch.split(order, self.batch) if len(p) > 1] or [order.repeat(2)] * bool(len(order))
        total = 0.0
        self.model.train()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(torch.randint(1 << 62, (), generator=self.random)))  # of dropout
            for k, part in enumerate(parts):
                self.optimiser.param_groups[0]["lr"] = first + (last - first) * k / len(parts)
                weight = None if weights is None else weights[part].to(self.device)
                total += self._step(images[part], targets[part].to(self.device), weight)
        return total / max(1, len(parts))

    def _step(self, images: Tensor, targets: Tensor, weights: Tensor | None) -> float:
        seen = distorted(images.float() / 255, self.random).to(self.device)
        losses = functional.cross_entropy(self.model(seen), targets, reduction="none")
        loss = losses.mean() if weights is None else (losses * weights).sum() / weights.sum().clamp_min(1e-6)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        self.steps += 1
        keep = min(self.keep, self.steps / (self.steps + 10))
        with torch.no_grad():
            now, mean = self.model.state_dict(), self.average.state_dict()
            for name, value in mean.items():
                if value.is_floating_point():
                    value.lerp_(now[name], 1 - keep)
                else:
                    value.copy_(now[name])
        return float(loss.detach())

    def state(self) -> dict[str, Tensor]:
        """Everything that `restore` needs to go on as if nothing had happened."""
        found = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        found |= {f"average.{name}": value for name, value in self.average.state_dict().items()}
        for k, parameter in enumerate(self.model.parameters()):
            for name, value in self.optimiser.state.get(parameter, {}).items():
                found[f"optimiser.{k}.{name}"] = value
        return {**found, "random": self.random.get_state(), "steps": torch.tensor(self.steps)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a state of the same model.

        Raises:
            KeyError, RuntimeError: it is of another model.
        """
        self.model.load_state_dict(_under("model.", state))
        self.average.load_state_dict(_under("average.", state))
        for k, parameter in enumerate(self.model.parameters()):
            moments = _under(f"optimiser.{k}.", state)
            if any(m.dim() and m.shape != parameter.shape for m in moments.values()):
                raise RuntimeError(f"moments of other shapes than parameter {k}")
            if moments:
                self.optimiser.state[parameter] = {
                    name: value.to(parameter.device) if value.dim() else value for name, value in moments.items()
                }
        self.random.set_state(state["random"])
        self.steps = int(state["steps"])

    def log_probs(self, images: Tensor) -> NDArray[np.float64]:
        """(n, v) log probabilities of uint8 images (n, 1, h, w), by the running mean of the weights."""
        return log_probs(self.average, images, self.device)


def _under(prefix: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}


@torch.no_grad()
def log_probs(
    model: nn.Module, images: Tensor, device: str | torch.device | None = None, views: int = 1, seed: int = 0
) -> NDArray[np.float64]:
    """(n, v) log probabilities of uint8 images (n, 1, h, w).

    Args:
        views: the mean over so many distorted views of each image, the image itself among them.
    """
    before, random = model.training, torch.Generator().manual_seed(seed)
    model.eval()
    found = []
    for part in torch.split(images, READ_AT_ONCE):
        pixels = part.float() / 255
        seen = [pixels] + [distorted(pixels, random, 0.5) for _ in range(views - 1)]
        scores = [functional.log_softmax(model(view.to(device or "cpu")), 1) for view in seen]
        found.append(torch.stack(scores).logsumexp(0) - math.log(views))
    model.train(before)
    return torch.cat(found).double().cpu().numpy() if found else np.zeros((0, 0))


def distorted(images: Tensor, random: torch.Generator, strength: float = 1.0) -> Tensor:
    """(b, 1, h, w) images, each turned, scaled, sheared and shifted a little at random."""
    b = len(images)
    turn, shear, *scale = (strength * (2 * torch.rand((4, b), generator=random) - 1)).unbind()
    angle, shear = 0.2 * turn, 0.2 * shear
    wide, high = (torch.exp(0.18 * s) for s in scale)
    shift = 0.2 * strength * (torch.rand((b, 2), generator=random) - 0.5) * 2
    cos, sin = angle.cos(), angle.sin()
    matrix = torch.stack([wide * cos, -wide * sin + shear, shift[:, 0], high * sin, high * cos, shift[:, 1]], 1)
    grid = functional.affine_grid(matrix.view(b, 2, 3), list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)

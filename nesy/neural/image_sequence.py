"""From a sequence of images to its answer by one network: the neural baseline for languages learned from pictures.

Convolutions see each image by itself, a recurrent network reads along the sequence, another one writes the answer
character by character with attention on what was read (Bahdanau et al., arXiv 1409.0473).

Shapes: b sequences, s images, h x w pixels, t characters, d hidden units, v characters of the vocabulary.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from nesy.neural.recogniser import ConvolutionalRecogniser, as_pixels, distorted, working_size
from nesy.neural.sequence import END, PAD, SPECIAL, START, RecurrentNet
from nesy.neural.threads import torch_threads

Images = NDArray[np.uint8]
LONGEST = 12  # characters of an answer


class ImageSequenceNet(RecurrentNet):
    """`RecurrentNet` on images instead of words.

    Args:
        characters: v.
        height, width: h, w.
        channels: of the convolutions.
        hidden: d.
    """

    def __init__(
        self, characters: int, height: int, width: int, *, channels: Sequence[int] = (12, 24, 48), hidden: int = 32
    ) -> None:
        super().__init__(len(SPECIAL), characters, hidden)
        self.look = ConvolutionalRecogniser(hidden, height, width, channels=channels, hidden=2 * hidden)
        del self.source

    def encode_images(self, images: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Images (n, 1, h, w) of all sequences, (b,) how many each has -> memory (b, s, d), padding (b, s)."""
        seen = pad_sequence(list(torch.split(self.look(images), lengths.tolist())), batch_first=True)  # (b, s, d)
        packed = pack_padded_sequence(self.dropout(seen), lengths, batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.encoder(packed)[0], batch_first=True, total_length=seen.shape[1])
        return self.bridge(states), torch.arange(seen.shape[1]) >= lengths[:, None]


class ImageSequenceModel:
    """An `ImageSequenceNet` with its training and its greedy answers; on the CPU.

    Args:
        hidden, channels: size of the network.
        batch: sequences a step.
        rate: highest learning rate; it falls to 0 over the run (half a cosine).
        seed: of weights, order, distortions and dropout.
    """

    def __init__(
        self,
        *,
        hidden: int = 32,
        channels: Sequence[int] = (12, 24, 48),
        batch: int = 32,
        rate: float = 2e-3,
        seed: int = 0,
    ) -> None:
        self.hidden, self.channels, self.batch, self.rate, self.seed = hidden, tuple(channels), batch, rate, seed

    @property
    def size(self) -> int:
        """How many weights there are."""
        return sum(weight.numel() for weight in self.net.parameters())

    def fit(
        self,
        sequences: Sequence[Images],
        answers: Sequence[str],
        *,
        seconds: float | None = None,
        steps: int | None = None,
        progress: Callable[[int, float], None] | None = None,
    ) -> ImageSequenceModel:
        """Train until the seconds or the steps are used up.

        Args:
            sequences: (s, h, w) each, s may differ.
            answers: their texts.
            progress: called after every step with its number and its loss.

        Raises:
            ValueError: no sequences, or no limit.
        """
        if not len(sequences) or (seconds is None and steps is None):
            raise ValueError("fit needs sequences, and seconds= or steps=")
        height, width = sequences[0].shape[1:]
        self.pixels = working_size(height, width)
        self.characters = [*SPECIAL, *sorted(set("".join(answers)))]
        number = {character: k for k, character in enumerate(self.characters)}
        targets = [torch.tensor([START, *(number[c] for c in answer), END]) for answer in answers]
        images = [as_pixels(sequence, self.pixels) for sequence in sequences]
        with torch.random.fork_rng(devices=[]), torch_threads(1):
            torch.manual_seed(self.seed)
            self.net = ImageSequenceNet(len(self.characters), height, width, channels=self.channels, hidden=self.hidden)
            self._train(images, targets, seconds, steps, progress)
        self.net.eval()
        return self

    def _train(
        self,
        images: list[Tensor],
        targets: list[Tensor],
        seconds: float | None,
        steps: int | None,
        progress: Callable[[int, float], None] | None,
    ) -> None:
        random = torch.Generator().manual_seed(self.seed)
        optimiser = torch.optim.AdamW(self.net.parameters(), self.rate, weight_decay=1e-2)
        order: list[int] = []
        step, began, done = 0, time.monotonic(), 0.0
        self.net.train()
        while done < 1:
            if len(order) < self.batch:
                order += torch.randperm(len(images), generator=random).tolist()
            chosen, order = order[: self.batch], order[self.batch :]
            optimiser.param_groups[0]["lr"] = self.rate * 0.5 * (1 + math.cos(math.pi * done))
            loss = self._loss([images[i] for i in chosen], [targets[i] for i in chosen], random)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
            optimiser.step()
            step += 1
            if progress:
                progress(step, float(loss.detach()))
            done = max(
                step / steps if steps is not None else 0.0,
                (time.monotonic() - began) / seconds if seconds is not None else 0.0,
            )

    def _loss(self, images: list[Tensor], targets: list[Tensor], random: torch.Generator) -> Tensor:
        seen = distorted(torch.cat(images).float() / 255, random)
        memory, padding = self.net.encode_images(seen, torch.tensor([len(one) for one in images]))
        target = pad_sequence(targets, batch_first=True, padding_value=PAD)  # (b, t)
        logits, _ = self.net.step(target[:, :-1], memory, padding)
        return cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten(), ignore_index=PAD)

    @torch.inference_mode()
    def predict(self, sequences: Sequence[Images], batch: int = 100) -> list[str]:
        """The answers, by greedy decoding."""
        answers: list[str] = []
        with torch_threads(1):
            for start in range(0, len(sequences), batch):
                answers += self._answers(sequences[start : start + batch])
        return answers

    def _answers(self, sequences: Sequence[Images]) -> list[str]:
        images = as_pixels(np.concatenate(list(sequences)), self.pixels)
        lengths = torch.tensor([len(sequence) for sequence in sequences])
        memory, padding = self.net.encode_images(images.float() / 255, lengths)
        rows = self.net.write(memory, padding, LONGEST).tolist()
        return ["".join(self.characters[c] for c in (row[: row.index(END)] if END in row else row)) for row in rows]

"""Tasks as torch data sets: pairs of token sequences, padded into batches.

One sequence holds both sides, ``input <is> output <end>``; what is to be predicted is the output and the end.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import Dataset

from nesy.recursion.data.tasks import Example, Task

PAD, IS, END, UNKNOWN = range(4)
SPECIAL = ("<pad>", "<is>", "<end>", "<unknown>")
IGNORED = -100
"""The label of what is not to be predicted, as torch's losses know it."""


class Vocabulary:
    """Tokens and their numbers; the first four are `SPECIAL`."""

    def __init__(self, tokens: Iterable[str]) -> None:
        self.tokens = (*SPECIAL, *tokens)
        self.numbers = {token: number for number, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        return len(self.tokens)

    def ids(self, tokens: Iterable[str]) -> list[int]:
        """Numbers of tokens; a token that is not known is `UNKNOWN`."""
        return [self.numbers.get(token, UNKNOWN) for token in tokens]

    def words(self, ids: Iterable[int]) -> list[str]:
        """Tokens of numbers, up to `END`."""
        found = []
        for number in ids:
            if number == END:
                break
            found.append(self.tokens[number])
        return found


class TaskDataset(Dataset[tuple[Tensor, Tensor]]):
    """Examples of a task, each drawn when it is asked for; the same seed and index give the same example.

    Args:
        count: how many; there is no end to them otherwise.
        vocabulary: the task's own, where it is not given.
        test: draw from the test side of the task's split.
    """

    def __init__(
        self, task: Task, count: int, *, seed: int = 0, vocabulary: Vocabulary | None = None, test: bool = False
    ) -> None:
        self.task, self.count, self.seed, self.test = task, count, seed, test
        self.vocabulary = vocabulary or Vocabulary(task.tokens())

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """(t,) token ids, and (t,) labels: the token after each one, `IGNORED` before the output.

        Raises:
            IndexError: there are fewer examples.
        """
        if not 0 <= index < self.count:
            raise IndexError(f"example {index} of {self.count}")
        return pack(self.example(index), self.vocabulary)

    def example(self, index: int) -> Example:
        """The example itself."""
        rng = random.Random(f"{self.seed}/{self.test}/{index}")
        return self.task.example(self.task.draw(rng, test=self.test), rng)


def pack(example: Example, vocabulary: Vocabulary) -> tuple[Tensor, Tensor]:
    """(t,) token ids of ``input <is> output``, and (t,) labels."""
    source, target = vocabulary.ids(example.source), vocabulary.ids(example.target)
    labels = [IGNORED] * len(source) + target + [END]
    return torch.tensor([*source, IS, *target]), torch.tensor(labels)


def collate(batch: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """(b, t) token ids and (b, t) labels of a batch: the `collate_fn` of a `DataLoader`."""
    tokens, labels = zip(*batch, strict=True)
    return (
        pad_sequence(list(tokens), batch_first=True, padding_value=PAD),
        pad_sequence(list(labels), batch_first=True, padding_value=IGNORED),
    )

"""A neural transition-based dependency parser, with search in place of greedy decoding.

Arc-standard: 2 n - 1 actions for n words. A network scores the three actions from 18 words of the state: the three on
top of the stack, the three next ones, and for each of the two on top its first and second children from the left and
from the right, the first of the first and the last of the last. (Neural-Symbolic Recursive Machine, "Syntax", after
Chen and Manning, EMNLP 2014.) All sentences of one length, and all states of their beams, go through the network
together.

Shapes: b sentences of n words, m states, V symbols.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from nesy.dependency import LEFT, RIGHT, ROOT, SHIFT, Dependency
from nesy.errors import InputError

if TYPE_CHECKING:
    from nesy.seams import Parser

FEATURES = 18
Ints = NDArray[np.int64]
Scored = tuple[Dependency, float]
"""A tree and its log-probability."""


@dataclass(eq=False)
class States:
    """m states of sentences of n words; the word n stands for none.

    Attributes:
        words: (m, n + 1) symbols, the last one for no word.
        stack, depth: (m, n), (m,) the stack from the bottom, and how much of it is used.
        front: (m,) the next word.
        heads: (m, n + 1).
        counts: (m, n + 1) how many children each word has.
        first, second: (m, n + 1) the left-most child of each word and the one after it, of those on its left.
        last, other: the same from the right, of those on its right.
    """

    words: Ints
    stack: Ints
    depth: Ints
    front: Ints
    heads: Ints
    counts: Ints
    first: Ints
    second: Ints
    last: Ints
    other: Ints

    @classmethod
    def start(cls, words: Ints, nothing: int) -> States:
        """The states before the first action, of (m, n) symbols; `nothing` is the symbol of no word."""
        m, n = words.shape
        none = np.full((m, n + 1), n)
        padded = np.concatenate((words, np.full((m, 1), nothing)), axis=1)
        zeros = np.zeros(m, dtype=np.int64)
        heads, counts = np.full((m, n + 1), ROOT), np.zeros((m, n + 1), dtype=np.int64)
        return cls(padded, none[:, :n].copy(), zeros, zeros.copy(), heads, counts, *(none.copy() for _ in range(4)))

    def take(self, rows: Ints) -> States:
        """Some of the states, copied."""
        return States(*(getattr(self, field.name)[rows] for field in fields(self)))

    def legal(self, arities: Ints | None = None) -> NDArray[np.bool_]:
        """(m, 3) whether each action is possible.

        Args:
            arities: (V + 1,) arguments per symbol: nothing is shifted onto a word that has all of its own while more
                words are to come than those take.
        """
        n = self.stack.shape[1]
        arc, shift = self.depth > 1, self.front < n
        if arities is not None:
            taken = arities[self.words]  # (m, n + 1)
            rows, top = np.arange(len(arc)), self.top(0)
            full = taken[rows, top] <= self.counts[rows, top]
            to_come = np.where(np.arange(n + 1) >= self.front[:, None], taken, 0).sum(axis=1)
            shift &= ~(arc & full & (n - self.front > to_come))
        return np.stack((arc, arc, shift), axis=1)

    def top(self, below: int) -> Ints:
        """(m,) the word so far below the top of the stack."""
        n = self.stack.shape[1]
        at = self.depth - 1 - below
        return np.where(at >= 0, self.stack[np.arange(len(at)), np.maximum(at, 0)], n)

    def features(self) -> Ints:
        """(m, 18) symbols."""
        n, rows = self.stack.shape[1], np.arange(len(self.depth))
        places = [self.top(k) for k in range(3)] + [np.minimum(self.front + k, n) for k in range(3)]
        for word in places[:2]:
            first, last = self.first[rows, word], self.last[rows, word]
            places += [first, self.second[rows, word], last, self.other[rows, word]]
            places += [self.first[rows, first], self.last[rows, last]]
        return self.words[rows[:, None], np.stack(places, axis=1)]

    def apply(self, actions: Ints) -> None:
        """Go on in place, one legal action per state."""
        (rows,) = np.nonzero(actions == SHIFT)
        self.stack[rows, self.depth[rows]] = self.front[rows]
        self.front[rows] += 1
        self.depth[rows] += 1
        top, below = self.top(0), self.top(1)
        (rows,) = np.nonzero(actions == LEFT)
        self._attach(rows, below[rows], top[rows], self.first, self.second)
        self.stack[rows, self.depth[rows] - 2] = top[rows]
        (rows,) = np.nonzero(actions == RIGHT)
        self._attach(rows, top[rows], below[rows], self.last, self.other)
        (rows,) = np.nonzero(actions != SHIFT)
        self.depth[rows] -= 1

    def _attach(self, rows: Ints, child: Ints, head: Ints, outer: Ints, inner: Ints) -> None:
        """Children come from the inside out, so a new one is the outermost."""
        self.heads[rows, child] = head
        self.counts[rows, head] += 1
        inner[rows, head] = outer[rows, head]
        outer[rows, head] = child


class TransitionParser(nn.Module):
    """Scores actions: ``forward((m, 18) symbols) -> (m, 3)`` logits, and parses with them.

    Args:
        symbols: the words that it knows, V of them.
        embedding, hidden: sizes.
        dropout: between them, in training.
        beam: states that are kept per sentence.
        arities: per symbol how many arguments it takes, where that is known; it makes some actions illegal.
    """

    def __init__(
        self,
        symbols: Sequence[str],
        *,
        embedding: int = 50,
        hidden: int = 200,
        dropout: float = 0.5,
        beam: int = 8,
        arities: Mapping[str, int] | None = None,
        device: str | torch.device = "cpu",
    ) -> None:
        super().__init__()
        self.number = {symbol: k for k, symbol in enumerate(symbols)}
        self.beam = beam
        self.arities = None if arities is None else np.array([*(arities[symbol] for symbol in symbols), 0])
        self.embedding = nn.Embedding(len(self.number) + 1, embedding)
        self.hidden = nn.Linear(FEATURES * embedding, hidden)
        self.dropout = nn.Dropout(dropout)
        self.actions = nn.Linear(hidden, 3)
        self.to(device)

    def forward(self, features: Tensor) -> Tensor:
        hidden = functional.relu(self.hidden(self.embedding(features).flatten(1)))  # (m, 18 e) -> (m, hidden)
        return self.actions(self.dropout(hidden))

    def parses(self, symbols: Sequence[str], limit: int = 1) -> list[Scored]:
        """The trees of one sentence, the most probable first (`nesy.seams.Parser`)."""
        return self.search([symbols], max(self.beam, limit))[0][:limit]

    def search(self, sentences: Sequence[Sequence[str]], beam: int | None = None) -> list[list[Scored]]:
        """Beam search: per sentence different trees, the most probable first.

        A tree that several sequences of actions build has the sum of their probabilities.

        Raises:
            InputError: a word that is not among the symbols.
        """
        found: list[list[Scored]] = [[] for _ in sentences]
        for indices, words in self._batches(sentences):
            for index, trees in zip(indices, self._search(words, beam or self.beam), strict=True):
                found[index] = trees
        return found

    def sample(self, sentences: Sequence[Sequence[str]], generator: np.random.Generator) -> list[Scored]:
        """A tree per sentence, drawn action by action; raises as `search`."""
        found: list[Scored] = [(Dependency(()), 0.0)] * len(sentences)
        for indices, words in self._batches(sentences):
            states = States.start(words, len(self.number))
            total = np.zeros(len(words))
            for _ in range(2 * words.shape[1] - 1):
                scores = self._scores(states)
                actions = (scores + generator.gumbel(size=scores.shape)).argmax(axis=1)
                total += scores[np.arange(len(actions)), actions]
                states.apply(actions)
            for index, heads, log_prob in zip(indices, states.heads[:, :-1].tolist(), total.tolist(), strict=True):
                found[index] = Dependency(tuple(heads)), log_prob
        return found

    def fit(
        self,
        trees: Sequence[tuple[Sequence[str], Dependency]],
        *,
        epochs: int = 5,
        batch: int = 1024,
        seed: int = 0,
        optimiser: torch.optim.Optimizer | None = None,
    ) -> list[float]:
        """Learn the actions of the static oracle; trees that are not projective are left out.

        Args:
            batch: states per step.
            optimiser: to go on with; Adam with a learning rate of 1e-3 where there is none.

        Returns:
            the mean loss of each epoch.
        """
        features, actions = self._oracle(trees)
        if not len(actions):
            return []
        optimiser = optimiser or torch.optim.Adam(self.parameters(), lr=1e-3)
        generator = torch.Generator().manual_seed(seed)
        losses = []
        self.train()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            for _ in range(epochs):
                total = 0.0
                order = torch.randperm(len(actions), generator=generator)
                for begin in range(0, len(order), batch):
                    rows = order[begin : begin + batch]
                    loss = functional.cross_entropy(self(features[rows]), actions[rows])
                    optimiser.zero_grad()
                    loss.backward()  # type: ignore[no-untyped-call]
                    optimiser.step()
                    total += loss.item() * len(rows)
                losses.append(total / len(actions))
        self.eval()
        return losses

    def _oracle(self, trees: Sequence[tuple[Sequence[str], Dependency]]) -> tuple[Tensor, Tensor]:
        """The states that the oracle goes through, (s, 18), and its actions, (s,)."""
        known = [(words, actions) for words, tree in trees if (actions := tree.actions()) is not None]
        features: list[Ints] = [np.zeros((0, FEATURES), dtype=np.int64)]
        taken: list[Ints] = [np.zeros(0, dtype=np.int64)]
        for indices, words in self._batches([words for words, _ in known]):
            states = States.start(words, len(self.number))
            for step in np.array([known[index][1] for index in indices]).T:
                features.append(states.features())
                taken.append(step)
                states.apply(step)
        device = self.actions.weight.device
        return torch.from_numpy(np.concatenate(features)).to(device), torch.from_numpy(np.concatenate(taken)).to(device)

    def _search(self, words: Ints, beam: int) -> list[list[Scored]]:
        """Per row of (b, n) symbols its trees."""
        b, n = words.shape
        states = States.start(words, len(self.number))
        scores, width = np.zeros((b, 1)), 1
        for _ in range(2 * n - 1):
            every = (scores[:, :, None] + self._scores(states).reshape(b, width, 3)).reshape(b, width * 3)
            kept = min(beam, width * 3)
            best = np.argsort(-every, axis=1, kind="stable")[:, :kept]
            scores = np.take_along_axis(every, best, axis=1)
            rows = (np.arange(b)[:, None] * width + best // 3).ravel()
            states, actions, width = states.take(rows), (best % 3).ravel(), kept
            dead = ~np.isfinite(scores).ravel()
            actions[dead] = states.legal(self.arities)[dead].argmax(axis=1)  # they stay worthless
            states.apply(actions)
        heads = states.heads[:, :-1].reshape(b, width, n)
        return [_distinct(*row) for row in zip(heads.tolist(), scores.tolist(), strict=True)]

    def _scores(self, states: States) -> NDArray[np.float64]:
        """(m, 3) log-probabilities of the legal actions, -inf of the others."""
        with torch.no_grad():
            features = torch.from_numpy(states.features()).to(self.actions.weight.device)
            logits = self(features).double().cpu().numpy()
        logits = np.where(states.legal(self.arities), logits, -np.inf)
        return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)

    def _batches(self, sentences: Sequence[Sequence[str]]) -> Iterator[tuple[list[int], Ints]]:
        """The sentences of each length: their indices and their (b, n) symbols; empty ones are left out."""
        lengths: dict[int, list[int]] = defaultdict(list)
        for index, sentence in enumerate(sentences):
            lengths[len(sentence)].append(index)
        for length, indices in sorted(lengths.items()):
            if length:
                yield indices, np.array([[self._symbol(word) for word in sentences[index]] for index in indices])

    def _symbol(self, word: str) -> int:
        if word not in self.number:
            raise InputError(f"the parser does not know the word {word!r}", expected="one of its symbols")
        return self.number[word]


def _distinct(heads: list[list[int]], scores: list[float]) -> list[Scored]:
    """Different trees with their probabilities added up, the most probable first."""
    total: dict[tuple[int, ...], float] = defaultdict(lambda: -np.inf)
    for tree, score in zip(heads, scores, strict=True):
        if score > -np.inf:
            total[tuple(tree)] = float(np.logaddexp(total[tuple(tree)], score))
    return sorted(((Dependency(tree), score) for tree, score in total.items()), key=lambda pair: -pair[1])


if TYPE_CHECKING:
    _CONFORMS: type[Parser] = TransitionParser

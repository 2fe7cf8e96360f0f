"""The relational network for questions about stories (arXiv 1711.08028, section 3.1: bAbI)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot
from torch.nn.utils.rnn import pack_padded_sequence

from graphs.datasets.stories import StoryBatch
from graphs.relational.complete import complete_graphs
from graphs.relational.mlp import keep_signals
from graphs.relational.network import RecurrentRelationalNetwork
from graphs.relational.readout import GraphReadout


class StoryNetwork(nn.Module):
    """The facts of a story talk with each other about the question; their sum answers it after every step.

    A node is a fact: the code of its sentence, its position and the code of the question. All pairs exchange messages,
    each fact also with itself, and every edge knows the question.

    Positions count from a random offset in training, so that what is learned is before and after, not the place. In
    evaluation the offset is the middle one.

    Args:
        words: size of the vocabulary, `graphs.datasets.stories.vocabulary`.
        channels: of states, messages and hidden layers.
        steps: how often messages are exchanged.
        facts: most facts of a question.
        code: channels of a word and of a sentence.
        dropout: of the last hidden layer of the answer.
    """

    def __init__(
        self, words: int, channels: int = 128, steps: int = 5, *, facts: int = 20, code: int = 32, dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.facts = facts
        self.embedding = nn.Embedding(words + 2, code, padding_idx=0)
        self.read_fact = nn.LSTM(code, code, batch_first=True)
        self.read_question = nn.LSTM(code, code, batch_first=True)
        self.network = RecurrentRelationalNetwork(2 * code + 2 * facts, channels, channels, steps, edge_channels=code)
        self.answer = GraphReadout(channels, channels, channels, words + 2, dropout=dropout)
        keep_signals(self)
        with torch.no_grad():  # a node hears many others: sums begin as moderate as what is summed
            self.network.message.layers[-1].weight.div_(facts**0.5)

    def forward(self, batch: StoryBatch, steps: int | None = None) -> Tensor:
        """(steps, b, words + 2) logits of the answers."""
        count = len(batch.sizes)
        story = torch.arange(count, device=batch.sizes.device).repeat_interleave(batch.sizes)
        facts = self._read(self.read_fact, batch.sentences)[batch.facts]
        question = self._read(self.read_question, batch.questions)[batch.asked][story]  # (n, code)
        places = batch.positions + self._offsets(count, batch.sizes.device)[story]
        x = torch.cat([facts, one_hot(places, 2 * self.facts).to(facts.dtype), question], 1)
        edge_index = complete_graphs(batch.sizes, loops=True)
        states = self.network.states(x, edge_index, question[edge_index[1]], steps)
        return self.answer(states, story, count)

    def _read(self, reader: nn.LSTM, sentences: Tensor) -> Tensor:
        """(s, length) words -> (s, code): the last state of an LSTM."""
        lengths = (sentences != 0).sum(1).cpu()
        packed = pack_padded_sequence(self.embedding(sentences), lengths, batch_first=True, enforce_sorted=False)
        _, (state, _) = reader(packed)
        return state[0]

    def _offsets(self, count: int, device: torch.device) -> Tensor:
        if self.training:
            return torch.randint(self.facts, (count,), device=device)
        return torch.full((count,), self.facts // 2, device=device)

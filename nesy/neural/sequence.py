"""Sequence-to-sequence models: the neural baseline for languages learned from pairs.

Two encoder-decoders over words, of the field's usual size: a GRU with attention (Bahdanau et al.,
arXiv 1409.0473) and a Transformer (Vaswani et al., arXiv 1706.03762). Both are plain `nn.Module`s
with one signature; `SequenceModel` adds words, training and greedy decoding.

Shapes: b sentences, s source words, t target words, d hidden units, v words of the vocabulary.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from nesy.neural.threads import torch_threads

PAD, START, END, UNKNOWN = range(4)
SPECIAL = ("<pad>", "<start>", "<end>", "<unknown>")
LONGEST_ANSWER = 200  # words

Pairs = Iterable[tuple[str, str]]


class RecurrentNet(nn.Module):
    """GRU encoder, both directions; GRU decoder with dot-product attention over the encoder's states."""

    def __init__(self, source_size: int, target_size: int, hidden: int = 200, dropout: float = 0.1) -> None:
        super().__init__()
        self.source = nn.Embedding(source_size, hidden, padding_idx=PAD)
        self.target = nn.Embedding(target_size, hidden, padding_idx=PAD)
        self.encoder = nn.GRU(hidden, hidden, batch_first=True, bidirectional=True)
        self.bridge = nn.Linear(2 * hidden, hidden)
        self.decoder = nn.GRU(hidden, hidden, batch_first=True)
        self.out = nn.Linear(2 * hidden, target_size)
        self.dropout = nn.Dropout(dropout)

    def encode(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """(b, s) word ids -> memory (b, s, d), padding (b, s); True marks padding."""
        padding = source == PAD
        lengths = (~padding).sum(1).cpu()
        packed = pack_padded_sequence(
            self.dropout(self.source(source)), lengths, batch_first=True, enforce_sorted=False
        )
        states, _ = pad_packed_sequence(self.encoder(packed)[0], batch_first=True, total_length=source.shape[1])
        return self.bridge(states), padding

    def step(
        self, target: Tensor, memory: Tensor, padding: Tensor, state: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Next-word logits (b, t, v) for target words (b, t), and the state after them."""
        if state is None:  # the mean of the memory, over real words only
            real = (~padding).unsqueeze(-1)
            state = ((memory * real).sum(1) / real.sum(1)).unsqueeze(0)
        states, state = self.decoder(self.dropout(self.target(target)), state)  # (b, t, d)
        scores = states @ memory.transpose(1, 2) / math.sqrt(memory.shape[-1])  # (b, t, s)
        weights = scores.masked_fill(padding.unsqueeze(1), float("-inf")).softmax(-1)
        return self.out(self.dropout(torch.cat([states, weights @ memory], -1))), state

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """(b, s), (b, t) word ids -> logits of the word after each target word, (b, t, v)."""
        return self.step(target, *self.encode(source))[0]

    def greedy(self, source: Tensor, longest: int) -> Tensor:
        """(b, s) -> (b, <= longest) word ids; whatever follows END has no meaning."""
        return self.write(*self.encode(source), longest)

    def write(self, memory: Tensor, padding: Tensor, longest: int) -> Tensor:
        """Memory (b, s, d), padding (b, s) -> (b, <= longest) word ids, as `greedy`."""
        word = torch.full((len(memory), 1), START, device=memory.device)
        state, words = None, []
        ended = torch.zeros(len(memory), dtype=torch.bool, device=memory.device)
        for _ in range(longest):
            logits, state = self.step(word, memory, padding, state)
            word = logits[:, -1:].argmax(-1)
            words.append(word)
            ended |= word[:, 0] == END
            if ended.all():
                break
        return torch.cat(words, 1)


class TransformerNet(nn.Module):
    """Encoder-decoder Transformer, layer norm first, sinusoidal positions."""

    def __init__(
        self,
        source_size: int,
        target_size: int,
        hidden: int = 128,
        heads: int = 8,
        layers: int = 2,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.source = nn.Embedding(source_size, hidden, padding_idx=PAD)
        self.target = nn.Embedding(target_size, hidden, padding_idx=PAD)
        for table in (self.source, self.target):
            nn.init.normal_(table.weight, std=hidden**-0.5)
        options = {"dim_feedforward": 4 * hidden, "dropout": dropout, "batch_first": True, "norm_first": True}
        self.encoder = nn.TransformerEncoder(
            nn.TransformerEncoderLayer(hidden, heads, **options),  # type: ignore[arg-type]
            layers,
            nn.LayerNorm(hidden),
            enable_nested_tensor=False,
        )
        self.decoder = nn.TransformerDecoder(
            nn.TransformerDecoderLayer(hidden, heads, **options),  # type: ignore[arg-type]
            layers,
            nn.LayerNorm(hidden),
        )
        self.out = nn.Linear(hidden, target_size)
        self.dropout = nn.Dropout(dropout)

    def _embed(self, table: nn.Embedding, words: Tensor) -> Tensor:
        d = table.embedding_dim
        rates = torch.exp(torch.arange(0, d, 2, device=words.device) * (-math.log(10_000) / d))
        angles = torch.arange(words.shape[1], device=words.device)[:, None] * rates  # (t, d / 2)
        positions = torch.stack([angles.sin(), angles.cos()], -1).flatten(1)  # (t, d)
        return self.dropout(table(words) * math.sqrt(d) + positions)

    def encode(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """(b, s) word ids -> memory (b, s, d), padding (b, s); True marks padding."""
        padding = source == PAD
        memory: Tensor = self.encoder(self._embed(self.source, source), src_key_padding_mask=padding)
        return memory, padding

    def step(self, target: Tensor, memory: Tensor, padding: Tensor) -> Tensor:
        """Next-word logits (b, t, v) for target words (b, t)."""
        length = target.shape[1]
        future = torch.ones(length, length, dtype=torch.bool, device=target.device).triu(1)
        states = self.decoder(
            self._embed(self.target, target), memory, tgt_mask=future, memory_key_padding_mask=padding
        )
        return self.out(states)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """(b, s), (b, t) word ids -> logits of the word after each target word, (b, t, v)."""
        return self.step(target, *self.encode(source))

    def greedy(self, source: Tensor, longest: int) -> Tensor:
        """(b, s) -> (b, <= longest) word ids; whatever follows END has no meaning."""
        memory, padding = self.encode(source)
        words = source.new_full((len(source), 1), START)
        ended = torch.zeros(len(source), dtype=torch.bool, device=source.device)
        for _ in range(longest):
            word = self.step(words, memory, padding)[:, -1].argmax(-1, keepdim=True)
            words = torch.cat([words, word], 1)
            ended |= word[:, 0] == END
            if ended.all():
                break
        return words[:, 1:]


class SequenceModel:
    """A trained sequence-to-sequence model from words to words.

    Args:
        kind: ``"gru"`` or ``"transformer"``.
        hidden: hidden units; the usual size of the kind if not given.
        batch: sentences a step.
        rate: highest learning rate; it falls to 0 over the run (half a cosine).
        seed: of weights, order and dropout. Same seed, same steps, same machine: same model.
        device: where it runs; a CUDA device by default if there is one.
        threads: CPU threads; torch's own choice if not given. One is best for a small model on a busy
            machine: threads that wait for each other can be a hundred times slower.
    """

    def __init__(
        self,
        kind: Literal["gru", "transformer"] = "gru",
        *,
        hidden: int | None = None,
        batch: int = 64,
        rate: float = 1e-3,
        seed: int = 0,
        device: torch.device | str | None = None,
        threads: int | None = None,
    ) -> None:
        self.kind, self.hidden, self.batch, self.rate, self.seed = kind, hidden, batch, rate, seed
        self.threads = threads
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))

    def fit(
        self,
        pairs: Pairs,
        *,
        seconds: float | None = None,
        steps: int | None = None,
        progress: Callable[[int, float], None] | None = None,
    ) -> SequenceModel:
        """Train with teacher forcing until the seconds or the steps are used up.

        Args:
            pairs: (input, output) texts, words separated by white space.
            seconds: wall-clock limit.
            steps: limit of gradient steps; with it the result does not depend on the machine's speed.
            progress: called after every step with its number and its loss.

        Raises:
            ValueError: no pairs, or no limit.
        """
        split = [(source.split(), target.split()) for source, target in pairs]
        if not split or (seconds is None and steps is None):
            raise ValueError("fit needs pairs, and seconds= or steps=")
        self.source_words = _vocabulary(source for source, _ in split)
        self.target_words = _vocabulary(target for _, target in split)
        self.longest = min(LONGEST_ANSWER, 2 * max(len(target) for _, target in split) + 2)
        sources = [self._ids(self.source_words, source) for source, _ in split]
        targets = [self._ids(self.target_words, target) for _, target in split]
        order = random.Random(self.seed)
        devices = [self.device] if self.device.type == "cuda" else []
        with torch_threads(self.threads), torch.random.fork_rng(devices=devices):
            torch.manual_seed(self.seed)
            net = TransformerNet if self.kind == "transformer" else RecurrentNet
            size = {} if self.hidden is None else {"hidden": self.hidden}
            self.net = net(len(self.source_words), len(self.target_words), **size).to(self.device)
            self._train(sources, targets, order, seconds, steps, progress)
        return self

    def predict(self, text: str) -> str:
        """The answer to one input."""
        return self.predict_many([text])[0]

    @torch.inference_mode()
    def predict_many(self, texts: Sequence[str], batch: int = 256) -> list[str]:
        """The answers to many inputs, by greedy decoding."""
        self.net.eval()
        names = list(self.target_words)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))  # little padding
        answers = [""] * len(texts)
        for start in range(0, len(texts), batch):
            chosen = order[start : start + batch]
            source = self._batch([self._ids(self.source_words, texts[i].split()) for i in chosen])
            with torch_threads(self.threads):
                rows = self.net.greedy(source, self.longest).tolist()
            for i, row in zip(chosen, rows, strict=True):
                words = row[: row.index(END)] if END in row else row
                answers[i] = " ".join(names[word] for word in words)
        return answers

    def score(self, pairs: Pairs) -> tuple[int, int]:
        """How many outputs are predicted word for word, and the number of pairs."""
        pairs = list(pairs)
        answers = self.predict_many([source for source, _ in pairs])
        correct = sum(answer == " ".join(y.split()) for answer, (_, y) in zip(answers, pairs, strict=True))
        return correct, len(pairs)

    def _train(
        self,
        sources: list[Tensor],
        targets: list[Tensor],
        order: random.Random,
        seconds: float | None,
        steps: int | None,
        progress: Callable[[int, float], None] | None,
    ) -> None:
        self.net.train()
        optimizer = torch.optim.Adam(self.net.parameters(), lr=self.rate)
        start, step = time.monotonic(), 0
        queue: list[int] = []
        while True:
            used = max(step / steps if steps else 0.0, (time.monotonic() - start) / seconds if seconds else 0.0)
            if used >= 1:
                return
            for group in optimizer.param_groups:
                group["lr"] = self.rate * min(1, (step + 1) / 50) * (1 + math.cos(math.pi * used)) / 2
            if not queue:
                queue = list(range(len(sources)))
                order.shuffle(queue)
            chosen, queue = queue[: self.batch], queue[self.batch :]
            target = self._batch([targets[i] for i in chosen])
            logits = self.net(self._batch([sources[i] for i in chosen]), target[:, :-1])
            loss = cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten(), ignore_index=PAD)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
            optimizer.step()
            step += 1
            if progress:
                progress(step, float(loss.detach()))

    @staticmethod
    def _ids(words: dict[str, int], sentence: list[str]) -> Tensor:
        ids = [words.get(word, UNKNOWN) for word in sentence]
        return torch.tensor([START, *ids, END])

    def _batch(self, rows: list[Tensor]) -> Tensor:
        return pad_sequence(rows, batch_first=True, padding_value=PAD).to(self.device)


def _vocabulary(sentences: Iterable[list[str]]) -> dict[str, int]:
    words = dict.fromkeys(word for sentence in sentences for word in sentence)
    return {word: number for number, word in enumerate((*SPECIAL, *words))}

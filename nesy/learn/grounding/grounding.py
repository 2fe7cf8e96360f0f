"""From image sequences and their answers alone: what the images show, how they combine and what they mean.

Nothing is labelled but the answers. Sentences of one image give constants; short ones words, by a mixture over places
and functions; pairs of words precedence; sentences that nothing explains brackets and other patterns; then
expectation-maximisation on everything, where a packed forest says what each answer tells about each image.
"""

from __future__ import annotations

import math
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from nesy.errors import InputError, NesyError
from nesy.forest import Reader
from nesy.lang.language import Language
from nesy.learn.grounding.belief import Belief
from nesy.learn.grounding.conflicts import count_votes, fit_levels
from nesy.learn.grounding.expectation import expect, same
from nesy.learn.grounding.functions import Functions
from nesy.learn.grounding.mixture import SHAPES
from nesy.learn.grounding.report import Epoch, Report
from nesy.learn.grounding.sequences import Images, checked_images, read_sequences
from nesy.learn.grounding.state import Stage, digest, load_stage, save_stage
from nesy.learn.grounding.unexplained import explain, strange, unexplained
from nesy.learn.grounding.words import constants, find_words, functions_of, merged
from nesy.machine.values import text
from nesy.neural.recogniser import ConvolutionalRecogniser, Training, as_pixels, log_probs, working_size
from nesy.search.bank import learnable
from nesy.search.universe import Universe

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

PHASES = ("constants", "words", "order", "unexplained", "sentences", "done")
CONSTANTS, WORDS, ORDER, UNEXPLAINED, SENTENCES, DONE = PHASES

HELD_OUT, HELD_OUT_SHARE = 200, 20
FEW_STEPS = 80  # of training in a round at least
FEW_IMAGES, SMALL_BATCH = 4000, 64  # small data sets have small batches
ROUNDS = {WORDS: 9, UNEXPLAINED: 6, SENTENCES: 8}
DOUBT = 0.05
RATE, LAST_RATE = 2e-3, 1e-4
VIEWS = 4  # distorted views of an image that are averaged when it is read for good
CHUNKS, CERTAIN = 6, -0.03  # of training on constants, and log-probability of unseen ones that is good enough
FINISHED = 0.998  # share of answers that are right by themselves, when training ends early
TELLING = 0.05  # nats per image by which images have to tell the answer


class Grounding:
    """Learns a recogniser, a grammar and meanings from (image sequence, answer) pairs.

    Args:
        symbols: how many kinds of image there are at most; their names are not given.
        recogniser: a module ``(b, 1, h, w) in 0..1 -> (b, symbols)`` logits; a small convolutional network otherwise.
        given: a language; then only the images are learned.
        words: with `given`, the word of each symbol; the words that its grammar spells out otherwise.
        primitives: what programs are made of, as in a ``%domain``.
        seed: of everything random. Same seed, same machine, same result.
        budget: seconds, about.
        device: of the recogniser.
        marginalise: learn from all readings of a sentence that are worth its answer, each as probable as it is; else
            from the best one.
        progress: called after every round.
        checkpoint: a file, written after every round; `fit` goes on from it where it exists.

    Attributes:
        language: the learned definition file, the best so far while `fit` works; None where nothing was found.
        words: per symbol its word, or None.
        recogniser: the network that reads images.
        report: what was found, round by round.
    """

    def __init__(
        self,
        symbols: int,
        *,
        recogniser: nn.Module | None = None,
        given: Language | None = None,
        words: Sequence[str | None] | None = None,
        primitives: str = "lists arithmetic booleans",
        seed: int = 0,
        budget: float = 600.0,
        device: str | torch.device | None = None,
        marginalise: bool = True,
        progress: Callable[[Epoch], None] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> None:
        if symbols < 1:
            raise InputError(f"{symbols} symbols", expected="at least one")
        self.symbols, self.seed, self.budget, self.device = symbols, seed, budget, device
        self.primitives, self.progress, self.checkpoint = primitives, progress, checkpoint
        self.marginalise = marginalise
        self.given = given
        self.report = Report()
        self.language: Language | None = None
        self.words: tuple[str | None, ...] = (None,) * symbols
        self.recogniser: nn.Module | None = recogniser
        self._given_words = given_words(given, words, symbols) if given is not None else None
        self._size = (0, 0)

    # ---------------------------------------------------------------- learning

    def fit(self, images: Sequence[Images], answers: Sequence[str]) -> Grounding:
        """Learn.

        Args:
            images: uint8 arrays (k, h, w), k may differ; or floating point in 0..1.
            answers: canonical texts.

        Raises:
            InputError: what `read_sequences` refuses.
        """
        self._started = time.monotonic()
        self._data = data = read_sequences(images, answers)
        self._size = data.size
        torch.manual_seed(self.seed)
        if self.recogniser is None:
            self.recogniser = ConvolutionalRecogniser(self.symbols, *data.size, background=data.background)
        self._training = Training(self.recogniser, seed=self.seed, device=self.device)
        self._rng = np.random.default_rng(self.seed)
        self._universe = Universe()
        self._library: Functions | None = None
        self._train, self._held = self._hold_out()
        counts = Counter(data.answers[i] for i in self._train.tolist())
        self._chance = {v: c / len(self._train) for v, c in counts.items()}
        self._belief = Belief(self._given_words or self.words)
        self._phase, self._round = (SENTENCES if self.given else CONSTANTS), 0
        if self.checkpoint is not None and os.path.exists(self.checkpoint):
            self._resume(self.checkpoint)
        while self._phase != DONE:
            getattr(self, f"_{self._phase}")()
            if self.checkpoint is not None:
                self._save(self.checkpoint)
        self._finish()
        return self

    def _save(self, path: str | os.PathLike[str]) -> None:
        seconds = time.monotonic() - self._started
        epochs, refused = tuple(self.report.epochs), tuple(self.report.refused)
        stage = Stage(self._phase, self._round, self._belief, epochs, refused, seconds)
        save_stage(path, stage, self._training, self._rng, self._work)

    def _resume(self, path: str | os.PathLike[str]) -> None:
        stage = load_stage(path, PHASES, self._training, self._rng, self._work)
        self._phase, self._round, self._belief = stage.phase, stage.number, stage.belief
        self.report.epochs, self.report.refused = list(stage.epochs), list(stage.refused)
        self._started -= stage.seconds
        self._show()

    @property
    def _work(self) -> dict[str, object]:
        """What a saved state belongs to."""
        given = self.given.source if self.given is not None else ""
        work = {"pairs": digest(self._data), "seed": self.seed, "symbols": self.symbols, "given language": given}
        return {**work, "primitives": sorted(self.primitives.split())}

    def _hold_out(self) -> tuple[Indices, Indices]:
        """Some sentences, none of the shortest, for the estimate."""
        many = np.flatnonzero(self._data.lengths > self._data.lengths.min())
        size = min(HELD_OUT, len(many) // HELD_OUT_SHARE)
        held = np.sort(self._rng.permutation(many)[:size])
        return np.setdiff1d(np.arange(len(self._data.answers)), held), held

    def _of_length(self, *lengths: int) -> Indices:
        return self._train[np.isin(self._data.lengths[self._train], lengths)]

    def _advance(self, phase: str | None = None) -> None:
        self._phase, self._round = phase or PHASES[PHASES.index(self._phase) + 1], 0

    def _refuse(self, why: str) -> None:
        self.report.refused.append(why)
        self._advance(DONE)

    @property
    def _left(self) -> float:
        return self.budget - (time.monotonic() - self._started)

    def _read(self) -> Floats:
        """(N, V) log-probabilities of all images."""
        return self._training.log_probs(self._data.pixels)

    def _constants(self) -> None:
        """Sentences of one image: each answer is a constant."""
        chosen = self._of_length(1)
        answers = [self._data.answers[i] for i in chosen.tolist()]
        values = constants(answers, self.symbols)
        if len(values) < 2:
            self._refuse(
                "no sentences of one image: without them nothing says what a single image is worth; add some, or give "
                "a language"
            )
            return
        for value in values:
            self._belief = self._belief.constant(value)
        symbol = {value: s for s, value in self._belief.constants.items()}
        usable = np.array([k for k, a in enumerate(answers) if a in symbol])
        labels = np.array([symbol[answers[k]] for k in usable])
        rows = self._data.starts[chosen[usable]]
        test = self._rng.permutation(len(rows))[: max(1, len(rows) // 5)]
        shown = np.setdiff1d(np.arange(len(rows)), test)
        targets = np.eye(self.symbols)[labels]
        for _ in range(CHUNKS):
            self._learn(rows[shown], targets[shown], steps=FEW_STEPS // 2)
            found = self._training.log_probs(self._data.pixels[rows[test]])[np.arange(len(test)), labels[test]]
            if found.mean() > CERTAIN:
                break
        frequency = np.bincount(labels, minlength=self.symbols)[labels[test]] / len(labels)
        gain = found - np.log(frequency)
        clear = np.clip(gain, -3, None).mean()
        if clear < TELLING:
            self._refuse("the images of one-image sentences do not tell the answers: nothing can be built on them")
            return
        self._learn(rows, targets, steps=FEW_STEPS)
        right = float((found > np.log(0.5)).mean())
        self._tell(len(chosen), right, 1.0, float(found.mean()), [text(v) for v in values])
        self._advance()

    def _words(self) -> None:
        """Short sentences: words by a mixture over places and functions."""
        chosen = self._of_length(*SHAPES)
        known = self._belief
        abduced = find_words(known, self._functions(), self._data, chosen, self._read())
        self._belief = abduced.belief
        single = self._single()
        rows = np.concatenate([abduced.rows, single[0]])
        targets = np.concatenate([abduced.targets, single[1]])
        weights = np.concatenate([abduced.weights, np.ones(len(single[0]))])
        self._learn(rows, targets, weights, steps=2 * FEW_STEPS)
        before = self._belief
        self._belief = merged(before, abduced.rows, abduced.targets, self._read())
        found = [f"{pattern}: {gain:.0f} nats" for pattern, gain in abduced.gains]
        per_sentence = abduced.log_likelihood / max(1, len(chosen))
        self._tell(len(chosen), float("nan"), float(abduced.weights.mean()) if len(rows) else 0.0, per_sentence, found)
        self._round += 1
        settled = self._belief == before and not abduced.gains and self._round > 1
        if settled or self._round >= ROUNDS[WORDS]:
            if not self._belief.phrases:
                self._refuse("no word explains the short sentences better than the histogram of their answers does")
                return
            self._advance()

    def _single(self) -> tuple[Indices, Floats]:
        """Images of one-image sentences and their targets."""
        symbol = {value: s for s, value in self._belief.constants.items()}
        chosen = [i for i in self._of_length(1).tolist() if self._data.answers[i] in symbol]
        targets = np.eye(self.symbols)[[symbol[self._data.answers[i]] for i in chosen]]
        return self._data.starts[chosen], targets.reshape(-1, self.symbols)

    def _order(self) -> None:
        """Sentences of two words: precedence and associativity."""
        probabilities = np.exp(self._read())
        lengths = {len(x.pattern) + len(y.pattern) - 1 for x in self._belief.phrases for y in self._belief.phrases}
        sentences = {}
        for length in sorted(lengths):
            chosen = self._of_length(length)
            answers = self._universe.ids([self._data.answers[i] for i in chosen.tolist()])
            sentences[length] = (self._data.block(probabilities, chosen, length), answers)
        votes = count_votes(self._belief, self._universe, sentences)
        precedence = fit_levels(self._belief.phrases, votes)
        self._belief = replace(self._belief, precedence=precedence)
        levels: dict[int, list[str]] = {}
        for sense, level in precedence.level.items():
            levels.setdefault(level, []).append(str(sense))
        self._tell(0, float("nan"), float("nan"), float("nan"), [" , ".join(levels[k]) for k in sorted(levels)])
        self._advance()

    def _unexplained(self) -> None:
        """One round on sentences up to a length; what they leave unexplained asks for new words."""
        longest = int(np.quantile(self._data.lengths[self._train], 0.9))
        chosen = self._train[self._data.lengths[self._train] <= longest]
        chosen = np.sort(self._rng.permutation(chosen)[:1500])
        read = self._read()
        expected = expect(
            self._belief, self._language(), self._data, chosen, read, doubt=DOUBT / 10, chance=self._chance
        )
        lengths = self._data.lengths[chosen]
        poor = unexplained(lengths, expected.log_joint)
        judged = None
        lacking = chosen[strange(lengths, poor)]
        if len(lacking):
            judged = explain(self._belief, self._data, lacking, read, self._functions(), self._chance)
        found = [f"{poor.sum()} of {len(chosen)} unexplained"]
        if judged is not None:
            hypothesis = judged.hypothesis
            found.append(f"{hypothesis.about}: {judged.gain:.0f} nats, {judged.margin:.0f} more than the next")
            self._belief = hypothesis.belief
            more = self._train[self._data.lengths[self._train] <= longest]
            more = np.union1d(chosen, self._rng.permutation(more)[:1500])
            expected = expect(
                self._belief, self._language(), self._data, more, read, unseen=hypothesis.unseen, chance=self._chance
            )
            chosen = more
        self._learn_expected(chosen, expected.targets, expected.weights, steps=2 * FEW_STEPS)
        if judged is not None:
            rows = self._data.positions(chosen)
            self._belief = merged(self._belief, rows, expected.targets, self._read())
        self._tell_expected(chosen, expected, found)
        self._round += 1
        if judged is None or self._round >= ROUNDS[UNEXPLAINED]:
            self._advance()

    def _sentences(self) -> None:
        """Expectation-maximisation on all sentences."""
        rounds = ROUNDS[SENTENCES]
        began = time.monotonic()
        expected = expect(
            self._belief,
            self._language(),
            self._data,
            self._train,
            self._read(),
            doubt=DOUBT / (1 + self._round) ** 2,
            chance=self._chance,
            marginalise=self.marginalise,
        )
        part = self._round / rounds, (self._round + 1) / rounds
        first, last = (LAST_RATE + (RATE - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * p)) for p in part)
        self._learn_expected(self._train, expected.targets, expected.weights, steps=FEW_STEPS, rate=(first, last))
        self._tell_expected(self._train, expected, [])
        self._round += 1
        finished = self._round >= rounds or (self._round > 1 and expected.direct.mean() > FINISHED)
        if finished or self._left < 1.5 * (time.monotonic() - began):
            self._advance()

    # ---------------------------------------------------------------- steps of a round

    def _language(self) -> Language:
        return self.given if self.given is not None else self._belief.language(self._data.kinds)

    def _functions(self) -> Functions:
        short = [self._data.answers[i] for i in self._of_length(*SHAPES).tolist()]
        made = functions_of(self._belief, self._universe, short, learnable(self.primitives))
        if not made.like(self._library):
            self._library = made
        assert self._library is not None
        return self._library

    def _learn_expected(
        self,
        chosen: Indices,
        targets: Floats,
        weights: Floats,
        *,
        steps: int,
        rate: tuple[float, float] = (RATE, RATE / 2),
    ) -> None:
        rows = self._data.positions(chosen)
        per_image = np.repeat(weights, self._data.lengths[chosen])
        self._learn(rows, targets, per_image, steps=steps, rate=rate)

    def _learn(
        self,
        rows: Indices,
        targets: Floats,
        weights: Floats | None = None,
        *,
        steps: int,
        rate: tuple[float, float] = (RATE, RATE / 2),
    ) -> None:
        """At least one epoch on the images, and at least so many steps."""
        used = np.flatnonzero(weights > 1e-3) if weights is not None else np.arange(len(rows))
        if not len(used):
            return
        pixels = self._data.pixels[rows[used]]
        wanted = torch.from_numpy(targets[used]).float()
        weight = None if weights is None else torch.from_numpy(weights[used]).float()
        self._training.batch = SMALL_BATCH if len(used) < FEW_IMAGES else 2 * SMALL_BATCH
        for _ in range(max(1, round(steps * self._training.batch / len(used)))):
            self._training.epoch(pixels, wanted, weight, rate)

    def _tell_expected(self, chosen: Indices, expected: object, found: list[str]) -> None:
        joint = expected.log_joint  # type: ignore[attr-defined]
        explained = np.isfinite(joint)
        mean = float((joint[explained] / self._data.lengths[chosen][explained]).mean()) if explained.any() else -np.inf
        self._tell(len(chosen), float(expected.direct.mean()), float(explained.mean()), mean, found)  # type: ignore[attr-defined]

    def _tell(self, sentences: int, answers: float, abduced: float, likelihood: float, found: list[str]) -> None:
        seconds = time.monotonic() - self._started
        epoch = Epoch(self._phase, self._round, seconds, sentences, answers, abduced, likelihood, tuple(found))
        self.report.epochs.append(epoch)
        self._show()
        if self.progress:
            self.progress(epoch)

    def _show(self) -> None:
        """What is believed now is what `progress` sees, and what is left after an interrupt."""
        self.words, self.recogniser = self._belief.words, self._training.average
        if self._belief.phrases or self.given is not None:
            self.language = self._language()

    # ---------------------------------------------------------------- the result

    def _finish(self) -> None:
        self.recogniser = self._training.average
        self.report.seconds = time.monotonic() - self._started
        if self.report.refused:
            self.language, self.words = None, (None,) * self.symbols
            return
        self.words = self._belief.words
        self.language = self._language()
        asked = [self._data.answers[i] for i in self._held.tolist()]
        rows = self._data.split(self._read())
        reader = self._reader()
        found = reader.best([rows[i] for i in self._held])
        self.report.heldout = len(asked)
        right = [reading is not None and same(reading.value, y) for reading, y in zip(found, asked, strict=True)]
        self.report.estimate = float(np.mean(right)) if right else 0.0
        most = Counter(asked).most_common(1)
        self.report.guess = most[0][1] / len(asked) if most else 0.0
        if not self.report.reliable:
            self.report.refused.append(
                f"held-out answers predicted: {self.report.estimate:.0%}, by guessing {self.report.guess:.0%}"
            )
            self.language, self.words = None, (None,) * self.symbols
        self.report.seconds = time.monotonic() - self._started

    def _reader(self) -> Reader:
        assert self.language is not None
        return Reader(self.language, self.words)

    def predict(self, images: Sequence[Images]) -> list[str | None]:
        """The answers of image sequences by their best well-formed readings; None where there is no reading.

        Raises:
            NesyError: nothing was learned.
            InputError: images of another size, or no images.
        """
        if self.language is None:
            raise NesyError("nothing was learned: " + "; ".join(self.report.refused or ["fit it first"]))
        found = self._reader().best(self.read(images))
        return [None if reading is None or reading.value is None else text(reading.value) for reading in found]

    def read(self, images: Sequence[Images]) -> list[Floats]:
        """Per sequence (k, symbols) log-probabilities of its images."""
        checked = checked_images(images, self._size if self._size != (0, 0) else None)
        assert self.recogniser is not None
        pixels = as_pixels(np.concatenate(checked), working_size(*self._size))
        found = log_probs(self.recogniser, pixels, self.device, views=VIEWS, seed=self.seed)
        return np.split(found, np.cumsum([len(one) for one in checked])[:-1])


def given_words(language: Language, words: Sequence[str | None] | None, symbols: int) -> tuple[str | None, ...]:
    """The word of each symbol of a language that is given.

    Raises:
        InputError: more words than symbols, or a language whose words are not spelled out.
    """
    if words is None:
        terminals = language.grammar.terminals.values()
        words = sorted({word for terminal in terminals for word in terminal.words or ()})
    if len(words) > symbols:
        raise InputError(f"{len(words)} words for {symbols} symbols", expected="a symbol for every word")
    if not words:
        raise InputError("the given language spells out no word", mend="say which words the images show: words=")
    return (*words, *[None] * (symbols - len(words)))

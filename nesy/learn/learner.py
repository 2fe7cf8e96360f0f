"""The learner: from (input, output) pairs alone to a language.

It holds back a part of the pairs, grows a lexicon on a sample of short sentences, writes it as a
definition file, runs that on everything, takes failing sentences into the sample and goes on. What
it predicts is what the written file gives: there is no second implementation of a learned language.
"""

from __future__ import annotations

import heapq
import math
import os
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nesy.errors import InputError, NesyError
from nesy.lang.language import Language
from nesy.learn.given import Given, Source, read_given
from nesy.learn.grow import Grower
from nesy.learn.lexicon import Lexicon, Sense, word_sense
from nesy.learn.phrases import Phrases
from nesy.learn.precedence import Precedence
from nesy.learn.reading import LONG, LONGEST, OutOfTime, Sentence, require_levels
from nesy.learn.state import State, digest, read_state
from nesy.learn.undecided import undecided
from nesy.learn.vocabulary import Vocabulary
from nesy.learn.write import clauses, write
from nesy.machine.values import Value, kind, readings, text
from nesy.numerals import integer
from nesy.pairs import output_kinds, output_text
from nesy.search.bank import learnable
from nesy.search.retrieval import Programs
from nesy.search.universe import Universe

if TYPE_CHECKING:
    import torch
    from torch import nn

    from nesy.derivation import Derivation
    from nesy.learn.published import Published
    from nesy.learn.sight import Sight

SAMPLE = 260  # sentences a lexicon is grown on
SHORT = 8  # the shortest sentences with a word, which are not held out where others are long
WORD_SAMPLE = 14  # of them, at least so many with each word
CHECKED = 2000  # pairs that a lexicon is checked on while the search goes on
ATTEMPTS, MOST = 6, 16  # at the most; MOST where much is unexplained
RELIABLE = 0.8
REGULAR = 0.5  # share of the pairs below which they are taken for a language of phrases
Words = tuple[str, ...]
Input = Any
"""Text, words, or an image sequence (k, h, w)."""


@dataclass(frozen=True)
class Progress:
    """What a learner is doing: `explained` of `total` pairs of the sample, `elapsed` seconds."""

    stage: str
    explained: int
    total: int
    elapsed: float
    detail: str = ""


@dataclass(frozen=True)
class SenseReport:
    """One sense: its pattern, its program as clauses, and how many pairs were explained through it."""

    pattern: str
    program: str
    support: int


@dataclass
class Report:
    """What was found, and how far to trust it.

    Attributes:
        estimate: share of the held-out pairs that are predicted.
        heldout: how many pairs were held out.
        train_accuracy: share of all pairs that the final language explains.
        longest: the same of the longest quarter of them: what to expect of longer sentences.
        contradictions: (index of the pair, input, output in the data, output of the language).
        words: per word its senses.
        undecided: questions that the pairs leave open, each with a sentence that would decide.
    """

    estimate: float = 0.0
    heldout: int = 0
    train_accuracy: float = 0.0
    longest: float = 0.0
    contradictions: list[tuple[int, str, str, str]] = field(default_factory=list)
    words: list[tuple[str, list[SenseReport]]] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        lines = [
            f"{s.program.replace(chr(10), '; ')}   ({s.support} pairs)" for _, senses in self.words for s in senses
        ]
        lines += [f"undecided: {question}" for question in self.undecided]
        return "\n".join([*lines, self.summary])

    @property
    def summary(self) -> str:
        """One line: how much is explained, how much is predicted, and whether less of the long sentences is."""
        longest = f" ({self.longest:.2%} of the longest quarter)" if self.longest < self.train_accuracy else ""
        return (
            f"{self.train_accuracy:.2%} of the pairs explained{longest}, "
            f"{self.estimate:.2%} of {self.heldout} held-out pairs predicted"
        )


@dataclass(frozen=True)
class Found:
    """A lexicon with its language and the share of the training pairs that it explains."""

    lexicon: Lexicon
    precedence: Precedence
    language: Language
    accuracy: float

    _texts: dict[Words, str | None] = field(default_factory=dict, repr=False, compare=False)

    @property
    def rank(self) -> tuple[float, float]:
        return round(self.accuracy, 3), -self.lexicon.cost

    def predict(self, words: Words) -> str | None:
        """The text of a sentence's value, remembered; None where there is none."""
        if words not in self._texts:
            self._texts[words] = predict(self.language, words)
        return self._texts[words]

    def agrees(self, other: Found, pairs: Sequence[tuple[Words, str]]) -> bool:
        """Whether both predict the same of (nearly) all pairs."""
        same = sum(self.predict(x) == other.predict(x) for x, _ in pairs)
        return same >= 0.998 * len(pairs)

    def share(self, pairs: Sequence[tuple[Words, str]]) -> float:
        """Share of the pairs that are predicted."""
        return sum(self.predict(x) == y for x, y in pairs) / max(1, len(pairs))


class Learner:
    """Learns a language from pairs.

    Args:
        seed: same seed and pairs, same result.
        budget: seconds after which the best so far is taken.
        primitives: groups of the prelude that programs are made of.
        given: what is known and stays as it is: a `Language` or its definition file (a path, or the name of a shipped
            one), or a mapping from words to their values or to Python functions of 1 to 3 arguments.
        library: whether programs may call the functions of words that are solved already.
        equivalence: whether of programs that give the same on the examples only one is kept; both are for ablations.
        programs: found in other languages, tried before a search for one begins; those of what is learned are added.
        progress: called with a `Progress` now and then.
        symbols: with images for inputs: how many kinds of symbol they show; their names are not given.
        recogniser: with images: a module ``(b, 1, h, w) in 0..1 -> (b, symbols)`` logits, if not our own.
        device: of the recogniser.
        state: with images: a file that keeps the state of the work after every round; `fit` goes on from it.
        parser: ``forest``: every reading of a sentence counts, and the result is a definition file; ``transitions``: a
            neural transition parser that proposes a beam of trees (`nesy.learn.published`), and no file.
        paper: the published configuration, for comparison: the neural parser is sampled; see `Published`.
        arities: what both of these need to be told: per word how many arguments it takes, None for nothing.

    Attributes:
        language: what was learned; the best so far after an interrupt; None if nothing was.
        reliable: whether at least 80% of the held-out pairs are predicted.
        sight: with images: recogniser and language, `nesy.learn.sight.Sight`; None if nothing was learned.
        refused: with images: why nothing was learned, or not all.
        report: a `Report`.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        budget: float = 180.0,
        primitives: str = "lists arithmetic booleans",
        given: Source | None = None,
        library: bool = True,
        equivalence: bool = True,
        programs: Programs | None = None,
        progress: Callable[[Progress], None] | None = None,
        symbols: int | None = None,
        recogniser: nn.Module | None = None,
        device: str | torch.device | None = None,
        state: str | os.PathLike[str] | None = None,
        parser: Literal["forest", "transitions"] = "forest",
        paper: bool = False,
        arities: Mapping[str, int | None] | None = None,
    ) -> None:
        self.seed, self.budget, self.primitives = seed, budget, primitives
        self._neural = _neural(parser, paper, arities, seed, budget, primitives)
        self.given, self.library, self.equivalence, self.programs = given, library, equivalence, programs
        self._given = Given()
        self.progress = progress
        self.symbols, self.recogniser, self.device, self.state = symbols, recogniser, device, state
        self.language: Language | None = None
        self.sight: Sight | None = None
        self.refused: list[str] = []
        self.report = Report()
        self._best: Found | None = None
        self._unrefined: Found | None = None  # the best that has not seen the held-out pairs
        self._digest = ""
        self._started = time.monotonic()

    @property
    def reliable(self) -> bool:
        return self.language is not None and self.report.estimate >= RELIABLE

    # ---------------------------------------------------------------- fitting

    def fit(self, pairs: Iterable[tuple[Input, str | Value]], *, resume: bytes | None = None) -> Learner:
        """Learn from pairs.

        Args:
            pairs: (input, output); an input is text or its words, an output a value or its canonical text. Or an input
                is a sequence of images, an array (k, h, w) of uint8, or of floating point in 0..1, numpy or torch.
            resume: what `checkpoint` returned for the same pairs.

        Raises:
            InputError: no pairs, an output that is no value, or a state that is none, damaged, of another version
                or of other work.
            KeyboardInterrupt: passed on; `language` holds the best so far.
        """
        self._started = time.monotonic()
        deadline = self._started + 0.85 * self.budget
        pairs = list(pairs)
        if self.symbols is not None or any(is_image(x) for x, _ in pairs[:1]):
            return self._fit_images(pairs)
        data = [(tuple(x.split()) if isinstance(x, str) else tuple(x), output_text(y)) for x, y in pairs]
        if not data:
            raise InputError("no pairs to learn from", expected="at least one")
        if self._neural is not None:
            self._neural.fit(data)
            return self
        self._given = read_given(self.given, {w for words, _ in data for w in words})
        require_levels(self._given)
        if resume is not None and self.given is not None:
            raise InputError("a saved state beside given knowledge", expected="one of the two")
        self._universe = Universe()
        self._kinds = output_kinds(y for _, y in data)
        rng = random.Random(self.seed)
        train, held = hold_out(data, rng)
        self._digest = digest(data)
        self._unrefined = None
        self.report = Report()
        self._best = self._resumed(resume, train) if resume is not None else None
        self.language = self._best.language if self._best else None
        try:
            best = self._search(train, rng, deadline, self._best)
            phrases = self._phrases(train) if best is None or best.accuracy < REGULAR else None
            self._unrefined = best = phrases or best
            self.report.heldout = len(held)
            self.report.estimate = best.share(held) if best else 0.0
            if phrases:
                self._best = None
                self._phrases(data)
            elif best and held and best.accuracy > 0.3:
                best = self._refine(best, data, rng, self._started + 0.93 * self.budget) or best
        finally:
            self._finish(data)
        if self.programs is not None and self._best is not None and self.reliable:
            for sense in self._best.lexicon.senses:
                self.programs.add(sense.meaning)
        return self

    def _fit_images(self, pairs: list[tuple[Any, Any]]) -> Learner:
        from nesy.learn.image_learner import ImageLearner

        if self.symbols is None:
            raise InputError("images", expected="Learner(symbols=N): how many kinds of symbol the images show")
        seeing = ImageLearner(
            self.symbols,
            recogniser=self.recogniser,
            primitives=self.primitives,
            seed=self.seed,
            budget=self.budget,
            device=self.device,
            progress=lambda epoch: self._tell(epoch.phase, epoch.explained, epoch.sentences, ", ".join(epoch.found)),
            state=self.state,
        )
        self.language = self.sight = None
        try:
            seeing.fit(pairs)
        finally:
            if seeing.sight is not None:
                self.sight, self.language = seeing.sight, seeing.sight.language
            self.refused = seeing.refused
            self.report = Report(
                estimate=seeing.report.estimate,
                heldout=seeing.report.heldout,
                train_accuracy=1 - len(seeing.wrong) / max(1, seeing.judged),
                longest=math.nan,  # not measured
                contradictions=seeing.wrong,
                words=[(w, [SenseReport(w, program, n)]) for w, program, n in seeing.words],
                seconds=time.monotonic() - self._started,
            )
        return self

    def _search(
        self, train: list[tuple[Words, str]], rng: random.Random, deadline: float, start_from: Found | None
    ) -> Found | None:
        """Attempts with different starts and samples until one explains the pairs, or two agree on nearly all."""
        results: list[Found] = []
        for attempt in range(MOST):
            effort = 2 if attempt < 2 else 3
            begin = start_from if attempt == 0 else self._best if attempt == 2 else None
            left = deadline - time.monotonic()
            share = 0.15 if attempt < 2 else 0.5  # first a quick look from both starts
            found = self._attempt(
                train, random.Random(rng.random()), time.monotonic() + share * left, attempt, begin, effort
            )
            good = self._best.accuracy if self._best else 0.0
            enough = good > 0.995 or (attempt + 1 >= ATTEMPTS and good > 0.95)
            if found is not None:
                agreed = good > 0.9 and any(found.agrees(other, train[:CHECKED]) for other in results)
                enough = enough or (agreed and like_noise(found, train[:CHECKED]))
                results.append(found)
            if enough or time.monotonic() > deadline - 2:
                break
        return self._best

    def _attempt(
        self,
        train: list[tuple[Words, str]],
        rng: random.Random,
        deadline: float,
        attempt: int,
        start_from: Found | None = None,
        effort: int = 3,
    ) -> Found | None:
        """Grow a lexicon; run it on all pairs; add failing ones to the sample; again. What was found last."""
        universe = self._universe
        sentences = [sentence(universe, x, y, self._kinds) for x, y in dict.fromkeys(train)]
        vocabulary = Vocabulary.of(train)
        sample = choose(sentences, rng, vocabulary.words)
        grower = Grower(
            universe,
            sample,
            learnable(self.primitives),
            rng,
            deadline,
            effort=effort,
            hasty=attempt % 2 == 1,
            library=self.library,
            equivalence=self.equivalence,
            programs=self.programs,
            given=self._given,
            owned=vocabulary.itself | frozenset(vocabulary.names.values()),
            report=lambda stage, explained, total: self._tell(stage, explained, total, f"attempt {attempt + 1}"),
        )
        if start_from is not None:
            known, grower.precedence = start_from.lexicon, start_from.precedence
            grower.lexicon = known.add(*(s for s in vocabulary.senses() if not known.knows(s.words[0])))
        else:
            grower.lexicon = vocabulary.lexicon(seeded=attempt % 2 == 0)
            if attempt % 2 == 0:
                grower.lexicon = grower.lexicon.add(
                    *tied_constants(train, vocabulary.words), *numerals(train, grower.lexicon)
                )
            grower.lexicon = self._given.join(grower.lexicon)
        found, previous = None, -1.0
        for _ in range(4):
            try:
                grower.grow()
            except OutOfTime:
                return self._consider(grower, train)
            except KeyboardInterrupt:
                self._consider(grower, train)
                raise
            found = self._consider(grower, train)
            if found is None or found.accuracy > 0.9999 or found.accuracy <= previous + 1e-9:
                return found
            previous = found.accuracy
            grower.sentences = extended(grower.sentences, sentences, found.language, universe, rng)
        return found

    @staticmethod
    def _nothing() -> Found | None:
        return None

    def _refine(self, best: Found, data: list[tuple[Words, str]], rng: random.Random, deadline: float) -> Found | None:
        """Go on from the best lexicon with the held-out pairs too."""
        if best.share(data) > 0.9999:
            return best
        before, self._best = self._best, self._nothing()
        try:
            effort = 2 if like_noise(best, data) else 3
            self._attempt(data, rng, min(deadline, time.monotonic() + 20), 0, best, effort)
        finally:
            found = self._best
            if found is None or found.share(data) < best.share(data):
                self._best = found = before
        return found

    def _phrases(self, pairs: list[tuple[Words, str]]) -> Found | None:
        """A language of phrases, if it explains more than the best so far."""
        sequences = [(words, tuple(output.split(" "))) for words, output in dict.fromkeys(pairs) if words and output]
        if "seq" not in self._kinds or not sequences or self.given is not None:
            return None
        found = self._keep(*Phrases(sequences).lexicon(), pairs)
        return found if found is self._best else None

    def _consider(self, grower: Grower, pairs: list[tuple[Words, str]]) -> Found | None:
        """What was grown, if it is a language, run on the pairs and kept if it is the best."""
        return self._keep(grower.lexicon, grower.precedence, pairs) if grower.lexicon.grounded else None

    def _keep(self, lexicon: Lexicon, precedence: Precedence, pairs: list[tuple[Words, str]]) -> Found:
        """Write a language, run it on the pairs, keep it if it is the best."""
        text_ = write(lexicon, precedence, self._kinds).text
        language = Language.load("learned", text=text_, given=self._given.python)
        found = Found(lexicon, precedence, language, 0.0)
        found = replace(found, accuracy=found.share(pairs[:: 1 + len(pairs) // CHECKED]))
        if self._best is None or found.rank > self._best.rank:
            self._best = found
            self.language = language
        self._tell("checking", round(found.accuracy * len(pairs)), len(pairs), "")
        return found

    def _tell(self, stage: str, explained: int, total: int, detail: str) -> None:
        if self.progress:
            self.progress(Progress(stage, explained, total, time.monotonic() - self._started, detail))

    # ---------------------------------------------------------------- the result

    def _finish(self, data: list[tuple[Words, str]]) -> None:
        """Write the final file and the report."""
        best = self._best
        self.report.seconds = time.monotonic() - self._started
        if best is None:
            return
        right = 0
        self.report.contradictions = []
        for index, (words, expected) in enumerate(data):
            got = best.predict(words)
            if got == expected:
                right += 1
            else:
                self.report.contradictions.append((index, " ".join(words), expected, got or "(no value)"))
        self.report.train_accuracy = right / len(data)
        self.report.longest = best.share(sorted(data, key=lambda pair: -len(pair[0]))[: -(-len(data) // 4)])
        written = write(best.lexicon, best.precedence, self._kinds)
        names = written.names
        support = supports(best.language, data)
        senses: dict[str, list[SenseReport]] = defaultdict(list)
        for sense in best.lexicon.senses:
            program = "\n".join(map(_printed, clauses(names[sense], sense.meaning, written.functions)))
            report = SenseReport(str(sense), program, support[names[sense]])
            senses[sense.words[0] if sense.words else "(side by side)"].append(report)
        for word in best.lexicon.silent:
            senses[word].append(SenseReport(word, "(silent)", sum(word in x for x, _ in data)))
        self.report.words = sorted(senses.items())
        if self.budget - (time.monotonic() - self._started) > 2:
            self.report.undecided = undecided(
                best.lexicon, names, best.language, self._universe, learnable(self.primitives), data
            )
        reliable = self.report.estimate >= RELIABLE
        comments = [
            f"Learned from {len(data)} pairs; {self.report.train_accuracy:.2%} of them are explained.",
            f"Held-out pairs predicted: {self.report.estimate:.2%} of {self.report.heldout}. Seed {self.seed}.",
        ]
        if not reliable:
            comments.append("NOT RELIABLE: a partial result, kept on request.")
        written = write(best.lexicon, best.precedence, self._kinds, comments)
        self.language = Language.load("learned", text=written.text, given=self._given.python)
        self.report.seconds = time.monotonic() - self._started

    def _learned_for(self, sentence: Input) -> Language | Published | Sight:
        return self.sight if is_image(sentence) and self.sight is not None else self._learned()

    def _learned(self) -> Language | Published:
        if self._neural is not None:
            return self._neural
        if self.language is None:
            raise NesyError("nothing was learned: fit the learner first, with more pairs or a larger budget")
        return self.language

    def predict(self, sentence: Input) -> str:
        """The canonical text of a sentence's value; the sentence may be text, words, or a sequence of images.

        Raises:
            OutsideLanguage: a word or a construction that was not learned.
            NesyError: nothing was learned, or the sentence has no value.
        """
        return text(self._learned_for(sentence).run(sentence))

    def derive(self, sentence: Input) -> Derivation:
        """The derivation of a sentence; raises as `predict`."""
        return self._learned_for(sentence).parse(sentence)

    def score(self, pairs: Iterable[tuple[Input, str | Value]]) -> tuple[int, int]:
        """(correct, total); a sentence without a value counts as wrong."""
        pairs = list(pairs)
        if self.sight is not None and any(is_image(x) for x, _ in pairs[:1]):
            return self.sight.score(pairs)
        language = self._learned()
        results = [predict(language, x) == output_text(y) for x, y in pairs]
        return sum(results), len(results)

    def save(self, path: str) -> None:
        """Write the definition file, atomically; a language that sees gets a file of its recogniser beside it.

        Raises:
            InputError: the path cannot be written, or a meaning that was given is a Python function.
            NesyError: nothing was learned, or by a neural parser.
        """
        from nesy.files import write_atomically

        if self.sight is not None:
            self.sight.save(path)
            return
        learned = self._learned()
        if self._neural is not None or not isinstance(learned, Language):
            raise NesyError("a neural parser is not written as a definition file: learn with parser='forest'")
        if self._given.python:
            words = ", ".join(sorted(self._given.functions))
            raise InputError(
                f"a file cannot hold Python functions, as the meaning of {words} is",
                mend="give such meanings by a definition file, or keep .language in memory",
            )
        write_atomically(path, learned.source)

    @classmethod
    def load(cls, path: str) -> Learner:
        """What `save` wrote, ready to predict, derive and score; safe for files of strangers.

        Raises:
            InputError: with the file, for whatever is wrong with it.
        """
        learner = cls()
        if os.path.exists(Path(path).with_suffix(".safetensors")):
            from nesy.learn.sight import Sight

            learner.sight = Sight.load(path)
            learner.language = learner.sight.language
        else:
            learner.language = Language.load(path)
        return learner

    def checkpoint(self) -> bytes:
        """The state of the work, to be handed to `fit(resume=...)`.

        Raises:
            InputError: knowledge was given; a state cannot hold that.
        """
        if self.given is not None:
            raise InputError("a saved state beside given knowledge", expected="one of the two")
        found = self._unrefined or self._best
        lexicon, precedence = (found.lexicon, found.precedence) if found else (Lexicon(), Precedence())
        return State(lexicon, precedence, self.seed, self.primitives, self._digest).dump()

    def _resumed(self, resume: bytes, train: list[tuple[Words, str]]) -> Found | None:
        """What a saved state found; None if it had found nothing yet."""
        state = read_state(resume)
        state.require(pairs=self._digest, seed=self.seed, primitives=self.primitives)
        if not state.lexicon.grounded:
            return None
        language = Language.load("resumed", text=write(state.lexicon, state.precedence, self._kinds).text)
        found = Found(state.lexicon, state.precedence, language, 0.0)
        return replace(found, accuracy=found.share(train))


def is_image(sentence: object) -> bool:
    """Whether an input is an array."""
    return hasattr(sentence, "shape")


def _neural(
    parser: str, paper: bool, arities: Mapping[str, int | None] | None, seed: int, budget: float, primitives: str
) -> Published | None:
    """The learner with a neural parser, where one is asked for."""
    if parser not in ("forest", "transitions"):
        raise InputError(f"the parser {parser!r}", expected="forest or transitions")
    if not paper and parser == "forest":
        return None
    if arities is None:
        raise InputError("no arities for the neural parser", expected="arities={word: number of arguments}")
    from nesy.learn.published import Published

    parses: Literal["sampled", "beam"] = "sampled" if paper else "beam"
    return Published(arities, primitives=primitives, parses=parses, seed=seed, budget=budget)


def _printed(clause: object) -> str:
    from nesy.lang.clauses import print_clause

    return print_clause(clause)  # type: ignore[arg-type]


# -------------------------------------------------------------------- pairs


def sentence(universe: Universe, words: Words, output: str, kinds: tuple[str, ...]) -> Sentence:
    """A training pair with its targets: the values with the output's text that fit the data's kinds."""
    values: list[Value] = [v for v in readings(output) if "seq" in kinds or kind(v) in kinds]
    if kind(values[0]) != "seq":
        values = values[:1]
    return Sentence.of(words, frozenset(map(universe.id, values)), values[0])


def hold_out(
    data: list[tuple[Words, str]], rng: random.Random
) -> tuple[list[tuple[Words, str]], list[tuple[Words, str]]]:
    """Split off about a tenth, at most 400, leaving every word at least three times in the rest.

    Of many words that denote themselves none need be left. Where there is such a vocabulary, the shortest sentences
    with each other word are left too.
    """
    vocabulary = Vocabulary.of(data)
    alike = vocabulary.itself
    counts = Counter(w for words, _ in data for w in set(words) - alike)
    short: set[int] = set()
    for word in counts.keys() - vocabulary.words if vocabulary.words else ():
        short.update(
            heapq.nsmallest(SHORT, (k for k, (x, _) in enumerate(data) if word in x), key=lambda k: len(data[k][0]))
        )
    wanted = min(400, max(len(data) // 10, min(10, len(data) // 4)))
    held: set[int] = set()
    for index in rng.sample(range(len(data)), len(data)):
        words = set(data[index][0]) - alike
        if len(held) < wanted and len(data[index][0]) > 1 and index not in short and all(counts[w] > 3 for w in words):
            held.add(index)
            counts.subtract(words)
    return [p for i, p in enumerate(data) if i not in held], [p for i, p in enumerate(data) if i in held]


def choose(sentences: Sequence[Sentence], rng: random.Random, alike: frozenset[str] = frozenset()) -> list[Sentence]:
    """The sentences to grow on: short and random ones, every word among them, but for those that are all alike."""
    ordered = sorted(sentences, key=lambda s: (len(s.words), rng.random()))
    fit = [s for s in ordered if len(s.words) <= LONG]
    if len(fit) < min(40, len(ordered)):
        fit = ordered[:40]
    chosen = dict.fromkeys(fit[: SAMPLE // 2])
    chosen.update(dict.fromkeys(rng.sample(fit, min(len(fit), SAMPLE // 2))))
    counts = Counter(w for s in chosen for w in set(s.words))
    for s in ordered:
        if (
            len(s.words) <= LONGEST
            and s not in chosen
            and any(counts[w] < WORD_SAMPLE for w in s.words if w not in alike)
        ):
            chosen[s] = None
            counts.update(set(s.words))
    return sorted(chosen, key=lambda s: len(s.words))


def extended(
    sample: Sequence[Sentence],
    sentences: Sequence[Sentence],
    language: Language,
    universe: Universe,
    rng: random.Random,
) -> list[Sentence]:
    """The sample with some of the sentences that the language gets wrong, shortest first."""
    inside = set(sample)
    failing: list[Sentence] = []
    for s in sorted(sentences, key=lambda s: (len(s.words), rng.random())):
        if s not in inside and len(s.words) <= LONGEST:
            value = evaluate(language, s.words)
            if value is None or universe.id(value) not in s.targets:
                failing.append(s)
                if len(failing) >= 60:
                    break
    return sorted([*sample, *failing], key=lambda s: len(s.words))


def like_noise(found: Found, pairs: Sequence[tuple[Words, str]]) -> bool:
    """Whether long sentences fail hardly more often than short ones: so it is with corrupted outputs, and not
    with wrong senses.
    """
    ordered = sorted(pairs, key=lambda pair: len(pair[0]))
    half = len(ordered) // 2
    short, long = (sum(found.predict(x) != y for x, y in part) for part in (ordered[:half], ordered[-half:]))
    return long <= 1.5 * short + math.sqrt(short + 1)


def numerals(data: Sequence[tuple[Words, str]], known: Lexicon) -> list[Sense]:
    """Decimal words as their numbers, where no sentence of one word says otherwise."""
    alone = {words[0]: output for words, output in data if len(words) == 1}
    words = sorted({w for sentence_, _ in data for w in sentence_})
    values = {w: integer(w) for w in words if not known.knows(w)}
    return [word_sense(w, n) for w, n in values.items() if n is not None and alone.get(w, text(n)) == text(n)]


def tied_constants(
    data: Sequence[tuple[Words, str]], alike: frozenset[str] = frozenset(), share: float = 0.93
) -> list[Sense]:
    """Words that go with one output token: the token nearly never comes without the word, and the
    word nearly never without the token. Those that are `alike` are left out.
    """
    words: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    both: Counter[tuple[str, str]] = Counter()
    for sentence_, output in data:
        outs = set(output.split(" ")) if output else set()
        present = set(sentence_) - alike
        words.update(present)
        tokens.update(outs)
        both.update((w, t) for w in present for t in outs)
    tied: dict[str, list[str]] = defaultdict(list)
    for (word, token), count in both.items():
        if count >= share * words[word] and count >= share * tokens[token]:
            tied[word].append(token)
    used = Counter(t for ts in tied.values() for t in ts)
    return [word_sense(word, (ts[0],)) for word, ts in sorted(tied.items()) if len(ts) == 1 and used[ts[0]] == 1]


# -------------------------------------------------------------------- languages


def evaluate(language: Language | Published, words: str | Sequence[str]) -> Value | None:
    """The value of a sentence; None outside the language or where there is none."""
    try:
        return language.run(words) if language.knows(words) else None
    except NesyError:
        return None


def predict(language: Language | Published, words: str | Sequence[str]) -> str | None:
    """The canonical text of a sentence's value; None where `evaluate` gives none."""
    value = evaluate(language, words)
    return None if value is None else text(value)


def supports(language: Language, data: Sequence[tuple[Words, str]], most: int = 2000) -> Counter[str]:
    """How many (of the first `most`) pairs are explained by a derivation that uses each clause."""
    counts: Counter[str] = Counter()
    for words, output in data[:most]:
        if not language.knows(words):
            continue
        try:
            derivation = language.parse(words)
        except NesyError:
            continue
        if derivation.value is not None and text(derivation.value) == output:
            counts.update({node.symbol for node in derivation.nodes()})
    return counts

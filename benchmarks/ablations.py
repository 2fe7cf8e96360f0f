"""What each part is worth: the default learner, the published configuration, and both without some of their parts.

Small tasks, made here. HINT-style symbols, regenerated: random expressions over 0-9, + - * /, brackets where they are
needed; differences stop at 0, quotients are rounded up. SCAN-style commands: from the definition file, without
``turn``; half of the training pairs are the shortest commands, since the published learner does not begin without
them. The published configuration is told the arity of every word, and gets ``opposite left`` as ``left opposite``, as
in the publication; the default is told nothing and gets the words as they are. Each variant runs in this process, one
after the other, with the same pairs and seeds; accuracy is on expressions that were not learned from.

Abduction is measured on readings that were made wrong on purpose: one symbol misread, one attachment changed, or the
meaning of one word wrong, each with all kinds of edit allowed and with each kind forbidden.
"""

from __future__ import annotations

import math
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from benchmarks.claims import Claim, Kept
from nesy.abduction import Abducer
from nesy.abduction.attachments import Attachments
from nesy.abduction.results import LEVELS
from nesy.abduction.trees import Deduction
from nesy.errors import NesyError
from nesy.lang.language import Language
from nesy.learn import Learner
from nesy.learn.published import Published
from nesy.machine.values import text
from nesy.search.bank import Bank, learnable
from nesy.search.universe import Universe

SEEDS = range(int(os.environ.get("NESY_ABLATION_SEEDS", "3")))
SECONDS = float(os.environ.get("NESY_ABLATION_SECONDS", "120"))
"""Budget of one run of any variant."""
TRAIN, TEST = 1000, 500

Pairs = list[tuple[tuple[str, ...], str]]


@dataclass(frozen=True)
class Task:
    """Pairs for learning and for the test, and what the published configuration is told."""

    train: Pairs
    test: Pairs
    primitives: str
    arities: dict[str, int | None]
    order: Callable[[tuple[str, ...]], tuple[str, ...]] = lambda words: words


def arithmetic(seed: int) -> Task:
    """Expressions with up to 4 operators for learning and up to 6 for the test."""
    rng = random.Random(f"arithmetic {seed}")
    hint = Language.load("hint")
    seen: dict[tuple[str, ...], str] = {(str(digit),): str(digit) for digit in range(10)}
    train = _drawn(hint, rng, seen, TRAIN, 4)
    test = _drawn(hint, rng, seen, TEST, 6)
    arities: dict[str, int | None] = {str(digit): 0 for digit in range(10)}
    arities |= dict.fromkeys("+-*/", 2) | dict.fromkeys("()")
    return Task(train, test, "arithmetic", arities)


def _drawn(hint: Language, rng: random.Random, seen: dict[tuple[str, ...], str], count: int, most: int) -> Pairs:
    """New expressions whose intermediate values are at most 100; those `seen` at the start are among the first."""
    found: Pairs = [] if count == TEST else list(seen.items())
    while len(found) < count:
        words = tuple(_expression(rng, rng.randint(1, most))[0])
        try:
            derivation = hint.parse(words)
        except NesyError:
            continue
        values = [node.value for node in derivation.nodes() if isinstance(node.value, int)]
        if words not in seen and max(values) <= 100:
            seen[words] = str(derivation.value)
            found.append((words, seen[words]))
    return found


def _expression(rng: random.Random, operators: int) -> tuple[list[str], int]:
    """A random tree's words with as few brackets as possible, and its level (3: a digit)."""
    if operators == 0:
        return [str(rng.randrange(10))], 3
    operator = rng.choice("+-*/")
    level = 1 if operator in "+-" else 2
    left = rng.randrange(operators)
    parts = [_expression(rng, left), _expression(rng, operators - 1 - left)]
    first, second = (
        ["(", *words, ")"] if inner < level or (k == 1 and inner == level) else words
        for k, (words, inner) in enumerate(parts)
    )
    return [*first, operator, *second], level


def commands(seed: int) -> Task:
    """SCAN's commands without ``turn``: the shortest and random ones for learning, random ones for the test."""
    from nesy.cli.demo import scan_pairs

    rng = random.Random(f"commands {seed}")
    pairs = [(tuple(x.split()), y) for x, y in scan_pairs() if "turn" not in x.split()]
    short, rest = pairs[: TRAIN // 2], pairs[TRAIN // 2 :]  # they come by length
    chosen = rng.sample(rest, TRAIN // 2 + TEST)
    arities: dict[str, int | None] = dict.fromkeys(["walk", "look", "run", "jump"], 0)
    arities |= dict.fromkeys(["left", "right", "opposite", "around", "twice", "thrice"], 1)
    arities |= dict.fromkeys(["and", "after"], 2)
    return Task(short + chosen[TEST:], chosen[:TEST], "lists", arities, _swapped)


def _swapped(words: tuple[str, ...]) -> tuple[str, ...]:
    """``opposite left`` as ``left opposite``."""
    found = list(words)
    for k, word in enumerate(words):
        if word in ("opposite", "around"):
            found[k : k + 2] = found[k + 1], word
    return tuple(found)


def peano(seed: int) -> Task:
    """The arithmetic with nothing but 0, successor, predecessor and a test for 0 to make programs of."""
    return replace(arithmetic(seed), primitives="peano")


TASKS: dict[str, Callable[[int], Task]] = {"arithmetic": arithmetic, "commands": commands, "peano": peano}


def default(task: Task, seed: int, **options: Any) -> Learner:
    return Learner(seed=seed, budget=SECONDS, primitives=task.primitives, **options).fit(task.train)


def published(task: Task, seed: int, **options: Any) -> Published:
    learner = Published(task.arities, primitives=task.primitives, seed=seed, budget=SECONDS, **options)
    return learner.fit((task.order(words), output) for words, output in task.train)


OURS: dict[str, Callable[[Task, int], Any]] = {
    "no library": partial(default, library=False),
    "no equivalence": partial(default, equivalence=False),
}
PUBLISHED: dict[str, Callable[[Task, int], Any]] = {
    "published": published,
    "published, beam": partial(published, parses="beam"),
    "published, no abduction": partial(published, abduction=False),
}
VARIANTS = {"default": default, **OURS, **PUBLISHED}
TRIED: dict[str, Sequence[str]] = {
    "arithmetic": list(PUBLISHED),
    "commands": [*PUBLISHED, "no equivalence"],
    "peano": list(OURS),
}
"""What is compared with the default on each task."""


def claims(kept: Kept) -> Iterator[Claim]:
    for name in TASKS:
        yield from _learners(kept, name)
    yield from _repairs(kept)
    yield _equivalence(kept)


# -------------------------------------------------------------------- learners


def measured(name: str, variant: str, seed: int) -> dict[str, float]:
    """Accuracy in percent and seconds of one variant on one task."""
    task = TASKS[name](seed)
    start = time.perf_counter()
    learner = VARIANTS[variant](task, seed)
    seconds = time.perf_counter() - start
    order = task.order if variant.startswith("published") else tuple
    try:
        right, total = learner.score((order(words), output) for words, output in task.test)
    except NesyError:  # nothing was learned
        right, total = 0, len(task.test)
    return {"accuracy": 100 * right / total, "seconds": seconds}


def _learners(kept: Kept, name: str) -> Iterator[Claim]:
    runs = {
        variant: [kept.once(f"{name} {variant} {seed}", partial(measured, name, variant, seed)) for seed in SEEDS]
        for variant in ("default", *TRIED[name])
    }
    ours = runs.pop("default")
    for variant, theirs in runs.items():
        yield Claim(
            f"ablations.{name}.{variant.replace(', ', '.').replace(' ', '-')}",
            _spread(ours),
            _spread(theirs),
            f"{_mean(theirs, 'seconds') / _mean(ours, 'seconds'):.1f}x the time",
            "default at least as accurate",
            _mean(ours, "accuracy") >= _mean(theirs, "accuracy"),
            f"{variant}; {TRAIN} pairs, {TEST} others as test, {len(SEEDS)} seeds, budget {SECONDS:.0f} s",
        )


def _mean(runs: Sequence[dict[str, float]], key: str) -> float:
    return statistics.fmean(run[key] for run in runs)


def _spread(runs: Sequence[dict[str, float]]) -> str:
    accuracies = [run["accuracy"] for run in runs]
    return f"{min(accuracies):.1f}-{max(accuracies):.1f}% in {_mean(runs, 'seconds'):.1f} s"


# -------------------------------------------------------------------- abduction

FAULTS = ("symbol", "attachment", "meaning")
EXAMPLES = 60


def faulty(kind: str, seed: int) -> Iterator[tuple[np.ndarray, str, tuple[str, ...]]]:
    """Uncertain symbols, the answer, and the true words, of sentences that are misread in one way.

    The language in use is `hint`. A symbol: another one looks likelier than the true one. An attachment: the answer is
    that of another tree. A meaning: the answer is that of a language in which products are sums plus one.
    """
    rng = random.Random(f"{kind} {seed}")
    hint = Language.load("hint")
    strange = Language.load("strange", text=hint.source.replace("times(a, b) = a * b", "times(a, b) = a + b + 1"))
    deduction = Deduction(hint)
    attachments = Attachments(deduction)
    words = [pair[0] for pair in arithmetic(seed).test]
    found = 0
    for sentence in words:
        if found == EXAMPLES:
            return
        log_probs = _looks(sentence, rng, misread=kind == "symbol")
        answer = text(hint.run(sentence))
        if kind == "meaning":
            answer = _value(strange, sentence)
        elif kind == "attachment":
            read = deduction.sentence(sentence)
            tree = deduction.tree(read) if read else None
            others = [t for moved, t in attachments.others(read, tree) if moved == 1] if read and tree else []
            answer = text(rng.choice(others).value) if others else answer
        if kind == "symbol" or answer not in ("", _value(hint, sentence)):
            found += 1
            yield log_probs, answer, sentence


SYMBOLS = [*"0123456789+-*/()"]


def _looks(sentence: Sequence[str], rng: random.Random, misread: bool) -> np.ndarray:
    """(n, V) log-probabilities: the true symbol well ahead, but one if `misread`."""
    logits = np.array([[rng.gauss(0, 1) for _ in SYMBOLS] for _ in sentence])
    for place, word in enumerate(sentence):
        logits[place, SYMBOLS.index(word)] = 7.0
    if misread:
        place = rng.randrange(len(sentence))
        other = rng.choice([k for k, symbol in enumerate(SYMBOLS) if symbol != sentence[place]])
        logits[place, other] = 7.5
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def _value(language: Language, sentence: Sequence[str]) -> str:
    try:
        return text(language.run(sentence))
    except NesyError:
        return ""


def repaired(kind: str, without: str, seed: int) -> dict[str, float]:
    """Percent of the wrong examples that are repaired, and that are repaired with the true words; seconds each."""
    levels = [level for level in LEVELS if level != without]
    abducer = Abducer(Language.load("hint"), SYMBOLS, levels=levels, budget=300)
    start, total, done, true = time.perf_counter(), 0, 0, 0
    for log_probs, answer, sentence in faulty(kind, seed):
        result = abducer.abduce(log_probs, answer)
        total += result.status != "unchanged"
        done += result.status == "repaired"
        edited = {edit.level for edit in result.edits}
        true += result.status == "repaired" and result.words == sentence and edited == {kind}
    seconds = (time.perf_counter() - start) / max(1, total)
    return {"repaired": 100 * done / max(1, total), "true": 100 * true / max(1, total), "seconds": seconds}


def _repairs(kept: Kept) -> Iterator[Claim]:
    for kind in FAULTS:
        runs = {
            without: [kept.once(f"{kind} -{without} {seed}", partial(repaired, kind, without, seed)) for seed in SEEDS]
            for without in ("nothing", *LEVELS)
        }
        ours = runs["nothing"]
        for without in LEVELS:
            theirs = runs[without]
            yield Claim(
                f"ablations.abduction.{kind}.without-{without}",
                f"{_mean(ours, 'repaired'):.0f}% repaired, {_mean(ours, 'true'):.0f}% as it was",
                f"{_mean(theirs, 'repaired'):.0f}% repaired, {_mean(theirs, 'true'):.0f}% as it was",
                f"{_mean(theirs, 'seconds') / _mean(ours, 'seconds'):.1f}x the time",
                "with all levels no fewer are repaired",
                _mean(ours, "repaired") >= _mean(theirs, "repaired"),
                f"one {kind} wrong in each of {EXAMPLES} sentences, {len(SEEDS)} seeds; budget 300 readings each; "
                f"{1000 * _mean(ours, 'seconds'):.0f} ms each with all levels",
            )


# -------------------------------------------------------------------- search

PROGRAMS: dict[str, tuple[str, Callable[..., Any]]] = {
    "monus": ("arithmetic", lambda a, b: max(0, a - b)),
    "rounded-up": ("arithmetic", lambda a, b: -(-a // b)),
    "distance": ("arithmetic", lambda a, b: abs(a - b)),
    "shift": ("lists", lambda a, b: a[1:] + a[:1]),
    "ends-swapped": ("lists", lambda a, b: a[-1:] + a[1:-1] + a[:1]),
    "around": ("lists", lambda a, b: (a + b) * 4),
}
WORK = 40_000_000


def searched(name: str, equivalence: bool) -> dict[str, float]:
    """Expressions kept and seconds until a program is found; infinitely many are written as -1."""
    primitives, function = PROGRAMS[name]
    rng = random.Random(name)
    universe = Universe()
    if primitives == "lists":
        rows = [[tuple(rng.choices("ABCDE", k=rng.randint(1, 5))) for _ in range(12)] for _ in range(2)]
    else:
        rows = [[rng.randint(1, 20) for _ in range(12)] for _ in range(2)]
    columns = np.stack([universe.ids(row) for row in rows])
    target = universe.ids([function(a, b) for a, b in zip(*rows, strict=True)])
    constants = [(0, 1), (1, 1)] if primitives == "arithmetic" else []
    bank = Bank(universe, columns, ("a", "b"), constants, learnable(primitives), WORK, equivalence=equivalence)
    start, kept = time.perf_counter(), 0
    while not bank.exhausted and time.perf_counter() - start < 60 and kept < 1_500_000:
        _, rows_found = bank.grow()
        kept += len(rows_found)
        if len(rows_found) and (rows_found == target).all(axis=1).any():
            return {"kept": kept, "seconds": time.perf_counter() - start}
    return {"kept": -1, "seconds": time.perf_counter() - start}


def _equivalence(kept: Kept) -> Claim:
    found = {
        flag: {name: kept.once(f"search {name} {flag}", partial(searched, name, flag)) for name in PROGRAMS}
        for flag in (True, False)
    }
    solved = {flag: [name for name, run in runs.items() if run["kept"] >= 0] for flag, runs in found.items()}
    both = [name for name in solved[True] if name in solved[False]]
    ratios = [found[False][name]["kept"] / found[True][name]["kept"] for name in both]
    return Claim(
        "ablations.search.equivalence",
        f"{len(solved[True])} of {len(PROGRAMS)} programs, {sum(r['seconds'] for r in found[True].values()):.1f} s",
        f"{len(solved[False])} of {len(PROGRAMS)}, {sum(r['seconds'] for r in found[False].values()):.1f} s",
        f"{math.exp(statistics.fmean(map(math.log, ratios))):.1f}x the expressions" if ratios else "",
        "at least as many programs",
        len(solved[True]) >= len(solved[False]),
        f"baseline: every expression is kept; {WORK:,} entries at the most; both found {', '.join(both)}",
    )

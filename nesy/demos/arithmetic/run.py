"""The demonstration from beginning to end."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nesy.abduction import Abducer, Abduction
from nesy.abduction.account import account
from nesy.demos.arithmetic.data import DIGITS, FRAME, SIGNS, Example, Handwriting
from nesy.demos.arithmetic.measure import Measured, measure
from nesy.demos.arithmetic.page import Story, page
from nesy.files import write_atomically
from nesy.images import ImagePairs
from nesy.images.show import blocks, png, strip
from nesy.learn.grounding import Epoch, Grounding
from nesy.learn.sight import Sight
from nesy.machine.values import text
from nesy.neural.image_sequence import ImageSequenceModel
from nesy.neural.recogniser import ConvolutionalRecogniser

COUNTS = (150, 600, 400, 250)
"""How many expressions of no, one, two, ... operators are learned from."""
LONGER = (1, 2, 3, 4, 6, 8, 10)
"""Operators of the expressions for the test."""
TESTED, MEASURED, SHOWN, LOOKS = 200, 60, 6, 12
BUDGET = 120.0  # seconds of learning
CHANNELS, HIDDEN = (8, 16, 32), 64  # of the recogniser
MODEL_CHANNELS, MODEL_HIDDEN = (8, 16, 24), 16  # of the neural model: about as many weights
WIDTHS = (8, 12, 8, 8, 8, 8)
TITLES = ("seconds", "step", "answers", "symbols", "parses", "abduced", "found")


def run(folder: Path, command: str, *, seed: int = 0, seconds: float | None = None, scale: float = 1.0) -> int:
    """Learn, show, compare, and write what was learned with a page about it.

    Args:
        folder: where the files go.
        command: how the user calls nesy.
        seconds: training time of the neural model; as long as the learning took by default.
        scale: of the amount of data and time; less is for tests.

    Returns:
        The exit code: 0 where something reliable was learned.

    Raises:
        InputError: scikit-learn is missing, or the folder cannot be written.
    """
    handwriting = Handwriting.collect(seed)
    rng = random.Random(seed)
    counts = [round(scale * count) for count in COUNTS]
    train = handwriting.examples([k for k, count in enumerate(counts) for _ in range(count)], rng)
    story = Story(samples=samples(train, rng), titles=TITLES, longest=len(COUNTS) - 1)
    show_samples(train, story.samples)

    print("Learning from nothing but these. (symbols and parses: measured on other pictures, never learned from)\n")
    tests = {k: handwriting.examples([k] * max(5, round(scale * TESTED)), rng, test=True) for k in LONGER}
    measured = [example for k in (1, 2, 3) for example in tests[k][: max(2, round(scale * MEASURED / 3))]]
    started = time.monotonic()
    grounding = learn(train, measured, handwriting, story, seed, scale * BUDGET)
    took = time.monotonic() - started
    if grounding.language is None or grounding.recogniser is None:
        for reason in grounding.report.refused:
            print(f"refused: {reason}", file=sys.stderr)
        return 1
    sight = Sight(grounding.language, grounding.words, grounding.recogniser, FRAME)
    sight.save(folder / "arithmetic.nesy")
    story.source = sight.language.source
    story.symbols = looks(sight, handwriting)
    print(f"\ndone in {took:.0f} s. What the symbols stand for, and what they mean:\n")
    print(meanings(sight))

    story.repair = repair(sight, [example for k in LONGER for example in tests[k]])
    if story.repair is not None:
        print("\nOne abduction: how an answer mends a reading\n")
        print(story.repair[1])

    compare(sight, train, tests, story, seconds or took, seed)
    finish(folder, sight, story, train, tests, command)
    return 0


def samples(train: Sequence[Example], rng: random.Random) -> list[Example]:
    """Six examples, short and long."""
    readable = [example for example in train if 1 < len(example.images) <= 7]
    return sorted(rng.sample(readable, SHOWN), key=lambda example: len(example.images))


def show_samples(train: Sequence[Example], chosen: Sequence[Example]) -> None:
    """What is learned from, in pictures of characters."""
    images = sum(len(example.images) for example in train)
    print(f"{len(train)} expressions in {images} pictures of symbols, with their answers; six of them:\n")
    for example in chosen:
        lines = blocks(example.images).splitlines()
        lines[-1] = f"{lines[-1]:{max(map(len, lines))}}   -> {example.answer}"
        print("\n".join(f"  {line}" for line in lines), end="\n\n")
    print("No symbol labels, no grammar and no program are given.")


def learn(
    train: Sequence[Example],
    measured: Sequence[Example],
    handwriting: Handwriting,
    story: Story,
    seed: int,
    budget: float,
) -> Grounding:
    """Learn, with a line of the table after every round."""

    def progress(epoch: Epoch) -> None:
        found = None
        if grounding.language is not None and grounding.recogniser is not None:
            sight = Sight(grounding.language, grounding.words, grounding.recogniser, FRAME)
            found = measure(sight, handwriting.test, measured, handwriting.truth)
        row = cells(epoch, found)
        story.epochs.append(row)
        print_row(row)

    print_row(TITLES)
    kinds, size = len(DIGITS + SIGNS), (FRAME.height, FRAME.width)
    recogniser = ConvolutionalRecogniser.seeded(seed, kinds, *size, channels=CHANNELS, hidden=HIDDEN)
    grounding = Grounding(kinds, recogniser=recogniser, seed=seed, budget=budget, progress=progress)
    return grounding.fit([example.images for example in train], [example.answer for example in train])


def cells(epoch: Epoch, found: Measured | None) -> tuple[str, ...]:
    """A row of the table."""

    def share(value: float) -> str:
        return "-" if np.isnan(value) else f"{value:.1%}"

    shares = (found.answers, found.symbols, found.parses) if found else (float("nan"),) * 3
    return (f"{epoch.seconds:.0f}", epoch.phase, *map(share, (*shares, epoch.abduced)), ", ".join(epoch.found))


def print_row(row: Sequence[str]) -> None:
    """A row of the table on the terminal."""
    *fixed, found = row
    line = "".join(f"{cell:>{width}}" for cell, width in zip(fixed, WIDTHS, strict=True))
    print(f"{line}  {found[:90]}".rstrip(), flush=True)


def meanings(sight: Sight) -> str:
    """The clauses of what was learned."""
    _, _, clauses = sight.language.source.partition("%semantics\n")
    return "\n".join(f"  {line}" for line in clauses.partition("%domain")[0].strip().splitlines())


def looks(sight: Sight, handwriting: Handwriting) -> list[tuple[str, str, np.ndarray]]:
    """Per symbol its word, what the word means, and test pictures that are read as it."""
    pictures = np.concatenate([images[:30] for images in handwriting.test.values()])
    read = sight.log_probs([pictures])[0].argmax(1)
    return [
        (word or "(nothing)", "; ".join(sight.meaning(word)) if word else "", pictures[read == symbol][:LOOKS])
        for symbol, word in enumerate(sight.words)
    ]


def repair(sight: Sight, examples: Sequence[Example]) -> tuple[np.ndarray, str] | None:
    """The shortest example that is misread and mended by its answer, and the account of it."""
    abducer = Abducer(sight.language, sight.words, levels=("symbol", "attachment"))
    for example in sorted(examples, key=lambda e: len(e.images)):
        log_probs = sight.log_probs([example.images])[0]
        found: Abduction = abducer.abduce(log_probs, example.answer)
        if found.status == "repaired":
            return example.images, account(found, sight.language, sight.spelled(example.images), example.answer)
    return None


def compare(
    sight: Sight,
    train: Sequence[Example],
    tests: dict[int, list[Example]],
    story: Story,
    seconds: float,
    seed: int,
) -> None:
    """What was learned beside a neural model of the same size, trained for the same time."""
    model = ImageSequenceModel(seed=seed, channels=MODEL_CHANNELS, hidden=MODEL_HIDDEN)
    model.fit([example.images for example in train], [example.answer for example in train], seconds=seconds)
    weights = sum(weight.numel() for weight in sight.recogniser.parameters())
    story.sizes = weights, model.size
    print(f"\nAnswers right on {len(tests[LONGER[0]])} expressions each, in pictures never learned from:\n")
    print(f"  operators {'learned':>10} {'neural model':>14}")
    scores = {}
    for operators, examples in tests.items():
        readings = sight.readings([example.images for example in examples])
        guesses = model.predict([example.images for example in examples])
        right = [r is not None and text(r.value) == e.answer for r, e in zip(readings, examples, strict=True)]
        guessed = [guess == example.answer for guess, example in zip(guesses, examples, strict=True)]
        scores[operators] = float(np.mean(right)), float(np.mean(guessed))
        longer = "  longer than those learned from" if operators == story.longest + 1 else ""
        print(f"  {operators:9} {scores[operators][0]:10.1%} {scores[operators][1]:14.1%}{longer}", flush=True)
    story.scores = scores
    print(
        f"  ({model.size:,} weights, the learned recogniser {weights:,}; trained for {seconds:.0f} s on the same pairs)"
    )


def finish(
    folder: Path,
    sight: Sight,
    story: Story,
    train: Sequence[Example],
    tests: dict[int, list[Example]],
    command: str,
) -> None:
    """Write the page, a picture and the pairs, and say what can be done with them."""
    write_atomically(folder / "arithmetic.html", page(story))
    example = next(e for e in tests[4] if "(" in e.symbols)
    picture = folder / "expression.png"
    write_atomically(picture, png(255 - strip(example.images, gap=10, scale=2)))
    ImagePairs.of((e.images, e.answer) for e in train).save(folder / "train.npz")
    ImagePairs.of((e.images, e.answer) for k in tests for e in tests[k]).save(folder / "test.npz")
    learned = folder / "arithmetic.nesy"
    print(f"\nthe language:   {learned}   (text: read it, correct it, run it)")
    print(f"the recogniser: {folder / 'arithmetic.safetensors'}")
    print(f"the report:     {folder / 'arithmetic.html'}")
    print(f"next:           {command} run {learned} {picture}   (it shows {' '.join(example.symbols)})")
    print(f"                {command} learn {folder / 'train.npz'} --symbols 16 --out mine.nesy")

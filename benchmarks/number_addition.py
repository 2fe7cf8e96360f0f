"""Adding two handwritten numbers of N digits when only the sum is told, N = 1, 2, 4, 15.

The images come column by column, the most significant first: a1 b1 a2 b2 ... The language is a definition file; the
forest finds the values that fit the answer from the sentence down (`nesy.forest.goals`), so numbers of fifteen digits
are exact. Images, network and Adam as in ``benchmarks/digit_addition.py``: images 0-999 of ``load_digits`` are for
training, 1000-1796 for the test; 4,000 images an epoch, 10,000 test pairs. Where the digits are read as well as by
themselves, the share of right sums is (share of right digits) ** 2N.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch

from benchmarks.claims import Claim, Kept
from benchmarks.digit_addition import digits, network

LENGTHS = (1, 2, 4, 15)
IMAGES, TESTS, EPOCHS = 4_000, 10_000, 20

LANGUAGE = """%grammar
start: column -> first | start column -> more
column: digit digit -> add
digit: DIGIT -> number
DIGIT: /[0-9]/

%semantics
first(c) = c
more(s, c) = 10 * s + c
number(word) = int(word)
add(a, b) = a + b
"""


def claims(kept: Kept) -> Iterator[Claim]:
    try:
        import sklearn.datasets  # noqa: F401
    except ImportError:
        yield Claim("number_addition", "not measured: scikit-learn is not installed (the extra digits)")
        return
    for length in LENGTHS:
        run = kept.once(f"N={length}", partial(measure, length))
        share = run["digit"] ** (2 * length)
        error = math.sqrt(share * (1 - share) / TESTS)
        yield Claim(
            f"number_addition.N{length}",
            f"{100 * run['sum']:.2f}%",
            f"{100 * share:.2f}% ({100 * run['digit']:.2f}% of the digits ** {2 * length})",
            f"{(run['sum'] - share) / error:+.1f} standard errors",
            "not below by more than 2 standard errors",
            run["sum"] >= share - 2 * error,
            f"10,000 test pairs, seed 0, {run['seconds']:.0f} CPU s of training",
        )


def measure(length: int, seed: int = 0, epochs: int = EPOCHS, tests: int = TESTS) -> dict[str, Any]:
    """Train once: shares of sums and digits that are right in the test, and CPU seconds of training."""
    import nesy
    from nesy.forest import Reader
    from nesy.learn.grounding.training import fit_recogniser

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    images, labels = digits()
    train = np.random.default_rng(0).integers(0, 1000, (IMAGES // (2 * length), length, 2))
    test = np.random.default_rng(1).integers(1000, 1797, (tests, length, 2))
    reader = Reader(nesy.language(text=LANGUAGE), list("0123456789"))
    torch.manual_seed(seed)
    model = network()
    start = time.process_time()
    fit_recogniser(
        reader,
        model,
        [images[pair.reshape(-1), 0] for pair in train],
        [_sum(labels, pair) for pair in train],
        epochs=epochs,
        batch=max(1, 32 // length),
        seed=seed,
    )
    seconds = time.process_time() - start
    with torch.no_grad():
        log_probs = model(images).log_softmax(1).double().numpy()
    readings = reader.best([log_probs[pair.reshape(-1)] for pair in test])
    right = [
        reading is not None and reading.value == _sum(labels, pair)
        for reading, pair in zip(readings, test, strict=True)
    ]
    torch.set_num_threads(threads)
    alone = log_probs[test.reshape(-1)].argmax(1) == labels.numpy()[test.reshape(-1)]
    return {"sum": float(np.mean(right)), "digit": float(alone.mean()), "seconds": seconds}


def _sum(labels: torch.Tensor, pair: np.ndarray) -> int:
    """The sum of the numbers whose columns are given."""
    total = 0
    for column in labels[torch.from_numpy(pair)].sum(1).tolist():
        total = 10 * total + column
    return total

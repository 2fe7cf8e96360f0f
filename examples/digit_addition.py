"""Handwritten digits learned from sums: a definition file says how two digits are added, nobody says which they are.

    python examples/digit_addition.py [--epochs 5] [--seed 0]

The images are those of scikit-learn (``pip install nesy[digits]``). 2,000 pairs of training images and their sums; the
test is on images of other writers.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
import torch

import nesy
from nesy.forest import Reader
from nesy.learn.grounding.training import fit_recogniser
from nesy.neural.recogniser import ConvolutionalRecogniser

LANGUAGE = """%grammar
start: digit digit -> add
digit: DIGIT -> number
DIGIT: /[0-9]/

%semantics
number(word) = int(word)
add(a, b) = a + b
"""


def main() -> int:
    parser = argparse.ArgumentParser(description="Learn digits from sums.")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        print("this example needs scikit-learn: pip install nesy[digits]", file=sys.stderr)
        return 1
    data = load_digits()
    images, labels = data.images.astype(np.float32) / 16, data.target
    random = np.random.default_rng(chosen.seed)
    train, test = random.integers(0, 1000, (2000, 2)), random.integers(1000, len(images), (1000, 2))

    reader = Reader(nesy.language(text=LANGUAGE), list("0123456789"))
    torch.manual_seed(chosen.seed)
    recogniser = fit_recogniser(
        reader,
        ConvolutionalRecogniser(10, 8, 8),
        [images[pair] for pair in train],
        [int(labels[pair].sum()) for pair in train],
        epochs=chosen.epochs,
        seed=chosen.seed,
        progress=lambda epoch, loss: print(f"epoch {epoch + 1}: loss {loss:.3f}"),
    ).eval()

    with torch.no_grad():
        logits = recogniser(torch.from_numpy(images)[:, None])
    log_probs = logits.log_softmax(1).double().numpy()
    readings = reader.best([log_probs[pair] for pair in test])
    given = np.array([reading.value if reading is not None else -1 for reading in readings])
    print(f"digits right: {(log_probs[1000:].argmax(1) == labels[1000:]).mean():.1%} (never told)")
    print(f"sums right: {(given == labels[test].sum(axis=1)).mean():.1%}")
    first = readings[0]
    assert first is not None
    print(f"the first test pair: {' + '.join(first.words)} = {first.value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

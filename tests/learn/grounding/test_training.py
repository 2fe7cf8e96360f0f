"""Training by answers where the language is given."""

import numpy as np
import pytest
import torch
from torch import nn

from nesy import language
from nesy.errors import InputError
from nesy.forest import Reader
from nesy.learn.grounding.training import fit_recogniser, log_joint

ADDITION = """%grammar
?start: digit | start "+" digit -> add
digit: D -> number
D: /[0-9]/
%semantics
number(w) = int(w)
add(a, b) = a + b
"""
WORDS = ["0", "1", "2", "+"]


@pytest.fixture
def reader():
    return Reader(language(text=ADDITION), WORDS)


def test_the_gradient_is_the_derivative(reader):
    torch.manual_seed(0)
    logits = torch.randn(9, 4, dtype=torch.float64, requires_grad=True)

    def joint(scores):
        return log_joint(scores.log_softmax(1), reader, [3, 5, 1], [2, 4, 1])

    assert torch.autograd.gradcheck(joint, (logits,))


def test_an_impossible_answer_has_no_gradient(reader):
    logits = torch.zeros(3, 4, requires_grad=True)
    joint = log_joint(logits.log_softmax(1), reader, [3], [17])
    assert joint.item() == -np.inf
    joint.backward()
    assert logits.grad.abs().sum() == 0


def test_learns_symbols_from_sums(reader):
    """Four different pictures are told apart, though only sums are told."""
    pictures = np.random.default_rng(0).integers(0, 256, (4, 6, 6)).astype(np.uint8)
    random = np.random.default_rng(1)
    sequences, answers = [], []
    for _ in range(150):
        digits = random.integers(0, 3, random.integers(1, 4))
        symbols = [s for digit in digits for s in (digit, 3)][:-1]
        sequences.append(pictures[symbols])
        answers.append(int(digits.sum()))
    losses = []
    torch.manual_seed(0)
    model = fit_recogniser(
        reader,
        nn.Sequential(nn.Flatten(), nn.Linear(36, 4)),
        sequences,
        answers,
        epochs=12,
        rate=0.02,
        progress=lambda epoch, loss: losses.append(loss),
    )
    assert losses[-1] < losses[0] / 4
    read = model(torch.from_numpy(pictures).float()[:, None] / 255).argmax(1)
    assert read.tolist() == [0, 1, 2, 3]


def test_wrong_input(reader):
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 4))
    with pytest.raises(InputError, match="answers"):
        fit_recogniser(reader, model, [np.zeros((1, 2, 2))], [])
    with pytest.raises(InputError, match="no image"):
        fit_recogniser(reader, model, [np.zeros((0, 2, 2))], [1])

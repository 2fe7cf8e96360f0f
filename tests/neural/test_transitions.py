"""The transition parser: arc-standard against a stack of lists, beams against enumeration."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nesy.dependency import LEFT, RIGHT, ROOT, SHIFT, Dependency, follow
from nesy.errors import InputError
from nesy.neural.transitions import States, TransitionParser


@st.composite
def action_sequences(draw):
    """A complete sequence of actions for some words."""
    length = draw(st.integers(1, 7))
    actions, depth, front = [], 0, 0
    while front < length or depth > 1:
        legal = [SHIFT] * (front < length) + [LEFT, RIGHT] * (depth > 1)
        action = draw(st.sampled_from(legal))
        actions.append(action)
        front += action == SHIFT
        depth += 1 if action == SHIFT else -1
    return length, actions


@given(action_sequences())
def test_the_oracle_builds_the_same_tree(case):
    length, actions = case
    tree = follow(actions, length)
    again = tree.actions()
    assert again is not None
    assert len(again) == 2 * length - 1
    assert follow(again, length) == tree
    assert list(tree.upwards())[-1] == tree.root
    assert sorted(tree.upwards()) == list(range(length))


def test_crossing_arcs_have_no_actions():
    assert Dependency((2, 3, ROOT, 2)).actions() is None


@given(action_sequences())
def test_states_have_the_features_of_the_paper(case):
    length, actions = case
    states = States.start(np.arange(length)[None], length)  # each word its own symbol, `length` for no word
    stack: list[int] = []
    front = 0
    children: dict[int, list[int]] = {word: [] for word in range(length)}
    for action in actions:
        nothing = [length] * 3

        def around(word, children=children):
            left = sorted(c for c in children.get(word, ()) if c < word)
            right = sorted((c for c in children.get(word, ()) if c > word), reverse=True)
            return left, right

        wanted = [*reversed(stack), *nothing][:3] + [*range(front, length), *nothing][:3]
        for word in wanted[:2]:
            left, right = around(word)
            wanted += ([*left, *nothing][:2]) + ([*right, *nothing][:2])
            wanted += [(around(left[0])[0] + nothing)[0] if left else length]
            wanted += [(around(right[0])[1] + nothing)[0] if right else length]
        assert states.features()[0].tolist() == wanted
        assert states.legal()[0].tolist() == [len(stack) > 1, len(stack) > 1, front < length]
        states.apply(np.array([action]))
        if action == SHIFT:
            stack.append(front)
            front += 1
        else:
            head, child = (stack[-1], stack[-2]) if action == LEFT else (stack[-2], stack[-1])
            children[head].append(child)
            stack[-2:] = [head]
    assert tuple(states.heads[0, :-1].tolist()) == follow(actions, length).heads


def enumerated(parser: TransitionParser, words: list[str]) -> dict[tuple[int, ...], float]:
    """Log-probability of every tree, over all sequences of actions."""
    n = len(words)
    total: dict[tuple[int, ...], float] = {}
    for actions in product((LEFT, RIGHT, SHIFT), repeat=2 * n - 1):
        states = States.start(np.array([[parser.number[w] for w in words]]), len(parser.number))
        score = 0.0
        for action in actions:
            if not states.legal()[0, action]:
                break
            score += parser._scores(states)[0, action]
            states.apply(np.array([action]))
        else:
            heads = tuple(states.heads[0, :-1].tolist())
            total[heads] = float(np.logaddexp(total.get(heads, -np.inf), score))
    return total


def parser(**options) -> TransitionParser:
    torch.manual_seed(0)
    return TransitionParser(["a", "b", "c"], embedding=4, hidden=6, **options).eval()


def test_a_wide_beam_finds_every_tree():
    network = parser()
    words = ["a", "c", "b", "a"]
    wanted = enumerated(network, words)
    found = network.search([words], beam=1000)[0]
    assert {tree.heads: pytest.approx(score) for tree, score in found} == wanted
    assert sum(math.exp(score) for _, score in found) == pytest.approx(1.0)
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)


def test_sentences_of_one_batch_do_not_disturb_each_other():
    network = parser(beam=3)
    sentences = [["a"], ["b", "a", "c"], ["c", "c", "c"], [], ["a", "b"]]
    together = network.search(sentences)
    for sentence, trees in zip(sentences, together, strict=True):
        alone = network.search([sentence])[0]
        assert [tree for tree, _ in trees] == [tree for tree, _ in alone]
        assert [score for _, score in trees] == pytest.approx([score for _, score in alone])
    assert [tree for tree, _ in network.parses(["b", "a", "c"], 2)] == [tree for tree, _ in together[1][:2]]
    assert network.parses([]) == []
    with pytest.raises(InputError, match="does not know the word 'd'"):
        network.parses(["a", "d"])


def test_samples_follow_the_probabilities():
    network = parser()
    words = ["a", "b", "c"]
    wanted = enumerated(network, words)
    drawn = network.sample([words] * 4000, np.random.default_rng(0))
    for heads, score in wanted.items():
        share = sum(tree.heads == heads for tree, _ in drawn) / len(drawn)
        assert share == pytest.approx(math.exp(score), abs=0.035)


def arithmetic(seed: int, count: int) -> list[tuple[list[str], Dependency]]:
    """Sums of products with their trees: an operator takes what is on its sides."""
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        words = ["1"]
        for _ in range(int(generator.integers(0, 4))):
            words += [str(generator.choice(["+", "*"])), "1"]
        heads = [ROOT] * len(words)

        def attach(start, end, words=words, heads=heads):
            if end - start == 1:
                return start
            operators = [k for k in range(start + 1, end, 2) if words[k] == "+"] or list(range(start + 1, end, 2))
            at = operators[-1]
            heads[attach(start, at)] = at
            heads[attach(at + 1, end)] = at
            return at

        attach(0, len(words))
        found.append((words, Dependency(tuple(heads))))
    return found


def test_it_learns_precedence():
    torch.manual_seed(1)
    network = TransitionParser(["1", "+", "*"], embedding=10, hidden=40)
    losses = network.fit(arithmetic(0, 200), epochs=30, batch=128)
    assert losses[-1] < 0.05 * losses[0]
    test = arithmetic(1, 50)
    assert [trees[0][0] for trees in network.search([words for words, _ in test])] == [tree for _, tree in test]


@settings(deadline=None, max_examples=5)
@given(st.integers(0, 99))
def test_fitting_repeats_itself(seed):
    def fitted():
        torch.manual_seed(seed)
        network = TransitionParser(["1", "+", "*"], embedding=3, hidden=4)
        return network.fit(arithmetic(seed, 10), epochs=2, seed=seed)

    assert fitted() == fitted()

"""Programs are found again by what they do, from examples that they were never run on."""

import functools
import random

import pytest

from graphs import ExactIndex
from nesy.errors import Undefined
from nesy.lang.clauses import print_expression
from nesy.learn import Learner
from nesy.machine.expressions import Call, Literal, Variable
from nesy.search import synthesise as module
from nesy.search.bank import learnable
from nesy.search.groups import Group, explains
from nesy.search.meaning import of_expression
from nesy.search.retrieval import CHANNELS, TRIED, Programs
from nesy.search.universe import Universe

A, B = Variable("a"), Variable("b")
NUMBERS = [Call(name, (A, B)) for name in ("+", "*", "monus", "min", "max", "div")]
NUMBERS += [Call("+", (each, Literal(k))) for each in NUMBERS for k in (1, 2, 3)]
JOINED = [Call("++", (A, A)), Call("++", (A, Call("++", (A, A)))), Call("reverse", (A,)), Call("tail", (A,))]
JOINED += [Call("++", (Literal((t,)), A)) for t in "XYZ"] + [Call("++", (A, Literal((t,)))) for t in "XYZ"]
PAIRED = [
    Call("++", (A, B)),
    Call("++", (B, A)),
    Call("++", (B, Call("++", (A, A)))),
    Call("++", (A, Call("++", (B, B)))),
]
MEANINGS = [of_expression(2, e) for e in NUMBERS + PAIRED] + [of_expression(1, e) for e in JOINED]


@functools.cache
def programs():
    found = Programs(ExactIndex(CHANNELS))
    for meaning in MEANINGS:
        found.add(meaning)
    return found


def examples(universe, meaning, seed, count=12):
    """Groups of inputs that are no probes."""
    rng = random.Random(seed)
    groups = []
    while len(groups) < count:
        values = [
            rng.randint(0, 40)
            if meaning in MEANINGS[: len(NUMBERS)]
            else tuple(rng.choices("uvwx", k=rng.randint(1, 5)))
            for _ in range(meaning.arity)
        ]
        try:
            target = universe.id(meaning.run(*values))
        except Undefined:
            continue
        groups.append(Group(10.0, 3.0, ((tuple(map(universe.id, values)), frozenset([target])),)))
    return groups


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("meaning", MEANINGS, ids=lambda meaning: print_expression(meaning.body))
def test_found_again(meaning, seed):
    """A program that explains all examples is among the few that are tried."""
    universe, known = Universe(), programs()
    assert len(known) == len(MEANINGS) > 4 * TRIED
    groups = examples(universe, meaning, seed)
    near = known.like(universe, groups)
    assert len(near) <= TRIED
    assert any(all(explains(universe, one, group) for group in groups) for one in near)


def test_no_search_if_one_explains_all(monkeypatch):
    universe, known = Universe(), programs()
    before, meaning = known.answered, MEANINGS[2]
    groups = examples(universe, meaning, 1)
    monkeypatch.setattr(module, "_enumerate", lambda *arguments: pytest.fail("a search"))
    found = module.synthesise(universe, groups, 2, learnable(), programs=known)
    assert all(explains(universe, found[0].meaning, group) for group in groups)
    assert known.answered == before + 1


def test_a_search_if_none_does():
    """What is not known is found as if nothing were."""
    universe, known = Universe(), Programs(ExactIndex(CHANNELS))
    groups = examples(universe, MEANINGS[2], 1)
    assert known.like(universe, groups) == []
    for meaning in MEANINGS[-4:]:
        known.add(meaning)
    plain = module.synthesise(universe, groups, 2, learnable(), work=20_000)
    assert module.synthesise(universe, groups, 2, learnable(), work=20_000, programs=known) == plain
    assert known.answered == 0


def commands(words, tokens, seed):
    """Pairs of a small language: actions, some twice or thrice or turned, one after the other."""
    rng = random.Random(seed)
    names = dict(zip(words[:4], tokens, strict=True))

    def phrase():
        name = rng.choice(words[:4])
        how = rng.choice(["", words[4], words[5]])
        return f"{name} {how}".strip(), [names[name]] * {"": 1, words[4]: 2, words[5]: 3}[how]

    pairs = []
    for _ in range(150):
        (left, first), (right, second) = phrase(), phrase()
        if rng.random() < 0.4:
            pairs.append((left, " ".join(first)))
        elif rng.random() < 0.5:
            pairs.append((f"{left} {words[6]} {right}", " ".join(first + second)))
        else:
            pairs.append((f"{left} {words[7]} {right}", " ".join(second + first)))
    return pairs


def test_a_second_language_takes_fewer_searches():
    known = Programs(ExactIndex(CHANNELS))
    first = commands(["go", "sit", "eat", "nap", "twice", "thrice", "and", "after"], "GSEN", 0)
    second = commands(["bax", "dep", "fiv", "gom", "hun", "jax", "kep", "liv"], "WXYZ", 1)
    alone = Programs(ExactIndex(CHANNELS))
    expected = Learner(seed=0, programs=alone).fit(second)
    assert Learner(seed=0, programs=known).fit(first).report.estimate == 1
    assert known.answered == 0
    assert len(known) >= 4
    known.asked = 0
    found = Learner(seed=0, programs=known).fit(second)
    assert found.report.estimate == expected.report.estimate == 1
    fresh = commands(["bax", "dep", "fiv", "gom", "hun", "jax", "kep", "liv"], "WXYZ", 2)
    assert found.score(fresh) == expected.score(fresh)
    assert known.asked - known.answered < alone.asked

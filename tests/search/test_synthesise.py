"""From examples to programs: functions are found again, also among wrong examples; noise explains nothing."""

import math
import os
import random
import subprocess
import sys

import pytest

from nesy.machine.values import kind
from nesy.search.bank import learnable
from nesy.search.groups import Group, distinct, explains
from nesy.search.synthesise import synthesise
from nesy.search.universe import Universe

PRIMITIVES = learnable()
WORK = 50_000
HARD = 200_000  # for the targets with more nodes

TARGETS = {
    # sequences
    "a ++ b": ("seq seq", lambda a, b: a + b),
    "b ++ a ++ b": ("seq seq", lambda a, b: b + a + b),
    "reverse(a) ++ b": ("seq seq", lambda a, b: a[::-1] + b),
    "tail(a)": ("seq", lambda a: a[1:]),
    "tail(a) ++ head(a)": ("seq", lambda a: a[1:] + a[:1]),
    "[X] ++ a": ("seq", lambda a: ("X", *a)),
    "(b ++ a) * 4": ("seq seq", lambda a, b: (b + a) * 4),
    "a ++ last(b) ++ c": ("seq seq seq", lambda a, b, c: a + b[-1:] + c),
    # integers
    "a + b": ("int int", lambda a, b: a + b),
    "a - b": ("int int", lambda a, b: a - b),
    "2 * a + b": ("int int", lambda a, b: 2 * a + b),
    "a * b + c": ("int int int", lambda a, b, c: a * b + c),
    "5 * a": ("int", lambda a: 5 * a),
    "-a": ("int", lambda a: -a),
    "a div 2": ("int", lambda a: a // 2),
    "max(a, b)": ("int int", max),
    "abs(a - b)": ("int int", lambda a, b: abs(a - b)),
    # booleans
    "a and b": ("bool bool", lambda a, b: a and b),
    "a xor b": ("bool bool", lambda a, b: a != b),
    "a implies b": ("bool bool", lambda a, b: not a or b),
    "not a": ("bool", lambda a: not a),
    "a < b": ("int int", lambda a, b: a < b),
    "a == b": ("seq seq", lambda a, b: a == b),
    # mixed
    "if a then b else c": ("bool any any", lambda a, b, c: b if a else c),
    "if a then b + 1 else b": ("bool int", lambda a, b: b + 1 if a else b),
    # recursion
    "a repeated b times": ("seq nat", lambda a, b: a * b),
    "a factorial": ("nat", math.factorial),
    "a to the power b": ("nat nat", lambda a, b: a**b),
    "each token of a twice": ("seq", lambda a: tuple(t for t in a for _ in range(2))),
    "length(a)": ("seq", len),
}


CLEAN_ONLY = {
    "[X] ++ a",
    "(b ++ a) * 4",
    "a - b",
    "a div 2",
    "abs(a - b)",
    "a < b",
    "if a then b + 1 else b",
    "length(a)",
}


def drawn(sort, rng):
    match sort:
        case "nat":
            return rng.randint(0, 6)
        case "int":
            return rng.randint(-6, 9)
        case "bool":
            return rng.random() < 0.5
        case "any":
            return drawn(rng.choice(("int", "bool", "seq")), rng)
    return tuple(rng.choice("PQRST") for _ in range(rng.randint(0, 4)))


def weight(value):
    """The bits of an output, as the learner counts them."""
    if isinstance(value, tuple):
        return min(24.0, 4.0 + 3.0 * len(value))
    return 1.0 if kind(value) == "bool" else 6.0


def group(universe, arguments, result):
    return Group(weight(result), 3.0, ((tuple(map(universe.id, arguments)), frozenset((universe.id(result),))),))


def cases():
    weak = pytest.mark.xfail(
        reason="a recursion may miss one of eight distinct examples, however often the others were seen", strict=True
    )
    for name in TARGETS:
        yield pytest.param(name, 0.0, id=name)
        if name in CLEAN_ONLY:
            continue
        yield pytest.param(name, 0.1, id=f"{name} (noisy)", marks=weak if name == "a factorial" else ())


@pytest.mark.parametrize(("name", "noise"), list(cases()))
def test_targets_are_found_exactly(name, noise):
    """From 40 examples, also with a tenth of them wrong, the best program is the target on 200 fresh ones."""
    sorts, function = TARGETS[name]
    rng = random.Random(name)
    universe = Universe()
    inputs = [tuple(drawn(sort, rng) for sort in sorts.split()) for _ in range(40)]
    outputs = [function(*arguments) for arguments in inputs]
    for k in rng.sample(range(40), round(40 * noise)):
        others = [y for y in outputs if y != outputs[k]]
        outputs[k] = rng.choice(others)
    groups = [group(universe, x, y) for x, y in zip(inputs, outputs, strict=True)]
    work = HARD if name in ("abs(a - b)", "if a then b + 1 else b") else WORK
    found = synthesise(universe, groups, len(sorts.split()), PRIMITIVES, work=work)
    assert found, "nothing found"
    best = found[0]
    for _ in range(200):
        arguments = tuple(drawn(sort, rng) for sort in sorts.split())
        result = best.meaning(universe, tuple(map(universe.id, arguments)))
        assert universe.values[result] == function(*arguments), arguments


@pytest.mark.parametrize("seed", range(1))
@pytest.mark.parametrize("sorts", ["int int", "seq seq", "seq nat"])
@pytest.mark.parametrize("result", ["int", "seq"])
def test_noise_is_not_explained(result, sorts, seed):
    """No program is claimed to explain more than half of examples whose outputs are random."""
    rng = random.Random(f"{result} {sorts} {seed}")
    universe = Universe()

    def output():
        return rng.randint(-50, 50) if result == "int" else tuple(rng.choice("PQRST") for _ in range(rng.randint(2, 5)))

    groups = [group(universe, tuple(drawn(s, rng) for s in sorts.split()), output()) for _ in range(40)]
    found = synthesise(universe, groups, len(sorts.split()), PRIMITIVES, work=WORK // 2)
    assert all(f.share <= 0.5 for f in found)


@pytest.mark.parametrize("name", ["a ++ b", "2 * a + b", "a xor b", "if a then b else c", "a repeated b times"])
def test_what_is_claimed_is_true(name):
    """Score and share of what is found are what its program makes of the (distinct) groups; best first."""
    sorts, function = TARGETS[name]
    rng = random.Random(name)
    universe = Universe()
    groups = []
    for _ in range(30):
        arguments = tuple(drawn(sort, rng) for sort in sorts.split())
        result = function(*arguments) if rng.random() < 0.8 else function(*(drawn(sort, rng) for sort in sorts.split()))
        groups.append(group(universe, arguments, result))
    found = synthesise(universe, groups, len(sorts.split()), PRIMITIVES, work=WORK // 2)
    assert [f.score for f in found] == sorted((f.score for f in found), reverse=True)
    for f in found:
        hits = [explains(universe, f.meaning, g) for g in distinct(groups)]
        assert f.share == pytest.approx(sum(hits) / len(hits))


def test_one_alternative_is_enough():
    """A group counts as explained by any of its alternatives: decoys beside the true one do no harm."""
    rng = random.Random(5)
    universe = Universe()
    groups = []
    for _ in range(40):
        a, b = drawn("seq", rng), drawn("seq", rng)
        true = ((universe.id(a), universe.id(b)), frozenset((universe.id(b + a),)))
        decoy = ((universe.id(b), universe.id(drawn("seq", rng))), true[1])
        groups.append(Group(weight(b + a), 3.0, tuple(rng.sample([true, decoy], 2))))
    best = synthesise(universe, groups, 2, PRIMITIVES, work=WORK)[0]
    assert best.share == 1
    for _ in range(100):
        a, b = drawn("seq", rng), drawn("seq", rng)
        assert universe.values[best.meaning(universe, (universe.id(a), universe.id(b)))] == b + a


def test_constants_are_the_commonest_value():
    """Without arguments the best program is the value that most groups share."""
    universe = Universe()
    groups = [Group(6.0, 3.0, (((), frozenset((universe.id(v),))),)) for v in [4] * 9 + [5] * 3]
    best = synthesise(universe, groups, 0, PRIMITIVES)[0]
    assert universe.values[best.meaning(universe, ())] == 4


def test_no_examples_no_programs():
    assert synthesise(Universe(), [], 2, PRIMITIVES) == []


def test_true_is_not_one():
    """A word that means ``true`` in some sentences and 1 in others has two candidates."""
    universe = Universe()
    groups = [Group(float(k), 3.0, (((), frozenset((universe.id(v),))),)) for k, v in ((9, True), (8, 1))]
    found = synthesise(universe, groups, 0, PRIMITIVES)
    assert {f.meaning(universe, ()) for f in found} == {universe.id(True), universe.id(1)}


def test_many_booleans_pay_for_a_longer_program():
    """``a < b and b < c`` is found from 200 distinct examples: they are worth far more bits than it costs."""
    rng = random.Random(1)
    universe = Universe()
    groups = []
    for _ in range(200):
        a, b, c = (rng.randint(0, 30) for _ in range(3))
        groups.append(group(universe, (a, b, c), a < b < c))
    best = synthesise(universe, groups, 3, PRIMITIVES)[0]
    assert best.share == 1


CONSTANTS = """
from nesy.search.groups import Group, constants_for
from nesy.search.universe import Universe
universe = Universe()
values = [(universe.id((str(k),)), universe.id((*"PQRST", str(k)))) for k in range(6)]
print(constants_for(universe, [Group(6.0, 3.0, (((x,), frozenset((y,))),)) for x, y in values]))
"""


def test_constants_do_not_depend_on_hashes():
    """The literals that programs may hold are the same in every process."""
    printed = {
        subprocess.run(
            [sys.executable, "-c", CONSTANTS],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(printed) == 1


@pytest.mark.parametrize("seed", range(20))
def test_sums_of_multiples_need_no_search(seed):
    """Any sum of integer multiples of the arguments and a constant is a closed form, also among wrong examples."""
    rng = random.Random(seed)
    arity = rng.randint(1, 3)
    factors = [rng.choice([-12, -3, -1, 1, 2, 7, 10]) for _ in range(arity)]
    constant = rng.choice([-5, 0, 0, 3, 40])

    def true(arguments):
        return sum(f * a for f, a in zip(factors, arguments, strict=True)) + constant

    universe, groups = Universe(), []
    for k in range(12):
        arguments = [rng.randint(0, 30) for _ in range(arity)]
        ids = tuple(map(universe.id, arguments))
        groups.append(Group(6.0, 3.0, ((ids, frozenset((universe.id(true(arguments) + (k == 5)),))),)))
    found = synthesise(universe, groups, arity, PRIMITIVES, work=0, recursion=False)
    for _ in range(20):
        arguments = [rng.randint(-50, 50) for _ in range(arity)]
        assert found[0].meaning.function(*arguments) == true(arguments)

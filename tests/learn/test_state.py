"""Saved states: what is read is what was written, work goes on from it, and nothing else is accepted."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesy.errors import InputError
from nesy.learn import Learner
from nesy.learn.lexicon import Lexicon, Sense
from nesy.learn.precedence import Precedence
from nesy.learn.state import State, _checksum, digest, read_state
from nesy.machine.expressions import Call, Literal, Variable
from nesy.machine.primitives import PRELUDE
from nesy.search.meaning import ELEMENT, PARAMETERS, RESULT, Fold, Meaning, solved

WORDS = st.one_of(st.sampled_from(["dax", "fep", '"', "[", "山", "if"]), st.text(min_size=1, max_size=3)).filter(
    lambda w: w.split() == [w] and w.isprintable()
)
LITERALS = st.one_of(
    st.integers(-5, 2**70), st.booleans(), st.lists(st.one_of(WORDS, st.integers(-3, 3)), max_size=3).map(tuple)
).map(Literal)


def expressions(names):
    leaves = st.one_of(LITERALS, st.sampled_from([Variable(n) for n in names])) if names else LITERALS
    names = [n for n in sorted(PRELUDE) if n != "-"]  # 0 - a is printed -a

    def call(inner):
        return st.sampled_from(names).flatmap(
            lambda n: st.tuples(*[inner] * len(PRELUDE[n].parameters)).map(lambda a: Call(n, a))
        )

    return st.recursive(leaves, call, max_leaves=6)


@st.composite
def senses(draw):
    pattern = tuple(draw(st.lists(st.one_of(st.none(), WORDS), min_size=1, max_size=4)))
    names = PARAMETERS[: pattern.count(None)]
    if pattern.count(None) > len(PARAMETERS):
        pattern, names = ("dax",), ()
    body = draw(expressions(names))
    library = ()
    if names and draw(st.booleans()):
        library = (solved(Meaning(1, Call("+", (Variable("a"), Literal(draw(st.integers(0, 2))))), 4), "int int"),)
        body = Call(library[0].name, (body,))
    if names and draw(st.booleans()):
        over = draw(st.integers(0, len(names) - 1))
        rest = [n for k, n in enumerate(names) if k != over]
        step = draw(expressions([*names, RESULT, ELEMENT]))
        again = tuple(draw(expressions(names)) for _ in names) if draw(st.booleans()) else None
        body, library = Fold(over, draw(st.sampled_from(["int", "seq"])), draw(expressions(rest)), step, again), ()
    cost = draw(st.one_of(st.integers(0, 99), st.floats(0, 99)))
    return Sense(pattern, Meaning(len(names), body, cost, library))


@st.composite
def states(draw):
    found = tuple(dict.fromkeys(draw(st.lists(senses(), max_size=4))))
    slots = [(s, k) for s in found for k in range(s.slots)]
    edges = [(s, k, c) for s, k in slots for c in found]
    numbers = st.integers(-2, 9)
    return State(
        Lexicon(
            found,
            frozenset(draw(st.lists(WORDS, max_size=2))),
            frozenset(draw(st.lists(WORDS, max_size=2))),
            draw(st.booleans()),
            frozenset(draw(st.lists(st.sampled_from(edges), max_size=4))) if edges else frozenset(),
        ),
        Precedence({s: draw(numbers) for s in found}, {key: draw(numbers) for key in slots}),
        draw(st.integers(0, 2**40)),
        "lists arithmetic",
        digest([(("dax",), "RED")]),
    )


@given(states())
@settings(deadline=None)
def test_round_trip(state):
    """read_state(state.dump()) == state, and the text is the same every time."""
    assert read_state(state.dump()) == state
    assert read_state(state.dump()).dump() == state.dump()


GOOD = State(
    Lexicon((Sense((None, "fep"), Meaning(1, Call("++", (Variable("a"), Variable("a"))), 2)),)),
    Precedence(),
    0,
    "lists",
    "",
).dump()


@given(st.binary(max_size=60))
def test_bytes_are_no_state(data):
    with pytest.raises(InputError, match="not a saved state; expected"):
        read_state(data)


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
@settings(max_examples=300, deadline=None)
def test_damage_is_seen(at, byte):
    """One changed byte is refused, unless it says the same in another way (white space)."""
    damaged = GOOD[:at] + bytes([byte]) + GOOD[at + 1 :]
    try:
        read = read_state(damaged)
    except InputError as refused:
        error = str(refused)
    else:
        error = "saved state" if read == read_state(GOOD) else ""
    assert "saved state" in error


@pytest.mark.parametrize(
    "change",
    [
        {"senses": [{"pattern": [None, "x"], "program": {"value": "__import__(a)"}, "cost": 1}]},
        {"senses": [{"pattern": [None, "x"], "program": {"value": "a ++ b"}, "cost": 1}]},
        {"senses": [{"pattern": [None, "x"], "program": {"value": "head(a, a)"}, "cost": 1}]},
        {"senses": [{"pattern": [None, "x"], "program": {"value": "a\nf = a"}, "cost": 1}]},
        {"senses": [{"pattern": [None, "x"], "program": {"value": "let t = a in t"}, "cost": 1}]},
        {"senses": [{"pattern": [None, "x"], "program": {"value": "(" * 5000}, "cost": 1}]},
        {"senses": [{"pattern": [None, "x y"], "program": {"value": "a"}, "cost": 1}]},
        {"senses": [{"pattern": [None, "x"], "program": {"value": "a"}, "cost": float("nan")}]},
        {"senses": [{"pattern": [None] * 9, "program": {"value": "1"}, "cost": 1}]},
        {"senses": [{"pattern": ["x"], "program": {"over": 0}, "cost": 1}]},
        {"senses": [7]},
        {"silent": "dax"},
        {"forbidden": [[0, 1, 0]]},
        {"forbidden": [[0, 0, 5]]},
        {"levels": [[0, 1e9]]},
        {"thresholds": [[0]]},
        {"seed": -1},
        {"open_numbers": None},
    ],
)
def test_nonsense_with_a_right_checksum(change):
    """States of strangers are checked, not believed."""
    whole = json.loads(GOOD)
    whole["body"].update(change)
    whole["checksum"] = _checksum(whole["body"])
    with pytest.raises(InputError, match=r"the saved state is damaged: .*start without it"):
        read_state(json.dumps(whole).encode())


def test_another_version():
    with pytest.raises(InputError, match="a saved state of version 3; expected version 2"):
        read_state(GOOD.replace(b'"version": 2', b'"version": 3'))


# going on

CONSTANTS = {"dax": "RED", "wif": "GREEN", "lug": "BLUE", "zup": "PINK"}


def twice_and(seed=0):
    """`x fep` is x twice, `x blick y` is y x; fep binds tighter."""
    rng = random.Random(seed)
    made = {}
    for _ in range(160):
        parts = []
        for _ in range(rng.choice([1, 1, 2, 3])):
            word = rng.choice(list(CONSTANTS))
            times = rng.choice([0, 0, 1, 2])
            parts.append((" ".join([word] + ["fep"] * times), [CONSTANTS[word]] * 2**times))
        words, value = parts[0]
        for more, its in parts[1:]:
            words, value = f"{words} blick {more}", its + value
        made[words] = " ".join(value)
    return list(made.items())


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_interrupted_and_resumed(steps):
    pairs = twice_and()
    left = steps

    def impatient(step):
        nonlocal left
        left -= 1
        if left == 0:
            raise KeyboardInterrupt

    first = Learner(progress=impatient)
    try:
        first.fit(pairs)
    except KeyboardInterrupt:
        pass
    state = first.checkpoint()
    assert read_state(state).lexicon.senses
    second = Learner().fit(pairs, resume=state)
    assert second.score(pairs) == (len(pairs), len(pairs))
    assert second.reliable


def test_a_finished_state_is_where_work_goes_on():
    """From the state of finished work the same language comes back, without losing anything."""
    pairs = twice_and()
    first = Learner().fit(pairs)
    state = first.checkpoint()
    second = Learner().fit(pairs, resume=state)
    assert second.score(pairs) == first.score(pairs) == (len(pairs), len(pairs))
    assert second.report.estimate == first.report.estimate
    assert second.report.heldout == first.report.heldout


@pytest.mark.parametrize(
    ("learner", "pairs", "message"),
    [
        (Learner(), twice_and(1), "the saved state is of other pairs; expected the pairs it was saved for"),
        (Learner(), twice_and()[::-1], "the saved state is of other pairs"),
        (Learner(seed=5), twice_and(), "the saved state is of seed 0; expected seed 5"),
        (Learner(primitives="lists"), twice_and(), "is of primitives"),
    ],
)
def test_state_of_other_work(learner, pairs, message):
    saved = Learner()
    saved._digest = digest((tuple(x.split()), y) for x, y in twice_and())
    with pytest.raises(InputError, match=message):
        learner.fit(pairs, resume=saved.checkpoint())


def test_before_anything():
    """The state before there were any pairs holds nothing and goes with all pairs."""
    pairs = twice_and()
    assert Learner().fit(pairs, resume=Learner().checkpoint()).reliable

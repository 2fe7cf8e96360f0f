"""Symbolic inverses against brute force."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from nesy.abduction.inverses import guesses, key, preimages
from nesy.errors import Undefined
from nesy.lang.clauses import read_clauses
from nesy.lang.names import resolve
from nesy.machine.compile import Compiled
from nesy.machine.values import Value

BINARY = {
    "int": ["a + b", "b + a", "a - b", "b - a", "monus(a, b)", "a * b", "a div b", "(a + b - 1) div b", "max(a, b)"],
    "seq": ["a ++ b", "b ++ a", "a ++ a", "a ++ b ++ a", "reverse(a) ++ b", "b ++ reverse(a) ++ b", "[X] ++ a"],
}
"""Bodies of which every argument is found (within a small range)."""

ANY = [*BINARY["int"], *BINARY["seq"], "if a < b then a else b * b", "head(a) ++ b", "min(a, b) mod 3", "a == b", "a"]

NUMBERS = list(range(12))
TOKENS = [(), ("X",), ("Y",), ("X", "Y"), ("X", "X"), ("Y", "X"), ("X", "Y", "X")]


def programme(body: str) -> tuple[list, Compiled]:
    clauses = list(resolve(read_clauses(f"f(a, b) = {body}")))
    return clauses, Compiled(clauses)


def inverse(body: str, slot: int, other: Value, target: Value) -> list[Value]:
    clauses, program = programme(body)

    def function(value: Value) -> Value:
        return program.call("f", *((value, other) if slot == 0 else (other, value)))

    return preimages(function, guesses(clauses, slot, (other, other), target), target)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(ANY), st.integers(0, 1), st.sampled_from(NUMBERS + TOKENS), st.sampled_from(NUMBERS + TOKENS))
def test_every_value_gives_the_target(body, slot, other, target):
    _, program = programme(body)
    for value in inverse(body, slot, other, target):
        arguments = (value, other) if slot == 0 else (other, value)
        assert key(program.call("f", *arguments)) == key(target)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_nothing_is_missed(data):
    kind = data.draw(st.sampled_from(sorted(BINARY)))
    body = data.draw(st.sampled_from(BINARY[kind]))
    domain = NUMBERS if kind == "int" else TOKENS
    other, target = data.draw(st.sampled_from(domain)), data.draw(st.sampled_from(domain))
    _, program = programme(body)
    wanted = set()
    for value in domain:
        try:
            if key(program.call("f", value, other)) == key(target):
                wanted.add(key(value))
        except Undefined:
            continue
    assert wanted <= set(map(key, inverse(body, 0, other, target)))


def test_forms():
    assert inverse("a ++ a ++ a", 0, (), ("X", "Y") * 3) == [("X", "Y")]
    assert inverse("a ++ a", 0, (), ("X", "Y", "X")) == []
    assert sorted(inverse("(a + b - 1) div b", 0, 7, 3)) == [15, 16, 17, 18, 19, 20, 21]
    assert inverse("int(a)", 0, 7, 12345) == [("12345",)]
    assert inverse("a * b", 0, 0, 5) == []
    assert inverse("monus(a, b)", 0, 10**30, 5) == [10**30 + 5]
    assert key(True) != key(1)

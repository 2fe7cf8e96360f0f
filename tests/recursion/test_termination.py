"""Termination: the suite, what people write, messages; the size-change principle against its definition."""

from __future__ import annotations

import json
import os
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesy.lang.container import split
from nesy.machine.compile import Compiled
from nesy.recursion.coverage import coverage
from nesy.recursion.definitions import define
from nesy.recursion.statements import read_statements
from nesy.recursion.termination import sizechange, termination, unproved
from nesy.recursion.termination.preservation import infer
from nesy.recursion.termination.sizechange import Graph, Step, Undecided, undescending
from nesy.recursion.termination.sizes import Bound, least_bounds
from nesy.recursion.typing.infer import infer as types
from nesy.recursion.typing.positivity import positivity

FOLDER = Path(__file__).parent / "termination"
FILES = {path.stem: path for path in sorted(FOLDER.glob("*.nesy"))}
DATA = Path(os.environ.get("NESY_DATA", Path(__file__).parents[3] / "shared/data")) / "termination/suite.json"

DIVERGING = {"self_loop_same_arg", "rebuilt_same_size", "collatz_like"}
ILL_FORMED = {"nonpositive_type", "nonexhaustive"}

TYPES = """
type nat = O | S(nat)
type list(a) = Nil | Cons(a, list(a))
type tree = Leaf | Node(tree, nat, tree)
type rose = Rose(nat, list(rose))
type ord = Zero | Succ(ord) | Lim((nat -> ord))
type pair(a, b) = Pair(a, b)
"""
LIBRARY = r"""
add(O, m)    = m
add(S(n), m) = S(add(n, m))
sub(n, O)       = n
sub(O, m)       = O
sub(S(n), S(m)) = sub(n, m)
half(S(S(n))) = S(half(n))
half(n)       = O
le(O, m)       = true
le(S(n), O)    = false
le(S(n), S(m)) = le(n, m)
append(Nil, ys)         = ys
append(Cons(x, xs), ys) = Cons(x, append(xs, ys))
map(g, Nil)         = Nil
map(g, Cons(x, xs)) = Cons(g(x), map(g, xs))
filter(p, Nil)                  = Nil
filter(p, Cons(x, xs)) when p(x) = Cons(x, filter(p, xs))
filter(p, Cons(x, xs))          = filter(p, xs)
foldr(g, z, Nil)         = z
foldr(g, z, Cons(x, xs)) = g(x, foldr(g, z, xs))
"""


def definitions(text: str):
    return define(read_statements(text), "f.nesy")


def rejected(text: str) -> set[str]:
    """The functions of a text beside the library that are not proved."""
    return set(termination(definitions(TYPES + LIBRARY + text)))


# -------------------------------------------------------------------- the suite


def verdict(name: str) -> str:
    read = define(read_statements(split(FILES[name].read_text(encoding="utf-8"))["recursion"].text), name)
    findings = [*positivity(read.declarations), *coverage(read), *unproved(read)]
    return "reject" if any(finding.severity == "error" for finding in findings) else "accept"


@pytest.mark.parametrize("name", FILES)
def test_the_translated_definitions(name):
    assert verdict(name) == ("reject" if name in DIVERGING | ILL_FORMED else "accept")


def test_termination_alone_rejects_the_diverging_ones():
    texts = {name: split(path.read_text(encoding="utf-8"))["recursion"].text for name, path in FILES.items()}
    assert {name for name, text in texts.items() if termination(definitions(text))} == DIVERGING


def test_the_suite():
    if not DATA.exists():
        pytest.skip(f"{DATA} is not here")
    suite = json.loads(DATA.read_text(encoding="utf-8"))["definitions"]
    assert {entry["name"] for entry in suite} == FILES.keys()
    ours = {entry["name"]: verdict(entry["name"]) for entry in suite}
    assert ours == {entry["name"]: entry["expected"] for entry in suite}
    accepted = [name for name, found in ours.items() if found == "accept"]
    assert len(accepted) == 16 > sum(entry["agda_accepts"] for entry in suite)


# -------------------------------------------------------------------- what people write

ACCEPTED = {
    "merge of two sorted lists": """
merge(Nil, ys) = ys
merge(xs, Nil) = xs
merge(Cons(x, xs), Cons(y, ys)) = if le(x, y) then Cons(x, merge(xs, Cons(y, ys))) else Cons(y, merge(Cons(x, xs), ys))
""",
    "merge with as-patterns": """
merge(Nil, ys) = ys
merge(xs, Nil) = xs
merge(a @ Cons(x, xs), b @ Cons(y, ys)) = if le(x, y) then Cons(x, merge(xs, b)) else Cons(y, merge(a, ys))
""",
    "mergesort by every second element": """
evens(Nil) = Nil
evens(Cons(x, Nil)) = Cons(x, Nil)
evens(Cons(x, Cons(y, t))) = Cons(x, evens(t))
merge(Nil, ys) = ys
merge(xs, Nil) = xs
merge(a @ Cons(x, xs), b @ Cons(y, ys)) = if le(x, y) then Cons(x, merge(xs, b)) else Cons(y, merge(a, ys))
sort(Nil) = Nil
sort(Cons(x, Nil)) = Cons(x, Nil)
sort(Cons(x, Cons(y, t))) = merge(sort(Cons(x, evens(t))), sort(Cons(y, evens(t))))
""",
    "greatest common divisor by subtraction": """
gcd(O, m) = m
gcd(n, O) = n
gcd(S(n), S(m)) = if le(n, m) then gcd(S(n), sub(m, n)) else gcd(sub(n, m), S(m))
""",
    "Euclid on integers": "gcd(a, 0) = a\ngcd(a, b + 1) = gcd(b + 1, a mod (b + 1))",
    "Euclid with a guard": "gcd(a, b) when b > 0 = gcd(b, a mod b)\ngcd(a, b) = a",
    "subtraction on integers": """
gcd(0, b) = b
gcd(a, 0) = a
gcd(a + 1, b + 1) when a < b = gcd(a + 1, b - a)
gcd(a + 1, b + 1) = gcd(a - b, b + 1)
""",
    "insertion into a tree": """
insert(x, Leaf) = Node(Leaf, x, Leaf)
insert(x, Node(l, y, r)) = if le(x, y) then Node(insert(x, l), y, r) else Node(l, y, insert(x, r))
""",
    "zip": "zip(Cons(x, xs), Cons(y, ys)) = Cons(Pair(x, y), zip(xs, ys))\nzip(xs, ys) = Nil",
    "Ackermann": "a(O, m) = S(m)\na(S(n), O) = a(n, S(O))\na(S(n), S(m)) = a(n, a(S(n), m))",
    "Ackermann on integers": """
a(0, m) = m + 1
a(n + 1, 0) = a(n, 1)
a(n + 1, m + 1) = a(n, a(n + 1, m))
""",
    "interleave changes its arguments": "weave(Nil, b) = b\nweave(Cons(x, a), b) = Cons(x, weave(b, a))",
    "interleave with the sequences' own functions": """
weave([], b) = b
weave(a @ ([x] ++ _), b) = [x] ++ weave(b, tail(a))
""",
    "tail of a sequence that is not empty": """
count(s) = if s == [] then 0 else 1 + count(tail(s))
count2(s) when length(s) > 0 = 1 + count2(init(s))
count2(s) = 0
""",
    "right rotation before going down": """
f(Leaf) = O
f(Node(Node(a, x, b), y, c)) = S(add(f(Node(a, x, b)), f(c)))
f(Node(Leaf, y, c)) = f(c)
""",
    "rose tree by foldr": r"size(Rose(v, c)) = foldr(\x, n -> add(size(x), n), S(O), c)",
    "rose tree by map of a lambda": r"depth(Rose(v, c), n) = foldr(add, n, map(\x -> depth(x, S(n)), c))",
    "rose tree by map of a partial application": "f(n, Rose(v, c)) = foldr(add, n, map(f(S(n)), c))",
    "rose tree in a let": "f(Rose(v, c)) = let sums = map(f, c) in foldr(add, v, sums)",
    "rose tree whose children are filtered": r"prune(p, Rose(v, c)) = Rose(v, map(prune(p), filter(p, c)))",
    "map of map": """
type forest = Forest(list(list(forest)))
sizes(Forest(c)) = S(foldr(add, O, map(\\ts -> foldr(\\t, n -> add(sizes(t), n), O, ts), c)))
""",
    "mutual rose by a helper": "f(Rose(v, c)) = add(v, g(c))\ng(Nil) = O\ng(Cons(x, t)) = add(f(x), g(t))",
    "continuations": r"""
total(Nil, k) = k(O)
total(Cons(x, t), k) = total(t, \r -> k(add(x, r)))
""",
    "functions in data": r"lower(Zero) = Zero" "\n" r"lower(Succ(x)) = lower(x)" "\n" r"lower(Lim(g)) = lower(g(O))",
    "functions in data, rebuilt": r"""
plus(x, Zero) = x
plus(x, Succ(y)) = Succ(plus(x, y))
plus(x, Lim(g)) = Lim(\n -> plus(x, g(n)))
""",
    "the result of a function that maps over functions in data": r"""
same(Zero) = Zero
same(Succ(x)) = Succ(same(x))
same(Lim(g)) = Lim(\n -> same(g(n)))
down(Zero) = O
down(Succ(x)) = S(down(same(x)))
down(Lim(g)) = down(same(g(O)))
""",
    "heapsort takes the melded parts": """
meld(Leaf, b) = b
meld(a, Leaf) = a
meld(a @ Node(l, x, r), b @ Node(m, y, s)) = if le(x, y) then Node(meld(r, b), x, l) else Node(meld(a, s), y, m)
sort(Leaf) = Nil
sort(Node(l, x, r)) = Cons(x, sort(meld(l, r)))
""",
    "the list of a tree is no larger": """
labels(Leaf) = Nil
labels(Node(l, v, r)) = append(labels(l), Cons(v, labels(r)))
longest(Leaf) = O
longest(Node(l, v, r)) = again(append(labels(l), labels(r)), Node(l, v, r))
again(xs, Leaf) = O
again(xs, Node(l, v, r)) = longest(l)
""",
    "halving": "log(S(S(n))) = S(log(S(half(n))))\nlog(n) = O",
    "halving integers": "log(n) when n > 1 = 1 + log(n div 2)\nlog(n) = 0",
    "counting down with a guard": "down(n) when n > 0 = down(n - 1)\ndown(n) = 0",
    "counting down by two": "down(n) when n >= 1 = down(n - 2)\ndown(n) = 0",
    "counting down with an if": "down(n) = if n <= 0 then 0 else down(n - 1)",
    "a condition before the call": "down(n) = n <= 0 or (n > 5 and down(n - 2))",
    "digits": "digits(n) when n > 9 = digits(n div 10) ++ [n mod 10]\ndigits(n) = [n]",
    "power by squaring": """
power(x, 0) = 1
power(x, n + 1) = if (n + 1) mod 2 == 0 then power(x * x, (n + 1) div 2) else x * power(x, n)
""",
    "three functions in a circle, one step down": "a(n) = b(n, n)\nb(S(n), m) = c(m, n)\nb(O, m) = O\nc(m, n) = a(n)",
    "a nested call": "f(O) = O\nf(S(m)) = f(f(m))",
    "Takeuchi-like nesting of a function that is no larger": "g(S(n)) = S(g(g(n)))\ng(O) = O",
    "nested parts of a clause": "f(S(S(S(n)))) = add(f(S(S(n))), add(f(S(n)), f(n)))\nf(n) = n",
    "many arguments, a lexicographic order": """
f(S(a), b, c) = f(a, S(b), S(c))
f(O, S(b), c) = f(O, b, S(c))
f(O, O, S(c)) = f(O, O, c)
f(O, O, O) = O
""",
    "functions that take functions": r"""
compose(g, h) = \x -> g(h(x))
iterate(O, g) = \x -> x
iterate(S(n), g) = compose(g, iterate(n, g))
apply(g, x) = g(x)
f(S(n)) = apply(f, n)
f(O) = O
""",
    "a function that is handed on twice": r"""
each(g, xs) = map(g, xs)
every(g, xs) = each(\x -> g(x), xs)
f(Rose(v, c)) = S(foldr(add, O, every(f, c)))
""",
    "elements of a sequence": """
type bush = Bush(seq(bush))
each(g, [])       = []
each(g, [x] ++ t) = [g(x)] ++ each(g, t)
mirror(Bush(c)) = Bush(reverse(each(mirror, c)))
""",
    "parts of the elements": """
second(Pair(a, b)) = b
type graph = Graph(list(pair(nat, graph)))
size(Graph(c)) = S(foldr(add, O, map(\\p -> size(second(p)), c)))
""",
    "quicksort by a partition": """
partition(p, Nil)        = Pair(Nil, Nil)
partition(p, Cons(x, t)) = put(p(x), x, partition(p, t))
put(true, x, Pair(a, b))  = Pair(Cons(x, a), b)
put(false, x, Pair(a, b)) = Pair(a, Cons(x, b))
sort(Nil)        = Nil
sort(Cons(x, t)) = join(x, partition(\\y -> le(y, x), t))
join(x, Pair(a, b)) = append(sort(a), Cons(x, sort(b)))
""",
    "fold from the left": """
foldl(g, z, Nil)         = z
foldl(g, z, Cons(x, xs)) = foldl(g, g(z, x), xs)
size(Rose(v, c)) = foldl(\\n, x -> add(n, size(x)), v, c)
""",
    "functions of a clause's own": """
size(Rose(v, c)) = let more = \\x, n -> add(size(x), n) in foldr(more, v, c)
copy(Rose(v, c)) = let below = \\x -> copy(x) in Rose(v, map(below, c))
""",
    "string sizes": "f(S(n), s) = f(n, s)\nf(O, s) = s",
}

REJECTED = {
    "McCarthy's 91": ("f(n) = if n > 100 then n - 10 else f(f(n + 11))", {"f"}),
    "right rotation": (
        "f(Leaf) = O\nf(Node(Node(a, x, b), y, c)) = f(Node(a, x, Node(b, y, c)))\nf(Node(Leaf, y, c)) = f(c)",
        {"f"},
    ),
    "counting down without a bound": ("f(n) = if n == 0 then 0 else f(n - 1)", {"f"}),
    "counting up": ("f(n) when n < 10 = f(n + 1)\nf(n) = n", {"f"}),
    "tail of what may be empty": ("f(s) = if s == [1] then 0 else f(tail(s))", {"f"}),
    "the wrong branch": ("f(n) = if n > 0 then 0 else f(n - 1)", {"f"}),
    "or does not imply": ("f(n, m) when n > 0 or m > 0 = f(n - 1, m)\nf(n, m) = 0", {"f"}),
    "monus of a negative number": ("f(n + 1, k) = f(monus(n + 1, k), k)\nf(n, k) = 0", {"f"}),
    "remainder of what may be 0 or less": ("f(a, b) = f(b, a mod b)", {"f"}),
    "half of itself": ("f(n) = f(half(n))", {"f"}),
    "swapped without getting smaller": ("f(S(a), S(b)) = f(S(b), S(a))\nf(a, b) = a", {"f"}),
    "one argument down, another up, by turns": (
        "f(S(a), b) = g(a, S(b))\nf(O, b) = b\ng(a, S(b)) = f(S(a), b)\ng(a, O) = a",
        {"f", "g"},
    ),
    "a guard that calls": ("f(x) when f(x) = true\nf(x) = false", {"f"}),
    "a circle through a helper": ("f(S(n)) = g(n)\nf(O) = O\ng(n) = f(S(n))", {"f", "g"}),
    "the helper grows": ("grow(n) = S(S(n))\nf(S(n)) = f(grow(n))\nf(O) = O", {"f"}),
    "handed to a function that applies it to anything": (
        "f(Rose(v, c)) = apply(f, Rose(v, c))\napply(g, x) = g(x)",
        {"f"},
    ),
    "handed to a function that grows the argument": (
        "more(g, x) = g(Cons(O, x))\nf(Nil) = O\nf(Cons(x, t)) = more(f, t)",
        {"f"},
    ),
    "handed to a function that applies it twice": (
        "twice(g, x) = g(g(x))\nf(S(n)) = twice(f, n)\nf(O) = S(S(O))",
        {"f"},
    ),
    "mapped over a rebuilt list": ("f(Rose(v, c)) = Rose(v, map(f, Cons(Rose(v, c), Nil)))", {"f"}),
    "stored in data": ("f(Zero) = Lim(\\n -> f(Zero))\nf(x) = x", {"f"}),
    "returned": ("f(n) = \\m -> apply(f(n), m)\napply(g, x) = g(x)", {"f"}),
    "in a lambda": ("f(S(n)) = foldr(add, O, map(\\m -> f(S(n)), Cons(n, Nil)))\nf(O) = O", {"f"}),
    "a result that is not smaller": ("again(Lim(g)) = again(Lim(g))\nagain(x) = x", {"again"}),
    "a field applied, then rebuilt": ("f(Lim(g)) = f(Succ(g(O)))\nf(Succ(x)) = f(Lim(\\n -> x))\nf(Zero) = O", {"f"}),
    "a function that is never applied is not smaller": ("f(x, g) = f(x, \\y -> y)", {"f"}),
    "a function that is applied to nothing is not smaller": (
        "f(O) = f(foldr(sub, O, Nil))\nf(S(n)) = n",
        {"f"},
    ),
    "no argument": ("loop = loop", {"loop"}),
    "Collatz": ("c(n) when n > 1 = if n mod 2 == 0 then c(n div 2) else c(3 * n + 1)\nc(n) = n", {"c"}),
}


EXAMPLES = {**ACCEPTED, **{name: text for name, (text, _) in REJECTED.items()}}


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(name):
    assert rejected(ACCEPTED[name]) == set()


@pytest.mark.parametrize("name", REJECTED)
def test_rejected(name):
    text, functions = REJECTED[name]
    assert rejected(text) == functions


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_are_well_typed(name):
    """The proof is about well-typed programs only."""
    read = definitions(TYPES + LIBRARY + EXAMPLES[name])
    types(read)
    assert not [finding for finding in positivity(read.declarations) if finding.severity == "error"]


# -------------------------------------------------------------------- facts


def facts(text: str, function: str) -> list[str]:
    """The sharpest bounds of a function's result, as text."""
    found, _ = infer(definitions(TYPES + LIBRARY + text))
    return sorted(written(bound) for bound in least_bounds(found.results[function]))


def written(bound: Bound) -> str:
    return (
        " + ".join([*(f"x{symbol}" for symbol in bound.symbols), *[str(bound.constant)] * bool(bound.constant)]) or "0"
    )


@pytest.mark.parametrize(
    ("function", "bounds"),
    [
        ("add", ["x0 + x1"]),
        ("sub", ["x0"]),
        ("half", ["x0"]),
        ("le", ["0"]),
        ("filter", ["x1"]),
        ("map", []),
        ("mirror", ["x0"]),
        ("pred", ["x0"]),
        ("below", ["x0 + -1"]),
        ("snoc", ["x0 + x1 + 1"]),
        ("twice", []),
    ],
)
def test_size_preservation(function, bounds):
    text = """
mirror(Leaf)          = Leaf
mirror(Node(l, v, r)) = Node(mirror(r), v, mirror(l))
pred(S(n)) = n
pred(O)    = O
below(S(n)) = n
snoc(Nil, x)        = Cons(x, Nil)
snoc(Cons(y, t), x) = Cons(y, snoc(t, x))
twice(Nil)        = Nil
twice(Cons(x, t)) = Cons(x, Cons(x, twice(t)))
"""
    assert facts(text, function) == bounds


# -------------------------------------------------------------------- messages


NOWHERE = "never gets smaller in any argument"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("f(O) = O\nf(S(m)) = f(S(m))", 2, f"f(S(m)) -> f(S(m)) (line 2) {NOWHERE}"),
        ("f(n) = o(n)\no(n) = f(S(n))", 1, f"f(n) -> o(n) (line 1) -> f(S(n)) (line 2) {NOWHERE}"),
        ("f(x) = apply(f, x)\napply(g, x) = g(x)", 1, f"f(x) -> f(_) (line 1) {NOWHERE}"),
        ("o(x) = S(O)\nf(x) = Lim(f)", 2, f"f(x) -> f(_) (line 2) {NOWHERE}"),
        ("f = f", 1, f"f -> f (line 1) {NOWHERE}"),
        ("f(x) = S(o)\npartial o\no = o", 1, "it calls o (line 1), which is partial"),
    ],
)
def test_the_message_names_the_path(text, line, reason):
    finding = next(unproved(definitions(text + TYPES)))
    assert finding.message == f"f is not proved to terminate: {reason}; mark it: partial f"
    assert (finding.severity, finding.line) == ("error", line)


def test_partial_functions_are_not_reported():
    assert not termination(definitions("partial f\nf(x) = f(x)"))


def test_learned_functions_are_unknown_and_end():
    text = (
        "type t = L | N(t, t)\nlearned v : t -> t\nf(L) = L\nf(N(a, b)) = N(f(a), v(b))\ng(N(a, b)) = g(v(a))\ng(L) = L"
    )
    assert set(termination(definitions(text))) == {"g"}


def test_a_file_may_shadow_the_prelude():
    assert set(termination(definitions("tail(s) = s ++ s\nf([x] ++ t) = f(tail(t))\nf([]) = 0"))) == {"f"}


def test_large_successors_do_not_recurse():
    assert not termination(definitions("f(n + 1000) = f(n)\nf(n) = n"))


def test_too_many_call_paths_leave_the_question_open(monkeypatch):
    monkeypatch.setattr(sizechange, "LIMIT", 3)
    found = termination(definitions("f(n + 1, m) = f(n, m)\nf(n, m + 1) = f(n, m)"))
    assert "too many ways" in str(found["f"])


# -------------------------------------------------------------------- the size-change principle

arcs = st.dictionaries(st.tuples(st.integers(0, 2), st.integers(0, 2)), st.booleans(), max_size=5)
graphs = arcs.map(lambda found: Graph(frozenset((i, j, strict) for (i, j), strict in found.items())))
steps = st.lists(
    st.builds(Step, st.sampled_from("fg"), st.sampled_from("fg"), graphs, st.integers()), min_size=1, max_size=4
)


def by_definition(found: list[Step]) -> set[str]:
    """The functions with an idempotent graph in the whole closure that has no strict arc from a parameter to itself."""
    closure = {(s.source, s.target, s.graph) for s in found}
    while True:
        longer = {(a, d, g @ h) for (a, b, g), (c, d, h) in product(closure, closure) if b == c}
        if longer <= closure:
            break
        closure |= longer
    loops = [(a, g) for a, b, g in closure if a == b and g @ g == g]
    return {a for a, g in loops if not any(i == j and strict for i, j, strict in g.arcs)}


@given(steps)
def test_the_closure_without_what_others_imply_gives_the_same_answer(found):
    assert undescending(found).keys() == by_definition(found)


@given(steps)
def test_the_witness_is_a_multipath_that_circles(found):
    for name, path in undescending(found).items():
        assert path.ends == (name, name)
        assert all(a.target == b.source for a, b in zip(path.steps, path.steps[1:], strict=False))
        graph = path.steps[0].graph
        for step in path.steps[1:]:
            graph = graph @ step.graph
        assert graph == path.graph


@given(graphs, graphs, graphs)
def test_composition_is_associative_and_monotone(f, g, h):
    assert (f @ g) @ h == f @ (g @ h)
    if f <= g:
        assert f @ h <= g @ h
        assert h @ f <= h @ g


def test_the_closure_is_bounded(monkeypatch):
    monkeypatch.setattr(sizechange, "LIMIT", 1)
    turn = Graph(frozenset({(0, 1, False), (1, 0, True)}))
    with pytest.raises(Undecided):
        undescending([Step("f", "f", turn, 0), Step("f", "f", Graph(frozenset({(0, 0, False)})), 1)])


# -------------------------------------------------------------------- guards above

NUMBERS = st.sampled_from(["n", "m", "0", "1", "2", "-1"])
COMPARED = st.builds(" ".join, st.tuples(NUMBERS, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), NUMBERS))
CONDITIONS = st.recursive(
    COMPARED,
    lambda inner: st.one_of(
        st.builds("not ({})".format, inner),
        st.builds("({}) {} ({})".format, inner, st.sampled_from(["and", "or"]), inner),
    ),
    max_leaves=3,
)
SMALLER = st.sampled_from(["n - 1", "m - 1", "n", "m", "n div 2", "m - n", "n - m", "n - 2", "m mod 3", "0"])
BODIES = st.one_of(st.just("1"), st.builds("f({}, {})".format, SMALLER, SMALLER), st.just("1 + f(n - 1, m)"))


@given(st.lists(st.tuples(CONDITIONS, BODIES), min_size=1, max_size=3), BODIES)
def test_guards_that_are_false_in_the_clauses_above_are_sound(guarded, last):
    lines = [f"f(n, m) when {condition} = {body}" for condition, body in guarded]
    definitions = define(read_statements("\n".join([*lines, f"f(n, m) = {last}"])))
    if termination(definitions):
        return
    compiled = Compiled(definitions.functions["f"], typed=True, fuel=2_000)
    for n, m in product(range(-3, 6), repeat=2):
        compiled.call("f", n, m)  # `OutOfFuel` would be an unsound proof


@pytest.mark.parametrize(
    ("clauses", "proved"),
    [
        ("count(n) when n <= 0 = 0\ncount(n) = 1 + count(n - 1)", True),
        ("f(n) when not (n > 0) = 1\nf(n) = f(n - 1)", True),
        ("digits(n) when n < 10 = [n]\ndigits(n) = digits(n div 10) ++ [n mod 10]", True),
        ("f(a, b) when a > b and b >= 0 = f(a - 1, b)\nf(a, b) = a", True),
        ("f(xs) = if length(xs) == 0 then 0 else 1 + f(tail(xs))", True),
        ("count(n) when n == 0 = 0\ncount(n) = 1 + count(n - 1)", False),
        ("count(n, m) when n <= 0 = 0\ncount(m, n) = 1 + count(m - 1, n)", False),
        ("f(n) = if n != 0 then f(n - 1) else 0", False),
        ("f(n) when n <= 0 = 0\nf(n) when n > 5 = f(n)\nf(n) = f(n - 1)", False),
    ],
)
def test_what_guards_above_prove(clauses, proved):
    assert (not termination(define(read_statements(clauses)))) == proved

"""How fast programs run: compiled clauses against a term-walking rewriter, hand-written Python, and Maude.

Four programs on one class of terms, memo off, every call counted against the fuel. The engines take turns, five
times; a figure is the median of the ratios of one turn. Maude (``pip install maude``) is left out where it is absent.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.claims import Claim, Kept
from nesy.machine.compile import Compiled
from nesy.machine.expressions import Call, Case, Clause, Construct, Expression, Pattern, Variable
from nesy.recursion.program import Program
from nesy.terms import Term

TURNS = 5
ROOT = Path(__file__).parent.parent

PROGRAM = """%recursion
type nat  = O | S(nat)
type list = Nil | Cons(nat, list)
type tree = Leaf | Node(tree, nat, tree)

add(O, m)    = m
add(S(n), m) = S(add(n, m))
fib(O)       = S(O)
fib(S(O))    = S(O)
fib(S(S(n))) = add(fib(S(n)), fib(n))

append(Nil, ys)         = ys
append(Cons(x, xs), ys) = Cons(x, append(xs, ys))
reverse(Nil)         = Nil
reverse(Cons(x, xs)) = append(reverse(xs), Cons(x, Nil))

inorder(Leaf)          = Nil
inorder(Node(l, x, r)) = append(inorder(l), Cons(x, inorder(r)))

mirror(Leaf)          = Leaf
mirror(Node(l, x, r)) = Node(mirror(r), x, mirror(l))
"""


# -------------------------------------------------------------------- by hand


ZERO, NIL = Term("O"), Term("Nil")
ONE = Term("S", (ZERO,))


def add(n: Term, m: Term) -> Term:
    return m if n.name == "O" else Term("S", (add(n.arguments[0], m),))


def fib(n: Term) -> Term:
    if n.name == "O":
        return ONE
    (m,) = n.arguments
    if m.name == "O":
        return ONE
    (k,) = m.arguments
    return add(fib(Term("S", (k,))), fib(k))


def append(xs: Term, ys: Term) -> Term:
    if xs.name == "Nil":
        return ys
    x, rest = xs.arguments
    return Term("Cons", (x, append(rest, ys)))


def reverse(xs: Term) -> Term:
    if xs.name == "Nil":
        return xs
    x, rest = xs.arguments
    return append(reverse(rest), Term("Cons", (x, NIL)))


def inorder(tree: Term) -> Term:
    if tree.name == "Leaf":
        return NIL
    left, x, right = tree.arguments
    return append(inorder(left), Term("Cons", (x, inorder(right))))


def mirror(tree: Term) -> Term:
    if tree.name == "Leaf":
        return tree
    left, x, right = tree.arguments
    return Term("Node", (mirror(right), x, mirror(left)))


# -------------------------------------------------------------------- a term-walking rewriter


class Rewriter:
    """Normalises terms by rules, with one generic match and one generic substitution: calls are terms too."""

    def __init__(self, clauses: Sequence[Clause]) -> None:
        self.rules = [(_left(clause), _right(clause.body)) for clause in clauses]
        self.functions = {left.name for left, _ in self.rules}

    def normal(self, term: Term) -> Term:
        """The normal form: arguments first, then the first rule that fits."""
        while True:
            term = Term(term.name, tuple(map(self.normal, term.arguments)))
            if term.name not in self.functions:
                return term
            for left, right in self.rules:
                binding: dict[str, Term] = {}
                if _matches(left, term, binding):
                    term = _substituted(right, binding)
                    break


def _left(clause: Clause) -> Term:
    return Term(clause.name, tuple(map(_pattern, clause.patterns)))


def _pattern(pattern: Pattern) -> Term:
    if isinstance(pattern, Case):
        return Term(pattern.constructor, tuple(map(_pattern, pattern.patterns)))
    assert isinstance(pattern, Variable)
    return Term("?" + pattern.name)


def _right(expression: Expression) -> Term:
    match expression:
        case Variable(name):
            return Term("?" + name)
        case Construct(name, arguments) | Call(name, arguments):
            return Term(name, tuple(map(_right, arguments)))
    raise AssertionError(f"not first order: {expression}")


def _matches(pattern: Term, term: Term, binding: dict[str, Term]) -> bool:
    if pattern.name.startswith("?"):
        binding[pattern.name] = term
        return True
    return pattern.name == term.name and all(
        _matches(p, t, binding) for p, t in zip(pattern.arguments, term.arguments, strict=True)
    )


def _substituted(term: Term, binding: Mapping[str, Term]) -> Term:
    if term.name.startswith("?"):
        return binding[term.name]
    return Term(term.name, tuple(_substituted(argument, binding) for argument in term.arguments))


# -------------------------------------------------------------------- inputs


def numeral(n: int) -> Term:
    term = Term("O")
    for _ in range(n):
        term = Term("S", (term,))
    return term


def numbers(n: int) -> Term:
    term = Term("Nil")
    for k in range(n):
        term = Term("Cons", (numeral(k % 3), term))
    return term


def tree(low: int, high: int) -> Term:
    """A balanced search tree of the numbers from low to below high, modulo 3."""
    if low == high:
        return Term("Leaf")
    middle = (low + high) // 2
    return Term("Node", (tree(low, middle), numeral(middle % 3), tree(middle + 1, high)))


@dataclass(frozen=True)
class Job:
    """A function with its argument, and the same by hand."""

    function: str
    argument: Term
    by_hand: Callable[[Term], Term]


JOBS = {
    "fib 20": Job("fib", numeral(20), fib),
    "reverse of 400": Job("reverse", numbers(400), reverse),
    "in-order of 4,000": Job("inorder", tree(0, 4000), inorder),
    "mirror of 20,000": Job("mirror", tree(0, 20000), mirror),
}
WALKED = {
    "fib 20": Job("fib", numeral(13), fib),  # the rewriter would need minutes for 20, and its ratio grows
    "reverse of 400": Job("reverse", numbers(60), reverse),
    "in-order of 4,000": Job("inorder", tree(0, 400), inorder),
    "mirror of 20,000": Job("mirror", tree(0, 1000), mirror),
}
"""Smaller jobs of the same kind, on which compiled clauses and the rewriter are compared."""


def measure(name: str) -> dict[str, Any]:
    """Seconds of every engine on one job, a list of turns each."""
    sys.setrecursionlimit(100_000)
    program = Program.load(text=PROGRAM)
    clauses = [clause for own in program.definitions.functions.values() for clause in own]
    compiled = Compiled(clauses, typed=True)  # every call is counted
    rewriter = Rewriter(clauses)
    job, walked = JOBS[name], WALKED[name]
    found: dict[str, Any] = {engine: [] for engine in ("compiled", "by hand", "compiled, small", "rewriter, small")}
    assert compiled.call(job.function, job.argument) == job.by_hand(job.argument)
    found["calls"] = compiled.fuel - compiled.left
    for _ in range(TURNS):
        found["compiled"].append(seconds(lambda: compiled.call(job.function, job.argument)))
        found["by hand"].append(seconds(lambda: job.by_hand(job.argument)))
        found["compiled, small"].append(seconds(lambda: compiled.call(walked.function, walked.argument)))
        found["rewriter, small"].append(seconds(lambda: rewriter.normal(Term(walked.function, (walked.argument,)))))
    assert rewriter.normal(Term(walked.function, (walked.argument,))) == walked.by_hand(walked.argument)
    return found


def seconds(work: Callable[[], Any]) -> float:
    """Processor seconds: what else runs on the machine does not count."""
    start = time.process_time()
    work()
    return time.process_time() - start


# -------------------------------------------------------------------- Maude

MAUDE = """fmod PEANO is sort Nat . op O : -> Nat [ctor] . op S : Nat -> Nat [ctor] .
 op add : Nat Nat -> Nat . op fib : Nat -> Nat . vars N M : Nat .
 eq add(O, M) = M . eq add(S(N), M) = S(add(N, M)) .
 eq fib(O) = S(O) . eq fib(S(O)) = S(O) . eq fib(S(S(N))) = add(fib(S(N)), fib(N)) .
endfm
"""


def measure_maude() -> dict[str, Any] | None:
    """Seconds of Maude and of compiled clauses on fib 20, in turns; None where there is no Maude."""
    try:
        import maude
    except ImportError:
        return None
    maude.init()
    with tempfile.NamedTemporaryFile("w", suffix=".maude", delete=False) as file:
        file.write(MAUDE)  # from a file: maude.input drops a module that is written on one line
    maude.load(file.name)
    Path(file.name).unlink()
    module = maude.getModule("PEANO")
    text = "fib(" + "S(" * 20 + "O" + ")" * 21
    compiled = Compiled(
        [clause for own in Program.load(text=PROGRAM).definitions.functions.values() for clause in own], typed=True
    )
    found: dict[str, Any] = {"maude": [], "compiled": []}
    for _ in range(TURNS):
        term = module.parseTerm(text)
        found["maude"].append(seconds(lambda term=term: found.update(reductions=term.reduce())))
        found["compiled"].append(seconds(lambda: compiled.call("fib", numeral(20))))
    return found


# -------------------------------------------------------------------- a long trace

STEPS = 1_000_000


def measure_trace() -> dict[str, float]:
    """Peak memory in MB of a streamed trace of STEPS steps, and of one of a hundredth of it."""
    program = "%recursion\npartial count\ncount(n) = if n < 0 then n else count(n + 1)\n"
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "count.nesy"
        file.write_text(program, encoding="utf-8")
        for steps in (STEPS // 100, STEPS):
            command = [sys.executable, "-m", "nesy", "trace", str(file), "count(0)", "--json", "--steps", str(steps)]
            with open(Path(folder) / "trace.jsonl", "wb") as out:
                process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, cwd=ROOT)
                _, _, usage = os.wait4(process.pid, 0)
                process.returncode = 0
            lines = (Path(folder) / "trace.jsonl").read_bytes().count(b"\n")
            assert lines >= steps, lines
            found[f"{steps} steps"] = round(usage.ru_maxrss / 1024, 1)
    return found


# -------------------------------------------------------------------- claims


def claims(kept: Kept) -> Iterator[Claim]:
    for name in JOBS:
        run = kept.once(name, lambda name=name: measure(name))
        walked = _ratio(run["rewriter, small"], run["compiled, small"])
        hand = _ratio(run["compiled"], run["by hand"])
        yield Claim(
            f"machine.{name.replace(' ', '_')}",
            f"{1000 * statistics.median(run['compiled']):.0f} ms, {run['calls']:,} calls",
            baseline=f"by hand {1000 * statistics.median(run['by hand']):.0f} ms",
            ratio=f"{hand:.2f} of hand-written; rewriter {walked:.0f} times as long",
            bar="<= 3 times hand-written Python, rewriter >= 50 times as long",
            met=hand <= 3 and walked >= 50,
            detail="the rewriter is measured on a smaller input of the same kind, beside compiled clauses",
        )
    run = kept.once("maude", measure_maude)
    if run is None:
        yield Claim("machine.maude", "not measured: maude is not installed", bar="aim: Maude's time")
    else:
        yield Claim(
            "machine.maude",
            f"{1000 * statistics.median(run['compiled']):.0f} ms",
            baseline=f"{1000 * statistics.median(run['maude']):.0f} ms, {run['reductions']:,} reductions",
            ratio=f"{_ratio(run['compiled'], run['maude']):.2f} of Maude's",
            bar="aim: Maude's time",
        )
    memory = kept.once("trace", measure_trace)
    short, long = memory.values()
    yield Claim(
        "machine.trace",
        f"{long} MB for {STEPS:,} steps",
        baseline=f"{short} MB for {STEPS // 100:,} steps",
        ratio=f"{long / short:.2f}",
        bar="memory flat",
        met=long < 1.2 * short,
    )


def _ratio(one: list[float], other: list[float]) -> float:
    """The median of the ratios of turns."""
    return statistics.median(a / b for a, b in zip(one, other, strict=True))

"""Structural recursions from examples: the definition file of a program with the clauses of one more function."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from nesy.errors import InputError, NesyError
from nesy.lang.clauses import print_clause
from nesy.lang.container import split
from nesy.machine.compile import Compiled
from nesy.machine.primitives import PROGRAM_PRELUDE
from nesy.recursion.definitions import define
from nesy.recursion.program import Program
from nesy.recursion.statements import read_statements
from nesy.recursion.typing.prelude import PRELUDE_TYPES
from nesy.recursion.values import check_value
from nesy.search.recursion.operators import LibraryFunction
from nesy.search.recursion.search import Candidate, Search
from nesy.search.recursion.store import UNDEFINED
from nesy.search.recursion.writing import written
from nesy.terms import Value, same, show, subvalues
from nesy.types import Declaration, Signature

Example = tuple[tuple[Value, ...], Value]

LOOKED_AT = 40
"""Examples that the search works with at first; those that refute what it finds are added."""
FEWEST, LARGEST = 6, 400
"""Examples with more constructors are only checked, if there are so many smaller ones."""
REFUTING = 5
FUEL = 20_000
"""Calls of one evaluation of a library function during the search."""
PRIMITIVES = {
    **dict.fromkeys(("+", "*", "min", "max", "<", "==", "not", "++"), 1),
    **dict.fromkeys(("-", "<=", "and", "or", "length", "reverse", "div", "mod"), 2),
}
"""The functions of the prelude that clauses may call, and what a call adds to their cost."""
PRESUMING = 0.6
"""The part of the time in which calls without recursion are presumed."""
ROUNDS = 14
CONSTANTS = 3
RIVALS = 20
"""Programs of one cost that are compared."""
QUESTIONS = 5
PROBES = 300
"""Arguments on which they are compared."""


class NothingFound(NesyError):
    """No program was found that explains all examples."""


@dataclass(frozen=True)
class Learned:
    """What was learned.

    Attributes:
        program: the given one with the new clauses, checked: typed, covering, terminating.
        undecided: calls for which programs as short as this one give other values, with these values.
        cost: of the clauses, in nodes.
        seconds: what the search took.
    """

    program: Program
    undecided: tuple[str, ...]
    cost: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Progress:
    """Shown while the search goes on.

    Attributes:
        level: the cost of the most expensive expression that is tried.
        best: of the best program so far, its cost.
    """

    level: int
    best: int | None
    elapsed: float


class _OutOfTime(Exception):
    """The budget is spent."""


def learn_recursion(
    program: Program,
    name: str,
    signature: str | Signature,
    examples: Sequence[Example],
    *,
    budget: float = 60.0,
    seed: int = 0,
    progress: Callable[[Progress], None] | None = None,
) -> Learned:
    """Find the shortest clauses of a function that explain examples of it.

    Args:
        program: its types and functions may be used.
        name: of the new function.
        signature: such as ``"list(a), list(a) -> list(a)"``, or with the name and a colon in front.
        examples: arguments and value; the values of recursive calls need not be among them.
        budget: seconds.
        progress: called after each round of the search.

    Raises:
        InputError: the name is taken, the signature is wrong, an example is of another type, or contradicts another.
        NothingFound: nothing explains them within the budget.
    """
    declared = declared_signature(program, name, signature)
    if not examples:
        raise InputError(f"no examples of {name}", expected="some arguments with their values")
    seen: dict[tuple[Value, ...], Value] = {}
    for number, (arguments, value) in enumerate(examples, 1):
        check_example(program, name, declared, arguments, value, f" of example {number}")
        if not same(seen.setdefault(arguments, value), value):
            raise InputError(f"example {number} gives {_short(value)}", expected=_short(seen[arguments]))
    return _Learning(program, name, declared, list(examples), budget, seed, progress).run()


class _Learning:
    """One run: what it was given, and what it found."""

    def __init__(
        self,
        program: Program,
        name: str,
        signature: Signature,
        examples: Sequence[Example],
        budget: float,
        seed: int,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.program, self.name, self.signature, self.examples = program, name, signature, examples
        self.budget, self.seed, self.progress = budget, seed, progress
        self.started = time.monotonic()
        self.deadline = 0.0
        self.best: Program | None = None
        self.rivals: list[Candidate] = []  # of one cost, the one of `best` first

    def run(self) -> Learned:
        """Search, first with what is presumed of calls without recursion (`Search`), then without."""
        by_size = sorted(self.examples, key=_size)
        looked_at = [e for k, e in enumerate(by_size) if k < FEWEST or _size(e) <= LARGEST][:LOOKED_AT]
        for presume, share in ((True, PRESUMING), (False, 1.0)):
            refuting: list[Example] | None = []
            while refuting is not None:
                looked_at = [*looked_at, *refuting]
                search = self._prepared(looked_at, presume)
                self.deadline = self.started + self.budget * share
                refuting = self._search(search)
            if self.best is not None:
                return self._learned(search)
        raise NothingFound(
            f"no program of {self.name} : {self.signature} was found that explains all {len(self.examples)} examples "
            f"within {self.budget:g} s; give more small examples, functions that it may call, or more time"
        )

    def _search(self, search: Search) -> list[Example] | None:
        """Look for the shortest program; returns examples that refute what was found, None if there are none."""
        try:
            for level in range(1, ROUNDS + 1):
                for candidate in search.round(level):
                    refuting = self._take(search, candidate)
                    if refuting:
                        return refuting
                if self.progress is not None:
                    self.progress(Progress(level, search.best, time.monotonic() - self.started))
                if search.best is not None and search.best <= level + 1:
                    break  # a more expensive body makes no shorter program
        except _OutOfTime:
            pass
        return None

    def _prepared(self, examples: Sequence[Example], presume: bool) -> Search:
        definitions = self.program.definitions
        return Search(
            definitions.declarations,
            list(_library(self.program, self.name)),
            self.name,
            self.signature,
            examples,
            taken=(*definitions.functions, *definitions.learned, *PRELUDE_TYPES),
            constants=_constants(examples),
            presume=presume,
            seed=self.seed,
            tick=self._tick,
        )

    def _tick(self) -> None:
        if time.monotonic() > self.deadline:
            raise _OutOfTime

    def _take(self, search: Search, candidate: Candidate) -> list[Example]:
        """Keep a candidate if it is right; returns some of the examples that refute it."""
        if search.best is not None and candidate.cost >= search.best:
            self.rivals.append(candidate)
            return []
        program = self._written(candidate)
        refuting = [example for example in self.examples if not _explains(program, self.name, example)]
        if not refuting and not program.check().errors:
            self.best, self.rivals, search.best = program, [candidate], candidate.cost
            now = time.monotonic()
            patience = 1 if candidate.cost <= len(self.examples) else 2  # longer than the examples: a table of them?
            self.deadline = min(self.deadline, now + patience * max(1.0, now - self.started))
        return sorted(refuting, key=_size)[:REFUTING]

    def _written(self, candidate: Candidate) -> Program:
        """The program with the candidate's clauses at its end."""
        declarations = self.program.definitions.declarations
        taken = {*self.program.definitions.functions, *PRELUDE_TYPES, *candidate.signatures}
        blocks = []
        for name, signature in candidate.signatures.items():
            own = [
                written(leaf, body, declarations, taken, candidate.signatures)
                for leaf, body in candidate.clauses
                if leaf.function == name
            ]
            blocks.append("\n".join([f"{name} : {signature}", *map(print_clause, own)]))
        source = self.program.source.rstrip("\n")
        return Program.load(self.program.file, text="\n\n".join([source, *blocks]) + "\n")

    def _learned(self, search: Search) -> Learned:
        """The best of the programs of the lowest cost: that with the fewest unused variables."""
        assert self.best is not None
        program = self.best
        first, *others = self.rivals
        for candidate in sorted(others, key=lambda c: c.unused):
            if candidate.unused >= first.unused:
                break
            rival = self._written(candidate)
            if all(_explains(rival, self.name, example) for example in self.examples) and not rival.check().errors:
                program, first = rival, candidate
                break
        undecided = tuple(self._undecided(search, first))
        return Learned(program, undecided, first.cost, time.monotonic() - self.started)

    def _undecided(self, search: Search, best: Candidate) -> Iterator[str]:
        """Calls on which other programs of the lowest cost give other values."""
        store = search.store
        own = best.assembled(store)
        others = [c.assembled(store) for c in self.rivals if c is not best][:RIVALS]
        asked = 0
        for row in search.probes(PROBES):
            value = own(self.name, row)
            rival = next((v for v in (o(self.name, row) for o in others) if v not in (value, UNDEFINED)), None)
            if rival is not None and value != UNDEFINED:
                call = ", ".join(show(store.value(argument), limit=200) for argument in row)
                yield f"{self.name}({call}) = {_short(store.value(value))} or {_short(store.value(rival))}"
                asked += 1
                if asked == QUESTIONS:
                    return


# -------------------------------------------------------------------- what the search is given


def declared_signature(program: Program, name: str, signature: str | Signature) -> Signature:
    """The signature of a new function, its types looked up in the program.

    Raises:
        InputError: the name is taken, or something in the signature is wrong.
    """
    own = str(signature).strip()
    before, colon, after = own.partition(":")
    if colon and before.strip() != name:
        raise InputError(f"the signature of {before.strip()}", expected=f"{name} : ...")
    if name in (*program.definitions.functions, *program.definitions.learned):
        raise InputError(f"{name} is already defined", file=program.file, mend="give the function another name")
    section = split(program.source, program.file)["recursion"].text
    line = f"learned {name} : {' '.join((after if colon else own).split())}"
    place = "the signature"
    declarations = [s for s in read_statements(section, program.file) if isinstance(s, Declaration)]
    return define((*declarations, *read_statements(line, place)), place).learned[name]


def check_example(
    program: Program, name: str, signature: Signature, arguments: Sequence[Value], value: Value, where: str = ""
) -> None:
    """Compare an example with a signature.

    Raises:
        InputError: another number of arguments, or one of another type.
    """
    declarations = program.definitions.declarations
    if not isinstance(arguments, tuple | list):
        raise InputError(
            f"arguments that are no tuple, but {type(arguments).__name__}{where}", expected="(argument, ...)"
        )
    if len(arguments) != len(signature.parameters):
        raise InputError(f"{name} with {len(arguments)} arguments{where}", expected=f"{name} : {signature}")
    for position, (argument, type_) in enumerate(zip(arguments, signature.parameters, strict=True), 1):
        check_value(argument, type_, declarations, f"argument {position}{where}")
    check_value(value, signature.result, declarations, f"the value{where}")


def _library(program: Program, name: str) -> Iterator[LibraryFunction]:
    """The program's functions, and the prelude's."""
    functions = program.definitions.functions
    compiled = Compiled([c for own in functions.values() for c in own], fuel=FUEL, typed=True)
    for function in functions:
        yield LibraryFunction(function, program.signatures[function], partial(compiled.call, function))
    for primitive, cost in PRIMITIVES.items():
        if primitive not in functions and primitive != name:
            evaluate = PROGRAM_PRELUDE[primitive].function
            yield LibraryFunction(primitive, PRELUDE_TYPES[primitive], evaluate, cost)


def _constants(examples: Sequence[Example]) -> list[int | str]:
    """Integers and strings that bodies may hold beside 0 and 1: 2, and those that stand in many values."""
    found = Counter(
        part
        for _, value in examples
        for part in {part for part in subvalues(value) if isinstance(part, int | str) and not isinstance(part, bool)}
    )
    often = [part for part, count in found.most_common(CONSTANTS) if 3 * count >= len(examples)]
    return list(dict.fromkeys([2, *(part for part in often if part not in (0, 1))]))


def _explains(program: Program, name: str, example: Example) -> bool:
    arguments, value = example
    try:
        return same(program.call(name, *arguments), value)
    except NesyError:
        return False


def _size(example: Example) -> int:
    return sum(1 for value in (*example[0], example[1]) for _ in subvalues(value))


def _short(value: Value) -> str:
    return show(value, limit=200)

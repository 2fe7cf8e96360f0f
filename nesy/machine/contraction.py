"""Contractions: one redex becomes its contractum, in its cell of the expression's graph.

The rules, in the papers' terms: ``clause`` unfolds a definition (delta) by the clause whose patterns match
(iota) and puts the arguments in its body (beta); ``primitive`` is delta of a built-in function; ``if``, which
``and`` and ``or`` are too, is iota on a boolean; ``let`` and ``apply`` are beta.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal as OneOf

from nesy.errors import OutOfFuel, Undefined
from nesy.machine.cells import Cell, Closure, Node, Part, Scope, finished, instantiate, read, saturate, tip
from nesy.machine.expressions import Apply, Call, Clause, Construct, Expression, Let, Partial, Variable
from nesy.machine.matching import Binding, fit
from nesy.machine.primitives import PROGRAM_PRELUDE
from nesy.machine.run import apply_checked, nothing_fits
from nesy.terms import Term, Value

Rule = OneOf["clause", "primitive", "if", "let", "apply"]


@dataclass(slots=True, eq=False)
class Step:
    """One contraction.

    Attributes:
        number: 1 for the first one.
        rule: what was done; see the module.
        function: the function, primitive or operator that was contracted; of a `let`, its variable.
        clause: the clause that was used.
        position: the clause's number among its function's, 1 for the first one; 0 where none was used.
        binding: what the clause's, lambda's or let's variables stand for.
        redex, contractum: what stood there before and after, as graphs; `before` and `after` read them.
        depth: how many enclosing expressions wait for this one; 0 in parallel rounds, where none waits.
        round: the number of the parallel round, 1 for the first one; 0 in the other orders.
    """

    number: int
    rule: Rule
    function: str
    clause: Clause | None
    position: int
    binding: Mapping[str, Part]
    redex: Node
    contractum: Part
    depth: int
    round: int

    @property
    def line(self) -> int:
        """The clause's line in its file; 0 where there is none."""
        return self.clause.line if self.clause is not None else 0

    def before(self, limit: int | None = None) -> Expression:
        """The expression that was contracted, of at most so many forms."""
        return read(self.redex, self.number - 1, limit)

    def after(self, limit: int | None = None) -> Expression:
        """What it became."""
        return read(self.contractum, self.number, limit)

    def bound(self, name: str, limit: int | None = None) -> Expression:
        """What a variable of the binding stood for."""
        return read(self.binding[name], self.number - 1, limit)


class Rewriter:
    """Contracts redexes and counts the steps.

    Args:
        functions: the clauses of each function, in the order in which they are tried.
        fuel: how many steps may be made.
        history: whether what was replaced is kept, so that it can be read later.
    """

    def __init__(self, functions: Mapping[str, Sequence[Clause]], fuel: int, history: bool) -> None:
        self.functions, self.fuel, self.history = functions, fuel, history
        self.steps = 0
        self.rounds = 0

    def contract(self, cell: Cell, depth: int = 0) -> Step | Cell:
        """Contract what stands in a cell, or return the cell that must be known first.

        Raises:
            Undefined: a call that no clause fits, or a primitive without a value.
            OutOfFuel: more steps than `fuel`.
        """
        form = cell.content.expression
        if isinstance(form, Let):
            binding = {form.name: tip(cell.content.parts[0])}
            return self._enter(cell, form.body, cell.content.scope, binding, "let", form.name, depth)
        if isinstance(form, Apply):
            return self._apply(cell, depth)
        if form.function in CONNECTIVES:
            return self._decide(cell, form, depth)
        if form.function not in self.functions:
            return self._primitive(cell, form.function, depth)
        choice = self.choose(cell)
        return choice if isinstance(choice, Cell) else self.unfold(cell, *choice, depth)

    def choose(self, cell: Cell) -> tuple[int, Binding] | Cell:
        """The index of the first clause that fits a call and its binding, or the cell that must be known to tell.

        Raises:
            Undefined: no clause fits.
        """
        node = cell.content
        clauses = self.functions[node.expression.function]
        index, binding, verdict = cell.trial or (-1, {}, False)
        while True:
            verdict = tip(verdict)
            if isinstance(verdict, Cell):
                cell.trial = index, binding, verdict
                return verdict
            if verdict is True:
                cell.trial = None
                return index, binding
            index += 1
            if index == len(clauses):
                nothing_fits(node.expression.function, *(_hole(tip(part)) for part in node.parts), typed=True)
            found = fit(clauses[index].patterns, node.parts)
            if isinstance(found, Cell):
                return found
            if found is not None:
                guard, binding = clauses[index].guard, found
                verdict = guard is None or instantiate(guard, binding)

    def unfold(self, cell: Cell, index: int, binding: Binding, depth: int = 0) -> Step:
        """Replace a call by the body of the clause of this index, which fits."""
        function = cell.content.expression.function
        clause = self.functions[function][index]
        return self._enter(cell, clause.body, {}, binding, "clause", function, depth, clause, index + 1)

    def _enter(
        self,
        cell: Cell,
        body: Expression,
        scope: Scope,
        binding: Binding,
        rule: Rule,
        function: str,
        depth: int,
        clause: Clause | None = None,
        position: int = 0,
    ) -> Step:
        """Replace a redex by a body with its variables bound (beta)."""
        result = instantiate(body, {**scope, **binding} if scope else binding)
        fresh = not isinstance(body, Variable)
        return self._replace(cell, result, fresh, rule, function, depth, binding, clause, position)

    def _decide(self, cell: Cell, form: Call, depth: int) -> Step | Cell:
        parts = cell.content.parts
        condition = tip(parts[0])
        if isinstance(condition, Cell):
            return condition
        if form.function == "if":
            chosen = 1 if condition else 2
        else:
            chosen = 0 if condition is (form.function == "or") else 1
        fresh = not isinstance(form.arguments[chosen], Variable)
        return self._replace(cell, tip(parts[chosen]), fresh, "if", form.function, depth)

    def _primitive(self, cell: Cell, function: str, depth: int) -> Step | Cell:
        parts = cell.content.parts
        first = unfinished(parts)
        if first is not None:
            return first
        return self._replace(cell, primitive(function, tuple(map(tip, parts))), True, "primitive", function, depth)

    def _apply(self, cell: Cell, depth: int) -> Step | Cell:
        function, *arguments = map(tip, cell.content.parts)
        if isinstance(function, Cell):
            return function
        if not isinstance(function, Closure):
            return self._call_python(cell, function, depth)
        form = function.expression
        if isinstance(form, Partial):
            result = saturate(form.function, (*function.parts, *arguments))
            return self._replace(cell, result, True, "apply", form.function, depth)
        binding = dict(zip(form.parameters, arguments, strict=True))
        return self._enter(cell, form.body, function.scope or {}, binding, "apply", "", depth)

    def _call_python(self, cell: Cell, function: Callable[..., Value], depth: int) -> Step | Cell:
        _, *arguments = cell.content.parts
        first = unfinished(arguments)
        if first is not None:
            return first
        return self._replace(cell, function(*map(tip, arguments)), False, "apply", "", depth)

    def _replace(
        self,
        cell: Cell,
        result: Part,
        fresh: bool,
        rule: Rule,
        function: str,
        depth: int,
        binding: Binding | None = None,
        clause: Clause | None = None,
        position: int = 0,
    ) -> Step:
        """Put a result in a cell; a fresh one, which nobody shares, moves in, so that loops leave no chain of cells."""
        if self.steps >= self.fuel:
            raise out_of_fuel(self.fuel)
        self.steps += 1
        redex = cell.content
        content = result.content if fresh and isinstance(result, Cell) else result
        self._put(cell, content)
        return Step(self.steps, rule, function, clause, position, binding or {}, redex, content, depth, self.rounds)

    def finish(self, cell: Cell) -> None:
        """Make the data in a cell, whose parts are values, a value."""
        node = cell.content
        self._put(cell, finished(node.expression, tuple(map(tip, node.parts))))

    def _put(self, cell: Cell, content: Part) -> None:
        if self.history:
            if cell.past is None:
                cell.past = []
            cell.past.append((self.steps, cell.content))
        cell.content = content

    def is_primitive(self, node: Node) -> bool:
        """Whether a node calls a built-in function, which wants whole values."""
        form = node.expression
        return isinstance(form, Call) and form.function not in self.functions and form.function not in CONNECTIVES


CONNECTIVES = frozenset({"if", "and", "or"})
"""Primitives that evaluate their first argument only, and then at most one of the others."""


def out_of_fuel(fuel: int) -> OutOfFuel:
    return OutOfFuel(f"no value after {fuel:,} step" + ("" if fuel == 1 else "s"))


def needed(node: Node) -> tuple[Part, ...]:
    """The parts that are evaluated, in call by value, before the node itself."""
    form = node.expression
    return node.parts[:1] if isinstance(form, Call) and form.function in CONNECTIVES else node.parts


def unfinished(parts: Sequence[Part]) -> Cell | None:
    """The first part that is no finished value."""
    for part in parts:
        if isinstance(part, Cell):
            place = tip(part)
            if isinstance(place, Cell):
                return place
    return None


def primitive(function: str, arguments: tuple[Value, ...]) -> Value:
    """A primitive's value.

    Raises:
        Undefined: there is none.
        OutOfFuel: it would be too large.
    """
    if function not in PROGRAM_PRELUDE:
        raise Undefined(f"{function} has no clauses")
    return apply_checked(PROGRAM_PRELUDE[function], arguments)


def _hole(part: Part) -> Value:
    """A part of a call that nothing fits; what nobody has asked for yet is ``_``."""
    if not isinstance(part, Cell):
        return part
    form = part.content.expression
    return Term(form.constructor, (Term("_"),) * len(form.arguments)) if isinstance(form, Construct) else Term("_")

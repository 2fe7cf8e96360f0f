"""Cost-ordered bottom-up enumeration with observational equivalence.

A bank holds, for one block of inputs, the cheapest expression for every distinct vector of
outputs (Albarghouthi, Gulwani & Kincaid, CAV 2013; Udupa et al., PLDI 2013). All operators
are applied to whole blocks of rows at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from nesy.machine.expressions import Call, Expression, Literal, Variable
from nesy.machine.primitives import PEANO, PRELUDE, Primitive
from nesy.machine.values import Value, kind
from nesy.search.universe import UNDEFINED, Ids, Universe

COMMUTATIVE = frozenset(("+", "*", "min", "max", "and", "=="))
BLOCK = 1 << 20  # entries evaluated at once
KNOWN = PRELUDE.keys() | PEANO.keys()
NARROW = {"int": 1, "bool": 2, "seq": 3}

ZERO, ONE = Literal(0), Literal(1)
EXPANDED: dict[str, Callable[..., Expression]] = {
    "succ": lambda a: Call("+", (a, ONE)),
    "pred": lambda a: Call("monus", (a, ONE)),
    "ifzero": lambda a, b, c: Call("if", (Call("==", (a, ZERO)), b, c)),
}
"""How the primitives of Peano's arithmetic are written."""


class Bank:
    """Expressions over `columns`, grown cost by cost.

    Args:
        universe: the table of values.
        columns: ids, shape (arguments, examples).
        names: the variables' names, one per argument.
        constants: literals with their costs.
        primitives: the functions that may be used.
        work: how many entries (candidates x examples) may be evaluated in all.
        equivalence: whether of equal rows one is kept.
    """

    def __init__(
        self,
        universe: Universe,
        columns: Ids,
        names: Sequence[str],
        constants: Sequence[tuple[Value, int]],
        primitives: Sequence[Primitive],
        work: int = 4_000_000,
        equivalence: bool = True,
    ) -> None:
        self.universe, self.work, self.equivalence = universe, work, equivalence
        self.examples = columns.shape[1]
        self.primitives = primitives
        self._seen: set[bytes] = set()
        self._made: list[tuple[Any, ...]] = []  # (variable or constant) or (primitive, row, ...)
        self._levels: dict[int, tuple[int, Ids, np.ndarray]] = {}  # cost -> (first row, rows, kinds present)
        self._leaves: dict[int, list[tuple[Expression, Ids]]] = {}
        for name, column in zip(names, columns, strict=True):
            self._leaves.setdefault(1, []).append((Variable(name), column))
        for value, cost in constants:
            row = np.full(self.examples, universe.id(value), dtype=np.int64)
            self._leaves.setdefault(cost, []).append((Literal(value), row))
        self.cost = 0

    def grow(self) -> tuple[int, Ids]:
        """Enumerate the next cost; returns (index of the first new row, new rows)."""
        self.cost += 1
        first = len(self._made)
        rows: list[Ids] = []
        for expression, row in self._leaves.get(self.cost, ()):
            self._keep(row[None, :], expression, [], rows)
        for primitive in self.primitives:
            for block, arguments in self._applications(primitive):
                self._keep(block, primitive, arguments, rows)
                if self.work <= 0:
                    break
            if self.work <= 0:
                break
        level = np.concatenate(rows) if rows else np.zeros((0, self.examples), dtype=np.int64)
        kinds = self.universe.arrays()[0][level]
        present = np.stack([(kinds == code).any(axis=1) for code in range(4)], axis=1)
        self._levels[self.cost] = (first, level, present)
        return first, level

    @property
    def exhausted(self) -> bool:
        return self.work <= 0

    def made(self, row: int) -> tuple[Any, ...]:
        """What a row is made of: a variable or constant alone, or a primitive and the rows of its arguments."""
        return self._made[row]

    def expression(self, row: int) -> Expression:
        """The expression of a row."""
        head, *arguments = self.made(row)
        if isinstance(head, Primitive):
            parts = tuple(self.expression(a) for a in arguments)
            return EXPANDED[head.name](*parts) if head.name in EXPANDED else Call(head.name, parts)
        return head  # type: ignore[no-any-return]

    def _keep(self, block: Ids, head: Expression | Primitive, arguments: Sequence[Ids], rows: list[Ids]) -> None:
        """Keep the new rows of a block, whose rows are made by one head of the rows of its arguments."""
        self.work -= block.size
        enough = np.flatnonzero((block != UNDEFINED).sum(axis=1) * 2 >= self.examples)
        keys = block[enough].tobytes()
        width = block.itemsize * self.examples
        new = []
        for index, start in zip(enough.tolist(), range(0, len(keys), width), strict=True):
            key = keys[start : start + width]
            if key not in self._seen or not self.equivalence:
                self._seen.add(key)
                new.append(index)
        if new:
            made = [[head] * len(new), *(argument[new].tolist() for argument in arguments)]
            self._made += zip(*made, strict=True)
            rows.append(block[new])

    def _operands(self, cost: int, kind: str) -> tuple[Ids, Ids] | None:
        level = self._levels.get(cost)
        if level is None or not len(level[1]):
            return None
        first, rows, present = level
        if kind == "any":
            return np.arange(first, first + len(rows)), rows
        chosen = np.flatnonzero(present[:, NARROW[kind]])
        return (first + chosen, rows[chosen]) if len(chosen) else None

    def _applications(self, primitive: Primitive) -> Iterator[tuple[Ids, list[Ids]]]:
        kinds = primitive.parameters
        if len(kinds) == 1:
            yield from self._blocks(primitive, [self._operands(self.cost - 1, kinds[0])])
        elif len(kinds) == 2:
            for left in range(1, self.cost - 1):
                right = self.cost - 1 - left
                if primitive.name in COMMUTATIVE and left > right:
                    break
                yield from self._blocks(
                    primitive, [self._operands(left, kinds[0]), self._operands(right, kinds[1])], left == right
                )
            if primitive.name in ("++", "+", "*") or primitive.name not in KNOWN:  # let t = e in t ++ t costs e + 1
                yield from self._doubled(primitive, self._operands(self.cost - 1, kinds[0]))
        else:
            for a in range(1, self.cost - 2):
                for b in range(1, self.cost - 1 - a):
                    c = self.cost - 1 - a - b
                    operands = [self._operands(x, k) for x, k in zip((a, b, c), kinds, strict=True)]
                    yield from self._blocks(primitive, operands)

    def _doubled(self, primitive: Primitive, operand: tuple[Ids, Ids] | None) -> Iterator[tuple[Ids, list[Ids]]]:
        if operand is not None:
            indices, rows = operand
            yield self.universe.apply(primitive, [rows, rows]), [indices, indices]

    def _blocks(
        self, primitive: Primitive, operands: list[tuple[Ids, Ids] | None], same_cost: bool = False
    ) -> Iterator[tuple[Ids, list[Ids]]]:
        present = [operand for operand in operands if operand is not None]
        if len(present) < len(operands):
            return
        sizes = [len(indices) for indices, _ in present]
        total = int(np.prod(sizes))
        step = max(1, BLOCK // self.examples)
        for start in range(0, total, step):
            if self.work <= 0:
                return
            picks = np.unravel_index(np.arange(start, min(total, start + step)), sizes)
            if same_cost and primitive.name in COMMUTATIVE and len(picks) == 2:
                ordered = picks[0] <= picks[1]
                picks = tuple(p[ordered] for p in picks)
            block = self.universe.apply(primitive, [rows[p] for (_, rows), p in zip(present, picks, strict=True)])
            yield block, [indices[p] for (indices, _), p in zip(present, picks, strict=True)]


def learnable(names: str = "lists arithmetic booleans") -> list[Primitive]:
    """The primitives of a `%domain primitives:` line.

    Raises:
        ValueError: an unknown group.
    """
    groups = {
        "lists": ("++", "head", "tail", "last", "init", "reverse", "unit"),
        "arithmetic": ("+", "monus", "*", "div", "min", "max", "<", "=="),
        "booleans": ("and", "not", "if", "=="),
        "peano": tuple(PEANO),
    }
    chosen: dict[str, Primitive] = {}
    for group in names.split():
        if group not in groups:
            raise ValueError(f"unknown primitives {group!r}, expected {', '.join(groups)}")
        chosen.update((name, PRELUDE.get(name) or PEANO[name]) for name in groups[group])
    return list(chosen.values())


def allowed(primitives: Sequence[Primitive], constants: Sequence[tuple[Value, int]]) -> list[tuple[Value, int]]:
    """The constants that programs of these primitives may hold: Peano's arithmetic has no number but 0."""
    names = {primitive.name for primitive in primitives}
    if "succ" not in names or "+" in names:
        return list(constants)
    return [(value, cost) for value, cost in constants if kind(value) != "int" or value == 0]

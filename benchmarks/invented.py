"""Invented arithmetic: other operators, words before and after their arguments, other associativity."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nesy.errors import Undefined
from nesy.lang.language import Language
from nesy.machine.values import Value, text

LARGEST = 100
Tree = str | tuple["Operator", tuple["Tree", ...]]
"""A digit, or an operator with its arguments."""


@dataclass(frozen=True)
class Operator:
    """A word with its program.

    Attributes:
        pattern: as in ``"_ + _"``.
        level: 0 binds loosest.
        right: whether it associates to the right; all of one level do, or none.
    """

    pattern: str
    program: str
    level: int = 0
    right: bool = False

    @property
    def items(self) -> list[str]:
        return self.pattern.split()

    @property
    def arity(self) -> int:
        return self.items.count("_")

    @property
    def name(self) -> str:
        return f"word{ord(self.pattern.strip(' _'))}_{self.arity}"

    def threshold(self, slot: int) -> int:
        """The level that an argument needs to stand in a slot without brackets."""
        first, last = self.items[0] == "_", self.items[-1] == "_"
        if slot == 0 and first:
            return self.level + (last and self.right)
        if slot == self.arity - 1 and last:
            return self.level + (first and not self.right)
        return 0


@dataclass(frozen=True)
class Invented:
    """A language of digits, operators and, where they are needed, brackets."""

    about: str
    digits: str
    operators: Sequence[Operator]

    def language(self) -> Language:
        """Its definition file."""
        levels = 1 + max(o.level for o in self.operators)

        def rule(level: int) -> str:
            return f"e{level}" if level < levels else "atom"

        lines = ["%grammar", "?start: e0"]
        for level in range(levels):
            lines.append(f"?e{level}: {rule(level + 1)}")
            for o in self.operators:
                if o.level == level:
                    slots = iter(range(o.arity))
                    parts = [rule(o.threshold(next(slots))) if i == "_" else f'"{i}"' for i in o.items]
                    lines.append(f"  | {' '.join(parts)} -> {o.name}")
        lines += ["?atom: D -> digit", '  | "(" e0 ")" -> same', "D: /[0-9]/", "%semantics"]
        lines += ["digit(d) = int(d)", "same(a) = a"]
        lines += [f"{o.name}({', '.join('ab'[: o.arity])}) = {o.program}" for o in self.operators]
        return Language.load("invented", text="\n".join(lines) + "\n")

    def sample(self, operators: int, count: int, seed: int) -> tuple[list[str], list[str]]:
        """Random expressions of so many operators, their values and all values inside in 0..`LARGEST`."""
        rng = random.Random(f"{self.about} {operators} {seed}")
        language = self.language()
        texts: list[str] = []
        values: list[str] = []
        while len(texts) < count:
            tree = self._tree(operators, rng)
            value = self._value(tree, language)
            if value is not None:
                texts.append("".join(self._words(tree)))
                values.append(text(value))
        return texts, values

    def _tree(self, operators: int, rng: random.Random) -> Tree:
        if not operators:
            return rng.choice(self.digits)
        operator = rng.choice(self.operators)
        left = rng.randrange(operators) if operator.arity == 2 else operators - 1
        shares = (left, operators - 1 - left)[: operator.arity]
        return operator, tuple(self._tree(share, rng) for share in shares)

    def _value(self, tree: Tree, language: Language) -> Value | None:
        if isinstance(tree, str):
            return int(tree)
        operator, parts = tree
        arguments = [self._value(part, language) for part in parts]
        if any(a is None for a in arguments):
            return None
        function = language.program.find(operator.name, operator.arity)
        assert function is not None
        try:
            value: Value = function(*arguments)
        except Undefined:
            return None
        return value if 0 <= int(value) <= LARGEST else None  # type: ignore[arg-type]

    def _words(self, tree: Tree) -> list[str]:
        if isinstance(tree, str):
            return [tree]
        operator, parts = tree
        words: list[str] = []
        slot = 0
        for item in operator.items:
            if item != "_":
                words.append(item)
                continue
            inner = self._words(parts[slot])
            loose = not isinstance(parts[slot], str) and parts[slot][0].level < operator.threshold(slot)  # type: ignore[union-attr]
            words += ["(", *inner, ")"] if loose else inner
            slot += 1
        return words


INVENTED: Mapping[str, Invented] = {
    "right-associative": Invented(
        "other operators, two levels, the loose one associates to the right",
        "0123456789",
        [
            Operator("_ + _", "a + b + b", 1),
            Operator("_ - _", "max(a, b)", 1),
            Operator("_ * _", "monus(a, b)", 0, True),
            Operator("_ / _", "a + b", 0, True),
        ],
    ),
    "before and after": Invented(
        "words before and after one argument, beside one between two",
        "0123456789",
        [
            Operator("_ * _", "monus(a, b)", 0),
            Operator("_ + _", "a + b", 0),
            Operator("- _", "a + a", 1),
            Operator("_ /", "a + 3", 2),
        ],
    ),
    "words first": Invented(
        "all words before their arguments, no brackets needed",
        "0123456789",
        [
            Operator("+ _ _", "a + b", 0),
            Operator("* _ _", "max(a, b)", 0),
            Operator("- _ _", "monus(a, b)", 0),
        ],
    ),
}

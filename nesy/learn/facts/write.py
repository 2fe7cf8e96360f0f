"""Facts and rules as a definition file: a program that answers questions about each relation.

A relation is a function from an entity to the sequence of those it leads to, and another one for the way back. A rule
is a function of the same kind, and so is what all rules of a relation predict, without what is known already: nothing,
where there is no rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from nesy.lang.clauses import KEYWORDS
from nesy.learn.facts.rules import Fact, Leg, Rule
from nesy.machine.primitives import PROGRAM_PRELUDE
from nesy.quoting import quote

HELPERS = """\
# path(x, r, s): the y with x r w and w s y for some w; the three are different
path : string, (string -> seq(string)), (string -> seq(string)) -> seq(string)
path(x, r, s) = without(x, along(without(x, r(x)), s))

along : seq(string), (string -> seq(string)) -> seq(string)
along([], _)        = []
along([w] ++ ws, s) = without(w, s(w)) ++ along(ws, s)

without : string, seq(string) -> seq(string)
without(_, [])                    = []
without(x, [y] ++ ys) when x == y = without(x, ys)
without(x, [y] ++ ys)             = [y] ++ without(x, ys)

# new(ys, known): each of ys that is not known, once
new : seq(string), seq(string) -> seq(string)
new([], _)                                 = []
new([y] ++ ys, known) when among(y, known) = new(ys, known)
new([y] ++ ys, known)                      = [y] ++ new(ys, [y] ++ known)

among : string, seq(string) -> bool
among(_, [])        = false
among(x, [y] ++ ys) = x == y or among(x, ys)

# holds(r, x, y): whether r leads from x to y
holds : (string -> seq(string)), string, string -> bool
holds(r, x, y) = among(y, r(x))
"""

_TAKEN = KEYWORDS | PROGRAM_PRELUDE.keys() | {"path", "along", "without", "new", "among", "holds"}
_TAKEN |= {"type", "check", "partial", "learned"}
_MADE = re.compile(r"predict_.*|.*_back|.*_rule[0-9]+")
"""Names that are made of others."""


def function_names(relations: Iterable[str]) -> dict[str, str]:
    """A name for the function of every relation: lower case, different from all names that the file uses otherwise."""
    found: dict[str, str] = {}
    for relation in sorted(relations):
        stem = re.sub(r"\W", "_", relation.lower())
        stem = stem if stem[:1].isalpha() else f"r{stem}"
        stem = f"{stem}_relation" if _MADE.fullmatch(stem) else stem
        name, number = stem, 2
        while name in _TAKEN or name in found.values():
            name, number = f"{stem}_{number}", number + 1
        found[relation] = name
    return found


def write(
    facts: Sequence[Fact], rules: Sequence[Rule], relations: Iterable[str] = (), comments: Iterable[str] = ()
) -> str:
    """The definition file of facts and rules.

    Args:
        facts: each once.
        rules: in the order of their strength.
        relations: more of them than the facts have.
        comments: lines for its head.
    """
    names = function_names({*relations, *(relation for _, relation, _ in facts)})
    parts = ["".join(f"# {line}".rstrip() + "\n" for line in comments) + "%recursion", HELPERS.rstrip()]
    parts.append("# ---- rules; those of a relation stand in the order of their precision")
    for relation, name in names.items():
        own = [rule for rule in rules if rule.relation == relation]
        parts += _relation(name, own, names)
    parts.append("# ---- facts: r(x) are the y with x r y, r_back(y) the x")
    for relation, name in names.items():
        pairs = [(head, tail) for head, one, tail in facts if one == relation]
        parts.append(_table(name, pairs))
        parts.append(_table(f"{name}_back", [(tail, head) for head, tail in pairs]))
    return "\n\n".join(parts) + "\n"


def _relation(name: str, rules: Sequence[Rule], names: Mapping[str, str]) -> Iterator[str]:
    """The clauses of each rule, and of what they predict together."""
    for number, rule in enumerate(rules, 1):
        there = f"{name}_rule{number}(x) = {_body(rule.legs, names)}"
        legs = [Leg(leg.relation, not leg.back) for leg in reversed(rule.legs)]
        back = f"{name}_rule{number}_back(x) = {_body(legs, names)}"
        yield f"# {rule}\n# {_figures(rule)}\n{there}\n{back}"
    for way in ("", "_back"):
        found = f"(x) = new({_joined(name, way, len(rules))}, [x] ++ {name}{way}(x))" if rules else "(_) = []"
        yield f"predict_{name}{way} : string -> seq(string)\npredict_{name}{way}{found}"


def _joined(name: str, way: str, count: int) -> str:
    return " ++ ".join(f"{name}_rule{number}{way}(x)" for number in range(1, count + 1))


def _body(legs: Sequence[Leg], names: Mapping[str, str]) -> str:
    steps = [names[leg.relation] + "_back" * leg.back for leg in legs]
    return f"without(x, {steps[0]}(x))" if len(steps) == 1 else f"path(x, {', '.join(steps)})"


def _figures(rule: Rule) -> str:
    known = f"{rule.right:,} of {rule.concluded:,} conclusions are known facts ({rule.precision:.0%})"
    return f"{known}; carries {rule.carried:,} answers of the network"


def _table(name: str, pairs: Iterable[tuple[str, str]]) -> str:
    """A function that looks up."""
    rows: dict[str, list[str]] = {}
    for x, y in pairs:
        rows.setdefault(x, []).append(y)
    lines = [f"{name}({quote(x)}) = [{', '.join(map(quote, ys))}]" for x, ys in rows.items()]
    return "\n".join([f"{name} : string -> seq(string)", *lines, f"{name}(_) = []"])

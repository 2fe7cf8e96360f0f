"""A lexicon as a definition file: one grammar rule per level of precedence, one clause per sense."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nesy.lang.clauses import print_clause
from nesy.learn.lexicon import Lexicon, Sense
from nesy.learn.precedence import Precedence
from nesy.machine.expressions import Call, Clause, Cons, Expression, Literal, Pattern, Successor, Variable, substitute
from nesy.machine.primitives import PRELUDE
from nesy.machine.values import kind
from nesy.quoting import quote
from nesy.search.meaning import ELEMENT, PARAMETERS, RESULT, Fold

NUMBER, WORD = "NUMBER", "WORD"
RESERVED = frozenset(PRELUDE) | {
    "if",
    "then",
    "else",
    "let",
    "in",
    "true",
    "false",
    "mod",
    "div",
    "or",
    "number",
    "word",
}


@dataclass(frozen=True)
class Written:
    """A definition file's text, and the clause name of every sense."""

    text: str
    names: Mapping[Sense, str]


def write(lexicon: Lexicon, precedence: Precedence, kinds: tuple[str, ...], comments: Iterable[str] = ()) -> Written:
    """The lexicon as a `.nesy` text.

    Args:
        kinds: the kinds of the outputs, for `%domain values`.
        comments: lines put at the top.
    """
    names = clause_names(lexicon.senses)
    lines = [f"# {line}".rstrip() for line in comments]
    lines += ["", "%grammar", *grammar_lines(lexicon, precedence, names), "", "%semantics"]
    for sense in sorted(lexicon.senses, key=lambda s: (s.slots, names[s])):
        lines += [print_clause(clause) for clause in clauses(names[sense], sense)]
    if lexicon.open_numbers:
        lines.append("number(n) = int(n)")
    if lexicon.open_words:
        lines.append("word(w) = [w]")
    values = {"int": "integers", "bool": "booleans", "seq": "sequences"}
    lines += ["", "%domain", "tokens: words", "values: " + " ".join(values[k] for k in kinds)]
    return Written("\n".join(lines).lstrip("\n") + "\n", names)


def clause_names(senses: Iterable[Sense]) -> dict[Sense, str]:
    """A readable ASCII name per sense: its words where they are identifiers."""
    names: dict[Sense, str] = {}
    used = set(RESERVED)
    for number, sense in enumerate(senses, 1):
        words = [re.sub(r"[^a-z0-9_]", "", w.lower()) for w in dict.fromkeys(sense.words)]
        base = "_".join(filter(None, words)) or ("juxtaposed" if not sense.words else f"sense_{number}")
        if not base[0].isalpha():
            base = "w_" + base
        name, count = base, 1
        while name in used:
            count += 1
            name = f"{base}_{count}"
        used.add(name)
        names[sense] = name
    return names


def grammar_lines(lexicon: Lexicon, precedence: Precedence, names: Mapping[Sense, str]) -> list[str]:
    """One rule per level, loosest first; closed phrases are atoms."""
    open_senses = [s for s in lexicon.senses if s.slots and not s.closed]
    used = sorted({precedence.level.get(s, 0) for s in open_senses})

    def rule(threshold: int) -> str:
        reached = [k for k, level in enumerate(used) if level >= threshold]
        return f"e{reached[0]}" if reached else "atom"

    def production(sense: Sense) -> str:
        parts, slot = [], 0
        for item in sense.pattern:
            if item is None:
                parts.append(rule(precedence.threshold.get((sense, slot), 0)))
                slot += 1
            else:
                parts.append(quote(item))
        return f"{' '.join(parts)} -> {names[sense]}"

    lines = [f"?start: {'e0' if used else 'atom'}"]
    for k, level in enumerate(used):
        below = f"e{k + 1}" if k + 1 < len(used) else "atom"
        here = [production(s) for s in open_senses if precedence.level.get(s, 0) == level]
        lines.append(f"?e{k}: {below}" + "".join(f"\n    | {p}" for p in here))
    atoms = [production(s) for s in lexicon.senses if s.closed or not s.slots]
    if lexicon.open_numbers:
        atoms.append(f"{NUMBER} -> number")
    if lexicon.open_words:
        atoms.append(f"{WORD} -> word")
    lines.append("?atom: " + "\n    | ".join(atoms))
    if lexicon.open_numbers:
        lines.append(f"{NUMBER}.2: /0|-?[1-9][0-9]*/")
    if lexicon.open_words:
        lines.append(f"{WORD}: /.+/")
    lines += [f"%ignore {quote(word)}" for word in sorted(lexicon.silent)]
    return lines


def clauses(name: str, sense: Sense) -> list[Clause]:
    """The clauses of one sense: one, or two for a structural recursion."""
    meaning = sense.meaning
    parameters = PARAMETERS[: meaning.arity]
    if not isinstance(meaning.body, Fold):
        return [Clause(name, tuple(map(Variable, parameters)), readable(meaning.body))]
    fold = meaning.body
    if _over_numbers(fold):
        smallest: Pattern = Literal(0)
        larger: Pattern = Successor(Variable("n"))
        rest, element = Variable("n"), Variable("n")
    else:
        smallest, larger = Literal(()), Cons(Variable("h"), Variable("t"))
        rest, element = Variable("t"), Variable("h")

    def patterns(at: Pattern) -> tuple[Pattern, ...]:
        return tuple(at if k == fold.over else Variable(p) for k, p in enumerate(parameters))

    again = Call(name, tuple(rest if k == fold.over else Variable(p) for k, p in enumerate(parameters)))
    step = substitute(fold.step, {RESULT: again, ELEMENT: element})
    return [
        Clause(name, patterns(smallest), readable(fold.base)),
        Clause(name, patterns(larger), readable(step)),
    ]


def _over_numbers(fold: Fold) -> bool:
    return fold.domain == "int"


def readable(expression: Expression) -> Expression:
    """The same function in the notation that people use: `-`, `or`, `!=`, `>=`, literal sequences."""
    if not isinstance(expression, Call):
        return expression
    arguments = tuple(map(readable, expression.arguments))
    match expression.function, arguments:
        case "+", (Literal(a), Literal(b)) if kind(a) == kind(b) == "int":
            return Literal(a + b)
        case "+", (a, Literal(value)) if kind(value) == "int" and value < 0:
            return Call("-", (a, Literal(-value)))
        case "+", (Literal(value), a) if kind(value) == "int":
            return readable(Call("+", (a, Literal(value))))
        case "+", (a, Call("*", (Literal(-1), b)) | Call("*", (b, Literal(-1)))):
            return Call("-", (a, b))
        case "+", (Call("*", (Literal(-1), b)) | Call("*", (b, Literal(-1))), a):
            return Call("-", (a, b))
        case "if", (c, a, Call(function) as b) if c == a and function in PRELUDE and PRELUDE[function].result == "bool":
            return Call("or", (a, b))
        case "not", (Call("==", (a, b)),):
            return Call("!=", (a, b))
        case "not", (Call("<", (a, b)),):
            return Call(">=", (a, b))
        case "not", (Call("and", (Call("not", (a,)), Call("not", (b,)))),):
            return Call("or", (a, b))
        case "++", (Literal(a), Literal(b)):
            return Literal((*a, *b))
    return Call(expression.function, arguments)

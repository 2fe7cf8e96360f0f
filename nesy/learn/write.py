"""A lexicon as a definition file: one grammar rule per level of precedence, one clause per sense."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from nesy.lang.clauses import print_clause
from nesy.learn.lexicon import Lexicon, Sense
from nesy.learn.precedence import Precedence
from nesy.machine.expressions import (
    Call,
    Clause,
    Cons,
    Expression,
    Let,
    Literal,
    Pattern,
    Successor,
    Variable,
    substitute,
    variables,
)
from nesy.machine.primitives import PRELUDE
from nesy.machine.values import kind
from nesy.quoting import quote
from nesy.search.meaning import ELEMENT, PARAMETERS, RESULT, Defined, Fold, Meaning, Solved

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
    """A definition file's text, the clause name of every sense, and that of every function that programs call."""

    text: str
    names: Mapping[Sense, str]
    functions: Mapping[str, str]


def write(lexicon: Lexicon, precedence: Precedence, kinds: tuple[str, ...], comments: Iterable[str] = ()) -> Written:
    """The lexicon as a `.nesy` text.

    Args:
        kinds: the kinds of the outputs, for `%domain values`.
        comments: lines put at the top.
    """
    names = clause_names(lexicon.senses)
    lines = [f"# {line}".rstrip() for line in comments]
    helpers = called(sense.meaning for sense in lexicon.senses)
    functions = function_names(helpers, names)
    given = {clause: None for sense in lexicon.senses for clause in given_clauses(sense.meaning)}
    lines += ["", "%grammar", *grammar_lines(lexicon, precedence, names), "", "%semantics"]
    lines += map(print_clause, given)
    for sense in sorted(lexicon.senses, key=lambda s: (s.slots, names[s])):
        if given_name(sense.meaning) is not None:
            continue
        lines += [print_clause(clause) for clause in clauses(names[sense], sense.meaning, functions)]
    for helper in helpers:
        if functions[helper.name] not in names.values():
            lines += [print_clause(clause) for clause in clauses(functions[helper.name], helper.meaning, functions)]
    if lexicon.open_numbers:
        lines.append("number(n) = int(n)")
    if lexicon.open_words:
        lines.append("word(w) = [w]")
    values = {"int": "integers", "bool": "booleans", "seq": "sequences"}
    lines += ["", "%domain", "tokens: words", "values: " + " ".join(values[k] for k in kinds)]
    return Written("\n".join(lines).lstrip("\n") + "\n", names, functions)


def clause_names(senses: Iterable[Sense]) -> dict[Sense, str]:
    """A readable ASCII name per sense: its words where they are identifiers."""
    senses = tuple(senses)
    names: dict[Sense, str] = {}
    used = set(RESERVED) | {c.name for sense in senses for c in given_clauses(sense.meaning)}
    for number, sense in enumerate(senses, 1):
        given = given_name(sense.meaning)
        if given is not None:
            names[sense] = given
            continue
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


def given_name(meaning: Meaning) -> str | None:
    """The clause of a meaning that was given as a function."""
    match meaning.body:
        case Call(name, arguments) if arguments == tuple(map(Variable, PARAMETERS[: meaning.arity])):
            return next((p.name for p in meaning.library if isinstance(p, Defined) and p.name == name), None)
    return None


def given_clauses(meaning: Meaning) -> Iterator[Clause]:
    """The clauses of the given functions that a program calls."""
    for function in meaning.library:
        yield from function.clauses if isinstance(function, Defined) else given_clauses(function.meaning)


def called(meanings: Iterable[Meaning]) -> list[Solved]:
    """The functions that programs call, each once, after those that it calls."""
    found: dict[Solved, None] = {}
    for meaning in meanings:
        for function in meaning.library:
            if function not in found and isinstance(function, Solved):
                found.update(dict.fromkeys([*called([function.meaning]), function]))
    return list(found)


def function_names(functions: Iterable[Solved], names: Mapping[Sense, str]) -> dict[str, str]:
    """The clauses of functions that programs call: of the sense that means the same, if there is one."""
    senses = {sense.meaning: name for sense, name in names.items()}
    found: dict[str, str] = {}
    for function in functions:
        count, name = len(found) + 1, senses.get(function.meaning)
        while name is None or (name not in senses.values() and name in {*names.values(), *found.values()}):
            name, count = f"helper_{count}", count + 1
        found[function.name] = name
    return found


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


def clauses(name: str, meaning: Meaning, functions: Mapping[str, str] = MappingProxyType({})) -> list[Clause]:
    """The clauses of one program: one, or two for a recursion.

    Args:
        functions: the clauses' names of the functions that it calls.
    """
    parameters = PARAMETERS[: meaning.arity]
    if not isinstance(meaning.body, Fold):
        return [Clause(name, tuple(map(Variable, parameters)), renamed(readable(meaning.body), functions))]
    fold = meaning.body
    if fold.domain == "int":
        smallest: Pattern = Literal(0)
        larger: Pattern = Successor(Variable("n"))
        rest, element = Variable("n"), Variable("n")
    else:
        smallest, larger = Literal(()), Cons(Variable("h"), Variable("t"))
        rest, element = Variable("t"), Variable("h")

    def patterns(at: Pattern) -> tuple[Pattern, ...]:
        return tuple(at if k == fold.over else Variable(p) for k, p in enumerate(parameters))

    usual = tuple(rest if k == fold.over else Variable(p) for k, p in enumerate(parameters))
    whole: dict[str, Expression] = {parameters[fold.over]: Call("+", (Variable("n"), Literal(1)))}
    inner = usual if fold.again is None else tuple(less(substitute(each, whole)) for each in fold.again)
    step = renamed(readable(substitute(fold.step, {ELEMENT: element})), functions)
    call = renamed(Call(name, inner), functions)
    if sum(variable == RESULT for variable in variables(step)) > 1:  # else every step would double the calls
        step = Let(RESULT, call, step)
    else:
        step = substitute(step, {RESULT: call})
    return [
        Clause(name, patterns(smallest), renamed(readable(fold.base), functions)),
        Clause(name, patterns(larger), step),
    ]


def less(expression: Expression) -> Expression:
    """``monus(n + 1, 1)`` is n."""
    match expression:
        case Call("monus", (Call("+", (a, Literal(1))), Literal(1))):
            return a
        case Call("monus", (inside, Literal(1))) if less(inside) != inside:
            return less(Call("monus", (less(inside), Literal(1))))
    return expression


def renamed(expression: Expression, functions: Mapping[str, str]) -> Expression:
    """The expression with its calls renamed."""
    if not isinstance(expression, Call):
        return expression
    arguments = tuple(renamed(argument, functions) for argument in expression.arguments)
    return Call(functions.get(expression.function, expression.function), arguments)


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

"""Checks of a language: coverage, names, kinds, cases, ambiguity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nesy.lang.ambiguity import ambiguity
from nesy.lang.cases import TooManyCases, missing, unreachable
from nesy.lang.clauses import print_pattern
from nesy.lang.enumerate import unproductive
from nesy.lang.grammar import START, Grammar, Production
from nesy.lang.kinds import Inference, grammar_kinds, spoken
from nesy.lang.meanings import passes
from nesy.machine.expressions import Clause, calls
from nesy.machine.values import Value, text

if TYPE_CHECKING:
    from nesy.lang.language import Language

SEVERITIES = ("error", "warning", "note")
_DECLARED = {"integers": "int", "booleans": "bool", "sequences": "seq"}

Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a report."""

    severity: str
    message: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found.

    Attributes:
        findings: in the order of the file.
        file: the name for messages.
    """

    findings: tuple[Finding, ...]
    file: str | None = None

    @property
    def errors(self) -> tuple[Finding, ...]:
        return self._of("error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return self._of("warning")

    @property
    def notes(self) -> tuple[Finding, ...]:
        return self._of("note")

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not self.errors

    def _of(self, severity: str) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == severity)

    def __str__(self) -> str:
        lines = [self._line(finding) for finding in self.findings]
        counts = Counter(finding.severity for finding in self.findings)
        total = ", ".join(_many(counts[name], name) for name in SEVERITIES[:2] if counts[name])
        return "\n".join([*lines, f"{'ok' if self.ok else 'not ok'}: {total or 'no errors, no warnings'}"])

    def _line(self, finding: Finding) -> str:
        place = ":".join([self.file or "<text>", *[str(finding.line)] * bool(finding.line)])
        return f"{place}: {finding.severity}: {finding.message}"


def check(language: Language, *, seconds: float = 2.0) -> Report:
    """Check a language.

    Args:
        seconds: how long to search for an ambiguous sentence where there is no proof.
    """
    grammar, clauses = language.grammar, language.clauses
    functions: dict[Key, list[Clause]] = {}
    for clause in clauses:
        functions.setdefault((clause.name, len(clause.patterns)), []).append(clause)
    found = [
        *_coverage(grammar, functions),
        *_unused_clauses(grammar, functions),
        *_names(grammar),
        *_words(language),
        *_cases(functions),
        *_kinds(language, functions),
        *_ambiguity(language, seconds),
    ]
    found.sort(key=lambda finding: (SEVERITIES.index(finding.severity), finding.line))
    return Report(tuple(dict.fromkeys(found)), language.file)


def _uses(grammar: Grammar, functions: Iterable[Key]) -> dict[tuple[int, int], Key | None]:
    """Per production and number of values: the function it calls, or None if it hands a value on."""
    uses: dict[tuple[int, int], Key | None] = {}
    for production in grammar.productions:
        if production.shape in ("splice", "join"):
            continue
        for count in grammar.counts(production):
            key = (production.clause, count)
            defined = key in functions
            if passes(production, count, defined):
                uses[production.index, count] = None
            elif defined:
                uses[production.index, count] = key
    return uses


def _coverage(grammar: Grammar, functions: dict[Key, list[Clause]]) -> Iterator[Finding]:
    uses = _uses(grammar, functions)
    for production in grammar.productions:
        if production.shape in ("splice", "join"):
            continue
        for count in grammar.counts(production):
            if (production.index, count) not in uses:
                yield Finding("error", _no_meaning(production, count, functions), production.line)


def _no_meaning(production: Production, count: int, functions: Iterable[Key]) -> str:
    others = sorted(arity for name, arity in functions if name == production.clause)
    have = f", only with {' or '.join(map(str, others))}" if others else ""
    names = ", ".join("xyzuvw"[position] if count <= 6 else f"x{position + 1}" for position in range(count))
    sketch = f"{production.clause}({names}) = ..." if count else f"{production.clause} = ..."
    return (
        f"no meaning for [{production}]: {production.clause} with {_many(count, 'argument')} "
        f"is not defined{have}; write {sketch}"
    )


def _unused_clauses(grammar: Grammar, functions: dict[Key, list[Clause]]) -> Iterator[Finding]:
    used = {key for key in _uses(grammar, functions).values() if key is not None}
    named: dict[str, set[Key]] = {}
    for key in functions:
        named.setdefault(key[0], set()).add(key)
    queue = list(used)
    while queue:
        for clause in functions[queue.pop()]:
            for name in calls(clause.body):
                called = named.get(name, set()) - used
                used |= called
                queue += called
    for key in functions.keys() - used:
        name, arity = key
        yield Finding(
            "warning",
            f"{name} with {_many(arity, 'argument')} is used by no production and no other meaning",
            functions[key][0].line,
        )


def _names(grammar: Grammar) -> Iterator[Finding]:
    for name, line in grammar.unused:
        yield Finding("warning", f"{name} is not used", line)
    for head in unproductive(grammar):
        line = min(production.line for production in grammar.by_head[head])
        yield Finding("error", f"the rule {head} derives no sentence: its recursion never ends", line)


def _words(language: Language) -> Iterator[Finding]:
    """Terminals whose words cannot occur, or are ignored before they are seen."""
    grammar = language.grammar
    inside = {symbol for production in grammar.productions for symbol in production.body}
    for terminal in grammar.terminals.values():
        for word in sorted(terminal.words or ()):
            if language.domain.split(word) != [word]:
                unit = "words have no white space" if language.domain.tokens == "words" else "a word is one character"
                severity = "error" if terminal.name in inside else "warning"
                yield Finding(severity, f"{terminal.name} matches nothing: {unit}", terminal.line)
                break
        if terminal.name in inside & grammar.ignored:
            yield Finding("error", f"{terminal.name} is ignored and used in a rule", terminal.line)


def _cases(functions: dict[Key, list[Clause]]) -> Iterator[Finding]:
    for (name, arity), clauses in functions.items():
        try:
            for number in unreachable(clauses):
                message = f"this clause of {name} is never reached: the ones above take all its cases"
                yield Finding("warning", message, clauses[number].line)
            absent = missing(clauses) if arity else None
        except TooManyCases:
            yield Finding("note", f"{name} has too many cases: whether its clauses cover them is open", clauses[0].line)
            continue
        if absent is not None:
            case = ", ".join(map(print_pattern, absent))
            yield Finding("warning", f"{name} has no clause for {name}({case})", clauses[0].line)


def _kinds(language: Language, functions: dict[Key, list[Clause]]) -> Iterator[Finding]:
    inference = Inference(language.clauses)
    for clash in inference.clashes():
        yield Finding("error", clash.message, clash.line)
    kinds, dead = grammar_kinds(language.grammar, inference, _uses(language.grammar, functions))
    for clash in dead:
        yield Finding("error", clash.message, clash.line)
    declared = frozenset(_DECLARED[name] for name in language.domain.values)
    if declared and kinds[START] and not kinds[START] <= declared:
        beyond = spoken(kinds[START] - declared)
        severity = "warning" if kinds[START] & declared else "error"
        line = language.grammar.by_head[START][0].line
        yield Finding(severity, f"a sentence may be {beyond}, and %domain declares {spoken(declared)}", line)


def _ambiguity(language: Language, seconds: float) -> Iterator[Finding]:
    known = ambiguity(language, seconds)
    line = language.grammar.by_head[START][0].line
    if known.witness is not None:
        sentence = " ".join(known.witness) or "(the empty sentence)"
        if len(known.values) == 1:
            yield Finding("note", f"two derivations with one value, the shortest: {sentence}", line)
            return
        values = ": " + " and ".join(f"“{_short(value)}”" for value in known.values[:3]) if known.values else ""
        message = f"ambiguous, the shortest sentence with two derivations: {sentence}{values}"
        yield Finding("warning", message + "; the production that comes first counts", line)
    elif known.proved:
        yield Finding("note", "unambiguous (proved)", line)
    else:
        yield Finding("note", f"no ambiguous sentence up to length {known.searched}", line)


def _short(value: Value) -> str:
    written = text(value)
    return written if len(written) <= 60 else written[:57] + "..."


def _many(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}" + ("" if count == 1 else "s")

"""The state of a learner's work as a text: what `Learner.checkpoint` gives and `fit(resume=...)` takes.

JSON with programs in the notation of definition files, a version and checksums. Reading it runs
nothing that it says, and checks everything that it says, so states of strangers are safe to read.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from nesy.errors import InputError
from nesy.lang.clauses import print_expression, read_expression
from nesy.learn.lexicon import Lexicon, Sense
from nesy.learn.precedence import Precedence
from nesy.learn.write import called
from nesy.machine.expressions import Call, Expression, Let, calls, variables
from nesy.machine.primitives import PRELUDE
from nesy.machine.values import KINDS
from nesy.search.meaning import ELEMENT, PARAMETERS, RESULT, Fold, Meaning, Solved, solved

FORMAT, VERSION = "nesy learner state", 2
MEND = "start without it"


@dataclass(frozen=True)
class State:
    """The best lexicon so far and what it was learned from.

    Attributes:
        pairs: `digest` of the pairs; "" before there were any.
    """

    lexicon: Lexicon
    precedence: Precedence
    seed: int
    primitives: str
    pairs: str

    def dump(self) -> bytes:
        """The state as a text; `read_state` gives an equal state back."""
        body = {
            "pairs": self.pairs,
            "seed": self.seed,
            "primitives": self.primitives,
            **_lexicon(self.lexicon, self.precedence),
        }
        whole = {"format": FORMAT, "version": VERSION, "checksum": _checksum(body), "body": body}
        return (json.dumps(whole, ensure_ascii=True, indent=1) + "\n").encode()

    def require(self, *, pairs: str, seed: int, primitives: str) -> None:
        """Refuse to go on with other work than this state's.

        Raises:
            InputError: the pairs, the seed or the primitives differ.
        """
        if self.pairs not in ("", pairs):
            raise InputError(
                "the saved state is of other pairs", expected="the pairs it was saved for, in the same order", mend=MEND
            )
        if self.seed != seed:  # the held-out pairs would be others, and the estimate not honest
            raise InputError(f"the saved state is of seed {self.seed}", expected=f"seed {seed}", mend=MEND)
        if set(self.primitives.split()) != set(primitives.split()):
            raise InputError(
                f'the saved state is of primitives "{self.primitives}"', expected=f'"{primitives}"', mend=MEND
            )


def digest(pairs: Iterable[tuple[Sequence[str], str]]) -> str:
    """A checksum of pairs in their order."""
    return _checksum([[list(words), output] for words, output in pairs])


def read_state(state: bytes) -> State:
    """A state from its text.

    Raises:
        InputError: no state, one of another version, a damaged one, or one that holds nonsense.
    """
    try:
        whole = json.loads(state)
    except (ValueError, RecursionError):  # json's and Unicode's errors are ValueErrors
        whole = None
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise InputError("not a saved state", expected="a file that nesy learn --state wrote")
    if whole.get("version") != VERSION:
        raise InputError(
            f"a saved state of version {str(whole.get('version'))[:20]}", expected=f"version {VERSION}", mend=MEND
        )
    body = whole.get("body")
    if not isinstance(body, dict) or not _intact(body, whole.get("checksum")):
        _refuse("it does not fit its checksum")
    return State(
        *_read_lexicon(body),
        seed=_field(body, "seed", _is_natural),
        primitives=_field(body, "primitives", _is_text),
        pairs=_field(body, "pairs", _is_text),
    )


def _checksum(value: object) -> str:
    text = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _intact(body: object, checksum: object) -> bool:
    try:
        return _checksum(body) == checksum
    except RecursionError:
        return False


def _refuse(why: str) -> NoReturn:
    raise InputError(f"the saved state is damaged: {why}", expected="a file as nesy learn wrote it", mend=MEND)


# writing


def _lexicon(lexicon: Lexicon, precedence: Precedence) -> dict[str, Any]:
    number = {sense: n for n, sense in enumerate(lexicon.senses)}
    functions = called(sense.meaning for sense in lexicon.senses)
    return {
        "functions": [{"kinds": " ".join((*f.parameters, f.result)), **_meaning(f.meaning)} for f in functions],
        "senses": [{"pattern": list(sense.pattern), **_meaning(sense.meaning)} for sense in lexicon.senses],
        "silent": sorted(lexicon.silent),
        "open_words": sorted(lexicon.open_words),
        "open_numbers": lexicon.open_numbers,
        "forbidden": sorted([number[p], slot, number[c]] for p, slot, c in lexicon.forbidden),
        "levels": [[number[s], level] for s, level in precedence.level.items() if s in number],
        "thresholds": [[number[s], k, least] for (s, k), least in precedence.threshold.items() if s in number],
    }


def _meaning(meaning: Meaning) -> dict[str, Any]:
    body = meaning.body
    program: dict[str, Any]
    if isinstance(body, Fold):
        program = {
            "over": body.over,
            "domain": body.domain,
            "base": print_expression(body.base),
            "step": print_expression(body.step),
        }
        if body.again is not None:
            program["again"] = [print_expression(each) for each in body.again]
    else:
        program = {"value": print_expression(body)}
    return {"program": program, "cost": meaning.cost}


# reading


def _read_lexicon(body: dict[str, Any]) -> tuple[Lexicon, Precedence]:
    functions: dict[str, Solved] = {}
    for entry in _field(body, "functions", _is_list):
        kinds = _field(
            entry, "kinds", lambda v: _is_text(v) and set(v.split()) <= {*KINDS, "any"} and 2 <= len(v.split()) <= 4
        )
        function = solved(_read_meaning(entry, len(kinds.split()) - 1, functions), kinds)
        functions[function.name] = function
    senses = tuple(_read_sense(entry, functions) for entry in _field(body, "senses", _is_list))

    def sense(number: Any) -> Sense:
        if not _is_natural(number) or number >= len(senses):
            _refuse("a sense that is not there")
        return senses[int(number)]

    def slot(number: Any, slots: int) -> int:
        if not _is_natural(number) or number >= slots:
            _refuse("a slot that is not there")
        return int(number)

    def rows(name: str, length: int) -> list[list[Any]]:
        found: list[list[Any]] = _field(
            body, name, lambda v: _is_list(v) and all(_is_list(row) and len(row) == length for row in v)
        )
        return found

    lexicon = Lexicon(
        senses,
        frozenset(_field(body, "silent", _is_words)),
        frozenset(_field(body, "open_words", _is_words)),
        _field(body, "open_numbers", lambda v: isinstance(v, bool)),
        frozenset((sense(p), slot(k, sense(p).slots), sense(c)) for p, k, c in rows("forbidden", 3)),
    )
    levels = {sense(s): _level(level) for s, level in rows("levels", 2)}
    thresholds = {(sense(s), slot(k, sense(s).slots)): _level(least) for s, k, least in rows("thresholds", 3)}
    return lexicon, Precedence(levels, thresholds)


def _read_sense(entry: object, functions: Mapping[str, Solved]) -> Sense:
    if not isinstance(entry, dict):
        _refuse("a sense that is none")
    pattern = tuple(_field(entry, "pattern", lambda v: _is_list(v) and v and all(w is None or _is_word(w) for w in v)))
    return Sense(pattern, _read_meaning(entry, pattern.count(None), functions))


def _read_meaning(entry: dict[str, Any], arity: int, functions: Mapping[str, Solved]) -> Meaning:
    if arity > len(PARAMETERS):
        _refuse(f"a pattern of {arity} slots")
    program = _field(entry, "program", lambda v: isinstance(v, dict))
    cost = _field(entry, "cost", lambda v: type(v) in (int, float) and math.isfinite(v) and v >= 0)
    names = PARAMETERS[:arity]

    def expression(source: object, names: Iterable[str]) -> Expression:
        found = _expression(source, names, functions)
        used.update({name: functions[name] for name in calls(found) if name in functions})
        return found

    used: dict[str, Solved] = {}
    body: Expression | Fold
    if "value" in program:
        body = expression(program["value"], names)
    else:
        over = _field(program, "over", lambda v: _is_natural(v) and v < arity)
        again = program.get("again")
        if again is not None and not (_is_list(again) and len(again) == arity):
            _refuse("no proper again")
        body = Fold(
            over,
            _field(program, "domain", lambda v: v in ("int", "seq")),
            expression(program.get("base"), tuple(name for k, name in enumerate(names) if k != over)),
            expression(program.get("step"), (*names, RESULT, ELEMENT)),
            None if again is None else tuple(expression(each, names) for each in again),
        )
    return Meaning(arity, body, cost, tuple(used.values()))


def _expression(source: object, names: Iterable[str], functions: Mapping[str, Solved]) -> Expression:
    """A program that uses nothing but the prelude, the functions and the variables `names`."""
    if not isinstance(source, str):
        _refuse("a program that is no text")
    try:
        expression = read_expression(source)
    except (InputError, ValueError):  # ValueError: more than one clause
        _refuse(f"{source[:60]!r} is no program")
    strange = set(variables(expression)) - set(names) or set(calls(expression)) - {*PRELUDE, *functions}
    if strange or not _regular(expression, functions):
        _refuse(f"{source[:60]!r} is no program of a sense")
    return expression


def _regular(expression: Expression, functions: Mapping[str, Solved]) -> bool:
    """No `let`, and every function has its number of arguments."""
    match expression:
        case Let():
            return False
        case Call(function, arguments):
            parameters = (functions.get(function) or PRELUDE[function]).parameters
            return len(parameters) == len(arguments) and all(_regular(a, functions) for a in arguments)
    return True


def _field(entry: dict[str, Any], name: str, fits: Callable[[Any], Any]) -> Any:
    value = entry.get(name)
    if not fits(value):
        _refuse(f"no proper {name}")
    return value


def _level(value: object) -> int:
    if type(value) is not int or abs(value) > 10_000:
        _refuse("a level that is none")
    return value


def _is_natural(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and value.split() == [value] and not any("\ud800" <= c <= "\udfff" for c in value)


def _are_kinds(value: Any) -> bool:
    return _is_text(value) and 2 <= len(value.split()) <= 4 and set(value.split()) <= {*KINDS, "any"}


def _is_words(value: Any) -> bool:
    return _is_list(value) and all(map(_is_word, value))

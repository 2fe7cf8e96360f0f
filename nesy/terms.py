"""Terms: immutable constructor trees whose depth is only data.

A term is a constructor's name and its arguments; an argument is a term, an integer, a boolean, a
string, or a sequence (tuple) of such values. A numeral a million constructors deep is compared, hashed,
printed, saved and loaded: nothing here recurses on Python's stack.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from nesy.errors import InputError
from nesy.numerals import decimal, integer
from nesy.quoting import capitalised, quote, unquote

Value = Any
"""Term | int | bool | str | tuple of values | a function."""

_HEADER = "nesy terms 1"


class Term:
    """A constructor applied to arguments: ``Term("S", (Term("O"),))``.

    Attributes:
        name: the constructor.
        arguments: terms, integers, booleans, strings, or tuples of them.
    """

    __slots__ = ("_hash", "arguments", "name")
    __match_args__ = ("name", "arguments")

    _hash: int | None

    def __init__(self, name: str, arguments: tuple[Value, ...] = ()) -> None:
        self.name = name
        self.arguments = arguments
        self._hash = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Term):
            return NotImplemented
        if self._hash is not None and other._hash is not None and self._hash != other._hash:
            return False
        return same(self, other)

    def __hash__(self) -> int:
        found = self._hash
        return _hashed(self) if found is None else found

    def __repr__(self) -> str:
        return show(self, limit=200)

    def __str__(self) -> str:
        return show(self)

    def __copy__(self) -> Term:
        return self

    def __deepcopy__(self, memo: object) -> Term:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled, between worker processes, as text: so depth is no matter there either."""
        return read_term, (show(self),)

    @property
    def size(self) -> int:
        """How many constructors there are in it."""
        return _count(self, constants=False)

    @property
    def depth(self) -> int:
        """How many constructors there are on its longest path."""
        deepest = 0
        stack: list[tuple[Value, int]] = [(self, 0)]
        while stack:
            value, depth = stack.pop()
            if isinstance(value, Term):
                depth += 1
                deepest = max(deepest, depth)
            stack += [(part, depth) for part in parts(value)]
        return deepest


def parts(value: Value) -> tuple[Value, ...]:
    """What stands directly inside a value."""
    if isinstance(value, Term):
        return value.arguments
    return value if isinstance(value, tuple) else ()


def subvalues(value: Value) -> Iterator[Value]:
    """The value and everything inside it, outside before inside, left to right."""
    stack = [value]
    while stack:
        value = stack.pop()
        yield value
        stack.extend(reversed(parts(value)))


def same(left: Value, right: Value) -> bool:
    """Whether two values are one: ``true`` is not 1, and a function is only itself."""
    stack = [(left, right)]
    seen: set[tuple[int, int]] = set()  # of terms that branch: shared ones are compared once
    while stack:
        a, b = stack.pop()
        if a is b:
            continue
        if type(a) is not type(b):
            return False
        if isinstance(a, Term):
            if a.name != b.name or len(a.arguments) != len(b.arguments):
                return False
            if len(a.arguments) > 1:
                if (id(a), id(b)) in seen:
                    continue
                seen.add((id(a), id(b)))
            stack.extend(zip(a.arguments, b.arguments, strict=True))
        elif isinstance(a, tuple):
            if len(a) != len(b):
                return False
            stack.extend(zip(a, b, strict=True))
        elif a != b:
            return False
    return True


def _hashed(term: Term) -> int:
    """The hash of a term, from the inside out; every term inside remembers its own."""
    stack: list[Term] = [term]
    while stack:
        last = stack[-1]
        count = len(stack)
        for value in last.arguments:
            if value.__class__ is Term:
                if value._hash is None:
                    stack.append(value)
            elif value.__class__ is tuple:
                stack.extend(part for part in _terms(value) if part._hash is None)
        if len(stack) == count:
            last._hash = hash((last.name, last.arguments))
            stack.pop()
    return hash(term)


def _terms(values: tuple[Value, ...]) -> Iterator[Term]:
    """The terms in a sequence, and in sequences inside it, but not inside other terms."""
    stack = list(values)
    while stack:
        value = stack.pop()
        if isinstance(value, Term):
            yield value
        elif isinstance(value, tuple):
            stack.extend(value)


# -------------------------------------------------------------------- text


def show(value: Value, limit: int | None = None) -> str:
    """The value as it is written in a definition file; with a limit, long ones are elided in the middle."""
    pieces: list[str] = []
    length = 0
    stack: list[Value | _Text] = [value]
    while stack:
        part = stack.pop()
        written, inside = _written(part)
        pieces.append(written)
        length += len(written)
        if limit is not None and length > limit:
            return _elided(value, pieces, limit)
        stack.extend(reversed(inside))
    return "".join(pieces)


class _Text(str):
    """Text that stands between values; no value itself."""


def _written(value: Value) -> tuple[str, list[Value]]:
    """How the text of a value begins, and what follows."""
    if isinstance(value, _Text):
        return value, []
    if isinstance(value, Term) and value.arguments:
        return value.name + "(", [*_separated(value.arguments), _Text(")")]
    if isinstance(value, Term):
        return value.name, []
    if isinstance(value, tuple):
        return "[", [*_separated(value), _Text("]")]
    if value is True or value is False:
        return str(value).lower(), []
    if isinstance(value, int):
        return decimal(value), []
    if isinstance(value, str):
        return quote(value), []
    return "<function>" if callable(value) else f"<{type(value).__name__}, no value>", []


def _separated(values: tuple[Value, ...]) -> Iterator[Value]:
    for position, value in enumerate(values):
        if position:
            yield _Text(", ")
        yield value


def _elided(value: Value, pieces: list[str], limit: int) -> str:
    count = _count(value, constants=True)
    size = f"{count:,}" if count < 10**20 else "over 10^20"
    return f"{''.join(pieces)[: limit - 40]}...  ({size} constructors and constants)"


def _count(value: Value, *, constants: bool) -> int:
    """How many constructors, and perhaps constants, the tree of a value has; shared parts are counted once and added
    as often as they occur.
    """
    counts: dict[int, int] = {}
    stack = [value]
    while stack:
        last = stack[-1]
        if id(last) in counts:
            stack.pop()
            continue
        inside = parts(last)
        waiting = [part for part in inside if id(part) not in counts]
        if waiting:
            stack += waiting
            continue
        stack.pop()
        own = isinstance(last, Term) or (constants and not isinstance(last, tuple))
        counts[id(last)] = own + sum(counts[id(part)] for part in inside)
    return counts[id(value)]


_TOKEN = re.compile(r'\s*(?:([^\W\d]\w*)|(-?\d+)|("(?:\\.|[^"\\])*")|([(),\[\]]))')


def read_term(text: str) -> Value:
    """The value that `show` writes: a term, an integer, a boolean, a string or a sequence of them.

    Raises:
        InputError: the text is none.
    """
    reader = _Reader(text)
    value = reader.read()
    if reader.position < len(text.rstrip()):
        raise reader.wrong("the end")
    return value


class _Reader:
    """Reads values with a stack of what is open: (constructor or None for a sequence, arguments)."""

    def __init__(self, text: str) -> None:
        self.text, self.position = text, 0

    def read(self) -> Value:
        open_: list[tuple[str | None, list[Value]]] = []
        while True:
            value = self.value(open_)
            if value is _OPENED:
                continue
            while True:
                if not open_:
                    return value
                name, arguments = open_[-1]
                arguments.append(value)
                mark = self.mark(",", ")" if name else "]")
                if mark == ",":
                    break
                open_.pop()
                value = Term(name, tuple(arguments)) if name else tuple(arguments)

    def value(self, open_: list[tuple[str | None, list[Value]]]) -> Value:
        """A value that is complete, or `_OPENED`."""
        match = _TOKEN.match(self.text, self.position)
        name, digits, string, mark = match.groups() if match else (None, None, None, None)
        if match is None or (mark is not None and mark != "[" and not (mark == "]" and open_ and not open_[-1][1])):
            raise self.wrong("a constructor, a number, a string in quotes or [")
        self.position = match.end()
        if mark == "]" and open_[-1][0] is None:
            open_.pop()
            return ()
        if mark == "[":
            open_.append((None, []))
            return _OPENED
        if digits is not None:
            return self.number(digits)
        if string is not None:
            return self.string(string)
        if name in ("true", "false"):
            return name == "true"
        if name is None or not capitalised(name):
            raise self.wrong("a constructor, which starts with a capital letter")
        if self.text.startswith("(", self.position):
            self.position += 1
            open_.append((name, []))
            return _OPENED
        return Term(name)

    def number(self, digits: str) -> int:
        found = integer(digits)
        if found is None:
            raise self.wrong("a number in decimal digits, without zeros in front")
        return found

    def string(self, quoted: str) -> str:
        try:
            return unquote(quoted)
        except (ValueError, OverflowError):
            raise self.wrong(r"a character's code such as \u0041") from None

    def mark(self, *wanted: str) -> str:
        match = _TOKEN.match(self.text, self.position)
        if match is None or match[4] not in wanted:
            raise self.wrong(" or ".join(wanted))
        self.position = match.end()
        return match[4]

    def wrong(self, expected: str) -> InputError:
        line = self.text.count("\n", 0, self.position) + 1
        column = self.position - self.text.rfind("\n", 0, self.position)
        found = self.text[self.position : self.position + 20].strip() or "the end"
        return InputError(f"found {found!r} in a term", line=line, column=column, expected=expected)


_OPENED = object()


# -------------------------------------------------------------------- files


def save_terms(path: str | os.PathLike[str], terms: Iterable[Value]) -> None:
    """Write values to a file, one a line under a header with their checksum; the file is replaced at once or not.

    Raises:
        InputError: the file cannot be written.
    """
    from nesy.files import write_atomically

    body = "".join(show(term) + "\n" for term in terms)
    write_atomically(os.fspath(path), f"{_HEADER} {_checksum(body)}\n{body}")


def load_terms(path: str | os.PathLike[str]) -> list[Value]:
    """The values of a file that `save_terms` wrote.

    Raises:
        InputError: the file cannot be read, is of another kind, or was changed.
    """
    name = os.fspath(path)
    try:
        header, _, body = Path(name).read_text(encoding="utf-8").partition("\n")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=name) from None
    except UnicodeDecodeError:
        raise InputError("invalid UTF-8", file=name, expected=f"a file that starts with {_HEADER}") from None
    if not header.startswith(_HEADER + " "):
        raise InputError(f"starts with {header[:40]!r}", file=name, line=1, expected=f"{_HEADER} and a checksum")
    if header != f"{_HEADER} {_checksum(body)}":
        raise InputError("the checksum does not fit the terms", file=name, line=1, mend="save the file again")
    return [read_term(line) for line in body.splitlines()]


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

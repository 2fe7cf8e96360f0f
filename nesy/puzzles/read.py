"""Instances from text, files and Python objects.

A text holds one instance or several:

- boards: 81 characters, or rows of words; ``.``, ``_``, ``?`` (and 0 where it is no value) are blanks; one board a
  line, or blank lines between boards; lines of ``-+|`` are decoration;
- a table with commas whose header has a column ``puzzle``;
- assignments in the notation of puzzles, ``name = value``, of parameters and of givens;
- JSON: an object of the same, or a list of objects or boards, or one object a line;
- for a puzzle that waits for one parameter, such as the edges of a graph: its tuples, one a line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from itertools import chain
from typing import Any, TypeAlias

from nesy.errors import InputError
from nesy.lines import read_lines
from nesy.puzzles.constants import constant
from nesy.puzzles.model import Array, Index, Model, Value
from nesy.puzzles.values import Data, Graph, Items, data, flat, key, word, write

BLANKS = frozenset({".", "_", "?"})
Line: TypeAlias = tuple[int, str]
Word: TypeAlias = tuple[str, int | None, int | None]
"""A word with the line and column where it stands, if it comes from a file."""

_ASSIGNMENT = re.compile(r"([^\W\d]\w*(?:\[[^\]]*\])?)\s*=(?!=)(.*)", re.DOTALL)
_DECORATION = re.compile(r"[\s|+=\-─│┼━┃╋]*")
_CELL = re.compile(r"\s*([^\W\d]\w*)\s*\[(.*)\]\s*")
_ATTRIBUTES = re.compile(r"\{.*\}\s*$")


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of text with their numbers in a file."""

    lines: tuple[Line, ...]
    file: str | None = None

    @classmethod
    def of(cls, text: str) -> Block:
        """A text that comes from no file."""
        return cls(tuple(enumerate(text.splitlines(), 1)))

    @property
    def source(self) -> str | None:
        """Where it stands: ``puzzles.txt:7``."""
        return f"{self.file}:{self.lines[0][0]}" if self.file and self.lines else self.file

    def error(self, what: str, expected: str | None = None, mend: str | None = None, **place: Any) -> InputError:
        """The error about it."""
        line = self.lines[0][0] if self.lines and self.file else None
        return InputError(what, **{"file": self.file, "line": line, **place}, expected=expected, mend=mend)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a text says of one instance, before it is checked.

    Attributes:
        given: a block of a board; or names with blocks or other objects.
        source: where it stands.
    """

    given: Any
    source: str | None = None


def drafts(
    lines: Iterable[Line], file: str | None, count: Callable[[], int], waits_for: str | None, arrays: Iterable[str]
) -> Iterator[Draft]:
    """The instances of a text, one after the other.

    Args:
        lines: numbered; read only as far as instances are taken.
        file: the name for messages.
        count: how many cells a board has.
        waits_for: the parameter that the puzzle waits for, if it is one.
        arrays: names of declared variables, whose values may be boards.

    Raises:
        InputError: no instance at all, damaged JSON.
    """
    rest = ((number, line) for number, line in lines if not line.lstrip().startswith("#"))
    first = next(((number, line) for number, line in rest if line.strip()), None)
    if first is None:
        raise InputError("no instance", file=file, expected="a board, assignments or JSON")
    together = chain([first], rest)
    if first[1].lstrip()[0] in "{[":
        yield from _json(list(together), file)
    elif _ASSIGNMENT.match(first[1]):
        yield from _assignments(together, file, frozenset(arrays))
    elif "puzzle" in (header := [name.strip().strip('"') for name in first[1].split(",")]):
        yield from _rows(rest, header.index("puzzle"), len(header), file)
    elif waits_for is not None:
        yield Draft({waits_for: _tuples(Block(tuple(together), file))}, file)
    else:
        yield from _boards(together, file, count)


def given_domains(model: Model, given: Any) -> tuple[int, ...]:
    """The masks that givens leave of the domains of a model.

    Args:
        given: a `Block` or text of a board, nested sequences, or a mapping from names of declarations, cells such as
            ``"cell[1, 2]"``, or indices, to values.

    Raises:
        InputError: a board of the wrong size, an unknown name, a value that is not in the domain, two for one cell.
    """
    givens = _Givens(model)
    if isinstance(given, Mapping):
        for name, value in given.items():
            givens.name(name, value)
    else:
        givens.array(_board(model), given)
    return tuple(givens.masks)


def cells(model: Model) -> int:
    """How many cells the board of a model has."""
    return len(_board(model).variables)


class _Givens:
    def __init__(self, model: Model) -> None:
        self.masks = list(model.full)
        self._model = model
        self._arrays = {array.name: array for array in model.arrays if not array.hidden}

    def name(self, name: object, value: Any) -> None:
        """The value of one entry of a mapping."""
        if isinstance(name, str) and name in self._arrays:
            self.array(self._arrays[name], value)
        elif isinstance(name, str) and (match := _CELL.fullmatch(name)) and match[1] in self._arrays:
            self._cell(self._arrays[match[1]], flat([key(match[2], name)]), value)
        elif not isinstance(name, str):
            self._cell(_board(self._model), flat([data(name, "an index")]), value)
        else:
            near = get_close_matches(name, self._arrays, 1)
            raise InputError(
                f"there is no {name}",
                expected=" or ".join(self._arrays),
                mend=f"did you mean {near[0]}?" if near else None,
            )

    def array(self, array: Array, value: Any) -> None:
        """The values of one declaration."""
        if isinstance(value, Mapping):
            for index, item in value.items():
                self._cell(array, flat([key(index, array.name)]), item)
            return
        if not array.axes and not isinstance(value, Block | list | tuple):
            self._cell(array, (), value)
            return
        block = Block.of(value) if isinstance(value, str) else value
        if isinstance(block, Block):
            for index, (text, line, column) in zip(array.variables, _cells(block, array), strict=True):
                self._cell(array, index, text, {"file": block.file, "line": line, "column": column})
            return
        items = _flattened(block, array)
        for index, item in zip(array.variables, items, strict=True):
            self._cell(array, index, item)

    def _cell(self, array: Array, index: Index, value: object, place: Mapping[str, Any] | None = None) -> None:
        variable = array.variables.get(index)
        if variable is None:
            ends = " and ".join(_range(axis) for axis in array.axes) or "no index"
            raise InputError(f"there is no {_label(array, index)}", expected=ends, **(place or {}))
        domain = self._model.domains[variable]
        known = _value(value, domain)
        if known is None:
            return
        if known not in domain or isinstance(known, bool):
            raise InputError(
                f"{_label(array, index)} is {write(known)}",
                expected=f"{_range(domain)}, or . for a blank",
                **(place or {}),
            )
        mask = self.masks[variable] & (1 << domain.index(known))
        if not mask:
            raise InputError(f"{_label(array, index)} is given twice, with different values", **(place or {}))
        self.masks[variable] = mask


def _label(array: Array, index: Index) -> str:
    return f"{array.name}[{write(index)[1:-1]}]" if index else array.name


def _value(value: object, domain: tuple[Value, ...]) -> Value | None:
    """What a cell says: a value that may be in the domain, or None for a blank."""
    if value is None:
        return None
    if isinstance(value, str):
        return _text_value(value, domain)
    found = data(value, "a cell")
    if not isinstance(found, int | str):
        raise InputError(f"a cell holds {write(found)[:40]}", expected="a number or a name")
    return None if found == 0 and 0 not in domain else found


@lru_cache(maxsize=1024)
def _text_value(value: str, domain: tuple[Value, ...]) -> Value | None:
    text = value.strip()
    if text in domain:
        return text
    if not text or text in BLANKS:
        return None
    found = word(text)
    if found not in domain and len(text) == 1 and text.isalpha() and text.isascii():
        # in boards of one character a cell, letters go on after 9
        number = int(text, 36)
        found = number if number in domain else found
    return None if found == 0 and 0 not in domain else found


def _board(model: Model) -> Array:
    """The declaration that a board without a name is of."""
    arrays = [array for array in model.arrays if not array.hidden]
    if len(arrays) == 1:
        return arrays[0]
    names = ", ".join(array.name for array in arrays)
    raise InputError(
        f"a board, but {model.name} has several declarations: {names}",
        expected="which of them is given",
        mend=f"write {arrays[0].name} = before it",
    )


def _flattened(value: Any, array: Array) -> list[object]:
    """The cells of nested sequences or an array of numpy."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, list | tuple):
        raise InputError(f"givens that are a {type(value).__name__}", expected="text, nested lists or a dict")
    cells: list[object] = []
    for row in value:
        if isinstance(row, str) and len(array.axes) > 1:
            cells += [text for text, _, _ in _words([(1, row)], _width(array))]
        else:
            cells += row if isinstance(row, list | tuple) else [row]
    if len(cells) != len(array.variables):
        raise _wrong_size(len(cells), array)
    return cells


def _cells(block: Block, array: Array) -> list[Word]:
    """The texts of the cells of a board, with their places."""
    lines = [(number, line) for number, line in block.lines if not _DECORATION.fullmatch(line)]
    cells = _words(lines, len(array.variables))
    if len(cells) != len(array.variables):
        lengths = [len(_words([line], _width(array))) for line in lines]
        short = next((n for n, length in enumerate(lengths) if length != _width(array)), None)
        if len(lines) == len(array.variables) // _width(array) and len(lines) > 1 and short is not None:
            row = f"row {short + 1} has {lengths[short]} cells"
            raise block.error(row, f"{_width(array)}", line=lines[short][0] if block.file else None)
        raise _wrong_size(len(cells), array, block)
    return cells if block.file else [(text, None, None) for text, _, _ in cells]


def _words(lines: Iterable[Line], wanted: int) -> list[Word]:
    """The words of lines, or their characters if that gives the wanted number."""
    lines = list(lines)
    words: list[Word] = [
        (match[0], number, match.start() + 1) for number, line in lines for match in re.finditer(r"[^\s|│┃]+", line)
    ]
    if len(words) == wanted or all(len(text) == 1 for text, _, _ in words):
        return words
    letters: list[Word] = [
        (letter, number, (column or 0) + at) for text, number, column in words for at, letter in enumerate(text)
    ]
    # a board that does not fit: rows without spaces are counted by characters, numbers and names are not
    packed = len(words) == len(lines) or any(_no_word(text) for text, _, _ in words)
    return letters if len(letters) == wanted or packed else words


def _no_word(text: str) -> bool:
    """Whether a text of several characters is neither a number nor a name."""
    return len(text) > 1 and word(text) == text and not text.isalpha()


def _width(array: Array) -> int:
    return len(array.axes[-1]) if array.axes else 1


def _wrong_size(found: int, array: Array, block: Block | None = None) -> InputError:
    rows = len(array.variables) // max(1, _width(array))
    full = len(array.axes) > 1 and rows * _width(array) == len(array.variables)
    shape = f" ({rows} rows of {_width(array)})" if full else ""
    what, expected = f"{found} cells", f"the {len(array.variables)} of {array.name}{shape}"
    error = block.error(what, expected) if block else InputError(what, expected=expected)
    return WrongSize(error, found)


class WrongSize(InputError):
    """A board with another number of cells than the puzzle's.

    Attributes:
        cells: how many it has.
    """

    def __init__(self, error: InputError, cells: int, mend: str | None = None) -> None:
        super().__init__(
            error.what, file=error.file, line=error.line, column=error.column, expected=error.expected, mend=mend
        )
        self.cells = cells


# texts


def _boards(lines: Iterable[Line], file: str | None, count: Callable[[], int]) -> Iterator[Draft]:
    """Boards, one a line or separated by blank lines."""
    paragraph: list[Line] = []
    for number, line in lines:
        if not line.strip():
            if paragraph:
                yield _draft(paragraph, file)
            paragraph = []
            continue
        paragraph.append((number, line))
        if len(paragraph) == 1 and len(_words(paragraph, count())) == count():
            yield _draft(paragraph, file)
            paragraph = []
    if paragraph:
        yield _draft(paragraph, file)


def _draft(lines: list[Line], file: str | None) -> Draft:
    block = Block(tuple(lines), file)
    return Draft(block, block.source)


def _rows(lines: Iterable[Line], column: int, columns: int, file: str | None) -> Iterator[Draft]:
    """The column ``puzzle`` of a table with commas."""
    for number, line in lines:
        if not line.strip():
            continue
        fields = [field.strip().strip('"') for field in line.split(",")]
        if len(fields) != columns:
            raise InputError(f"{len(fields)} columns", file=file, line=number, expected=f"{columns}, as in the header")
        yield _draft([(number, fields[column])], file)


def _tuples(block: Block) -> Data:
    """The words of every line: a graph where these are pairs and single nodes, else a set of tuples."""
    rows = []
    for _, line in block.lines:
        words = _ATTRIBUTES.sub("", line).replace(",", " ").split()
        if words:
            rows.append(tuple(map(word, words)))
    if all(len(row) <= 2 for row in rows):
        return Graph.of((row for row in rows if len(row) == 2), (node for row in rows for node in row))
    return Items.of(rows)


def _assignments(lines: Iterable[Line], file: str | None, arrays: frozenset[str]) -> Iterator[Draft]:
    """Lines ``name = value`` or ``cell[1, 2] = value``, which go on until the next; ``---`` separates instances."""
    own: dict[str, Any] = {}
    name, start = "", 0
    text: list[str] = []

    def close() -> None:
        if name:
            own[name] = _assigned(name, start, text, file, arrays)

    first: int | None = None
    for number, line in lines:
        first = first or number
        if line.rstrip() == "---":
            close()
            if own:
                yield Draft(own, f"{file}:{first}" if file else None)
            own, name, first = {}, "", None
            continue
        match = _ASSIGNMENT.match(line)
        if match is None:
            text.append(line)
            continue
        close()
        name, start, text = match[1], number, [" " * match.start(2) + match[2]]
        if name in own:
            raise InputError(f"{name} is assigned twice", file=file, line=number, mend="write --- between instances")
    close()
    if own:
        yield Draft(own, f"{file}:{first}" if file else None)


def _assigned(name: str, start: int, text: list[str], file: str | None, arrays: frozenset[str]) -> Any:
    """A board of a declaration, or the value of an expression."""
    whole = "\n".join(text)
    if name in arrays and not whole.lstrip().startswith(("{", "[", "(")):
        return Block(tuple(enumerate(text, start)), file)
    return constant("\n" * (start - 1) + "\n ".join(text), file)


def _json(lines: list[Line], file: str | None) -> Iterator[Draft]:
    rows = [(number, line) for number, line in lines if line.strip()]
    if len(rows) > 1 and isinstance(_loads(rows[0][1]), dict):
        for number, line in rows:
            yield Draft(_parsed(line, number, file), f"{file}:{number}" if file else None)
        return
    first = rows[0][0]
    found = _parsed("\n".join(line for _, line in lines), first, file)
    if isinstance(found, list) and found and all(isinstance(item, dict | str) for item in found):
        for number, item in enumerate(found, 1):
            yield Draft(item, f"{file or 'instance'} {number}")
    else:
        yield Draft(found, file)


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _parsed(text: str, first: int, file: str | None) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line = first + error.lineno - 1
        what, expected = f"no JSON: {error.msg}", "JSON, as the text begins like that"
        raise InputError(what, file=file, line=line, column=error.colno, expected=expected) from None
    except (ValueError, RecursionError) as error:
        raise InputError("JSON that cannot be read", file=file, expected=str(error)[:60]) from None


def lines_of(source: str) -> tuple[Iterable[Line], str]:
    """The numbered lines of a file or of standard input, and the name for messages."""
    return read_lines(source), "<stdin>" if source == "-" else source


def _range(values: tuple[Value, ...]) -> str:
    """Some values, for messages."""
    first = values[0]
    if isinstance(first, int) and len(values) > 2 and values == tuple(range(first, first + len(values))):
        return f"{first}..{values[-1]}"
    return ", ".join(map(str, values[:12])) + (", ..." if len(values) > 12 else "")

"""Derivations: how a sentence came to its value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nesy.machine.values import Value, text

NO_VALUE = "·"
MAX_INDENT = 120


@dataclass(frozen=True, slots=True, eq=False)
class Derivation:
    """A node of a grounded symbol system, with everything below it.

    Attributes:
        words: the segment of the input that the node covers.
        start: where the segment begins, counted in words from 0.
        symbol: the clause that gave the value; of a leaf, the word.
        value: the value; None for a word that only marks structure.
        children: the nodes below, in the order of the input.
        clause: the text of the clause that gave the value; ``""`` where none did.
    """

    words: tuple[str, ...]
    start: int
    symbol: str
    value: Value | None
    children: tuple[Derivation, ...] = ()
    clause: str = ""

    def html(self, pictures: Sequence[str] = ()) -> str:
        """One self-contained page with the tree drawn as SVG.

        Args:
            pictures: of each word of a sentence that was seen, as ``data:`` addresses.
        """
        from nesy.derivation.page import page

        return page(self, pictures)

    @property
    def end(self) -> int:
        return self.start + len(self.words)

    def nodes(self) -> Iterator[Derivation]:
        """All nodes, each before its children."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))

    def pretty(self, width: int = 100) -> str:
        """The tree in box characters, one node a line: clause, words, value.

        Args:
            width: longer words and values are shortened in the middle to about this many columns.
        """
        lines: list[str] = []
        stack = [(self, "", "")]
        while stack:
            node, first, rest = stack.pop()
            lines.append(_shorten(first + _line(node, width // 2), width + len(first)))
            shown = node.children if _branches(node) else ()
            for position in range(len(shown) - 1, -1, -1):
                last = position == len(shown) - 1
                branch, below = ("└─ ", "   ") if last else ("├─ ", "│  ")
                stack.append((shown[position], _indent(rest) + branch, _indent(rest) + below))
        return "\n".join(lines)


def _indent(prefix: str) -> str:
    """The lines on the left of a node; very deep trees keep the right-most ones."""
    return prefix if len(prefix) < MAX_INDENT else "⋮  " + prefix[6:]


def _branches(node: Derivation) -> bool:
    """Whether the children say more than the node's own words."""
    return any(child.children or child.value is not None for child in node.children)


def _line(node: Derivation, width: int) -> str:
    value = NO_VALUE if node.value is None else text(node.value) or "(empty)"
    if not node.children and node.words == (node.symbol,):
        return f'"{node.symbol}"' if node.value is None else f'"{node.symbol}" = {_shorten(value, width)}'
    words = _shorten(" ".join(node.words[: width + 1]), width)
    return f"{node.symbol}  “{words}” = {_shorten(value, width)}"


def _shorten(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    half = max(1, (width - 3) // 2)
    return f"{line[:half]} … {line[-half:]}"

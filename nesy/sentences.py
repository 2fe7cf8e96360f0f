"""The sentences of a grammar, shortest first."""

from __future__ import annotations

from collections.abc import Iterator

from nesy.lang.grammar import START, Grammar

Words = tuple[str, ...]


def sentences(grammar: Grammar, longest: int) -> Iterator[Words]:
    """Every sentence of at most `longest` words, each once, ordered by length.

    Words of open terminals (a pattern, not a list) are not enumerated: sentences that need one are left out.
    """
    table = _Table(grammar)
    for length in range(longest + 1):
        yield from table.derived(START, length)


class _Table:
    """Memo of what each symbol derives at each exact length."""

    def __init__(self, grammar: Grammar) -> None:
        self._words = {name: sorted(terminal.words or ()) for name, terminal in grammar.terminals.items()}
        self._bodies = {head: [p.body for p in productions] for head, productions in grammar.by_head.items()}
        self._shortest = self._shortest_lengths()
        self._symbols: dict[tuple[str, int], tuple[Words, ...]] = {}
        self._sequences: dict[tuple[Words, int], tuple[Words, ...]] = {}

    def derived(self, symbol: str, length: int) -> tuple[Words, ...]:
        if symbol in self._words:
            return tuple((word,) for word in self._words[symbol]) if length == 1 else ()
        key = symbol, length
        if key not in self._symbols:
            found = (sentence for body in self._bodies[symbol] for sentence in self._sequence(body, length))
            self._symbols[key] = tuple(dict.fromkeys(found))
        return self._symbols[key]

    def _sequence(self, body: Words, length: int) -> tuple[Words, ...]:
        """What the symbols of a body derive together."""
        if not body:
            return () if length else ((),)
        key = body, length
        if key not in self._sequences:
            first, rest = body[0], body[1:]
            # The least lengths bound the split; without them a left-recursive rule would ask for itself.
            least = sum(self._shortest[symbol] for symbol in rest)
            self._sequences[key] = tuple(
                (*left, *right)
                for size in range(int(min(self._shortest[first], length + 1)), int(max(length - least, -1)) + 1)
                for right in self._sequence(rest, length - size)
                for left in self.derived(first, size)
            )
        return self._sequences[key]

    def _shortest_lengths(self) -> dict[str, float]:
        """The least number of words of each symbol; infinite if it needs an open terminal."""
        shortest = {name: 1.0 if words else float("inf") for name, words in self._words.items()}
        shortest |= dict.fromkeys(self._bodies, float("inf"))
        changed = True
        while changed:
            changed = False
            for head, bodies in self._bodies.items():
                least = min(sum(shortest[symbol] for symbol in body) for body in bodies)
                if least < shortest[head]:
                    shortest[head], changed = least, True
        return shortest

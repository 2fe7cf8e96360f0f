"""The ``%domain`` section: what holds for the whole language and what a learner is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType

from lark import Token

from nesy.lang.syntax import Misfit
from nesy.quoting import quote, unquote

CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "tokens": ("words", "characters"),
        "values": ("integers", "booleans", "sequences"),
        "primitives": ("lists", "arithmetic", "booleans", "peano"),
    }
)
"""The keys and what each may be; `tokens` is one of them, the others any selection."""

_LINE = re.compile(r'\s*("(?:\\.|[^"\\])*"|[^\s:#"]+)\s*(:?)\s*(.*)')


@dataclass(frozen=True, slots=True)
class Domain:
    """
    Attributes:
        tokens: ``words`` separated by white space, or ``characters``, each a word.
        values: the kinds of value, simplest first; empty where nothing is said.
        primitives: the groups of the prelude that a learner may use; empty for all.
        hints: what a learner is told about words.
    """

    tokens: str = "words"
    values: tuple[str, ...] = ()
    primitives: tuple[str, ...] = ()
    hints: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def split(self, sentence: str) -> list[str]:
        """The words of a sentence."""
        return sentence.split() if self.tokens == "words" else list(sentence)

    def __str__(self) -> str:
        """The section's lines, without its header."""
        lines = [f"tokens: {self.tokens}"]
        lines += [f"values: {' '.join(self.values)}"] * bool(self.values)
        lines += [f"primitives: {' '.join(self.primitives)}"] * bool(self.primitives)
        return "\n".join(lines + [f"{quote(word)}: {hint}" for word, hint in self.hints.items()])


def read_domain(section: str, file: str | None = None) -> Domain:
    """The settings of a section: lines ``key: value`` and ``"word": hint``.

    Raises:
        InputError: an unknown or repeated key, or a value that the key does not take.
    """
    found: dict[str, tuple[str, ...]] = {}
    hints: dict[str, str] = {}
    for number, line in enumerate(section.split("\n"), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        at = Token("LINE", line.strip()[:40], line=number, column=len(line) - len(line.lstrip()) + 1)
        if match is None or not match[2]:
            raise Misfit(repr(str(at)), at, "key: value", "for example tokens: words").at(file)
        key, value = match[1], re.sub(r"\s#.*", "", match[3]).strip()
        if key in found or key in hints:
            raise Misfit(f"a second {key}", at, mend="remove one of the two lines").at(file)
        try:
            if key.startswith('"'):
                hints[_word(key, at)] = value
            else:
                found[key] = _chosen(key, value, at)
        except Misfit as misfit:
            raise misfit.at(file) from None
    tokens = found.get("tokens", ("words",))[0]
    return Domain(tokens, found.get("values", ()), found.get("primitives", ()), MappingProxyType(hints))


def _word(key: str, at: Token) -> str:
    try:
        return unquote(key)
    except (ValueError, OverflowError):
        raise Misfit(f"{key} holds a code that is no character", at, r"\uHHHH") from None


def _chosen(key: str, value: str, at: Token) -> tuple[str, ...]:
    """The values of a key, checked."""
    if key not in CHOICES:
        near = get_close_matches(key, CHOICES, 1, 0.5)
        mend = f"did you mean {near[0]}?" if near else f'a hint on a word quotes it: "{key}": ...'
        raise Misfit(f"unknown key {key}", at, " or ".join(CHOICES), mend)
    chosen = tuple(re.split(r"[,\s]+", value)) if value else ()
    wrong = next((word for word in chosen if word not in CHOICES[key]), None)
    if wrong is None and chosen and not (key == "tokens" and len(chosen) > 1):
        return chosen
    near = get_close_matches(wrong or "", CHOICES[key], 1, 0.5)
    proposal = f"did you mean {near[0]}?" if near else None
    raise Misfit(f"{key}: {value[:40] or 'nothing'}", at, " or ".join(CHOICES[key]), proposal)

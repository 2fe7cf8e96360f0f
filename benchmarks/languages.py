"""Seeded random compositional languages, for judging learners of text pairs.

A *language* assigns meanings to sentences made of nonce words.  It is a set of
constants and a set of *constructs* (operators in any shape: prefix, infix,
postfix, mixfix, juxtaposition), each on a precedence level.  Sentences are
printed from random typed trees, with brackets only where the levels demand
them, so that the printed text has one reading; a chart parser of the same
grammar checks this for every sentence that is given out.

The training pairs are built to identify the language: every sense of every
word occurs several times, every construct is shown on arguments which refute
the rival operations of its signature, and for every two constructs that
compete for an operand there are sentences whose value depends on which of
them binds tighter.

    python -m benchmarks.languages --seed 3 --family mixture
"""

from __future__ import annotations

import argparse
import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

Value = int | bool | tuple[str, ...]
Sort = str
Pair = tuple[str, str]

INT, BOOL, SEQ = "int", "bool", "seq"
ATOM = 99
MAX_INT = 10**12
MAX_TOKENS = 60
MAX_WORDS = 30


class Undefined(Exception):
    """The operation has no value on these arguments, or too large a one."""


class Inadequate(Exception):
    """The drawn language cannot be taught unambiguously; draw another."""


# ---------------------------------------------------------------- operations


@dataclass(frozen=True)
class Operation:
    """A function on values, with its signature and a readable meaning."""

    meaning: str
    arguments: tuple[Sort, ...]
    result: Sort
    function: Callable[..., Value]

    def __call__(self, *values: Value) -> Value:
        value = self.function(*values)
        if isinstance(value, tuple):
            if len(value) > MAX_TOKENS:
                raise Undefined(self.meaning)
        elif not isinstance(value, bool) and abs(value) >= MAX_INT:
            raise Undefined(self.meaning)
        return value


def _divide(a: int, b: int) -> int:
    if b == 0:
        raise Undefined("division by zero")
    return a // b


def _ceil_divide(a: int, b: int) -> int:
    return -_divide(-a, b)


def _power(a: int, b: int) -> int:
    if not 0 <= b <= 12 or abs(a) > 1000:
        raise Undefined("power")
    power: int = a**b
    return power


def _sum_to(n: int) -> int:
    if n < 0:
        raise Undefined("sum to a negative number")
    return n * (n + 1) // 2


def _repeat(sequence: tuple[str, ...], n: int) -> tuple[str, ...]:
    if n < 0 or n * len(sequence) > MAX_TOKENS:
        raise Undefined("repeat")
    return sequence * n


def _double_tokens(a: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(token for token in a for _ in range(2))


def _swap_ends(a: tuple[str, ...]) -> tuple[str, ...]:
    return a if len(a) < 2 else (a[-1], *a[1:-1], a[0])


def _operations(arguments: tuple[Sort, ...], result: Sort, table: dict[str, Callable[..., Value]]) -> list[Operation]:
    return [Operation(meaning, arguments, result, f) for meaning, f in table.items()]


INT_UNARY = _operations(
    (INT,),
    INT,
    {
        "2 * a": lambda a: 2 * a,
        "a + 1": lambda a: a + 1,
        "a + 3": lambda a: a + 3,
        "a * a": lambda a: a * a,
        "a // 2": lambda a: a // 2,
        "10 * a": lambda a: 10 * a,
        "a * a + 1": lambda a: a * a + 1,
    },
)
INT_BINARY = _operations(
    (INT, INT),
    INT,
    {
        "a + b": lambda a, b: a + b,
        "a * b": lambda a, b: a * b,
        "min(a, b)": min,
        "max(a, b)": max,
        "a // b": _divide,
        "ceil(a / b)": _ceil_divide,
        "|a - b|": lambda a, b: abs(a - b),
        "a + 2 * b": lambda a, b: a + 2 * b,
        "2 * a + b": lambda a, b: 2 * a + b,
        "a * b + 1": lambda a, b: a * b + 1,
        "10 * a + b": lambda a, b: 10 * a + b,
    },
)
INT_TERNARY = _operations(
    (INT, INT, INT),
    INT,
    {
        "a + b * c": lambda a, b, c: a + b * c,
        "a * b + c": lambda a, b, c: a * b + c,
        "a + b + c": lambda a, b, c: a + b + c,
        "max(a, b) + c": lambda a, b, c: max(a, b) + c,
    },
)
INT_TRUNCATED = _operations((INT,), INT, {"max(a - 1, 0)": lambda a: max(a - 1, 0)}) + _operations(
    (INT, INT), INT, {"max(a - b, 0)": lambda a, b: max(a - b, 0)}
)
INT_SIGNED = _operations((INT,), INT, {"-a": lambda a: -a, "a - 1": lambda a: a - 1}) + _operations(
    (INT, INT), INT, {"a - b": lambda a, b: a - b, "b - a": lambda a, b: b - a}
)
INT_RECURSIVE = _operations((INT,), INT, {"1 + 2 + ... + a": _sum_to}) + _operations(
    (INT, INT), INT, {"a to the power b": _power}
)
COMPARISONS = _operations(
    (INT, INT),
    BOOL,
    {
        "a < b": lambda a, b: a < b,
        "a > b": lambda a, b: a > b,
        "a <= b": lambda a, b: a <= b,
        "a == b": lambda a, b: a == b,
        "a != b": lambda a, b: a != b,
    },
)
BOOL_UNARY = _operations((BOOL,), BOOL, {"not a": lambda a: not a})
BOOL_BINARY = _operations(
    (BOOL, BOOL),
    BOOL,
    {
        "a and b": lambda a, b: a and b,
        "a or b": lambda a, b: a or b,
        "a xor b": lambda a, b: a != b,
        "a implies b": lambda a, b: not a or b,
        "a nand b": lambda a, b: not (a and b),
        "a nor b": lambda a, b: not (a or b),
        "a iff b": lambda a, b: a == b,
        "a and not b": lambda a, b: a and not b,
    },
)
SEQ_UNARY = _operations(
    (SEQ,),
    SEQ,
    {
        "reverse(a)": lambda a: a[::-1],
        "first(a)": lambda a: a[:1],
        "last(a)": lambda a: a[-1:],
        "tail(a)": lambda a: a[1:],
        "init(a)": lambda a: a[:-1],
        "a ++ a": lambda a: a + a,
        "a ++ a ++ a": lambda a: a * 3,
        "a ++ reverse(a)": lambda a: a + a[::-1],
        "reverse(a) ++ a": lambda a: a[::-1] + a,
        "swap-first-last(a)": _swap_ends,
        "a ++ first(a)": lambda a: a + a[:1],
        "last(a) ++ a": lambda a: a[-1:] + a,
        "tail(a) ++ first(a)": lambda a: a[1:] + a[:1],
    },
)
SEQ_BINARY = _operations(
    (SEQ, SEQ),
    SEQ,
    {
        "a ++ b": lambda a, b: a + b,
        "b ++ a": lambda a, b: b + a,
        "a ++ b ++ a": lambda a, b: a + b + a,
        "b ++ a ++ b": lambda a, b: b + a + b,
        "a ++ a ++ b": lambda a, b: a + a + b,
        "a ++ b ++ b": lambda a, b: a + b + b,
        "b ++ a ++ b ++ a": lambda a, b: b + a + b + a,
        "a ++ reverse(b)": lambda a, b: a + b[::-1],
        "reverse(b) ++ a": lambda a, b: b[::-1] + a,
        "first(a) ++ b": lambda a, b: a[:1] + b,
        "a ++ last(b)": lambda a, b: a + b[-1:],
    },
)
SEQ_TERNARY = _operations(
    (SEQ, SEQ, SEQ),
    SEQ,
    {
        "a ++ b ++ c": lambda a, b, c: a + b + c,
        "c ++ b ++ a": lambda a, b, c: c + b + a,
        "b ++ a ++ c": lambda a, b, c: b + a + c,
        "a ++ c ++ b": lambda a, b, c: a + c + b,
    },
)
SEQ_DOUBLING = _operations((SEQ,), SEQ, {"double every token of a": _double_tokens})
SEQ_INT = (
    _operations((SEQ,), INT, {"length(a)": len})
    + _operations((SEQ, INT), SEQ, {"a repeated b times": _repeat})
    + _operations((INT, SEQ), SEQ, {"b repeated a times": lambda n, s: _repeat(s, n)})
)


def conditional(sort: Sort) -> Operation:
    """``a`` selects between ``b`` and ``c``."""
    return Operation("b if a else c", (BOOL, sort, sort), sort, lambda a, b, c: b if a else c)


def conditional_in_the_middle(sort: Sort) -> Operation:
    """``b`` selects between ``a`` and ``c``."""
    return Operation("a if b else c", (sort, BOOL, sort), sort, lambda a, b, c: a if b else c)


def equality(sort: Sort) -> Operation:
    return Operation("a == b", (sort, sort), BOOL, lambda a, b: a == b)


def with_constants(rng: random.Random, tokens: Sequence[str], arity: int) -> Operation:
    """A random concatenation of arguments, reversals and constant tokens."""
    names = "ab"[:arity]
    parts = [*names, rng.choice(tokens)]
    if rng.random() < 0.4:
        parts.append(rng.choice([*names, *tokens]))
    rng.shuffle(parts)
    flipped = [part in names and rng.random() < 0.2 for part in parts]

    def function(*values: tuple[str, ...]) -> tuple[str, ...]:
        bound = dict(zip(names, values, strict=True))
        pieces = [bound.get(part, (part,)) for part in parts]
        turned = [p[::-1] if flip else p for p, flip in zip(pieces, flipped, strict=True)]
        return tuple(itertools.chain.from_iterable(turned))

    shown = [p if p in names else f"[{p}]" for p in parts]
    meaning = " ++ ".join(f"reverse({s})" if flip else s for s, flip in zip(shown, flipped, strict=True))
    return Operation(meaning, (SEQ,) * arity, SEQ, function)


def _fixed_catalogue() -> list[Operation]:
    sorts = (INT, BOOL, SEQ)
    return [
        *INT_UNARY, *INT_BINARY, *INT_TERNARY, *INT_TRUNCATED, *INT_SIGNED,
        *INT_RECURSIVE, *COMPARISONS, *BOOL_UNARY, *BOOL_BINARY, *SEQ_UNARY,
        *SEQ_BINARY, *SEQ_TERNARY, *SEQ_DOUBLING, *SEQ_INT,
        *map(conditional, sorts), *map(conditional_in_the_middle, sorts),
        *map(equality, sorts),
    ]  # fmt: skip


CATALOGUE = _fixed_catalogue()


def rivals(operation: Operation) -> list[Operation]:
    """Other operations of the same signature, projections included."""
    signature = (operation.arguments, operation.result)
    found = [o for o in CATALOGUE if (o.arguments, o.result) == signature]
    for k, sort in enumerate(operation.arguments):
        if sort == operation.result:
            meaning = f"argument {k + 1}"
            found.append(Operation(meaning, *signature, lambda *v, k=k: v[k]))
    return [o for o in found if o.meaning != operation.meaning]


# ------------------------------------------------------------------- grammar


@dataclass(frozen=True)
class Word:
    """A place for a word; all its forms are synonyms."""

    forms: tuple[str, ...]


@dataclass(frozen=True)
class Slot:
    """A place for a phrase of a sort whose level is at least ``level``."""

    sort: Sort
    level: int


@dataclass(frozen=True)
class Constant:
    """A word which is a phrase by itself."""

    forms: tuple[str, ...]
    sort: Sort
    value: Value
    level: int = ATOM


@dataclass(frozen=True, eq=False)
class Construct:
    """An operator: words and slots in order, on a precedence level.

    Higher levels bind tighter.
    """

    operation: Operation
    pattern: tuple[Word | Slot, ...]
    level: int
    associativity: str = ""

    @property
    def sort(self) -> Sort:
        return self.operation.result

    @property
    def slots(self) -> tuple[Slot, ...]:
        return tuple(item for item in self.pattern if isinstance(item, Slot))

    @property
    def words(self) -> tuple[Word, ...]:
        return tuple(item for item in self.pattern if isinstance(item, Word))

    def first_slot(self) -> Slot | None:
        return self.pattern[0] if isinstance(self.pattern[0], Slot) else None

    def last_slot(self) -> Slot | None:
        return self.pattern[-1] if isinstance(self.pattern[-1], Slot) else None


def construct(
    operation: Operation,
    template: str,
    level: int,
    associativity: str = "left",
    *,
    tight: bool = False,
) -> Construct:
    """Build a construct from a template such as ``if _ then _ else _``.

    ``_`` is a slot and ``a|b`` are synonyms.  A slot between two words takes
    any phrase, unless ``tight``; a slot at an edge takes what the level and
    the associativity allow.
    """
    items = template.split()
    sorts = iter(operation.arguments)
    open_both = items[0] == "_" == items[-1]
    pattern: list[Word | Slot] = []
    for k, item in enumerate(items):
        if item != "_":
            pattern.append(Word(tuple(item.split("|"))))
            continue
        enclosed = 0 < k < len(items) - 1 and "_" not in (items[k - 1], items[k + 1])
        if enclosed:
            minimum = level + 1 if tight else 0
        elif not open_both:
            minimum = min(level, ATOM)
        elif (k == 0 and associativity == "left") or (k == len(items) - 1 and associativity == "right"):
            minimum = level
        else:
            minimum = level + 1
        pattern.append(Slot(next(sorts), minimum))
    shown = associativity if open_both else ""
    return Construct(operation, tuple(pattern), level, shown)


@dataclass(frozen=True)
class Root:
    """A sentence: a phrase of a sort, with optional particles around it."""

    sort: Sort
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Language:
    name: str
    family: str
    constants: tuple[Constant, ...]
    constructs: tuple[Construct, ...]
    roots: tuple[Root, ...]
    brackets: tuple[str, str] | None = None
    silent: tuple[str, ...] = ()

    def words(self) -> list[str]:
        """Every word form, without repetition."""
        forms = [f for c in self.constants for f in c.forms]
        forms += [f for c in self.constructs for w in c.words for f in w.forms]
        forms += [w for r in self.roots for w in (*r.before, *r.after)]
        forms += [*(self.brackets or ()), *self.silent]
        return list(dict.fromkeys(forms))

    def root(self, sort: Sort) -> Root | None:
        return next((r for r in self.roots if r.sort == sort), None)


def text_of(value: Value) -> str:
    """The output text of a value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return " ".join(value) if isinstance(value, tuple) else str(value)


def describe(language: Language) -> str:
    """A readable account of every word and of the levels."""
    lines = [f"language {language.name} (family {language.family})", "", "constants:"]
    for constant in language.constants:
        shown = text_of(constant.value) or "(empty)"
        lines.append(f"  {' | '.join(constant.forms)} : {constant.sort} = {shown}")
    lines += ["", "operators, loosest level first (higher binds tighter):"]
    for c in sorted(language.constructs, key=lambda c: c.level):
        lines.append("  " + _describe_construct(c))
    lines.append("")
    if language.brackets:
        lines.append("brackets: " + " ".join(language.brackets))
    if language.silent:
        lines.append("silent words: " + " ".join(language.silent))
    for r in language.roots:
        lines.append("sentence: " + " ".join([*r.before, f"<{r.sort}>", *r.after]))
    return "\n".join(lines)


def _describe_construct(c: Construct) -> str:
    names = iter("abc")
    shown = [
        "|".join(item.forms) if isinstance(item, Word) else f"{next(names)}:{item.sort}>={item.level}"
        for item in c.pattern
    ]
    level = "closed" if c.level == ATOM else f"level {c.level}"
    side = f" {c.associativity}" if c.associativity else ""
    return f"{level}{side}: {' '.join(shown)} -> {c.sort} = {c.operation.meaning}"


# ----------------------------------------------------------- reference parser


class Chart:
    """All phrases of one sentence, by sort and span.

    A brute-force evaluator of the grammar, independent of the printer: it
    returns every value that some reading of the sentence has.
    """

    def __init__(self, language: Language, tokens: Sequence[str]):
        self.language = language
        self.tokens = [t for t in tokens if t not in language.silent]
        self.places: dict[str, list[int]] = defaultdict(list)
        for place, token in enumerate(self.tokens):
            self.places[token].append(place)
        self.constructs: dict[Sort, list[Construct]] = defaultdict(list)
        for c in language.constructs:
            if all(any(f in self.places for f in w.forms) for w in c.words):
                self.constructs[c.sort].append(c)
        self.memo: dict[tuple[Sort, int, int], set[tuple[int, Value]]] = {}

    def sentence_texts(self) -> list[str]:
        """The output texts of all readings, sorted, without repetition."""
        texts = set()
        for root in self.language.roots:
            start, end = len(root.before), len(self.tokens) - len(root.after)
            framed = (
                start < end and tuple(self.tokens[:start]) == root.before and tuple(self.tokens[end:]) == root.after
            )
            if framed:
                texts |= {text_of(v) for _, v in self.phrases(root.sort, start, end)}
        return sorted(texts)

    def phrases(self, sort: Sort, i: int, j: int) -> set[tuple[int, Value]]:
        """(level, value) of every reading of tokens i..j as the sort."""
        key = (sort, i, j)
        if key not in self.memo:
            self.memo[key] = set(self._read(sort, i, j))
        return self.memo[key]

    def _read(self, sort: Sort, i: int, j: int) -> Iterator[tuple[int, Value]]:
        if j == i + 1:
            for constant in self.language.constants:
                if constant.sort == sort and self.tokens[i] in constant.forms:
                    yield ATOM, constant.value
        brackets = self.language.brackets
        if brackets and j - i > 2 and (self.tokens[i], self.tokens[j - 1]) == brackets:
            for _, value in self.phrases(sort, i + 1, j - 1):
                yield ATOM, value
        for c in self.constructs[sort]:
            for values in self._match(c.pattern, i, j):
                try:
                    yield c.level, c.operation(*values)
                except Undefined:
                    continue

    def _match(self, pattern: tuple[Word | Slot, ...], i: int, j: int) -> Iterator[tuple[Value, ...]]:
        """Argument values of every way in which the pattern spans i..j."""
        if not pattern:
            if i == j:
                yield ()
            return
        item, rest = pattern[0], pattern[1:]
        if j - i < len(pattern):
            return
        last = pattern[-1]
        if isinstance(last, Word) and self.tokens[j - 1] not in last.forms:
            return
        if isinstance(item, Word):
            if self.tokens[i] in item.forms:
                yield from self._match(rest, i + 1, j)
            return
        for end in self._ends(rest, i, j):
            values = {v for lv, v in self.phrases(item.sort, i, end) if lv >= item.level}
            if values:
                for others in self._match(rest, end, j):
                    for value in values:
                        yield (value, *others)

    def _ends(self, rest: tuple[Word | Slot, ...], i: int, j: int) -> Sequence[int]:
        """Where a slot that starts at i may end, given what follows it."""
        if not rest:
            return (j,)
        limit = j - len(rest)
        following = rest[0]
        if isinstance(following, Word):
            return [p for f in following.forms for p in self.places[f] if i < p <= limit]
        return range(i + 1, limit + 1)


def readings(language: Language, sentence: str) -> list[str]:
    """The distinct output texts that the sentence can have in the language."""
    return Chart(language, sentence.split()).sentence_texts()


# ----------------------------------------------------------- trees and printer


@dataclass(frozen=True, eq=False)
class Tree:
    """An evaluated phrase."""

    head: Constant | Construct
    parts: tuple[Tree, ...]
    value: Value

    def heads(self) -> Iterator[Constant | Construct]:
        yield self.head
        for part in self.parts:
            yield from part.heads()


def leaf(constant: Constant) -> Tree:
    return Tree(constant, (), constant.value)


def node(head: Construct, parts: Sequence[Tree]) -> Tree:
    """Apply a construct; raises Undefined where it has no value."""
    return Tree(head, tuple(parts), head.operation(*(p.value for p in parts)))


class Speaker:
    """Draws random trees of a language and prints them."""

    def __init__(self, language: Language, rng: random.Random):
        self.language = language
        self.rng = rng
        self.by_sort: dict[Sort, list[Construct]] = defaultdict(list)
        for c in language.constructs:
            self.by_sort[c.sort].append(c)
        self.leaves: dict[Sort, list[Constant]] = defaultdict(list)
        for constant in language.constants:
            self.leaves[constant.sort].append(constant)
        self.least = self._least_sizes()

    def _least_sizes(self) -> dict[Construct, int]:
        """The fewest constructs in a phrase headed by each usable construct."""
        least: dict[Construct, int] = {}
        while True:
            before = dict(least)
            for c in self.language.constructs:
                sizes = [self._least_phrase(s.sort, s.level, least) for s in c.slots]
                known = [size for size in sizes if size is not None]
                if len(known) == len(sizes):
                    least[c] = 1 + sum(known)
            if least == before:
                return least

    def _least_phrase(self, sort: Sort, level: int, least: dict[Construct, int]) -> int | None:
        if self.leaves[sort]:
            return 0
        if self.language.brackets:
            level = 0
        fits = [least[c] for c in self.by_sort[sort] if c in least and c.level >= level]
        return min(fits, default=None)

    def unusable(self) -> list[Construct]:
        return [c for c in self.language.constructs if c not in self.least]

    def tree(self, sort: Sort, size: int, level: int = 0) -> Tree:
        """A random tree with about ``size`` constructs."""
        rng = self.rng
        if self.language.brackets and rng.random() < 0.4:
            level = 0
        fits = [c for c in self.by_sort[sort] if c in self.least and c.level >= level]
        small = [c for c in fits if self.least[c] <= size]
        if self.leaves[sort] and (size == 0 or not small):
            return leaf(rng.choice(self.leaves[sort]))
        if level and not small and self.language.brackets:
            return self.tree(sort, size, 0)
        if not fits:
            raise Undefined(f"no phrase of sort {sort}")
        if not small:
            fewest = min(self.least[c] for c in fits)
            small = [c for c in fits if self.least[c] == fewest]
        return self.headed(rng.choice(small), size)

    def headed(self, head: Construct, size: int) -> Tree:
        """A random tree with the given construct on top."""
        budget = [0] * len(head.slots)
        for _ in range(size - 1):
            budget[self.rng.randrange(len(budget))] += 1
        parts = [self.tree(s.sort, n, s.level) for s, n in zip(head.slots, budget, strict=True)]
        return node(head, parts)

    def sentences_around(self, trees: Sequence[Tree]) -> list[Tree]:
        """Put trees of one sort into one context that is a sentence.

        The first tree has to fit without brackets if the language has none.
        """
        for _ in range(4):
            sort, level = trees[0].head.sort, trees[0].head.level
            if self.language.root(sort):
                return list(trees)
            hosts = [
                (c, k)
                for c in self.least
                for k, s in enumerate(c.slots)
                if s.sort == sort and (level >= s.level or self.language.brackets)
            ]
            if not hosts:
                break
            host, place = self.rng.choice(hosts)
            parts = [self.tree(s.sort, 0, s.level) for s in host.slots]
            trees = [node(host, [*parts[:place], tree, *parts[place + 1 :]]) for tree in trees]
        raise Undefined("no sentence has such a part")

    def say(self, tree: Tree) -> str:
        """The text of a tree whose sort can be a sentence."""
        root = self.language.root(tree.head.sort)
        assert root is not None
        return " ".join([*root.before, *self._phrase(tree, 0), *root.after])

    def _phrase(self, tree: Tree, level: int) -> list[str]:
        tokens = self._bare(tree)
        brackets = self.language.brackets
        forced = tree.head.level < level
        if forced and not brackets:
            raise Undefined("the tree needs brackets")
        redundant = bool(tree.parts) and brackets and self.rng.random() < 0.04
        if brackets and (forced or redundant):
            tokens = [brackets[0], *tokens, brackets[1]]
        if self.language.silent and self.rng.random() < 0.08:
            word = self.rng.choice(self.language.silent)
            tokens = [word, *tokens] if self.rng.random() < 0.5 else [*tokens, word]
        return tokens

    def _bare(self, tree: Tree) -> list[str]:
        head = tree.head
        if isinstance(head, Constant):
            return [self.rng.choice(head.forms)]
        parts = iter(tree.parts)
        tokens: list[str] = []
        for item in head.pattern:
            if isinstance(item, Word):
                tokens.append(self.rng.choice(item.forms))
            else:
                tokens += self._phrase(next(parts), item.level)
        return tokens


# ------------------------------------------------------------- teaching pairs


def competitors(language: Language) -> list[tuple[Construct, Construct]]:
    """Pairs (x, y) for which ``x`` before ``y`` may contend for an operand.

    Where the sorts of operand and results differ, the types alone decide.
    """
    return [
        (x, y)
        for x in language.constructs
        for y in language.constructs
        if (right := x.last_slot()) and (left := y.first_slot()) and x.sort == y.sort == right.sort == left.sort
    ]


class Teacher:
    """Builds training and test pairs of one language."""

    LESSONS = 8
    SHOWN = 5

    def __init__(self, language: Language, rng: random.Random):
        self.language = language
        self.rng = rng
        self.speaker = Speaker(language, rng)
        self.pairs: dict[str, str] = {}
        self.senses: Counter[int] = Counter()
        self.words: Counter[str] = Counter()
        self.rejected = 0
        if self.speaker.unusable():
            raise Inadequate("an operator can never be used")

    def add(self, tree: Tree) -> str | None:
        """The sentence by which the pairs now show the tree, if any does."""
        try:
            sentence = self.speaker.say(tree)
        except Undefined:
            return None
        if sentence in self.pairs:
            return sentence
        if readings(self.language, sentence) != [text_of(tree.value)]:
            self.rejected += 1
            return None
        self.pairs[sentence] = text_of(tree.value)
        self.words.update(set(sentence.split()))
        self.senses.update({id(h) for h in tree.heads()})
        return sentence

    def teach(self, pairs: int) -> None:
        """Cover the language, then fill up with random sentences."""
        for constant in self.language.constants:
            self._teach_constant(constant)
        for head in self.language.constructs:
            self._teach_operation(head)
        for left, right in competitors(self.language):
            self._teach_precedence(left, right)
        self._teach_silence()
        self._fill(pairs)
        self._cover_words()
        self._check()

    def _attempts(self, count: int, draw: Callable[[], Tree]) -> Iterator[Tree]:
        for _ in range(count):
            try:
                yield draw()
            except Undefined:
                continue

    def _teach_constant(self, constant: Constant) -> None:
        def draw() -> Tree:
            return self.speaker.sentences_around([leaf(constant)])[0]

        for tree in self._attempts(4, draw):
            self.add(tree)

    def _teach_operation(self, head: Construct) -> None:
        """Show the construct on arguments that refute its rivals."""
        others = rivals(head.operation)
        refuted = [0] * len(others)
        shown: set[str] = set()
        sizes = itertools.cycle((1, 1, 2, 1, 2, 3, 4))

        def draw() -> Tree:
            return self.speaker.headed(head, next(sizes))

        for tree in self._attempts(150, draw):
            values = [p.value for p in tree.parts]
            news = [k for k, other in enumerate(others) if refuted[k] < 2 and _value(other, values) != tree.value]
            if not news and len(shown) >= self.LESSONS:
                continue
            try:
                sentence = self.add(self.speaker.sentences_around([tree])[0])
            except Undefined:
                continue
            if sentence and sentence not in shown:
                shown.add(sentence)
                for k in news:
                    refuted[k] += 1

    def _teach_precedence(self, left: Construct, right: Construct) -> None:
        """Show which of two contenders binds tighter, where values tell."""
        after, before = left.last_slot(), right.first_slot()
        nested_right = after is not None and right.level >= after.level
        nested_left = before is not None and left.level >= before.level
        if not nested_right and not nested_left:
            return  # neither can be an operand of the other without brackets

        def draw() -> Tree:
            lefts = [self.speaker.tree(s.sort, 0, s.level) for s in left.slots]
            rights = [self.speaker.tree(s.sort, 0, s.level) for s in right.slots]
            inner_left = node(left, [*lefts[:-1], rights[0]])
            inner_right = node(right, [*rights])
            on_left = node(right, [inner_left, *rights[1:]])
            on_right = node(left, [*lefts[:-1], inner_right])
            order = [on_right, on_left] if nested_right else [on_left, on_right]
            said, other = self.speaker.sentences_around(order)
            if said.value == other.value:
                raise Undefined("the values do not tell")
            return said

        shown: set[str | None] = set()
        for tree in self._attempts(60, draw):
            shown.add(self.add(tree))
            if len(shown - {None}) == 3:
                return

    def _teach_silence(self) -> None:
        """Pairs of sentences which differ by a silent word alone."""
        silent = self.language.silent
        short = [s for s in self.pairs if not set(s.split()) & set(silent)]
        for word in silent:
            for sentence in self.rng.sample(short, min(6, len(short))):
                self._add_silent(word, sentence)

    def _add_silent(self, word: str, sentence: str) -> None:
        longer = f"{word} {sentence}" if self.rng.random() < 0.5 else f"{sentence} {word}"
        if longer not in self.pairs:
            self.pairs[longer] = self.pairs[sentence]
            self.words.update(set(longer.split()))

    def _draw_sentence(self, sizes: Sequence[int]) -> Tree:
        root = self.rng.choice(self.language.roots)
        return self.speaker.tree(root.sort, self.rng.choice(sizes))

    def _fill(self, pairs: int) -> None:
        sizes = (0, 1, 1, 1, 2, 2, 2, 3, 3, 4)
        for tree in self._attempts(pairs * 4, lambda: self._draw_sentence(sizes)):
            if len(self.pairs) >= pairs:
                return
            self.add(tree)

    def _cover_words(self) -> None:
        """Add sentences until every word form has occurred often enough."""
        for _ in range(400):
            rare = [w for w in self.language.words() if self.words[w] < self.SHOWN]
            if not rare:
                return
            try:
                tree = self._draw_sentence((1, 2, 3))
                if self._mentions(tree, rare):
                    self.add(tree)
            except Undefined:
                continue

    def _mentions(self, tree: Tree, rare: Sequence[str]) -> bool:
        if self.language.brackets and rare[0] in self.language.brackets:
            return True
        if rare[0] in self.language.silent:
            return True
        forms: set[str] = set()
        for head in tree.heads():
            words = [head] if isinstance(head, Constant) else head.words
            forms.update(f for w in words for f in w.forms)
        return bool(forms & set(rare))

    def _check(self) -> None:
        """Raise Inadequate unless the pairs identify words and senses."""
        for word in self.language.words():
            if self.words[word] < self.SHOWN - 1:
                raise Inadequate(f"too few sentences with {word}")
        for sense in map(id, [*self.language.constants, *self.language.constructs]):
            if self.senses[sense] < self.SHOWN - 1:
                raise Inadequate("a sense occurs too rarely")
        if self.rejected > 0.05 * len(self.pairs):
            raise Inadequate("too many ambiguous sentences")
        commonest = max(Counter(self.pairs.values()).values())
        if commonest > 0.7 * len(self.pairs):
            raise Inadequate("too many sentences mean the same")

    def examine(self, count: int) -> list[Pair]:
        """New, longer sentences for a test."""
        train = dict(self.pairs)
        sizes = (2, 3, 3, 4, 4, 5, 5, 6, 6, 7)
        for tree in self._attempts(count * 5, lambda: self._draw_sentence(sizes)):
            if len(self.pairs) >= len(train) + count:
                break
            if sum(1 for _ in tree.heads()) <= 24:
                self.add(tree)
        return [pair for pair in self.pairs.items() if pair[0] not in train]


def _value(operation: Operation, values: Sequence[Value]) -> Value | None:
    try:
        return operation(*values)
    except Undefined:
        return None


# ----------------------------------------------------------- random languages

ALPHABETS = (
    ("βγδθκλμνπρστφχ", "αεηιουω"),
    ("бвгджзклмнпрст", "аеиоуыэюя"),
)
IDEOGRAPHS = "山水火木金土日月人口大小中上下左右手足目耳心天田雨風花鳥魚犬"
SYMBOLS = ("+", "-", "*", "/", "%", "&", "!", "^", "~", "#", "@", "$", "=", "<", ">")
DIGITS = "digits"


class WordMaker:
    """Makes fresh nonce words in one style per language."""

    def __init__(self, rng: random.Random, style: str = "latin"):
        self.rng = rng
        self.style = style
        self.used: set[str] = {"true", "false"}

    def fresh(self, *, operator: bool = False) -> str:
        """A new word; a symbol for an operator if that is the style."""
        for _ in range(200):
            symbol = operator and self.style == "symbols"
            word = self.rng.choice(SYMBOLS) if symbol else self._syllables()
            if word not in self.used:
                self.used.add(word)
                return word
        raise Inadequate("the words of this style are used up")

    def outputs(self, count: int) -> list[str]:
        """Distinct output tokens, in upper case more often than not."""
        found: list[str] = []
        while len(found) < count:
            word = self._spell("bcdfgjklmnprstvwz", "aeiou")
            token = word.upper() if self.rng.random() < 0.7 else word
            if token not in found:
                found.append(token)
        return found

    def _syllables(self) -> str:
        if self.style == "ideographs":
            return self.rng.choice(IDEOGRAPHS)
        if self.style == "foreign":
            return self._spell(*self.rng.choice(ALPHABETS))
        return self._spell("bdfghjklmnprstvwz", "aeiou")

    def _spell(self, consonants: str, vowels: str) -> str:
        count = self.rng.choice((1, 2, 2, 2, 3))
        letters = [self.rng.choice(source) for _ in range(count) for source in (consonants, vowels)]
        if count == 1 or self.rng.random() < 0.3:
            letters.append(self.rng.choice(consonants))
        return "".join(letters)


@dataclass(frozen=True)
class Traits:
    """What a family of random languages is made of."""

    sorts: tuple[Sort, ...] = (SEQ,)
    operators: int = 3
    shapes: tuple[str, ...] = ("prefix", "infix", "postfix")
    brackets: bool = False
    features: frozenset[str] = frozenset()
    style: str = "latin"
    associativity: str | None = None
    arities: tuple[int, ...] = (1, 2, 3)

    def __contains__(self, feature: str) -> bool:
        return feature in self.features


TEMPLATES: dict[str, dict[int, str]] = {
    "prefix": {1: "W _", 2: "W _ W _", 3: "W _ W _ W _"},
    "infix": {2: "_ W _", 3: "_ W _ W _"},
    "postfix": {1: "_ W", 2: "_ W _ W", 3: "_ W _ W _ W"},
    "polish": {1: "W _", 2: "W _ _", 3: "W _ _ _"},
    "reverse-polish": {1: "_ W", 2: "_ _ W", 3: "_ _ _ W"},
    "comma": {1: "W _", 2: "W _ , _", 3: "W _ , _ , _"},
    "call": {1: "W ( _ )", 2: "W ( _ , _ )", 3: "W ( _ , _ , _ )"},
    "circumfix": {1: "W _ W", 2: "W _ W _ W", 3: "W _ W _ W _ W"},
    "juxtaposition": {2: "_ _"},
}


@dataclass
class Draft:
    """An operator before its level is known."""

    operations: list[Operation]
    template: str
    associativity: str = "left"
    tight: bool = False

    def kind(self) -> str:
        """Operators may share a level only if they are of one kind."""
        first, last = self.template.startswith("_"), self.template.endswith("_")
        if first and last:
            return "juxtaposition" if self.template == "_ _" else self.associativity
        return "postfix" if first else "prefix" if last else "closed"


class Designer:
    """Draws one random language from traits."""

    def __init__(self, rng: random.Random, traits: Traits, name: str, family: str):
        self.rng = rng
        self.traits = traits
        self.name = name
        self.family = family
        self.words = WordMaker(rng, traits.style)
        self.outputs = self.words.outputs(8)
        self.drafts: list[Draft] = []
        self.linked: list[tuple[Draft, Draft]] = []
        self.shared: dict[str, str] = {}

    def language(self) -> Language:
        constants = self._constants()
        self._draw_drafts()
        constants = self._homonyms(constants)
        constructs = self._constructs()
        drawn = Language(
            name=self.name,
            family=self.family,
            constants=tuple(constants),
            constructs=tuple(constructs),
            roots=self._roots(),
            brackets=self._brackets(),
            silent=(self.words.fresh(),) if "silent" in self.traits else (),
        )
        if "synonyms" in self.traits:
            drawn = self._with_synonyms(drawn)
        if len(drawn.words()) > MAX_WORDS:
            raise Inadequate("too many words")
        return drawn

    # ---- constants

    def _constants(self) -> list[Constant]:
        found: list[Constant] = []
        for sort in self.traits.sorts:
            found += {INT: self._ints, BOOL: self._bools, SEQ: self._seqs}[sort]()
        return found

    def _ints(self) -> list[Constant]:
        values = self.rng.sample(range(1, 10), self.rng.randint(3, 6))
        if self.rng.random() < 0.4:
            values[0] = 0
        if self.rng.random() < 0.3:
            values[1] = self.rng.randint(10, 120)
        numerals = DIGITS in self.traits
        return [Constant((str(v) if numerals else self.words.fresh(),), INT, v) for v in sorted(set(values))]

    def _bools(self) -> list[Constant]:
        if INT in self.traits.sorts and self.rng.random() < 0.3:
            return []
        plain = "self-denoting" in self.traits
        return [Constant((text_of(v) if plain else self.words.fresh(),), BOOL, v) for v in (True, False)]

    def _seqs(self) -> list[Constant]:
        count = self.rng.randint(3, 6)
        if "self-denoting" in self.traits:
            words = [self.words.fresh() for _ in range(count)]
            return [Constant((w,), SEQ, (w,)) for w in words]
        found = []
        for k in range(count):
            length = self.rng.choice((2, 3)) if self.rng.random() < 0.15 else 1
            tokens = [self.outputs[k % len(self.outputs)]]
            tokens += [self.rng.choice(self.outputs) for _ in range(length - 1)]
            found.append(Constant((self.words.fresh(),), SEQ, tuple(tokens)))
        return found

    # ---- operators

    def _pools(self) -> list[list[Operation]]:
        """Groups of operations to choose from, each as likely as another."""
        sorts, pools = self.traits.sorts, []
        if INT in sorts:
            lowering = INT_SIGNED if "signed" in self.traits else INT_TRUNCATED
            pools += [INT_UNARY, INT_BINARY, INT_BINARY, lowering, INT_TERNARY]
        if BOOL in sorts:
            pools += [BOOL_UNARY, BOOL_BINARY, BOOL_BINARY]
        if INT in sorts and BOOL in sorts:
            pools += [COMPARISONS, COMPARISONS]
        if SEQ in sorts:
            constant = [with_constants(self.rng, self.outputs, n) for n in (1, 2) for _ in "xy"]
            pools += [SEQ_UNARY, SEQ_BINARY, SEQ_BINARY, SEQ_TERNARY, constant]
        if "recursion" in self.traits:
            pools += self._recursive_pools() * 3
        if BOOL in sorts and len(sorts) > 1:
            pools.append([f(s) for f in (conditional, equality) for s in sorts])
        return pools

    def _recursive_pools(self) -> list[list[Operation]]:
        sorts, pools = self.traits.sorts, []
        if INT in sorts:
            pools.append(INT_RECURSIVE)
        if SEQ in sorts:
            pools.append(SEQ_DOUBLING)
        if INT in sorts and SEQ in sorts:
            pools += [SEQ_INT, SEQ_INT]
        return pools

    def _draw_drafts(self) -> None:
        traits = self.traits
        if "juxtaposition" in traits:
            self._juxtaposition()
        if "optional" in traits:
            self._optional()
        if "polymorphic" in traits:
            self._polymorphic()
        if "overload" in traits:
            self._overload()
        if "minus" in traits:
            self._minus()
        if "conditional" in traits:
            sort = self.rng.choice(traits.sorts)
            made = self.rng.choice((conditional, conditional_in_the_middle))(sort)
            self._add(made)
        if "homonym" in traits:
            self._add(self._operation(1), self.rng.choice(("prefix", "postfix")))
        for _ in range(60):
            missing = self._unused_sorts()
            enough = len(self.drafts) >= traits.operators
            if enough and not missing:
                return
            drawn = self._operation()
            if not enough or missing & set(drawn.arguments):
                self._add(drawn)
        raise Inadequate("too few operations for the sorts")

    def _unused_sorts(self) -> set[Sort]:
        used = {s for d in self.drafts for o in d.operations for s in o.arguments}
        return set(self.traits.sorts) - used

    def _operation(self, *arities: int) -> Operation:
        for _ in range(200):
            drawn = self.rng.choice(self.rng.choice(self._pools()))
            if len(drawn.arguments) in (arities or self.traits.arities):
                return drawn
        raise Inadequate("no operation takes that many arguments")

    def _juxtaposition(self) -> None:
        """Operations without a word, at times on several sorts."""
        likely = {"a + b", "a * b", "a ++ b", "b ++ a", "a and b", "a or b", "a xor b"}
        likely |= {"b repeated a times", "10 * a + b"}
        pool = [o for p in self._pools() for o in p if o.meaning in likely]
        chosen = [self.rng.choice(pool)]
        others = [o for o in pool if o.arguments[0] != chosen[0].arguments[0]]
        if others and self.rng.random() < 0.4:
            chosen.append(self.rng.choice(others))
        self.drafts.append(Draft(chosen, "_ _", self._side()))

    def _known(self, operation: Operation) -> bool:
        key = (operation.meaning, operation.arguments)
        return any(key == (o.meaning, o.arguments) for d in self.drafts for o in d.operations)

    def _add(self, operation: Operation, shape: str | None = None) -> Draft | None:
        if self._known(operation):
            return None
        arity = len(operation.arguments)
        fitting = [s for s in self.traits.shapes if arity in TEMPLATES[s]]
        shape = shape or self.rng.choice(fitting or ["prefix", "postfix"])
        template = self._worded(TEMPLATES[shape][arity])
        draft = Draft([operation], template, self._side())
        self.drafts.append(draft)
        return draft

    def _side(self) -> str:
        return self.traits.associativity or self.rng.choice(("left", "left", "right"))

    def _worded(self, template: str) -> str:
        """Put fresh words for ``W`` and the shared ones for punctuation."""
        items = template.split()
        fresh = [self.words.fresh(operator=True) if item == "W" else item for item in items]
        return " ".join(self._punctuation(item) for item in fresh)

    def _punctuation(self, item: str) -> str:
        if item not in "(,)":
            return item
        if item not in self.shared:
            self.shared[item] = item if self.rng.random() < 0.3 else self.words.fresh()
        return self.shared[item]

    def _optional(self) -> None:
        """One head word with and without a second argument."""
        pool = {o.meaning: o for p in self._pools() for o in p}.values()
        unary = self.rng.choice([o for o in pool if len(o.arguments) == 1])
        binary = self.rng.choice([o for o in pool if len(o.arguments) == 2 and o.arguments[0] == unary.arguments[0]])
        head, joint = self.words.fresh(), self.words.fresh()
        short = Draft([unary], f"{head} _")
        long = Draft([binary], f"{head} _ {joint} _", tight=True)
        self.drafts += [short, long]
        self.linked.append((short, long))

    def _polymorphic(self) -> None:
        """A conditional or an equality on every sort, in the same words."""
        make, arity = self.rng.choice(((conditional, 3), (equality, 2)))
        shapes = [s for s in self.traits.shapes if arity in TEMPLATES[s]]
        template = self._worded(TEMPLATES[self.rng.choice(shapes or ["prefix"])][arity])
        operations = [make(sort) for sort in self.traits.sorts]
        self.drafts.append(Draft(operations, template, self._side()))

    def _overload(self) -> None:
        """One word for operations on different sorts."""
        pools = {INT: INT_BINARY, BOOL: BOOL_BINARY, SEQ: SEQ_BINARY}
        chosen = [self.rng.choice(pools[s]) for s in self.traits.sorts]
        template = f"_ {self.words.fresh(operator=True)} _"
        self.drafts.append(Draft(chosen[:2], template, self._side()))

    def _minus(self) -> None:
        """A word which is a prefix operator and an infix operator."""
        word = self.words.fresh(operator=True)
        sort = self.traits.sorts[0]
        pools = {
            INT: (INT_SIGNED[:1], INT_SIGNED[2:]),
            BOOL: (BOOL_UNARY, BOOL_BINARY),
            SEQ: (SEQ_UNARY, SEQ_BINARY),
        }
        unary, binary = pools[sort]
        self.drafts.append(Draft([self.rng.choice(unary)], f"{word} _"))
        self.drafts.append(Draft([self.rng.choice(binary)], f"_ {word} _", self._side()))

    def _homonyms(self, constants: list[Constant]) -> list[Constant]:
        """Let a one-argument operator share its word with a constant."""
        unary = [d for d in self.drafts if len(d.template.split()) == 2]
        unary = [d for d in unary if d.template != "_ _"]
        if "homonym" not in self.traits or not unary or not constants:
            return constants
        word = self.rng.choice(unary).template.replace("_", "").strip()
        place = self.rng.randrange(len(constants))
        return [replace(c, forms=(word,)) if k == place else c for k, c in enumerate(constants)]

    def _constructs(self) -> list[Construct]:
        levels = self._levels()
        return [
            construct(o, d.template, level, d.associativity, tight=d.tight)
            for d, level in zip(self.drafts, levels, strict=True)
            for o in d.operations
        ]

    def _levels(self) -> list[int]:
        groups: list[list[Draft]] = []
        for draft in self.drafts:
            kin = [g for g in groups if g[0].kind() == draft.kind() != "juxtaposition"]
            linked = [g for g in kin for a, b in self.linked if draft is b and a in g]
            if linked:
                linked[0].append(draft)
            elif kin and self.rng.random() < 0.4:
                self.rng.choice(kin).append(draft)
            else:
                groups.append([draft])
        self.rng.shuffle(groups)
        level = {id(d): k for k, group in enumerate(groups, 1) for d in group}
        return [ATOM if d.kind() == "closed" else level[id(d)] for d in self.drafts]

    # ---- sentences

    def _brackets(self) -> tuple[str, str] | None:
        if not self.traits.brackets:
            return None
        return self._punctuation("("), self._punctuation(")")

    def _roots(self) -> tuple[Root, ...]:
        sorts = self.traits.sorts
        if "narrow" in self.traits:
            sorts = (self.rng.choice(sorts),)
        if "particle" not in self.traits:
            return tuple(Root(s) for s in sorts)
        word = (self.words.fresh(),)
        if self.rng.random() < 0.5:
            return tuple(Root(s, before=word) for s in sorts)
        return tuple(Root(s, after=word) for s in sorts)

    def _with_synonyms(self, language: Language) -> Language:
        """Give second forms to a constant and to an operator word."""
        constants = list(language.constants)
        if constants:
            place = self.rng.randrange(len(constants))
            old = constants[place]
            forms = (*old.forms, self.words.fresh())
            constants[place] = replace(old, forms=forms)
        words = list(dict.fromkeys(f for c in language.constructs for w in c.words for f in w.forms))
        shared = {f for c in language.constants for f in c.forms}
        words = [w for w in words if w not in shared]
        if not words:
            return replace(language, constants=tuple(constants))
        chosen, other = self.rng.choice(words), self.words.fresh(operator=True)
        constructs = tuple(_renamed(c, chosen, (chosen, other)) for c in language.constructs)
        return replace(language, constants=tuple(constants), constructs=constructs)


def _renamed(c: Construct, word: str, forms: tuple[str, ...]) -> Construct:
    pattern = tuple(Word(forms) if isinstance(item, Word) and item.forms == (word,) else item for item in c.pattern)
    return replace(c, pattern=pattern)


ORDINARY = ("prefix", "infix", "postfix")
DOMAINS = ((SEQ,), (INT,), (BOOL,), (INT, BOOL), (INT, SEQ), (INT, BOOL, SEQ))


def _some_domain(rng: random.Random) -> tuple[Sort, ...]:
    return rng.choice(DOMAINS)


def _basic(rng: random.Random, **changes: object) -> Traits:
    """Moderate random traits, on which a family puts its own."""
    features = {f for f in (DIGITS, "signed") if rng.random() < 0.3}
    features |= set(changes.pop("features", ()))  # type: ignore[call-overload]
    traits = Traits(
        sorts=_some_domain(rng),
        operators=rng.randint(2, 4),
        shapes=ORDINARY,
        brackets=rng.random() < 0.3,
        features=frozenset(features),
        style=rng.choice(("latin", "latin", "latin", "symbols")),
    )
    return replace(traits, **changes)  # type: ignore[arg-type]


def _mixture(rng: random.Random) -> Traits:
    """A random subset of everything that goes together."""
    sorts = _some_domain(rng)
    shapes = rng.choice(
        (
            ORDINARY,
            ("prefix", "infix", "postfix", "circumfix"),
            ("infix",),
            ("infix", "prefix"),
            ("infix", "postfix"),
            ("polish",),
            ("reverse-polish",),
            ("prefix",),
            ("polish", "infix"),
            ("comma", "infix"),
            ("call", "infix"),
            ("comma",),
        )
    )
    adjacent = {"polish", "reverse-polish"} & set(shapes)
    chances = {
        "silent": 0.15, "synonyms": 0.2, "particle": 0.1, "recursion": 0.3,
        "signed": 0.4, DIGITS: 0.3, "self-denoting": 0.2, "optional": 0.15,
        "homonym": 0.15, "juxtaposition": 0.2, "minus": 0.1, "conditional": 0.2,
        "polymorphic": 0.3, "overload": 0.15, "narrow": 0.1,
    }  # fmt: skip
    if adjacent:
        for feature in ("optional", "homonym", "juxtaposition", "minus"):
            del chances[feature]
    if BOOL not in sorts:
        chances["conditional"] = chances["polymorphic"] = 0
    if len(sorts) == 1:
        chances["polymorphic"] = chances["overload"] = 0
    chosen = {f for f, chance in chances.items() if rng.random() < chance}
    if "juxtaposition" in chosen:
        chosen -= {"homonym", "minus"}
    if "minus" in chosen:
        chosen.add("signed")
    return Traits(
        sorts=sorts,
        operators=rng.randint(2, 6),
        shapes=shapes,
        brackets=rng.random() < 0.35,
        features=frozenset(chosen),
        style=rng.choice(("latin",) * 5 + ("symbols", "foreign", "ideographs")),
    )


def _with(*features: str, **changes: object) -> Callable[[random.Random], Traits]:
    return lambda rng: _basic(rng, features=features, **changes)


_MIXED = (INT, BOOL, SEQ)
_FAMILY_TRAITS: dict[str, Callable[[random.Random], Traits]] = {
    "mixture": _mixture,
    "prefix": _with(shapes=("prefix",)),
    "infix": _with(shapes=("infix",), arities=(2, 3)),
    "postfix": _with(shapes=("postfix",)),
    "mixfix": _with(shapes=("prefix", "circumfix"), arities=(1, 2, 3)),
    "comma": _with(shapes=("comma",)),
    "call": _with(shapes=("call",)),
    "polish": _with(shapes=("polish",), brackets=False),
    "reverse-polish": _with(shapes=("reverse-polish",), brackets=False),
    "precedence": _with(shapes=("infix",), arities=(2,), operators=4),
    "right-associative": _with(shapes=("infix",), arities=(2,), associativity="right"),
    "brackets": _with(brackets=True),
    "juxtaposition": _with("juxtaposition"),
    "silent": _with("silent"),
    "homonyms": _with("homonym"),
    "minus": _with("minus", "signed"),
    "overload": _with("overload", sorts=(INT, SEQ), operators=3),
    "synonyms": _with("synonyms"),
    "optional": _with("optional"),
    "particle": _with("particle"),
    "narrow": _with("narrow", sorts=(INT, BOOL), operators=4),
    "mixed-types": _with(sorts=_MIXED, operators=5),
    "polymorphic": _with("polymorphic", sorts=_MIXED, operators=4),
    "conditional": _with("conditional", sorts=(INT, BOOL)),
    "comparison": _with(sorts=(INT, BOOL), operators=4),
    "sequence": _with(sorts=(SEQ,), operators=4),
    "arithmetic": _with(sorts=(INT,), operators=4),
    "boolean": _with(sorts=(BOOL,), operators=4),
    "recursion": _with("recursion", sorts=(INT, SEQ)),
    "self-denoting": _with("self-denoting", sorts=(SEQ,)),
    "digits": _with(DIGITS, sorts=(INT,)),
    "unicode": lambda rng: replace(_basic(rng), style=rng.choice(("foreign", "ideographs"))),
}


# --------------------------------------------------------- invented languages


def _known_operation(meaning: str, *arguments: Sort) -> Operation:
    return next(o for o in CATALOGUE if o.meaning == meaning and (not arguments or o.arguments == arguments))


def _consts(sort: Sort, table: str, **values: Value) -> list[Constant]:
    """Constants from ``word=TOKENS`` items, or from keyword values."""
    found = []
    for item in table.split():
        word, _, shown = item.partition("=")
        value: Value = tuple(shown.split("+")) if shown else ()
        if sort == INT:
            value = int(shown)
        elif sort == BOOL:
            value = shown == "true"
        found.append(Constant(tuple(word.split("|")), sort, value))
    return found + [Constant((w,), sort, v) for w, v in values.items()]


def _op(meaning: str, template: str, level: int, side: str = "left") -> Construct:
    return construct(_known_operation(meaning), template, level, side)


def _invent(
    name: str,
    constants: Sequence[Constant],
    constructs: Sequence[Construct],
    roots: Sequence[Root],
    brackets: tuple[str, str] | None = None,
    silent: tuple[str, ...] = (),
) -> Language:
    return Language(name, "invented", tuple(constants), tuple(constructs), tuple(roots), brackets, silent)


def _dances() -> Language:
    """Like SCAN: directions are constants after one word, postfix after a verb."""
    turn = {"lefu": "TL", "rigo": "TR"}
    constants = _consts(SEQ, "hopa=HOP wim=WALK luk=LOOK tarn=")
    constants += [Constant((w,), "direction", (t,)) for w, t in turn.items()]

    def ahead(token: str) -> Operation:
        return Operation(f"[{token}] ++ a", (SEQ,), SEQ, lambda a: (token, *a))

    signature = ((SEQ, "direction"), SEQ)
    around = Operation("(b ++ a) * 4", *signature, lambda a, b: (b + a) * 4)
    opposite = Operation("b ++ b ++ a", *signature, lambda a, b: b + b + a)
    constructs = [
        _op("a ++ b", "_ ent _", 1),
        _op("b ++ a", "_ aftu _", 1),
        _op("a ++ a", "_ dwis", 2),
        _op("a ++ a ++ a", "_ tris", 2),
        construct(around, "_ aro _", 3),
        construct(opposite, "_ oppo _", 3),
        *(construct(ahead(t), f"_ {w}", 4) for w, t in turn.items()),
    ]
    return _invent("dances", constants, constructs, [Root(SEQ)])


def _strings() -> Language:
    """Like PCFG SET: functions of strings, with a comma between arguments."""
    letters = [Constant((t,), SEQ, (t,)) for t in ("A1", "B4", "C7", "D2", "E9", "F3")]
    constructs = [
        _op("a ++ b", "_ _", 9),
        _op("reverse(a)", "revo _", 1),
        _op("a ++ a", "dupi _", 1),
        _op("swap-first-last(a)", "swapo _", 1),
        _op("a ++ last(b)", "lasto _ , _", 1),
        _op("a ++ b", "appa _ , _", 1),
        _op("b ++ a", "prepa _ , _", 1),
        construct(Operation("b", (SEQ, SEQ), SEQ, lambda a, b: b), "remfa _ , _", 1),
    ]
    return _invent("strings", letters, constructs, [Root(SEQ)])


def _logic() -> Language:
    """Booleans, where the negation is loosest and `or` binds tightest."""
    constructs = [
        _op("not a", "nai _", 1),
        _op("a implies b", "_ doru _", 2, "right"),
        _op("a and b", "_ kaj _", 3),
        _op("a xor b", "_ xul _", 3),
        _op("a or b", "_ au _", 4),
    ]
    constants = _consts(BOOL, "vero=true malo=false")
    return _invent("logic", constants, constructs, [Root(BOOL)], ("ke", "ek"))


def _stack() -> Language:
    """Reverse Polish arithmetic."""
    constructs = [
        _op("a + b", "_ _ pim", 1),
        _op("a - b", "_ _ mim", 1),
        _op("a * b", "_ _ tim", 1),
        _op("a * a", "_ sqi", 1),
        _op("max(a, b)", "_ _ maz", 1),
    ]
    constants = _consts(INT, "2=2 3=3 5=5 7=7 11=11")
    return _invent("stack", constants, constructs, [Root(INT)])


def _numerals() -> Language:
    """Number words: juxtaposition multiplies by a scale word and else adds."""
    constants = _consts(INT, "une=1 dou=2 tri=3 kat=4 pen=5 sis=6 set=7 ott=8 neu=9")
    constants += _consts("scale", "", dek=10, hek=100, mil=1000)
    times = Operation("a * b", (INT, "scale"), INT, lambda a, b: a * b)
    constructs = [_op("a + b", "_ _", 1), construct(times, "_ _", 2)]
    return _invent("numerals", constants, constructs, [Root(INT)])


def _choices() -> Language:
    """A conditional over mixed types."""
    constants = _consts(INT, "1=1 2=2 4=4 7=7 9=9")
    constants += _consts(SEQ, "pelo=PEL runa=RUN kito=KIT")
    constants += _consts(BOOL, "ja=true nei=false")
    constructs = [
        *(construct(conditional(s), "ef _ den _ els _", 1) for s in _MIXED),
        *(construct(equality(s), "_ sama _", 2) for s in (INT, SEQ)),
        construct(_known_operation("a < b"), "_ unda _", 2),
        _op("a + b", "_ pli _", 3),
        _op("a ++ b", "_ kun _", 3),
    ]
    return _invent("choices", constants, constructs, [Root(s) for s in _MIXED])


def _sums() -> Language:
    """Infix arithmetic with nonce digits and brackets."""
    constants = _consts(INT, "zo=0 wa=1 tu=2 te=3 fo=4 si=6 na=9")
    constructs = [
        _op("a + b", "_ plu _", 1),
        _op("a - b", "_ min _", 1),
        _op("a * b", "_ tam _", 2),
        _op("a // b", "_ div _", 2),
        _op("-a", "neg _", 3),
    ]
    return _invent("sums", constants, constructs, [Root(INT)], ("bo", "ob"))


def _echoes() -> Language:
    """Sequences repeated a number of times."""
    constants = _consts(SEQ, "fu=FUM ba=BAM do=DOM")
    constants += _consts(INT, "1=1 2=2 3=3 4=4")
    constructs = [
        _op("a ++ b", "_ och _", 1),
        _op("a repeated b times", "_ mal _", 2),
        _op("reverse(a)", "bak _", 3),
        _op("length(a)", "lang _ gnal", ATOM),
        _op("a + b", "_ mer _", 4),
    ]
    return _invent("echoes", constants, constructs, [Root(SEQ), Root(INT)])


def _options() -> Language:
    """Prefix operators with an optional argument."""
    constants = _consts(SEQ, "ka=KA lo=LO mi=MI ne=NE")
    tripled = _known_operation("a ++ b ++ a")
    constructs = [
        _op("a ++ a", "wrep _", 1),
        construct(tripled, "wrep _ wid _", 1, tight=True),
        _op("reverse(a)", "flup _", 1),
        construct(_known_operation("b ++ a"), "flup _ ovar _", 1, tight=True),
        _op("a ++ b", "_ und _", 2),
    ]
    return _invent("options", constants, constructs, [Root(SEQ)])


def _courtesy() -> Language:
    """A silent word, and a particle at the end of every sentence."""
    constants = _consts(SEQ, "ringo=RIN mikan=MIK nashi=NAS budo=BUD")
    constructs = [
        _op("a ++ b", "_ to _", 1),
        _op("a ++ a", "_ nido", 2),
        _op("reverse(a)", "gyaku _", 3),
    ]
    roots = [Root(SEQ, after=("desu",))]
    return _invent("courtesy", constants, constructs, roots, silent=("maa",))


def _judgements() -> Language:
    """Comparisons of sums; no word for a truth value."""
    constants = _consts(INT, "1=1 2=2 3=3 5=5 8=8")
    constructs = [
        _op("a and b", "_ eta _", 1),
        _op("not a", "ez _", 2),
        _op("a < b", "_ gutxi _", 3),
        construct(equality(INT), "_ berdin _", 3),
        _op("a + b", "_ gehi _", 4),
        _op("a * b", "_ bider _", 5),
    ]
    return _invent("judgements", constants, constructs, [Root(INT), Root(BOOL)])


def _towers() -> Language:
    """Right-associative operators."""
    constants = _consts(INT, "uno=1 dos=2 tre=3 kin=5")
    constructs = [
        _op("a - b", "_ sub _", 1, "right"),
        _op("a + 2 * b", "_ ipo _", 1, "right"),
        _op("a to the power b", "_ exo _", 2, "right"),
    ]
    return _invent("towers", constants, constructs, [Root(INT)], ("(", ")"))


def _doubles() -> Language:
    """Words with two senses: prefix and infix, constant and postfix."""
    constants = _consts(INT, "ok=1 du=2 ti=3 ka=4 ho=8")
    constructs = [
        _op("a - b", "_ mo _", 1),
        _op("a * b", "_ fe _", 2),
        _op("-a", "mo _", 3),
        _op("2 * a", "_ du", 4),
        _op("a * a", "fe _", 3),
    ]
    return _invent("doubles", constants, constructs, [Root(INT)], ("hi", "ih"))


def _dialects() -> Language:
    """Synonyms: two dialects freely mixed."""
    constants = _consts(SEQ, "sol|lum=SUN mar|mer=SEA ter=LAND")
    constructs = [
        _op("a ++ b", "_ e|y _", 1),
        _op("b ++ a ++ b", "_ tra|trans _", 2, "right"),
        _op("a ++ reverse(a)", "ida|vuelta _", 3),
    ]
    return _invent("dialects", constants, constructs, [Root(SEQ)], ("[", "]"))


def _letters() -> Language:
    """Characters that denote themselves, joined by juxtaposition."""
    constants = [Constant((c,), SEQ, (c,)) for c in "abcdeαβ山水"]
    constructs = [
        _op("a ++ b", "_ _", 2),
        _op("reverse(a)", "< _ >", ATOM),
        _op("double every token of a", "_ !", 3),
        _op("tail(a)", "~ _", 1),
    ]
    return _invent("letters", constants, constructs, [Root(SEQ)])


def _robot() -> Language:
    """Commands to a turtle, with counts before actions."""
    constants = _consts(SEQ, "fram=F hoger=R vanster=L penna=P+P")
    constants += _consts(INT, "tva=2 tre=3 fyra=4")
    constructs = [
        _op("a ++ b", "_ sen _", 1),
        _op("b ++ a", "_ efter _", 1),
        _op("b repeated a times", "_ ganger _", 2, "right"),
        _op("a ++ reverse(a)", "_ tillbaka", 3),
    ]
    return _invent("robot", constants, constructs, [Root(SEQ)], ("gor", "klart"))


_INVENTED: dict[str, Callable[[], Language]] = {
    f.__name__[1:]: f
    for f in (
        _dances, _strings, _logic, _stack, _numerals, _choices, _sums, _echoes,
        _options, _courtesy, _judgements, _towers, _doubles, _dialects, _letters,
        _robot,
    )
}  # fmt: skip
INVENTED: tuple[str, ...] = tuple(_INVENTED)
FAMILIES: tuple[str, ...] = tuple(_FAMILY_TRAITS)


# -------------------------------------------------------------------- samples


@dataclass(frozen=True)
class Sample:
    """Training and test pairs of one language."""

    name: str
    family: str
    train: list[Pair]
    test: list[Pair]
    description: str
    language: Language = field(repr=False, compare=False)


def sample(
    seed: int,
    *,
    family: str | None = None,
    pairs: int | None = None,
    noise: float = 0.0,
) -> Sample:
    """Draw a random language and pairs of it; the same for the same arguments.

    ``pairs`` is the number of training pairs; there are more if identifying
    the language takes more, and fewer if it has fewer sentences.  ``noise`` is
    the fraction of training outputs which are made wrong.
    """
    rng = random.Random(seed)
    if family is None:
        mixed = rng.random() < 0.5
        family = "mixture" if mixed else rng.choice(FAMILIES[1:])
    if family not in FAMILIES:
        raise ValueError(f"no family {family!r}; there are {', '.join(FAMILIES)}")
    for attempt in range(200):
        draw = random.Random(f"{seed}/{family}/{attempt}")
        try:
            traits = _FAMILY_TRAITS[family](draw)
            designer = Designer(draw, traits, f"{family}-{seed}", family)
            return _teach(designer.language(), draw, pairs, noise)
        except Inadequate:
            continue
    raise RuntimeError(f"no adequate language for seed {seed} of family {family}")


def invented(name: str, seed: int = 0, *, pairs: int | None = None, noise: float = 0.0) -> Sample:
    """Pairs of a hand-designed language; the seed draws the sentences."""
    language = _INVENTED[name]()
    for attempt in range(20):
        draw = random.Random(f"{seed}/{name}/{attempt}")
        try:
            return _teach(language, draw, pairs, noise)
        except Inadequate:
            continue
    raise RuntimeError(f"no adequate pairs of {name} for seed {seed}")


def _teach(language: Language, rng: random.Random, pairs: int | None, noise: float) -> Sample:
    teacher = Teacher(language, rng)
    teacher.teach(_number_of_pairs(rng) if pairs is None else pairs)
    train = list(teacher.pairs.items())
    test = teacher.examine(100)
    if len(test) < 30:
        raise Inadequate("too few new sentences for a test")
    rng.shuffle(train)
    train = corrupted(train, noise, rng)
    return Sample(language.name, language.family, train, test, describe(language), language)


def _number_of_pairs(rng: random.Random) -> int:
    if rng.random() < 0.8:
        return rng.randint(200, 800)
    return rng.choice((100, 150, 1000, 1500, 2000))


def corrupted(pairs: list[Pair], noise: float, rng: random.Random) -> list[Pair]:
    """Make a fraction of the outputs wrong."""
    count = round(noise * len(pairs))
    wrong = set(rng.sample(range(len(pairs)), count))
    return [
        (source, _wrong_output(target, pairs, rng)) if k in wrong else (source, target)
        for k, (source, target) in enumerate(pairs)
    ]


def _wrong_output(target: str, pairs: list[Pair], rng: random.Random) -> str:
    """Another pair's output, or the same one with one token altered."""
    others = sorted({t for _, t in pairs if t != target})
    tokens = target.split()
    if not tokens or rng.random() < 0.5:
        return rng.choice(others)
    place = rng.randrange(len(tokens))
    if tokens[place].lstrip("-").isdecimal():
        tokens[place] = str(int(tokens[place]) + rng.choice((-2, -1, 1, 2)))
    else:
        vocabulary = sorted({t for _, out in pairs for t in out.split()})
        tokens[place] = rng.choice([t for t in vocabulary if t != tokens[place]])
    return " ".join(tokens)


# --------------------------------------------------------------- command line


def write(drawn: Sample, folder: Path) -> None:
    """Write train.tsv, test.tsv and README.txt."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, pairs in (("train", drawn.train), ("test", drawn.test)):
        lines = "".join(f"{source}\t{target}\n" for source, target in pairs)
        (folder / f"{name}.tsv").write_text(lines, encoding="utf-8")
    (folder / "README.txt").write_text(drawn.description + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Draw a random language.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--family", choices=FAMILIES)
    parser.add_argument("--invented", choices=INVENTED)
    parser.add_argument("--pairs", type=int)
    parser.add_argument("--noise", type=float, default=0.0)
    parser.add_argument("--out", type=Path, help="folder for train.tsv and test.tsv")
    given = parser.parse_args(arguments)
    options = {"pairs": given.pairs, "noise": given.noise}
    if given.invented:
        drawn = invented(given.invented, given.seed, **options)
    else:
        drawn = sample(given.seed, family=given.family, **options)
    if given.out:
        write(drawn, given.out)
        return
    print(drawn.description)
    print(f"\n{len(drawn.train)} training pairs, {len(drawn.test)} test pairs")
    for source, target in drawn.train[:10]:
        print(f"  {source}  ->  {target}")


if __name__ == "__main__":
    main()

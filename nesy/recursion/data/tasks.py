"""Tasks: what a sequence model is to emulate, as pairs of token sequences.

The two forms of a task, end to end and so many rounds of reduction, are those of the papers on emulating
structural recursion (arXiv 2305.14699, 2401.12947). Their generators were not released; these are our own.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from typing import Any

from nesy.errors import InputError
from nesy.recursion.data.encode import Encoder, Order, as_expression, as_value
from nesy.recursion.data.inputs import Arguments, Inputs
from nesy.recursion.data.splits import Split
from nesy.recursion.program import Program
from nesy.terms import Term, Value, same

DRAWS = 1000
"""Draws of an input on one side of a split."""

ROUNDS = 10_000
"""Rounds that a reduction may take."""


@dataclass(frozen=True)
class Example:
    """An input and what is to be predicted of it.

    Attributes:
        arguments: of the function.
        output: its value, or the state after some rounds.
        source, target: both as tokens.
    """

    arguments: Arguments
    output: Value
    source: tuple[str, ...]
    target: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Task:
    """A function to emulate.

    Attributes:
        program, function: what computes it.
        inputs: draws its arguments.
        order: of the tokens; ``"reversed"`` puts the last one first.
        rounds: None for the value; k for the state after k rounds of reduction, in each of which every outstanding
            call is unfolded once: what is unfinished then stands there as a call.
        split: which inputs are for training; all if it is None.
        digits: whether integers are spelled.
        midway: with `rounds`, examples start anywhere in the reduction: a model goes on from its own steps.
    """

    program: Program
    function: str
    inputs: Inputs
    order: Order = "syntax"
    rounds: int | None = None
    split: Split | None = None
    digits: bool = False
    midway: bool = True

    @cached_property
    def encoder(self) -> Encoder:
        """Tokens of values and states."""
        return Encoder(self.program.definitions, self.order, digits=self.digits)

    @cached_property
    def name(self) -> str:
        """The program's name and the function's."""
        return f"{self.program.name}.{self.function}" + (f" {self.rounds} rounds" if self.rounds is not None else "")

    def state(self, arguments: Arguments) -> Value:
        """The call itself, where a reduction starts."""
        return Term(self.function, arguments)

    def after(self, state: Value, rounds: int) -> Value:
        """The state after some rounds more; a state without calls stays as it is.

        Raises:
            Undefined, OutOfFuel: a call in it has no value.
        """
        from nesy.machine.steps import Reduction

        expression = as_expression(state, self.program.definitions.functions)
        reduction = Reduction(self.program.definitions.functions, expression, "parallel")
        for step in reduction:
            if step.round > rounds:
                return as_value(reduction.expression(step=step.number - 1))
        return as_value(reduction.expression())

    def trace(self, arguments: Arguments) -> list[Value]:
        """The states from the call to the value, `rounds` apart (1 where the task is the value)."""
        states = [self.state(arguments)]
        for _ in range(ROUNDS):
            states.append(self.after(states[-1], self.rounds or 1))
            if same(states[-1], states[-2]):
                return states[:-1]
        raise InputError(f"a reduction of more than {ROUNDS:,} rounds", expected="smaller arguments")

    def example(self, arguments: Arguments, rng: random.Random | None = None) -> Example:
        """The pair that belongs to these arguments.

        Args:
            rng: chooses the state that a `midway` example starts from; without, it starts from the call.

        Raises:
            InputError, Undefined, OutOfFuel: the function has no value there.
        """
        encode = self.encoder.encode
        if self.rounds is None:
            output = self.program.call(self.function, *arguments)
            return Example(arguments, output, tuple(encode(*arguments)), tuple(encode(output)))
        if rng is None or not self.midway:
            before, after = self.state(arguments), self.after(self.state(arguments), self.rounds)
        else:
            before, after = rng.choice(list(pairwise(self.trace(arguments))))
        return Example(arguments, after, tuple(encode(before)), tuple(encode(after)))

    def draw(self, rng: random.Random, *, test: bool = False) -> Arguments:
        """Arguments for training, or for the test, as the split says."""
        for _ in range(DRAWS):
            arguments = self.inputs(rng)
            if self.split is None or self.split.trains(arguments) is not test:
                return arguments
        what = f"no input on the {'test' if test else 'training'} side of the split {self.split and self.split.name}"
        raise InputError(f"{what} in {DRAWS:,} draws", mend="allow other sizes, or another split")

    def examples(self, seed: int, count: int, *, test: bool = False) -> Iterator[Example]:
        """So many examples; the same for the same seed."""
        rng = random.Random(seed)
        return (self.example(self.draw(rng, test=test), rng) for _ in range(count))

    def tokens(self, samples: int = 200) -> list[str]:
        """The tokens that the task is made of: of its constants, and of examples."""
        rng = random.Random(0)
        arguments = [*self.inputs.edges, *(self.inputs(rng) for _ in range(samples))]
        examples = (self.example(one, rng) for one in arguments)
        found = {token for one in examples for token in (*one.source, *one.target)}
        for terms in self.inputs.parameters:
            found.update(rule.name for rules in terms.rules.values() for rule in rules if rule.name)
            found.update(token for constant in terms.constants for token in self.encoder.encode(constant))
        return sorted(found)


# -------------------------------------------------------------------- ready-made


def task(
    program: str | Program,
    function: str,
    *,
    order: Order = "syntax",
    rounds: int | None = None,
    split: Split | None = None,
    digits: bool = False,
    midway: bool = True,
    **inputs: Any,
) -> Task:
    """The task of a function, whose other options are those of `Inputs`.

    Raises:
        InputError: no such program or function, or options that do not fit.
    """
    loaded = program if isinstance(program, Program) else Program.load(program)
    if rounds is not None and rounds < 1:
        raise InputError(f"{rounds} rounds", expected="1 or more, or None for the value")
    return Task(loaded, function, Inputs(loaded, function, **inputs), order, rounds, split, digits, midway)


def successor(bits: Sequence[int] = range(2, 15), **options: Any) -> Task:
    """Binary successor, least significant bit first; its recursion is as deep as there are leading ones.

    Args:
        bits: how many stand before the leading one, ``One``.
    """
    return task("binary", "succ", sizes=[n + 1 for n in bits], **options)


def traversal(which: str = "inorder", nodes: Sequence[int] = range(1, 8), **options: Any) -> Task:
    """Visit the labels of a binary tree in ``preorder``, ``inorder`` or ``postorder``.

    Args:
        nodes: how many inner nodes; by default trees are split at random, as in the papers' terms of depth.
    """
    return task("tree", which, sizes=[2 * n + 1 for n in nodes], **{"shapes": "split", **options})


def arithmetic(which: str = "add", sizes: Sequence[int] = range(1, 9), **options: Any) -> Task:
    """Peano numerals: ``add`` or ``mul``."""
    return task("peano", which, sizes=sizes, **options)


def lists(which: str = "append", sizes: Sequence[int] = range(1, 9), **options: Any) -> Task:
    """Lists of digits: ``append``, ``reverse``, or ``merge`` of sorted ones."""
    prepare = "sort" if which == "merge" else None
    return task("list", which, sizes=sizes, **{"prepare": prepare, **options})


def evaluation(sizes: Sequence[int] = range(1, 8), **options: Any) -> Task:
    """Evaluate expressions with local names; the value is spelled in digits."""
    return task("expression", "evaluate", sizes=sizes, **{"digits": True, "shapes": "split", **options})


READY: dict[str, Callable[..., Task]] = {
    "successor": successor,
    **{order: partial(traversal, order) for order in ("preorder", "inorder", "postorder")},
    **{f"{order} 1 round": partial(traversal, order, rounds=1) for order in ("preorder", "inorder", "postorder")},
    **{name: partial(arithmetic, name) for name in ("add", "mul")},
    **{name: partial(lists, name) for name in ("append", "reverse", "merge")},
    "evaluate": evaluation,
}
"""Ready-made tasks by name; each takes the options of `task`."""

"""Show how an expression is reduced to its value, step by step; each step cites its clause and line."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from nesy.cli.arguments import EXAMPLE_PROGRAM, load_program, natural, sentence
from nesy.errors import InputError, NesyError, OutOfFuel

if TYPE_CHECKING:
    from nesy.machine.contraction import Step
    from nesy.machine.expressions import Expression
    from nesy.machine.steps import Reduction
    from nesy.recursion.program import Program

EXAMPLES = """examples:
  nesy trace peano "add(S(O), O)"
  nesy trace tree "inorder(Node(Leaf, 1, Leaf))" --rounds 1
  nesy trace list "sort(Cons(2, Cons(1, Nil)))" --html page.html
"""

SHOWN = 40
ORDERS = ("innermost", "outermost", "parallel")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help=EXAMPLE_PROGRAM)
    parser.add_argument("expression", nargs="+", help='an expression, such as "add(S(O), O)"')
    parser.add_argument(
        "--strategy",
        choices=ORDERS,
        help="innermost: arguments first (default); outermost: only what is asked for; "
        "parallel: in rounds, every outstanding call once",
    )
    parser.add_argument("--steps", type=natural, default=100_000, metavar="N", help="at most N steps (%(default)s)")
    parser.add_argument("--rounds", type=natural, metavar="N", help="N parallel rounds: unrolls N levels of recursion")
    parser.add_argument(
        "--limit", type=natural, metavar="N", help="show N parts of a long expression (40, with --json 0; 0: all)"
    )
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="one JSON object a step, and a last one with the value")
    output.add_argument("--html", metavar="OUT", help="write one self-contained page, too")
    output.add_argument("--asm", action="store_true", help="the program as an Abstract State Machine, and its run")


def main(options: argparse.Namespace) -> int:
    if options.rounds is not None and options.strategy not in (None, "parallel"):
        raise InputError(f"--rounds with --strategy {options.strategy}", expected="--strategy parallel")
    if options.asm and (options.rounds is not None or options.strategy not in (None, "innermost")):
        raise InputError("--asm with another order", expected="--strategy innermost, which the machine runs in")
    program = load_program(options.file)
    expression = program.expression(sentence(options.expression))
    try:
        if options.asm:
            _run_machine(program, expression, options)
        else:
            _reduce(program, expression, options)
    except OutOfFuel as error:
        raise OutOfFuel(f"{error}; allow more with --steps {max(1, 10 * options.steps)}") from None
    return 0


def _limit(options: argparse.Namespace) -> int | None:
    """Parts of an expression that are shown; None for all."""
    usual = None if options.json else SHOWN
    return usual if options.limit is None else options.limit or None


def _reduce(program: Program, expression: Expression, options: argparse.Namespace) -> None:
    from nesy.files import check_writable
    from nesy.machine.steps import Reduction
    from nesy.recursion.tracing.step_text import step_line, step_record, value_line, value_record

    if options.html is not None:
        check_writable(options.html)
    reduction = Reduction(
        program.definitions.functions,
        expression,
        "parallel" if options.rounds is not None else options.strategy or "innermost",
        fuel=options.steps,
        history=options.html is not None,
        rounds=options.rounds,
    )
    limit = _limit(options)
    steps = _to_page(reduction, options.html) if options.html is not None else reduction
    for step in steps:
        print(json.dumps(step_record(step, limit), ensure_ascii=False) if options.json else step_line(step, limit))
    if options.json:
        print(json.dumps(value_record(reduction, limit), ensure_ascii=False))
    else:
        print(value_line(reduction, limit))
    if options.html is not None:
        print(f"page: {options.html}")


def _to_page(reduction: Reduction, path: str) -> Iterator[Step]:
    """The steps; at their end, even where there is no value, the page is written."""
    from nesy.files import write_atomically
    from nesy.recursion.tracing.trace_page import page

    steps = []
    stopped = ""
    try:
        for step in reduction:
            steps.append(step)
            yield step
    except NesyError as error:
        stopped = str(error)
        raise
    finally:
        write_atomically(path, page(steps, reduction, stopped))


def _run_machine(program: Program, expression: Expression, options: argparse.Namespace) -> None:
    from nesy.recursion.tracing.asm import AbstractStateMachine, state_line

    machine = AbstractStateMachine(program.definitions.functions)
    print(f"{machine}\n")
    for number, state in enumerate(machine.run(expression, fuel=options.steps)):
        print(state_line(number, state, _limit(options)))

"""``nesy learn --types``: a structural recursion from calls and their values."""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING

from nesy.errors import InputError

if TYPE_CHECKING:
    from nesy.learn.recursion import Example, Learned, Progress
    from nesy.recursion.program import Program
    from nesy.types import Signature

_LAYOUT = "f(argument, ...)<TAB>value"
_CALL = re.compile(r"\s*([^\W\d]\w*)\s*\(")


def learn(options: argparse.Namespace) -> int:
    """Learn the function of ``--signature`` from a file of calls; write the program of ``--types`` with its clauses."""
    from nesy.cli.arguments import load_program
    from nesy.files import check_writable, write_atomically
    from nesy.learn.recursion import declared_signature, learn_recursion

    if options.types is None or options.signature is None:
        missing = "--types" if options.types is None else "--signature"
        raise InputError(f"{missing} is missing", expected='--types FILE --signature "f : type, ... -> type"')
    check_writable(options.out)
    name, colon, _ = options.signature.partition(":")
    if not colon:
        raise InputError(f"the signature {options.signature!r}", expected='a name in front, as in "f : nat -> nat"')
    program = load_program(options.types)
    signature = declared_signature(program, name.strip(), options.signature)
    examples = read_calls(options.train, program, name.strip(), signature)
    learned = learn_recursion(
        program,
        name.strip(),
        signature,
        examples,
        budget=options.budget,
        seed=options.seed,
        progress=None if options.quiet else _show,
    )
    write_atomically(options.out, learned.program.source)
    _conclude(learned, program, len(examples), options.out)
    return 0


def read_calls(path: str, program: Program, name: str, signature: Signature) -> list[Example]:
    """The examples in a file, one ``append(Cons(1, Nil), Nil)<TAB>Cons(1, Nil)`` a line.

    Raises:
        InputError: with file and line, for whatever is wrong with the file.
    """
    from nesy.learn.recursion import check_example
    from nesy.lines import read_lines
    from nesy.terms import same, show

    examples: list[Example] = []
    first: dict[object, tuple[int, object]] = {}
    for number, line in read_lines(path):
        try:
            arguments, value = _example(line, name)
            check_example(program, name, signature, arguments, value)
            where, known = first.setdefault(arguments, (number, value))
            if not same(known, value):
                raise InputError(f"another value than in line {where}", expected=show(known, limit=200))
        except InputError as error:
            error.file, error.line = path, number
            raise
        examples.append((arguments, value))
    if not examples:
        raise InputError("the file is empty", file=path, expected=f"one call a line: {_LAYOUT}")
    return examples


def _example(line: str, name: str) -> Example:
    from nesy.terms import read_term

    fields = line.split("\t")
    if len(fields) != 2:
        what = "no tab in this line" if len(fields) == 1 else f"{len(fields) - 1} tabs in this line"
        raise InputError(what, expected=_LAYOUT)
    call, value = fields
    match = _CALL.match(call)
    if match is None or match[1] != name:
        raise InputError(f"found {call.strip()[:40]!r}", expected=f"a call {name}(...)")
    return read_term("Call" + call[match.end() - 1 :]).arguments, read_term(value)


def _show(progress: Progress) -> None:
    best = f", a program of cost {progress.best}" if progress.best is not None else ""
    print(f"{progress.elapsed:.1f} s: expressions up to cost {progress.level}{best}", file=sys.stderr)


def _conclude(learned: Learned, program: Program, examples: int, path: str) -> None:
    print(learned.program.source[len(program.source.rstrip()) :].strip())
    for question in learned.undecided:
        print(f"undecided: {question}", file=sys.stderr)
    if learned.undecided:
        print("programs as short as this one give another value; add such a pair to decide", file=sys.stderr)
    print(f"explains {examples}/{examples} pairs; written: {path}")

"""Solve a puzzle: the grid, whether it is the only solution, or why there is none.

INSTANCE is a file, - for standard input, or the givens themselves; a file may hold many instances. Exit code 0: all
solved, also where there are several solutions, which is said (--unique takes that for a failure); 1: unsatisfiable, or
the budget was spent; 2: bad input.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from nesy.cli.arguments import EXAMPLE_PUZZLE, load_puzzle, natural, seconds
from nesy.cli.pictures import is_picture
from nesy.cli.pictures import solve as solve_pictures
from nesy.errors import InputError, NesyError

if TYPE_CHECKING:
    from nesy.puzzles.answer import Answer
    from nesy.puzzles.instance import Instance
    from nesy.puzzles.puzzle import Puzzle
    from nesy.puzzles.read import Draft
    from nesy.solving.guide import Guide

EXAMPLES = """examples:
  nesy solve sudoku 53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79
  nesy solve sudoku boards.txt                     one board a line, or blank lines between boards
  nesy solve sudoku "1... .... ...2 ...." --set k=2
  nesy solve queens --set n=6 --count
  nesy solve my.nesy instance.json --why
  nesy solve sudoku board.png --recogniser digits.safetensors      (nesy demo sudoku makes both)
"""

SECONDS = 60.0
LIMIT = 10_000
DIFFERENCES = 4
GUIDE = ".safetensors"
LONGEST_NUMBER = 9  # digits: a longer one is a board


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("puzzle", help=EXAMPLE_PUZZLE)
    parser.add_argument(
        "instance",
        nargs="*",
        help="a file of boards, assignments (name = value), JSON or CSV; or - for standard input; or a board; "
        "nothing: no givens",
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="the value of a parameter; may be repeated"
    )
    parser.add_argument(
        "--count", nargs="?", const=str(LIMIT), metavar="LIMIT", help=f"count the solutions, up to LIMIT ({LIMIT:,})"
    )
    parser.add_argument(
        "--why", action="store_true", help="where there is no solution, a minimal set of rules in conflict"
    )
    parser.add_argument("--steps", action="store_true", help="the deductions, in order, as a person would write them")
    parser.add_argument(
        "--recogniser", metavar="FILE", help="reads pictures of boards, PNG or JPEG; what nesy demo sudoku writes"
    )
    parser.add_argument(
        "--guide",
        nargs="?",
        const="",
        metavar="FILE",
        help="let a network order the values that search tries; without FILE the one that nesy brings, for "
        "all-different rules",
    )
    parser.add_argument("--unique", action="store_true", help="exit with 1 unless there is exactly one solution")
    parser.add_argument("--nodes", type=natural, metavar="N", help="assignments that the search of an instance may try")
    parser.add_argument(
        "--seconds", type=seconds, default=SECONDS, metavar="S", help="time for an instance (%(default)s)"
    )


def main(options: argparse.Namespace) -> int:
    if options.count is not None and not (options.count.isdecimal() and len(options.count) <= LONGEST_NUMBER):
        options.instance.insert(0, options.count)  # an instance that stands after --count
        options.count = str(LIMIT)
    if options.guide and not options.guide.endswith(GUIDE):
        options.instance.insert(0, options.guide)  # an instance that stands after --guide
        options.guide = ""
    puzzle = load_puzzle(options.puzzle, options.set)
    if any(map(is_picture, options.instance)):
        _only_read(options)
        return solve_pictures(puzzle, options.instance, options.recogniser, options.seconds)
    drafts = _drafts(puzzle, options.instance)
    first, second = next(drafts), next(drafts, None)
    if second is None:
        return _one(puzzle.instance(first.given, source=first.source), options)
    return _many(puzzle, chain([first, second], drafts), options)


def _only_read(options: argparse.Namespace) -> None:
    """Refuse what says nothing about the reading of a picture."""
    for name in ("count", "guide", "nodes", "steps", "why"):
        if getattr(options, name) not in (None, False):
            picture = next(filter(is_picture, options.instance))
            mend = "the board that is read from the picture is printed, and can be given as text"
            raise InputError(f"--{name} with a picture", file=picture, expected="a board", mend=mend)


def _drafts(puzzle: Puzzle, words: list[str]) -> Iterator[Draft]:
    """The instances that the command line names."""
    from nesy.puzzles.read import Draft

    if not words:
        yield Draft(None)
        return
    if not any(word == "-" or os.path.exists(word) for word in words):
        _no_file(words)
        words = ["\n".join(words)]
    for word in words:
        yield from puzzle.drafts(word)


def _no_file(words: list[str]) -> None:
    """Take a word that looks like a file name for one."""
    for word in words:
        if "/" in word or word.endswith((".txt", ".csv", ".json", ".jsonl", ".gz", ".sdk", ".nesy")):
            raise InputError("no such file", file=word, expected="a file, - for standard input, or a board")


# one instance


def _one(instance: Instance, options: argparse.Namespace) -> int:
    from nesy.puzzles.show import show
    from nesy.solving.solve import solve

    if options.count is not None:
        return _count(instance, options)
    if options.steps:
        _steps(instance)
    answer = solve(
        instance, guide=_guide(options), why=options.why, max_nodes=options.nodes, max_seconds=options.seconds
    )
    if answer.status != "solved":
        _refused(answer, options)
        return 1
    print(show(answer), flush=True)
    rest = max(0.001, options.seconds - answer.seconds)
    checked = solve(instance, unique=True, max_nodes=options.nodes, max_seconds=rest)
    network = f" after {answer.neural_steps} steps of the network" if answer.neural_steps else ""
    effort = f"{answer.nodes:,} nodes{network}, {answer.seconds:.2f} s"
    print(f"{_verdict(answer, checked)} ({effort})")
    return int(options.unique and checked.unique is not True)


def _guide(options: argparse.Namespace) -> Guide | None:
    if options.guide is None:
        return None
    from nesy.solving.network import NetworkGuide

    return NetworkGuide.load(options.guide or None)


def _verdict(answer: Answer, checked: Answer) -> str:
    if checked.unique:
        return "solved: the only solution"
    if checked.unique is None:
        return "solved; whether it is the only solution is not known within the budget"
    assert checked.values is not None
    assert checked.other is not None
    assert answer.values is not None
    other = checked.other if checked.values == answer.values else checked.values
    model = answer.instance.model
    visible = sorted(v for array in model.arrays if not array.hidden for v in array.variables.values())
    shown = [f"{model.names[v]} = {other[v]}" for v in visible if answer.values[v] != other[v]]
    more = f", and {len(shown) - DIFFERENCES} more" if len(shown) > DIFFERENCES else ""
    return f"solved, but not the only solution: another one has {', '.join(shown[:DIFFERENCES])}{more}"


def _refused(answer: Answer, options: argparse.Namespace) -> None:
    """Say why there is no solution."""
    from nesy.puzzles.conflict import conflicting_givens
    from nesy.puzzles.words import say

    if answer.status == "unknown":
        budget = f"{options.nodes:,} nodes or " if options.nodes is not None else ""
        print(f"unknown: the budget of {budget}{options.seconds:g} s was spent after {answer.nodes:,} nodes")
        return
    print(f"unsatisfiable: no assignment keeps to the givens and to every rule ({answer.seconds:.2f} s)")
    if not options.why:
        print("--why says which rules are in conflict")
        return
    instance = answer.instance
    rules = answer.conflict or ()
    givens = [f"{instance.model.names[v]} = {instance.givens[v]}" for v in conflicting_givens(instance, rules)]
    print("these cannot hold together, but any one left out, the others can:")
    for rule in rules:
        place = f" (line {rule.line})" if rule.line else ""
        print(f"  {say(rule, instance.model)}{place}")
    if givens:
        print(f"  given: {', '.join(givens)}")


def _count(instance: Instance, options: argparse.Namespace) -> int:
    from nesy.puzzles.exact import solver

    limit = int(options.count)
    found = solver(instance.model).search(
        instance.domains, limit=max(1, limit), max_nodes=options.nodes, max_seconds=options.seconds
    )
    count = len(found.solutions)
    known = "" if found.complete and count < max(1, limit) else "at least "
    reason = "" if found.complete or count >= limit else ": the budget was spent"
    print(f"{known}{count:,} solution{'s' * (count != 1)}{reason}")
    return int(count == 0 or (options.unique and (count > 1 or bool(known))))


def _steps(instance: Instance) -> None:
    from nesy.puzzles.deduce import deductions

    for number, step in enumerate(deductions(instance), 1):
        print(f"{number:>3}. {step}", flush=True)


# many


def _many(puzzle: Puzzle, drafts: Iterator[Draft], options: argparse.Namespace) -> int:
    """One line for each instance, and a total; what was found stays when interrupted."""
    counts: Counter[str] = Counter()
    guide = _guide(options)
    begin = time.monotonic()
    try:
        for number, draft in enumerate(drafts, 1):
            counts[_line(puzzle, draft, number, options, guide)] += 1
    finally:
        passed = time.monotonic() - begin
        total = ", ".join(f"{count:,} {status}" for status, count in counts.items())
        print(f"{sum(counts.values()):,} instances: {total}; {passed:.2f} s", flush=True)
    if counts["bad input"]:
        return 2
    failures = ("unsatisfiable", "unknown", *("solved, not unique", "solved, uniqueness unknown") * options.unique)
    return int(any(counts[failure] for failure in failures))


def _line(puzzle: Puzzle, draft: Draft, number: int, options: argparse.Namespace, guide: Guide | None) -> str:
    """Solve one of many and print its line; its status."""
    from nesy.solving.solve import solve

    place = draft.source or str(number)
    try:
        instance = puzzle.instance(draft.given, source=draft.source)
    except NesyError as error:
        print(f"{place}: bad input", flush=True)
        print(error if draft.source and str(error).startswith(place) else f"{place}: {error}", file=sys.stderr)
        return "bad input"
    answer = solve(instance, guide=guide, unique=True, max_nodes=options.nodes, max_seconds=options.seconds)
    status: str = answer.status
    if answer.status == "solved":
        status = {True: "solved", False: "solved, not unique", None: "solved, uniqueness unknown"}[answer.unique]
    grid = f": {answer.grid()}".replace("\n", " / ") if answer.values is not None else ""
    print(f"{place}: {status}{grid}", flush=True)
    return status

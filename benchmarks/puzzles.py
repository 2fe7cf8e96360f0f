"""Exact solving of puzzles: beside OR-tools CP-SAT and python-constraint, through the generic path.

The generic path is what a user has: the definition file ``sudoku``, a board as text, `nesy.puzzle("sudoku").instance`,
the search, and the check of the answer against every rule. CP-SAT gets one worker and a fresh model for every puzzle,
with the givens as constants; python-constraint gets all-different constraints and singleton domains. Seconds are CPU
seconds of this process; the solvers take turns on small batches of the same puzzles, so that a busy machine slows all.

Puzzles of 17 givens and top1465: the data set `sudoku`; seed 0 draws the samples. 25 givens: a puzzle of 17 and 8 more
cells of its solution. Large boards: `nesy.puzzles.generate`, seeds 0-9, half of the cells open.
"""

from __future__ import annotations

import csv
import gzip
import random
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import nesy
from benchmarks.claims import DATA, Claim, Kept
from nesy.puzzles.exact import count_solutions, solve
from nesy.puzzles.generate import generate
from nesy.puzzles.puzzle import Puzzle

FOLDER = DATA / "sudoku"
BATCH = 20
LARGEST_COUNT = 1000
"""Stored numbers of solutions up to this are counted again."""
QUEENS = {4: 2, 5: 10, 6: 4, 7: 40, 8: 92}


def claims(kept: Kept) -> Iterator[Claim]:
    yield _queens(kept)
    yield from _large(kept)
    if not FOLDER.is_dir():
        yield Claim("puzzles.sudoku", f"not measured: no {FOLDER}")
        return
    yield _every(kept)
    yield _counts(kept)
    yield _against(kept, "puzzles.seventeen", "sudoku17_solved.csv.gz", 1000, cpsat, "CP-SAT", 2.0)
    yield _against(kept, "puzzles.hard", "top1465.csv", 200, cpsat, "CP-SAT", None)
    yield _against(
        kept, "puzzles.twenty-five", "sudoku17_solved.csv.gz", 40, backtracking, "python-constraint", 50.0, 8
    )


def _every(kept: Kept) -> Claim:
    """Every stored puzzle of 17 givens, in parts that are kept."""
    size = len(rows("sudoku17_solved.csv.gz"))
    parts = [kept.once(f"every {start}", partial(all_of, start, 2000)) for start in range(0, size, 2000)]
    right, seconds = sum(part["right"] for part in parts), sum(part["seconds"] for part in parts)
    nodes = sum(part["nodes"] for part in parts)
    return Claim(
        "puzzles.every",
        f"{right:,} of {size:,} puzzles of 17 givens solved as stored and verified",
        bar="all",
        met=right == size,
        detail=f"{seconds:.1f} CPU s, {size / seconds:,.0f} a second, {nodes / size:.2f} nodes each",
    )


def all_of(start: int, size: int) -> dict[str, float]:
    """How many of some puzzles are solved as stored, in how many seconds and nodes."""
    right = nodes = 0
    begin = time.process_time()
    for puzzle, solution in rows("sudoku17_solved.csv.gz")[start : start + size]:
        answer = solve(sudoku().instance(puzzle))
        right += answer.status == "solved" and "".join(map(str, answer.values or ())) == solution
        nodes += answer.nodes
    return {"right": right, "nodes": nodes, "seconds": time.process_time() - begin}


def _counts(kept: Kept) -> Claim:
    found = kept.once("counts", counts)
    return Claim(
        "puzzles.counts",
        f"{found['right']:,} of {found['puzzles']:,} numbers of solutions as stored",
        bar="all",
        met=found["right"] == found["puzzles"],
        detail=f"500 drawn from the puzzles with at most {LARGEST_COUNT} solutions, {found['seconds']:.1f} CPU s",
    )


def counts() -> dict[str, float]:
    """Solutions counted again, of a sample of puzzles that have several."""
    small = [
        (puzzle, int(number)) for puzzle, number in rows("multi_solution_10k.csv.gz") if int(number) <= LARGEST_COUNT
    ]
    chosen = random.Random(0).sample(small, 500)
    begin = time.process_time()
    right = sum(count_solutions(sudoku().instance(puzzle), 10 * LARGEST_COUNT) == number for puzzle, number in chosen)
    return {"right": right, "puzzles": len(chosen), "seconds": time.process_time() - begin}


def _queens(kept: Kept) -> Claim:
    found = kept.once("queens", lambda: {str(n): queens(n) for n in QUEENS})
    return Claim(
        "puzzles.queens",
        ", ".join(map(str, found.values())),
        ", ".join(map(str, QUEENS.values())) + " (published)",
        bar="the same",
        met=list(found.values()) == list(QUEENS.values()),
        detail="solutions of 4 to 8 queens, counted",
    )


def queens(n: int) -> int:
    """The number of ways to place n queens."""
    return count_solutions(nesy.puzzle("queens", n=n).instance(), 1000)


def _large(kept: Kept) -> Iterator[Claim]:
    for k in (4, 5):
        runs = [kept.once(f"large {k} {seed}", partial(large, k, seed)) for seed in range(10)]
        slowest = max(run["seconds"] for run in runs)
        yield Claim(
            f"puzzles.{k * k}x{k * k}",
            f"{sum(run['solved'] for run in runs)} of 10 solved and verified, the slowest in {slowest:.2f} s",
            bar="10, <= 60 s each",
            met=all(run["solved"] for run in runs) and slowest <= 60,
            detail="wall-clock s (nodes) "
            + ", ".join(f"{run['seconds']:.2f} ({run['nodes']:,})" for run in runs)
            + f"; making the full boards {sum(run['making'] for run in runs):.1f} s together",
        )


def large(k: int, seed: int) -> dict[str, float]:
    """Solve one generated board, half of its cells open, in at most 60 seconds."""
    model = nesy.puzzle("sudoku", k=k).model()
    begin = time.perf_counter()
    instance = generate(model, seed=seed, holes=len(model.domains) // 2)
    making = time.perf_counter() - begin
    answer = solve(instance, max_seconds=60)
    return {
        "solved": answer.status == "solved",
        "seconds": answer.seconds,
        "nodes": answer.nodes,
        "making": making,
    }


Other = Callable[[str], str]
"""Another solver: from a board of 81 digits to its solution."""


def _against(
    kept: Kept, name: str, file: str, size: int, other: Other, title: str, bar: float | None, more: int = 0
) -> Claim:
    try:
        other("0" * 81)
    except ImportError as error:
        return Claim(name, f"not measured: {title} is not installed ({error})")
    parts = [
        kept.once(f"{name} {start}", partial(race, file, size, other, start, more)) for start in range(0, size, BATCH)
    ]
    ours, theirs = (sum(part[who] for part in parts) for who in ("ours", "theirs"))
    ratios = sorted(part["theirs"] / part["ours"] for part in parts)
    right = all(part["right"] for part in parts)
    return Claim(
        name,
        f"{size / ours:,.0f} puzzles a second",
        f"{size / theirs:,.1f} ({title})",
        f"{theirs / ours:.1f}x",
        f">= {bar:g}x" if bar else "",
        right and theirs / ours >= bar if bar else right,
        f"{size} puzzles; batches of {BATCH}: {ratios[0]:.1f}x to {ratios[-1]:.1f}x",
    )


def race(file: str, size: int, other: Other, start: int, more: int) -> dict[str, Any]:
    """CPU seconds of both solvers for one batch of a sample."""
    chance = random.Random(0)
    sample = chance.sample(rows(file), size)
    boards = [(filled(puzzle, solution, more, chance), solution) for puzzle, solution in sample][start : start + BATCH]
    puzzle = sudoku()
    solve(puzzle.instance(boards[0][0]))  # the model is compiled once
    begin = time.process_time()
    answers = [solve(puzzle.instance(board)) for board, _ in boards]
    middle = time.process_time()
    found = [other(board) for board, _ in boards]
    end = time.process_time()
    wanted = [solution for _, solution in boards]
    mine = ["".join(map(str, answer.values or ())) for answer in answers]
    return {"ours": middle - begin, "theirs": end - middle, "right": mine == wanted and found == wanted}


def filled(puzzle: str, solution: str, more: int, chance: random.Random) -> str:
    """A board with some more of its solution given."""
    shown = set(chance.sample([place for place, sign in enumerate(puzzle) if sign == "0"], more))
    return "".join(solution[place] if place in shown else sign for place, sign in enumerate(puzzle))


def cpsat(board: str) -> str:
    """OR-tools, one worker, a model for this board."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    cells = [model.new_int_var(1, 9, "") if sign == "0" else model.new_constant(int(sign)) for sign in board]
    for unit in units():
        model.add_all_different([cells[place] for place in unit])
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.solve(model)
    return "".join(str(solver.value(cell)) for cell in cells)


def backtracking(board: str) -> str:
    """python-constraint with its own default solver."""
    from constraint import AllDifferentConstraint, Problem

    problem = Problem()
    if set(board) == {"0"}:
        return board
    for place, sign in enumerate(board):
        problem.addVariable(place, range(1, 10) if sign == "0" else [int(sign)])
    for unit in units():
        problem.addConstraint(AllDifferentConstraint(), unit)
    found = problem.getSolution()
    return "".join(str(found[place]) for place in range(81))


@cache
def units() -> list[tuple[int, ...]]:
    """Cells that are all different, as the definition file has them."""
    return [rule.constraint.scope for rule in sudoku().model().rules]


@cache
def sudoku() -> Puzzle:
    return nesy.puzzle("sudoku")


@cache
def rows(file: str) -> list[tuple[str, str]]:
    """The lines of a table, without its header."""
    path = FOLDER / file
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        return [(first, second) for first, second in list(csv.reader(lines))[1:]]

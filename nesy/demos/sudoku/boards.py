"""Boards with one solution, made from nothing but the rules."""

from __future__ import annotations

import random
from dataclasses import dataclass

from nesy.puzzles.exact import solver
from nesy.puzzles.model import Model


@dataclass(frozen=True)
class Board:
    """Positions of values in their domains: those given, and all of the only solution."""

    givens: dict[int, int]
    solution: tuple[int, ...]


def board(model: Model, givens: int, seed: int) -> Board:
    """A board with one solution.

    Args:
        model: the rules.
        givens: how many variables are given; more, where fewer leave several solutions.
    """
    rng, search = random.Random(seed), solver(model).search
    count = len(model.domains)
    liking = [[rng.random() for _ in domain] for domain in model.domains]
    solution = search(model.full, preferences=liking).solutions[0]
    domains = [1 << position for position in solution]
    left = count
    for variable in rng.sample(range(count), count):
        if left == givens:
            break
        domains[variable] = model.full[variable]
        if len(search(domains, limit=2).solutions) == 1:
            left -= 1
        else:
            domains[variable] = 1 << solution[variable]
    known = {v: p for v, p in enumerate(solution) if domains[v] != model.full[v]}
    return Board(known, solution)

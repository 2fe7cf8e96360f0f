"""Instances made by chance: a random solution of any model, with holes in it."""

from __future__ import annotations

import random

from nesy.errors import InputError
from nesy.puzzles.instance import Instance
from nesy.puzzles.model import Model
from nesy.puzzles.solver import solver

_PATIENCE = 50
"""Dead ends of the first try for a random solution; every further one may have twice as many."""


def generate(model: Model, *, seed: int, holes: int, unique: bool = False) -> Instance:
    """An instance with a random solution of which some variables are left open.

    Helpers that nobody declared are always open. The solutions are not drawn evenly: a random order of values guides
    the search for them.

    Args:
        model: what has to hold.
        seed: of all choices.
        holes: how many of the declared variables are open.
        unique: leave only those open that the others determine; there may be fewer holes then.

    Raises:
        InputError: the model has no solution; more holes than variables.
    """
    chance = random.Random(seed)
    declared = [v for array in model.arrays if not array.hidden for v in array.variables.values()]
    if not 0 <= holes <= len(declared):
        raise InputError(f"{holes} holes", expected=f"0 to {len(declared)}, the variables of {model.name}")
    solution = random_solution(model, chance)
    domains = list(model.full)
    for variable in declared:
        domains[variable] = 1 << solution[variable]
    left = holes
    for variable in chance.sample(declared, len(declared) if unique else holes):
        if not left:
            break
        given, domains[variable] = domains[variable], model.full[variable]
        if unique and not solver(model).search(domains, limit=2).complete:
            domains[variable] = given
        else:
            left -= 1
    return Instance(model, tuple(domains), f"seed {seed}")


def random_solution(model: Model, chance: random.Random) -> tuple[int, ...]:
    """A solution, as positions of the variables' values: what search finds with a random order of values.

    Raises:
        InputError: there is none.
    """
    patience = _PATIENCE
    while True:
        preferences = [[chance.random() for _ in domain] for domain in model.domains]
        found = solver(model).search(model.full, max_fails=patience, preferences=preferences)
        if found.solutions:
            return found.solutions[0]
        if found.complete:
            raise InputError(f"{model.name} has no solution")
        patience *= 2

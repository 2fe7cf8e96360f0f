"""Solving as a person does: one deduction after the other, each with its reason.

Values that a neighbour has taken are crossed out without a word. What is written down is what follows from that: the
only place for a value, the only value for a variable, what a single rule excludes, places that two rules share, values
that a few variables share between them, and, where nothing of that helps, a supposition; it is taken back where it
leads to a contradiction.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from nesy.puzzles.alignment import bits
from nesy.puzzles.instance import Instance
from nesy.puzzles.notes import Found, Notes, Step
from nesy.puzzles.solver import solver
from nesy.puzzles.techniques import contradiction, deduction

_TRIED = 300
"""How many values are tried for one whose supposition is refuted at once."""
_FAILS = 10_000
"""Dead ends of the search for a value that fits."""


def deductions(instance: Instance) -> Iterator[Step]:
    """The steps from the givens to a solution, in order; the last one is a contradiction if there is none.

    Suppositions that nothing refutes are kept, so where there are several solutions the steps lead to one of them.
    """
    notes = Notes.of(instance)
    supposed: list[tuple[Notes, int, int]] = []
    while True:
        found = contradiction(notes) or deduction(notes)
        if found is not None:
            yield notes.step(found, len(supposed))
        elif (guess := _supposition(notes)) is not None:
            variable, bit = guess
            supposed.append((notes.copy(), variable, bit))
            found = Found(f"suppose {notes.names[variable]} = {notes.value(bit)}", assigned=guess, kind="supposition")
            yield notes.step(found, len(supposed) - 1)
        else:
            return
        if found.kind == "contradiction":
            if not supposed:
                return
            notes, variable, bit = supposed.pop()
            text = f"so {notes.names[variable]} is not {notes.value(bit)}"
            yield notes.step(Found(text, removed={variable: bit}, because="a refuted supposition"), len(supposed))


def _supposition(notes: Notes) -> tuple[int, int] | None:
    """A variable and a value to suppose: one that is soon refuted where there is one, else one that fits."""
    compiled, alignment = solver(notes.instance.model), notes.rules.alignment
    open_ = sorted(
        (variable for variable in range(len(notes.masks)) if variable not in notes.settled),
        key=lambda variable: notes.masks[variable].bit_count(),
    )
    if not open_:
        return None
    own = [sum(1 << alignment.own(v, place) for place in bits(mask)) for v, mask in enumerate(notes.masks)]
    for variable, place in islice(((v, place) for v in open_ for place in bits(own[v])), _TRIED):
        tried = compiled.search([*own[:variable], 1 << place, *own[variable + 1 :]], max_nodes=0)
        if tried.complete and not tried.solutions:
            return variable, 1 << alignment.place(variable, place)
    found = compiled.search(own, max_fails=_FAILS)
    place = found.solutions[0][open_[0]] if found.solutions else next(bits(own[open_[0]]))
    return open_[0], 1 << alignment.place(open_[0], place)

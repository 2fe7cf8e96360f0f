"""How large a puzzle may get."""

from __future__ import annotations

from nesy.errors import InputError

LIMITS = {
    "steps": (3_000_000, "steps of grounding"),
    "variables": (100_000, "variables"),
    "values": (300_000, "values of variables"),
    "places": (5_000_000, "variables in the scopes of rules"),
    "cells": (5_000_000, "cells of tables"),
}
"""What is counted, how many there may be, and what it is called. All of them together fit in about 1 GB."""


class Budget:
    """Counts what grounding makes, so that a puzzle that is too large ends with a message and not the memory."""

    def __init__(self, puzzle: str, file: str | None = None) -> None:
        self._puzzle, self._file = puzzle, file
        self._spent = dict.fromkeys(LIMITS, 0)

    def spend(self, what: str, amount: int = 1) -> None:
        """Count `amount` more.

        Raises:
            InputError: more than the limit.
        """
        self._spent[what] += amount
        limit, name = LIMITS[what]
        if self._spent[what] > limit:
            raise InputError(
                f"{self._puzzle} is too large: more than {limit:,} {name}",
                file=self._file,
                mend="choose smaller parameters, or smaller domains",
            )

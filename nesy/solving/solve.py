"""`nesy.solve`: exact solving, with or without a guide."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import overload

from nesy.puzzles import exact
from nesy.puzzles.answer import Answer
from nesy.puzzles.instance import Instance
from nesy.solving.guide import Advice, Guide


@overload
def solve(
    instances: Instance,
    *,
    guide: Guide | None = None,
    unique: bool = False,
    why: bool = False,
    max_nodes: int | None = None,
    max_seconds: float | None = None,
) -> Answer: ...
@overload
def solve(
    instances: Sequence[Instance],
    *,
    guide: Guide | None = None,
    unique: bool = False,
    why: bool = False,
    max_nodes: int | None = None,
    max_seconds: float | None = None,
) -> list[Answer]: ...
def solve(
    instances: Instance | Sequence[Instance],
    *,
    guide: Guide | None = None,
    unique: bool = False,
    why: bool = False,
    max_nodes: int | None = None,
    max_seconds: float | None = None,
) -> Answer | list[Answer]:
    """Solve one instance, or many.

    The guide orders values and breaks ties; which answers there are does not depend on it, and plain search takes
    turns with it, so that a bad one costs a constant factor only. Every answer is verified against every rule.

    Args:
        instances: one, or a sequence of them.
        guide: such as ``nesy.NetworkGuide.load()``; None: plain search.
        unique: look for a second solution too.
        why: where there is no solution, look for a minimal set of rules in conflict.
        max_nodes, max_seconds: the budget for each instance; None: no limit.

    Returns:
        An answer per instance, its time with its share of the guide's. Its status is ``solved``, ``unsatisfiable`` or
        ``unknown``, never an exception.
    """
    many = [instances] if isinstance(instances, Instance) else list(instances)
    begin = time.perf_counter()
    advice = [Advice()] * len(many) if guide is None else guide(many)
    share = (time.perf_counter() - begin) / max(1, len(many))  # of the guide's time
    answers = []
    for instance, advised in zip(many, advice, strict=True):
        answer = exact.solve(
            instance,
            unique=unique,
            why=why,
            max_nodes=max_nodes,
            max_seconds=max_seconds,
            preferences=advised.preferences,
        )
        answers.append(replace(answer, neural_steps=advised.steps, seconds=answer.seconds + share))
    return answers[0] if isinstance(instances, Instance) else answers

"""What the shipped network saves exact search, and what it costs: assignments tried, and time, both.

    make claims NAME=guidance

Every answer is verified against every rule, with or without a guide. ``weak``: propagation is forward checking only, as
in a solver that knows little of its rules. Boards are held out from the network's training, top1465 is of another kind
altogether, and squares with holes are larger than anything it has seen. A run that tries `CAP` assignments is cut off
and counts with these.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from benchmarks.claims import Claim, Kept
from benchmarks.values_view import FILE, hard, held_out

CAP = 20_000
BAR = 0.6
"""Of plain search's assignments, on boards with 17 givens."""


def claims(kept: Kept) -> Iterator[Claim]:
    for name, (make, propagation) in CASES.items():
        if not FILE.exists() and make not in GENERATED:
            yield Claim(f"guidance.{name}", f"not measured: there is no {FILE}")
            continue
        run = kept.once(name, partial(measure, make, propagation))
        barred = name == "17_givens"
        ratio = run["guided"]["nodes"] / run["plain"]["nodes"]
        cost = run["guided"]["ms"] + run["network"]
        yield Claim(
            f"guidance.{name}",
            _told(run["guided"], cost),
            _told(run["plain"], run["plain"]["ms"]),
            f"{ratio:.2f}x assignments, {cost / run['plain']['ms']:.2f}x time",
            f"<= {BAR}x assignments, all solved" if barred else "",
            ratio <= BAR and run["guided"]["solved"] == run["instances"] if barred else None,
            f"{run['instances']} instances; {run['network']:.1f} ms of the guided time are the network's",
        )


def _told(side: dict[str, float], milliseconds: float) -> str:
    straight = f"{100 * side['straight']:.0f}% without a dead end"
    return f"{side['nodes']:.2f} assignments, {straight}, {side['solved']:.0f} solved, {milliseconds:.2f} ms"


def measure(make: Callable[[], Sequence[Any]], propagation: Any) -> dict[str, Any]:
    """Both searches on the same instances, in turns; means per instance, CPU milliseconds on one thread."""
    import torch

    from nesy.puzzles.restarts import guided_search
    from nesy.puzzles.solver import solver
    from nesy.solving.network import NetworkGuide

    torch.set_num_threads(1)
    instances, guide = make(), NetworkGuide.load()
    begin = time.process_time()
    advice = guide(instances)
    network = 1000 * (time.process_time() - begin) / len(instances)
    plain, guided = [], []
    for instance, advised in zip(instances, advice, strict=True):
        found = solver(instance.model, propagation)
        plain.append(_run(instance, lambda i, s=found: s.search(i.domains, max_nodes=CAP)))
        search = partial(guided_search, found, preferences=advised.preferences, max_nodes=CAP)
        guided.append(_run(instance, lambda i, search=search: search(domains=i.domains)))
    return {
        "instances": len(instances),
        "network": network,
        "plain": _mean(plain),
        "guided": _mean(guided),
    }


def _run(instance: Any, search: Callable[[Any], Any]) -> tuple[int, int, bool, float]:
    """Assignments, dead ends, whether there is a verified answer, milliseconds."""
    begin = time.process_time()
    found = search(instance)
    milliseconds = 1000 * (time.process_time() - begin)
    domains = instance.model.domains
    answers = [[d[p] for d, p in zip(domains, positions, strict=True)] for positions in found.solutions]
    return found.nodes, found.fails, any(map(instance.verified, answers)), milliseconds


def _mean(runs: list[tuple[int, int, bool, float]]) -> dict[str, float]:
    nodes, fails, solved, milliseconds = (np.array(column) for column in zip(*runs, strict=True))
    straight = float(((fails == 0) & solved).mean())
    return {"nodes": nodes.mean(), "straight": straight, "solved": int(solved.sum()), "ms": milliseconds.mean()}


def boards(number: int) -> Sequence[Any]:
    """Held-out boards with 17 givens."""
    return held_out(17, number, 0)[0]


def squares(order: int, holes: float, number: int = 10) -> Sequence[Any]:
    """Latin squares of which a share of the cells is blank."""
    from nesy.puzzles.generate import generate
    from nesy.puzzles.puzzle import Puzzle

    model = Puzzle.load("latin_square", n=order).model()
    return [generate(model, seed=seed, holes=round(holes * order * order)) for seed in range(number)]


def large_boards(order: int, number: int = 10) -> Sequence[Any]:
    """Sudoku of this order, half blank."""
    from nesy.puzzles.generate import generate
    from nesy.puzzles.puzzle import Puzzle

    model = Puzzle.load("sudoku", k=order).model()
    return [generate(model, seed=seed, holes=order**4 // 2) for seed in range(number)]


CASES: dict[str, tuple[Callable[[], Sequence[Any]], str]] = {
    "17_givens": (partial(boards, 4000), "full"),
    "17_givens_weak": (partial(boards, 64), "weak"),
    "top1465": (lambda: hard()[0], "full"),
    "16x16_half_blank_weak": (partial(large_boards, 4), "weak"),
    "squares_20_42%_holes": (partial(squares, 20, 0.42), "full"),
    "squares_30_42%_holes": (partial(squares, 30, 0.42), "full"),
}
GENERATED = {make for make, _ in CASES.values() if isinstance(make, partial) and make.func is not boards}

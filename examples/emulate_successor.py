"""A small Transformer learns the binary successor, and fails where the carry runs far, unless such inputs are frequent.

    python examples/emulate_successor.py [--seeds 0 1 2] [--steps 1800] [--out emulate_successor.svg]

Prints exact match by recursion depth, the number of leading ones, with and without 30% oversampling of deep
recursions, and the short-cut program that predicts the failures; beside them the program that a search finds from 20
random pairs. Writes the plot. About 3 minutes a run on one core.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nesy import Emulator, program
from nesy.files import write_atomically
from nesy.learn.recursion import learn_recursion
from nesy.recursion.data.inputs import Arguments
from nesy.recursion.data.tasks import successor
from nesy.terms import Term

LENGTHS = (10, 14)
SETTINGS = {"plain": 0.0, "oversampled": 0.3}
SEARCHED = "program from 20 pairs"
EACH = 100
"""Inputs of one length and depth."""
DRAWN = 1000
"""Inputs as they are drawn where nothing is oversampled; twice as many for the short cut."""


def word(bits: Sequence[int]) -> Arguments:
    """The binary number with these bits, the least significant first, and then the leading one."""
    value = Term("One")
    for bit in reversed(bits):
        value = Term(f"X{bit}", (value,))
    return (value,)


def inputs(length: int, depth: int) -> list[Arguments]:
    """Inputs of a length whose carry runs just so far; if it runs through all bits there is only one."""
    rng = random.Random(f"{length} {depth}")
    ones = [1] * depth
    if depth == length:
        return [word(ones)]
    return [word([*ones, 0, *rng.choices((0, 1), k=length - depth - 1)]) for _ in range(EACH)]


def measure(deep: float, seed: int, steps: int = 1800, *, quiet: bool = True) -> dict[str, Any]:
    """Train one model; exact match as drawn, and by length and depth."""
    task = successor(deep=deep)
    start, cpu = time.perf_counter(), time.process_time()
    emulator = Emulator(task, positions="learned", steps=steps, seed=seed)
    emulator.fit(progress=None if quiet else show_progress)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    shortcut = emulator.shortcut(2 * DRAWN)
    return {
        "seconds": round(seconds, 1),
        "cpu": round(cpu, 1),
        **judged(emulator.correct),
        "shortcut": {
            "depth": shortcut.depth,
            "precision": shortcut.precision,
            "recall": shortcut.recall,
            "failed": shortcut.failed,
            "agreed": shortcut.agreed,
            "text": str(shortcut),
        },
    }


def search(seed: int) -> dict[str, Any]:
    """Find the program from 20 random pairs of at most 5 bits; the same figures."""
    known, rng = successor(range(6)), random.Random(seed)
    drawn = dict.fromkeys(known.inputs.shallowly(rng) for _ in range(200))
    examples = [(x, known.program.call("succ", *x)) for x in list(drawn)[:20]]
    types = program(text="%recursion\ntype binary = One | X0(binary) | X1(binary)\n")
    start, cpu = time.perf_counter(), time.process_time()
    found = learn_recursion(types, "succ", "binary -> binary", examples, seed=seed).program
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu

    def correct(asked: Sequence[Arguments]) -> list[bool]:
        return [found.call("succ", *x) == known.program.call("succ", *x) for x in asked]

    return {"seconds": round(seconds, 1), "cpu": round(cpu, 1), **judged(correct)}


def judged(correct: Callable[[Sequence[Arguments]], Sequence[bool]]) -> dict[str, Any]:
    """Exact match as drawn, and by length and depth."""
    known, rng = successor(), random.Random("as drawn")
    return {
        "drawn": share(correct([known.inputs.shallowly(rng) for _ in range(DRAWN)])),
        "cells": {
            str(length): [share(correct(inputs(length, depth))) for depth in range(length + 1)] for length in LENGTHS
        },
    }


def share(right: Sequence[bool]) -> float:
    return sum(right) / len(right)


def show_progress(step: int, loss: float) -> None:
    if step % 100 == 0:
        print(f"  step {step}: loss {loss:.3f}", flush=True)


def table(runs: Mapping[str, Mapping[int, Mapping[str, Any]]]) -> str:
    """Percent right: one line for each run and length, one column for each depth."""
    lines = ["percent right by recursion depth; the last of each line is the number of ones alone"]
    for setting, by_seed in runs.items():
        for seed, run in by_seed.items():
            lines.append(
                f"{setting}, seed {seed}: as drawn {100 * run['drawn']:.1f}, {run['seconds']:.0f} s of learning"
            )
            for length, shares in run["cells"].items():
                lines.append(f"  {length:>2} bits " + " ".join(f"{100 * s:4.0f}" for s in shares))
            if "shortcut" in run:
                lines.append(f"  short cut: {run['shortcut']['text']}")
    return "\n".join(lines)


def plot(runs: Mapping[str, Mapping[int, Mapping[str, Any]]], length: int = LENGTHS[-1]) -> str:
    """Accuracy by depth as SVG: the mean over seeds, and each seed as a thin line."""
    colours = {"plain": "#c0392b", "oversampled": "#2471a3", SEARCHED: "#1e8449"}
    left, top, wide, high = 60, 40, 480, 240
    x = [left + wide * depth / length for depth in range(length + 1)]

    def line(shares: Sequence[float], colour: str, width: float, opacity: float) -> str:
        points = " ".join(f"{a:.1f},{top + high * (1 - s):.1f}" for a, s in zip(x, shares, strict=True))
        style = f'fill="none" stroke="{colour}" stroke-width="{width}" opacity="{opacity}"'
        return f'<polyline points="{points}" {style}/>'

    def text(a: float, b: float, words: str, anchor: str = "middle", colour: str = "#222") -> str:
        return f'<text x="{a:.0f}" y="{b:.0f}" text-anchor="{anchor}" fill="{colour}">{words}</text>'

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + wide + 30} {top + high + 60}" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        text(left + wide / 2, 22, f"Binary successor, {length} bits: exact match by recursion depth"),
        text(left + wide / 2, top + high + 45, "recursion depth (leading ones)"),
    ]
    for percent in range(0, 101, 25):
        y = top + high * (1 - percent / 100)
        parts.append(f'<line x1="{left}" x2="{left + wide}" y1="{y:.0f}" y2="{y:.0f}" stroke="#ddd"/>')
        parts.append(text(left - 8, y + 4, f"{percent}%", "end"))
    parts += [text(a, top + high + 20, str(depth)) for depth, a in enumerate(x)]
    for number, (setting, by_seed) in enumerate(runs.items()):
        colour = colours.get(setting, "#555")
        rows = [run["cells"][str(length)] for run in by_seed.values()]
        parts += [line(row, colour, 1, 0.4) for row in rows]
        parts.append(line([sum(column) / len(rows) for column in zip(*rows, strict=True)], colour, 2.5, 1))
        parts.append(text(left + 10, top + high - 48 + 18 * number, setting, "start", colour))
    return "\n".join([*parts, "</svg>", ""])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=1800)
    parser.add_argument("--out", default="emulate_successor.svg")
    options = parser.parse_args(arguments)
    runs: dict[str, dict[int, dict[str, Any]]] = {}
    for setting, deep in SETTINGS.items():
        for seed in options.seeds:
            print(f"{setting}, seed {seed}", flush=True)
            runs.setdefault(setting, {})[seed] = measure(deep, seed, options.steps, quiet=False)
    runs[SEARCHED] = {seed: search(seed) for seed in options.seeds}
    print(table(runs))
    write_atomically(options.out, plot(runs))
    print(f"the plot is in {options.out}")


if __name__ == "__main__":
    main()

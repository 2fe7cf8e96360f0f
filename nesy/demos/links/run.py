"""The demonstration from beginning to end."""

from __future__ import annotations

from html import escape
from pathlib import Path

import networkx as nx

from graphs import Graph
from nesy.demos.links.measure import (
    HARD,
    HEURISTICS,
    MEASURES,
    NETWORK,
    Found,
    Table,
    best_pairs,
    divided,
    mean_and_error,
    measured,
    shared,
    trained,
)
from nesy.demos.links.picture import picture
from nesy.demos.page import document, table
from nesy.files import check_writable, write_atomically

DIVISIONS, EPOCHS, SHOWN = 5, 100, 12
STYLE = """
svg { max-width: 100%; height: auto; }
svg text { text-anchor: start; font-family: sans-serif; fill: #1c1c1e; }
svg rect { fill: white; stroke: none; }
"""
TITLE = "Les Misérables: which characters meet"


def run(folder: Path, *, seed: int = 0, scale: float = 1.0) -> int:
    """Hide links of a graph, predict them in several ways, and write a page with a picture.

    Args:
        folder: where the files go.
        scale: of the amount of work; less is for tests.

    Returns:
        The exit code: 0.

    Raises:
        InputError: the folder cannot be written.
    """
    for name in ("links.html", "links.svg"):
        check_writable(folder / name)
    graph = Graph.from_networkx(nx.les_miserables_graph())
    links = graph.edge_index.size(1) // 2
    print(
        f"The {graph.num_nodes} characters of Les Misérables, {links} pairs of whom share a chapter (D. Knuth's data)."
    )
    print("A fifth of these links is hidden, another tenth chooses the weights; what is left is all that a model sees.")
    print(
        "How well do they tell hidden links from pairs that never meet? 1 is perfect, AUC 0.5 is chance; hard: from the"
    )
    print(f"{HARD} pairs most alike to each hidden link. Mean and standard error over divisions of the links.\n")
    found, results = _results(graph, seed, scale)
    _tell(found)
    write_atomically(folder / "links.svg", picture(found, TITLE))
    write_atomically(folder / "links.html", _page(found, results))
    print(f"\nthe picture: {folder / 'links.svg'}")
    print(f"the report:  {folder / 'links.html'}")
    print("next:        docs/links.md, and examples/links.py for graphs of your own")
    return 0


def _results(graph: Graph, seed: int, scale: float) -> tuple[Found, Table]:
    results: Table = {name: {measure: [] for measure in MEASURES} for name in (*HEURISTICS, NETWORK)}
    splits = [divided(graph, seed + k) for k in range(max(1, round(scale * DIVISIONS)))]
    print(f"  {'':26}" + "".join(f"{measure:>17}" for measure in MEASURES))
    for name, heuristic in HEURISTICS.items():
        for split in splits:
            _add(results[name], measured(heuristic, split))
        _row(name, results[name])
    networks = []
    for k, split in enumerate(splits):
        networks.append(trained(split, seed + k, max(1, round(scale * EPOCHS))))
        _add(results[NETWORK], measured(networks[-1], split))
    _row(NETWORK, results[NETWORK])
    return best_pairs(graph, networks[0], splits[0], SHOWN), results


def _add(row: dict[str, list[float]], values: dict[str, float]) -> None:
    for measure, value in values.items():
        row[measure].append(value)


def _row(name: str, row: dict[str, list[float]]) -> None:
    cells = (f"{mean:.3f} ± {error:.3f}" for mean, error in map(mean_and_error, row.values()))
    print(f"  {name:26}" + "".join(f"{cell:>17}" for cell in cells), flush=True)


def _tell(found: Found) -> None:
    """The best pairs on the terminal."""
    right = sum((u, v) in found.hidden for u, v, _ in found.best)
    chance = len(found.best) * len(found.hidden) / found.asked
    print(
        f"\nOf {found.asked:,} pairs without a known link, these {len(found.best)} score best in one of the divisions."
    )
    print(f"{right} of them are hidden links; chance would find {chance:.1f}. The number is the logit.\n")
    for u, v, logit in found.best:
        mark = "hidden link" if (u, v) in found.hidden else "no link"
        pair = f"{found.names[u]} - {found.names[v]}"
        print(f"  {pair:30} {logit:.2f}  {mark:12} both meet {_list(shared(found, u, v))}")


def _page(found: Found, results: Table) -> str:
    rows = (
        [escape(name), *(f"{mean:.3f} ± {error:.3f}" for mean, error in map(mean_and_error, row.values()))]
        for name, row in results.items()
    )
    best = (
        [
            escape(f"{found.names[u]} - {found.names[v]}"),
            f"{logit:.2f}",
            "hidden link" if (u, v) in found.hidden else "no link",
            escape(_list(shared(found, u, v))),
        ]
        for u, v, logit in found.best
    )
    return document(
        "Hidden links, predicted",
        [
            f"<h1>{TITLE}</h1>",
            "<p>70% of the links are known, 10% choose the network's weights, 20% are hidden. A model is asked which "
            f"pairs are hidden links, among random pairs or among the {HARD} pairs most alike to each (hard).</p>",
            table(["model", *MEASURES], rows, range(1, 1 + len(MEASURES))),
            "<h2>The network's best pairs without a known link</h2>",
            table(["pair", "logit", "", "both meet"], best, [1]),
            picture(found, TITLE),
        ],
        STYLE,
    )


def _list(names: list[str], most: int = 4) -> str:
    if not names:
        return "nobody"
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more

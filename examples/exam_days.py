"""How few days of exams are enough, if nobody may have two on one day: colouring a graph from networkx.

    python examples/exam_days.py [--exams 24] [--students 40] [--seed 1]

Two exams are joined where a student takes both. Days are added until there is a plan; that fewer are too few is proved.
"""

from __future__ import annotations

import argparse
import itertools
import random

import networkx

import nesy


def conflicts(exams: int, students: int, chance: random.Random) -> networkx.Graph:
    """Exams, joined where one of the students takes both; each takes three."""
    graph = networkx.Graph()
    graph.add_nodes_from(range(1, exams + 1))
    for _ in range(students):
        taken = chance.sample(range(1, exams + 1), 3)
        graph.add_edges_from(itertools.combinations(taken, 2))
    return graph


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--exams", type=int, default=24)
    parser.add_argument("--students", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    graph = conflicts(options.exams, options.students, random.Random(options.seed))
    print(f"{len(graph)} exams, {graph.size()} pairs of them share a student")
    for days in itertools.count(1):
        puzzle = nesy.puzzle("graph_colouring", colours=range(1, days + 1))
        answer = nesy.solve(puzzle.instance(edges=graph), max_seconds=60)
        print(f"{days} days: {answer.status} ({answer.nodes} nodes, {answer.seconds:.2f} s)")
        if answer.status == "solved":
            break
    for day in range(1, days + 1):
        print(f"  day {day}: {' '.join(str(exam) for exam in graph if answer[f'colour[{exam}]'] == day)}")


if __name__ == "__main__":
    main()

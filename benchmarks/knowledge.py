"""Knowledge graphs: filtered ranking of both ends, and how much of a network its strongest reasons are as rules.

    python -m benchmarks.knowledge UMLS ncn [--seed 0] [--valid]      train and test one model

DistMult and ComplEx look at the two ends of a fact; the network of common neighbours adds the paths between them to
ComplEx. Training ends where the validation facts rank no better; settings were chosen on them, too, with seed 0. The
rules are those of the network's reasons for training facts; they are written as a definition file, which is run on the
test questions.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from benchmarks.claims import DATA, Claim, Kept
from graphs import ComplEx, DistMult, KnowledgeGraph, KnowledgeNCN, evaluate_facts, fit_facts
from graphs.datasets.triples import read_knowledge
from graphs.knowledge.factors import Factors
from graphs.knowledge.rules import first_answers, strongest_rules
from nesy.learn.facts.learn import compare, named
from nesy.learn.facts.write import write

FOLDER = DATA / "graphs" / "kg"
METRICS = ("mrr", "hits@1", "hits@3", "hits@10")
MODELS = ("distmult", "complex", "ncn")
SEEDS = 5


@dataclass(frozen=True)
class Settings:
    """Of training; `rounds`: how often each entity is asked about at most, `every`: between two looks at validation."""

    rounds: int
    every: int
    penalty: float
    factors: int = 128
    heads: int = 16
    rate: float = 0.1


SETTINGS = {
    "UMLS": {"distmult": Settings(60, 6, 0.02), "complex": Settings(60, 6, 0.02), "ncn": Settings(20, 2, 0.02)},
    "Kinship": {"distmult": Settings(60, 6, 0.02), "complex": Settings(60, 6, 0.02), "ncn": Settings(20, 2, 0.1)},
}
PATIENCE = 3


def claims(kept: Kept) -> Iterator[Claim]:
    if not FOLDER.exists():
        yield Claim("knowledge", f"not measured: no {FOLDER}; NESY_DATA names another place")
        return
    for name in SETTINGS:
        found = {
            model: [kept.once(f"{name} {model} seed {k}", partial(measure, name, model, k)) for k in range(SEEDS)]
            for model in MODELS
        }
        mrr = {model: [run["mrr"] for run in runs] for model, runs in found.items()}
        best = max(("distmult", "complex"), key=lambda model: statistics.mean(mrr[model]))
        yield Claim(
            f"knowledge.{name.lower()}",
            f"MRR {spread(mrr['ncn'])}",
            ", ".join(f"{spread(mrr[model])} ({model})" for model in ("distmult", "complex")),
            f"{statistics.mean(mrr['ncn']) - statistics.mean(mrr[best]):+.3f}",
            "> the better of the two",
            statistics.mean(mrr["ncn"]) > statistics.mean(mrr[best]),
            "; ".join(f"{model}: {figures(runs)}" for model, runs in found.items()),
        )
        yield _rules(name, [run["rules"] for run in found["ncn"]])


def _rules(name: str, runs: list[dict[str, float]]) -> Claim:
    shares = [run["given"] / run["questions"] for run in runs]
    answers = statistics.mean(run["answers"] / run["questions"] for run in runs)
    return Claim(
        f"knowledge.{name.lower()}_rules",
        f"{spread(shares)} of the network's first answers",
        f"{answers:.1f} answers a question of {runs[0]['entities']} entities",
        detail=f"{', '.join(str(run['rules']) for run in runs)} rules; the network's first answers are test facts in "
        f"{spread([run['true'] / run['questions'] for run in runs])} of the questions",
    )


def spread(values: list[float]) -> str:
    """Mean and standard error."""
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.3f} ± {error:.3f}"


def figures(runs: list[dict[str, Any]]) -> str:
    """The means of all metrics, and the seconds."""
    means = ", ".join(f"{name} {statistics.mean(run[name] for run in runs):.3f}" for name in METRICS)
    return f"{means}, {statistics.mean(run['seconds'] for run in runs):.0f} s CPU"


def measure(name: str, model: str, seed: int, *, valid: bool = False) -> dict[str, Any]:
    """Train and test one model; of a network of common neighbours the rules, too."""
    torch.set_num_threads(1)
    graph = read_knowledge(FOLDER / name)
    settings, start = SETTINGS[name][model], time.process_time()
    network = made(model, graph, settings, seed)
    turn = -(-graph.num_entities // settings.heads)
    fit_facts(
        network,
        graph,
        updates=settings.rounds * turn,
        heads=settings.heads,
        rate=settings.rate,
        penalty=settings.penalty,
        seed=seed,
        device="cpu",
        evaluate=lambda model: evaluate_facts(model, graph, "valid", ["mrr"]),
        every=settings.every * turn,
        keep="mrr",
        patience=PATIENCE,
        quiet=True,
    )
    network.eval()
    found: dict[str, Any] = evaluate_facts(network, graph, "valid" if valid else "test", METRICS)
    found["seconds"] = time.process_time() - start
    if isinstance(network, KnowledgeNCN):
        found["rules"] = agreement(network, graph)
    return found


def made(model: str, graph: KnowledgeGraph, settings: Settings, seed: int) -> Factors | KnowledgeNCN:
    torch.manual_seed(seed)
    kind = DistMult if model == "distmult" else ComplEx
    ends = kind(graph.num_entities, graph.num_relations, settings.factors)
    return KnowledgeNCN(graph, base=ends) if model == "ncn" else ends


def agreement(network: KnowledgeNCN, graph: KnowledgeGraph) -> dict[str, float]:
    """The network's rules as a definition file, run on the test questions."""
    rules = named(graph, strongest_rules(network, graph))
    source = write(graph.names(graph.train), rules, graph.relations)
    questions = graph.both_ways("test")
    found = compare(source, graph, questions, first_answers(network, graph, questions))
    counts = {name: getattr(found, name) for name in found.__slots__}
    return {**counts, "rules": len(rules), "entities": graph.num_entities}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train and test a model of a knowledge graph.")
    parser.add_argument("graph", choices=SETTINGS)
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--valid", action="store_true", help="validation facts instead of the test's")
    chosen = parser.parse_args()
    print(json.dumps(measure(chosen.graph, chosen.model, chosen.seed, valid=chosen.valid)))

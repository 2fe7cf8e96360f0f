"""Knowledge graphs: filtered ranking of both ends, and how much of a network its strongest reasons are as rules.

    python -m benchmarks.knowledge UMLS ncn [--seed 0] [--penalty 0.02] [--valid]      train and test one model

DistMult and ComplEx look at the two ends of a fact; the network of common neighbours adds the paths between them to
ComplEx. Training ends where the validation facts rank no better. The penalty of each model is the best of three on the
validation facts, with a seed that no figure uses; all else is the same for all models. The rules are those of the
network's reasons for training facts; they are written as a definition file, which is run on the test questions.

WN18RR has 300 times as many entities and its models are trained only a few rounds, with some of the entities as wrong
answers, and with one penalty: this shows where it goes, and is no statement about what the models can reach.
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
TUNING = 100
"""The seed with which penalties are chosen."""


@dataclass(frozen=True)
class Settings:
    """Of a graph.

    Attributes:
        rounds: how often each entity is asked about at most.
        every: rounds between two looks at validation.
        heads: entities per update.
        negatives: see `fit_facts`.
        penalties: those that are tried; one is not tried but used.
        seeds: how many.
        models: that are trained.
        rules: whether to write the network's rules.
    """

    rounds: int = 200
    every: int = 5
    heads: int = 16
    negatives: int | None = None
    penalties: tuple[float, ...] = (0.005, 0.02, 0.05)
    seeds: int = 3
    models: tuple[str, ...] = MODELS
    rules: bool = True


SETTINGS = {
    "UMLS": Settings(),
    "Kinship": Settings(),
    "WN18RR": Settings(3, 1, 128, 1000, penalties=(0.1,), seeds=1, models=("complex", "ncn"), rules=False),
}
FACTORS, RATE, PATIENCE = 128, 0.1, 4


def claims(kept: Kept) -> Iterator[Claim]:
    if not FOLDER.exists():
        yield Claim("knowledge", f"not measured: no {FOLDER}; NESY_DATA names another place")
        return
    for name, settings in SETTINGS.items():
        penalty = {model: _chosen(kept, name, model) for model in settings.models}
        found = {
            model: [
                kept.once(f"{name} {model} seed {k}", partial(measure, name, model, k, penalty[model]))
                for k in range(settings.seeds)
            ]
            for model in settings.models
        }
        mrr = {model: [run["mrr"] for run in runs] for model, runs in found.items()}
        baselines = {model: values for model, values in mrr.items() if model != "ncn"}
        gain = statistics.mean(mrr["ncn"]) - max(map(statistics.mean, baselines.values()))
        yield Claim(
            f"knowledge.{name.lower()}",
            f"MRR {spread(mrr['ncn'])}",
            ", ".join(f"{spread(values)} ({model})" for model, values in baselines.items()),
            f"{gain:+.3f}",
            "> the best baseline",
            gain > 0,
            f"{settings.seeds} seed{'s' * (settings.seeds > 1)}, at most {settings.rounds} rounds; "
            + "; ".join(f"{model}, penalty {penalty[model]}: {figures(runs)}" for model, runs in found.items()),
        )
        if settings.rules:
            yield _rules(name, [run["rules"] for run in found["ncn"]])


def _chosen(kept: Kept, name: str, model: str) -> float:
    """The penalty that ranks validation facts best."""
    tried = SETTINGS[name].penalties
    if len(tried) == 1:
        return tried[0]
    mrr = {
        penalty: kept.once(
            f"{name} {model} penalty {penalty}", partial(measure, name, model, TUNING, penalty, valid=True)
        )["mrr"]
        for penalty in tried
    }
    return max(tried, key=lambda penalty: mrr[penalty])


def _rules(name: str, runs: list[dict[str, float]]) -> Claim:
    def share(count: str) -> str:
        return spread([run[count] / run["questions"] for run in runs])

    answers = statistics.mean(run["answers"] / run["questions"] for run in runs)
    return Claim(
        f"knowledge.{name.lower()}_rules",
        f"{share('given')} of the network's first answers",
        f"{answers:.1f} answers a question of {runs[0]['entities']} entities",
        detail=f"{', '.join(str(run['rules']) for run in runs)} rules; their first answer is the network's in "
        f"{share('first')} of {runs[0]['questions']:,} test questions, and their answers hold the right one "
        f"in {share('right')}; the network's first answer is a test fact in {share('true')}",
    )


def spread(values: list[float]) -> str:
    """Mean and standard error; of one value there is none."""
    mean = f"{statistics.mean(values):.3f}"
    return mean if len(values) == 1 else f"{mean} ± {statistics.stdev(values) / len(values) ** 0.5:.3f}"


def figures(runs: list[dict[str, Any]]) -> str:
    """The means of all metrics, and the seconds."""
    means = ", ".join(f"{name} {statistics.mean(run[name] for run in runs):.3f}" for name in METRICS)
    return f"{means}, {statistics.mean(run['seconds'] for run in runs):.0f} s CPU"


def measure(name: str, model: str, seed: int, penalty: float, *, valid: bool = False) -> dict[str, Any]:
    """Train and test one model; of a network of common neighbours the rules, too, if it is not only validated."""
    torch.set_num_threads(1)
    graph = read_knowledge(FOLDER / name)
    settings, start = SETTINGS[name], time.process_time()
    network = made(model, graph, seed)
    turn = -(-graph.num_entities // settings.heads)
    fit_facts(
        network,
        graph,
        updates=settings.rounds * turn,
        heads=settings.heads,
        negatives=settings.negatives,
        rate=RATE,
        penalty=penalty,
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
    if isinstance(network, KnowledgeNCN) and settings.rules and not valid:
        found["rules"] = agreement(network, graph)
    return found


def made(model: str, graph: KnowledgeGraph, seed: int) -> Factors | KnowledgeNCN:
    torch.manual_seed(seed)
    kind = DistMult if model == "distmult" else ComplEx
    ends = kind(graph.num_entities, graph.num_relations, FACTORS)
    return KnowledgeNCN(graph, base=ends) if model == "ncn" else ends


def agreement(network: KnowledgeNCN, graph: KnowledgeGraph) -> dict[str, float]:
    """The network's rules as a definition file, run on the test questions."""
    rules = named(graph, strongest_rules(network, graph))
    source = write(graph.names(graph.train), rules, graph.relations)
    questions = graph.both_ways("test")
    found = compare(source, graph, questions, first_answers(network, graph, questions))
    counts = {name: getattr(found, name) for name in found.__slots__}
    return {**counts, "rules": len(rules)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train and test a model of a knowledge graph.")
    parser.add_argument("graph", choices=SETTINGS)
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--penalty", type=float, default=0.02)
    parser.add_argument("--valid", action="store_true", help="validation facts instead of the test's")
    chosen = parser.parse_args()
    print(json.dumps(measure(chosen.graph, chosen.model, chosen.seed, chosen.penalty, valid=chosen.valid)))

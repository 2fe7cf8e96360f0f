"""Facts that are missing from a knowledge graph: predicted, explained, and the explanations written as rules.

    python examples/knowledge_rules.py                              families made up here, about ten seconds
    python examples/knowledge_rules.py --data kg/UMLS --rounds 12   a folder with train.txt, valid.txt and test.txt

Prints the filtered ranks of two models, the reasons of one predicted fact, and the strongest rules; with --out FOLDER
the reasons as a picture, and the rules as a file that `nesy run` answers questions from.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import torch

from graphs import ComplEx, KnowledgeGraph, KnowledgeNCN, evaluate_facts, fit_facts
from graphs.datasets.triples import read_knowledge
from graphs.knowledge.picture import reason_picture
from graphs.knowledge.reasons import NONE, reasons
from graphs.knowledge.rules import strongest_rules
from nesy.learn.facts.learn import named
from nesy.learn.facts.write import write


def families(count: int, seed: int) -> KnowledgeGraph:
    """Three generations each: two children, one of whom has two children of their own."""
    facts = []
    for k in range(count):
        name = {one: f"{one}{k}" for one in ("Ann", "Bob", "Cyd", "Dan", "Eve", "Fay", "Gus")}
        for one, other in (("Ann", "Bob"), ("Cyd", "Eve")):
            facts += [(name[one], "married", name[other]), (name[other], "married", name[one])]
        for parent, child in (("Ann", "Cyd"), ("Bob", "Cyd"), ("Ann", "Dan"), ("Bob", "Dan")):
            facts.append((name[parent], "parent", name[child]))
        for child in ("Fay", "Gus"):
            facts += [(name["Cyd"], "parent", name[child]), (name["Eve"], "parent", name[child])]
            facts += [(name["Dan"], "uncle", name[child]), (name["Ann"], "grandparent", name[child])]
            facts.append((name["Bob"], "grandparent", name[child]))
    random.Random(seed).shuffle(facts)
    part = len(facts) // 10
    return KnowledgeGraph.of(facts[2 * part :], facts[:part], facts[part : 2 * part])


def explain(network: KnowledgeNCN, graph: KnowledgeGraph, fact: tuple[int, int, int], out: Path | None) -> None:
    """The strongest reasons of a fact, and all of them as a picture."""
    why = reasons(network, torch.tensor([fact]))
    print(" ".join(graph.names_of(fact)) + ", because:")
    for k in range(min(3, len(why.fact))):
        between, added = int(why.between[k]), float(why.added[k])
        legs = [(fact[0], int(why.first[k]), fact[2] if between == NONE else between)]
        legs += [] if between == NONE else [(between, int(why.second[k]), fact[2])]
        print(f"  {added:+.2f}  " + ", ".join(" ".join(graph.names_of(leg)) for leg in legs))
    if out:
        with torch.no_grad():
            logit = float(network(torch.tensor([fact[0]]), torch.tensor([fact[1]]))[0, fact[2]])
        (out / "reasons.svg").write_text(reason_picture(graph, why, fact, logit), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Predict facts, and say why.")
    parser.add_argument("--data", help="a folder with train, valid and test")
    parser.add_argument("--rounds", type=int, default=20, help="how often each entity is asked about")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="a folder for reasons.svg and rules.nesy")
    chosen = parser.parse_args()
    graph = read_knowledge(chosen.data) if chosen.data else families(20, chosen.seed)
    torch.manual_seed(chosen.seed)
    models = {"ComplEx": ComplEx(graph.num_entities, graph.num_relations), "KnowledgeNCN": KnowledgeNCN(graph)}
    updates = chosen.rounds * -(-graph.num_entities // 16)
    print(f"{len(graph.train):,} facts, {graph.num_entities:,} entities; {len(graph.test)} facts to be found")
    print(f"{'':14}{'MRR':>8}{'Hits@1':>8}{'Hits@10':>8}")
    for name, model in models.items():
        fit_facts(model, graph, updates=updates, seed=chosen.seed, device="cpu", quiet=True)
        print(
            f"{name:14}" + "".join(f"{value:8.3f}" for value in evaluate_facts(model, graph, metrics=METRICS).values())
        )
    network = models["KnowledgeNCN"]
    if chosen.out:
        chosen.out.mkdir(parents=True, exist_ok=True)
    head, relation, tail = graph.test[0].tolist()
    explain(network, graph, (head, relation, tail), chosen.out)
    rules = named(graph, strongest_rules(network, graph))
    print(f"{len(rules)} rules, those that carry most:")
    for rule in sorted(rules, key=lambda one: -one.carried)[:8]:
        print(f"  {rule.precision:4.0%}  {rule}")
    if chosen.out:
        source = write(graph.names(graph.train), rules, graph.relations)
        (chosen.out / "rules.nesy").write_text(source, encoding="utf-8")


METRICS = ("mrr", "hits@1", "hits@10")

if __name__ == "__main__":
    main()

"""From facts to rules: a network of common neighbours learns the facts, and its strongest reasons are written down.

A part of the facts is held out. The network is asked for them, and so are the rules, by running the file: the share of
the network's first answers that the file gives, too, is what it says about the network. A file of many answers has more
of them by chance, so how many it gives, and how often its own first answer is the network's, stand beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from graphs.knowledge.graph import KnowledgeGraph
from graphs.knowledge.ncn import KnowledgeNCN
from graphs.knowledge.reasons import NONE
from graphs.knowledge.rules import Rules, first_answers, strongest_rules
from graphs.knowledge.training import fit_facts
from nesy.errors import InputError
from nesy.learn.facts.rules import Fact, Leg, Rule
from nesy.learn.facts.write import function_names, write
from nesy.recursion.program import Program

FEW = {"heads": 16}
MANY = {"heads": 128, "negatives": 1000}
"""Of `fit_facts`, in a graph of few entities and of many."""
LARGE = 5000
"""Entities that are many: from here on an update among all of them takes longer than one among the ends of paths."""
USE = (
    "r(x): the y with x r y, as the facts have it; r_back(y): the x. predict_r(x), predict_r_back(y): those that the",
    "rules conclude beyond the facts. A name that is in no fact has no answers, too: [].",
)


@dataclass(frozen=True, slots=True)
class Agreement:
    """The file beside the network, on questions about facts that both have not seen.

    Attributes:
        questions: two for each fact held out, one for either end.
        given: how many of the network's first answers are among the file's.
        first: how many of them are the file's first answers.
        answers: how many answers the file gives to all questions.
        entities: how many could be answers.
        true: how many of the network's first answers are facts held out.
        right: how many of the facts held out are among the file's answers.
    """

    questions: int
    given: int
    first: int
    answers: int
    entities: int
    true: int
    right: int

    def __str__(self) -> str:
        shares = (count / self.questions for count in (self.given, self.first, self.true, self.right))
        given, first, true, right = (f"{share:.1%}" for share in shares)
        return (
            f"{self.questions:,} questions about facts held out\n"
            f"{true:>8}  the network's first answer is a fact held out\n"
            f"{given:>8}  the rules give the network's first answer, among {self.answers / self.questions:.1f} answers "
            f"a question of {self.entities:,} entities\n"
            f"{first:>8}  the rules' first answer is the network's\n"
            f"{right:>8}  the rules give the fact held out"
        )


@dataclass(frozen=True, slots=True)
class LearnedRules:
    """What was learned.

    Attributes:
        program: all facts and the rules, loaded; `program.source` is the file.
        rules: by relation, the most precise first; their figures are of the facts that were not held out.
        agreement: of a file without the facts held out.
    """

    program: Program
    rules: tuple[Rule, ...]
    agreement: Agreement


def learn_rules(
    facts: Sequence[Fact],
    *,
    held_out: float = 0.1,
    precision: float = 0.5,
    carried: int = 2,
    rounds: int = 12,
    seed: int = 0,
    device: str | torch.device | None = None,
    quiet: bool = True,
) -> LearnedRules:
    """Learn rules that complete facts.

    Args:
        facts: head, relation, tail; each once.
        held_out: share of the facts on which rules and network are compared.
        precision: the least share of a rule's conclusions that are known facts.
        carried: the least number of the network's answers that a rule carries beyond those before it.
        rounds: how often the network sees each fact.
        seed: of what is held out and of the network.
        device: of the network; None: a GPU if there is one.
        quiet: show no progress.

    Raises:
        InputError: fewer than two facts, or one of them twice.
    """
    if len(facts) < 2:
        raise InputError("1 fact" if facts else "no facts", expected="at least two, of which one can be held out")
    order = torch.randperm(len(facts), generator=torch.Generator().manual_seed(seed)).tolist()
    count = max(1, round(held_out * len(facts)))
    train, test = [facts[k] for k in sorted(order[count:])], [facts[k] for k in sorted(order[:count])]
    try:
        graph = KnowledgeGraph.of(train, test=test)
    except ValueError as error:
        raise InputError(str(error)) from None
    network = _trained(graph, rounds, seed, device, quiet)
    rules = named(graph, strongest_rules(network, graph, precision=precision, carried=carried))
    questions = graph.both_ways("test")
    answers = first_answers(network, graph, questions)
    agreement = compare(write(train, rules, graph.relations), graph, questions, answers)
    about = f"Rules for {len(facts):,} facts about {graph.num_entities:,} entities; written by nesy."
    comments = (about, *str(agreement).splitlines(), "", *USE, "")
    program = Program.load("rules", text=write(facts, rules, comments=comments))
    return LearnedRules(program, tuple(rules), agreement)


def named(graph: KnowledgeGraph, rules: Rules) -> list[Rule]:
    """Rules of tensors in names."""
    columns = zip(*(getattr(rules, name).tolist() for name in Rules.__slots__), strict=True)
    return [
        Rule(
            graph.relations[relation],
            tuple(
                Leg(graph.relations[leg % graph.num_relations], leg >= graph.num_relations)
                for leg in (first, second)
                if leg != NONE
            ),
            concluded,
            right,
            carried,
        )
        for relation, first, second, concluded, right, carried in columns
    ]


def compare(source: str, graph: KnowledgeGraph, questions: Tensor, answers: Tensor) -> Agreement:
    """Run a definition file on what a network was asked.

    Args:
        source: its text, as `write` makes it from the graph's training facts.
        questions: (q, 3) head, relation and the fact's tail.
        answers: (q,) of the network.
    """
    program, every = Program.load("rules", text=source), {tuple(row) for row in questions.tolist()}
    names = function_names(graph.relations)
    given = first = total = true = right = 0
    for (head, relation, tail), answer in zip(questions.tolist(), answers.tolist(), strict=True):
        back = "_back" * (relation >= graph.num_relations)
        function = f"predict_{names[graph.relations[relation % graph.num_relations]]}{back}"
        found = program.call(function, graph.entities[head])
        given += graph.entities[answer] in found
        first += graph.entities[answer] in found[:1]
        total += len(found)
        true += (head, relation, answer) in every
        right += graph.entities[tail] in found
    return Agreement(len(questions), given, first, total, graph.num_entities, true, right)


def _trained(
    graph: KnowledgeGraph, rounds: int, seed: int, device: str | torch.device | None, quiet: bool
) -> KnowledgeNCN:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = KnowledgeNCN(graph)
    batch = MANY if graph.num_entities >= LARGE else FEW
    updates = rounds * math.ceil(graph.num_entities / batch["heads"])
    fit_facts(network, graph, updates=updates, seed=seed, device=device, quiet=quiet, **batch)
    return network.eval()

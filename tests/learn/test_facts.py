"""Rules from facts: the file says of every rule what the tensors said, and predicts what its rules conclude."""

import pytest
import torch

import nesy
from graphs import KnowledgeGraph, KnowledgeNCN
from graphs.knowledge.rules import strongest_rules
from nesy.learn.facts import learn
from nesy.learn.facts.learn import Agreement, compare, learn_rules, named
from nesy.learn.facts.rules import Leg, Rule
from nesy.learn.facts.write import function_names, write


def family(couples):
    """Couples with a child: a fact of each follows from others."""
    facts = []
    for k in range(couples):
        a, b, c = f"Ann {k}", f"Bob {k}", f"Cyd {k}"
        facts += [(a, "married", b), (b, "married", a), (c, "child-of", a), (c, "child-of", b)]
        facts += [(a, "parent", c), (b, "parent", c)]
    return facts


@pytest.mark.parametrize("seed", range(3))
def test_the_file_concludes_what_the_tensors_count(seed):
    """Running each rule on every entity gives as many pairs, and as many facts among them."""
    draw = torch.Generator().manual_seed(seed)
    picks = torch.randint(7, (40, 3), generator=draw).tolist()
    facts = sorted({(f"e{h}", f"r{r % 3}", f"e{t}") for h, r, t in picks})
    graph = KnowledgeGraph.of(facts)
    torch.manual_seed(seed)
    rules = named(graph, strongest_rules(KnowledgeNCN(graph, 4), graph, precision=0.1, carried=1))
    program = nesy.program(text=write(facts, rules))
    assert program.check().ok
    assert rules
    for relation in graph.relations:
        own = [rule for rule in rules if rule.relation == relation]
        for number, rule in enumerate(own, 1):
            pairs = {(x, y) for x in graph.entities for y in program.call(f"{relation}_rule{number}", x)}
            assert (len(pairs), len(pairs & {(h, t) for h, r, t in facts if r == relation})) == (
                rule.concluded,
                rule.right,
            )
            assert pairs == {(x, y) for y in graph.entities for x in program.call(f"{relation}_rule{number}_back", y)}
        if own:
            predicted = {(x, y) for x in graph.entities for y in program.call(f"predict_{relation}", x)}
            assert not predicted & {(h, t) for h, r, t in facts if r == relation}
            assert all(x != y for x, y in predicted)


def test_learning_rules():
    facts = family(10)
    learned = learn_rules(facts, seed=1, rounds=30, device="cpu")
    assert "parent(x, y) if child-of(y, x)" in map(str, learned.rules)
    assert learned.agreement.given == learned.agreement.questions == 12
    assert learned.program.check().ok
    assert learned.program.run('holds(child_of, "Cyd 0", "Ann 0")') is True
    # a new couple, of whom only the child is known
    source = write([*facts, ("Eve", "married", "Sam"), ("Dan", "child-of", "Eve")], learned.rules)
    program = nesy.program(text=source)
    assert program.run('predict_parent("Eve")') == ("Dan",)
    assert program.run('predict_parent_back("Dan")') == ("Eve",)
    assert program.run('holds(predict_parent, "Eve", "Dan")') is True
    assert learn_rules(facts, seed=1, rounds=30, device="cpu").program.source == learned.program.source


def test_rules_of_a_graph_of_many_entities(monkeypatch):
    monkeypatch.setattr(learn, "LARGE", 1)
    learned = learn_rules(family(10), seed=1, rounds=40, device="cpu")
    assert "parent(x, y) if child-of(y, x)" in map(str, learned.rules)


def test_a_relation_without_a_rule_predicts_nothing():
    program = nesy.program(text=write([("a", "r", "b")], []))
    assert program.check().ok
    assert program.run('predict_r("a")') == program.run('predict_r_back("b")') == ()
    assert program.run('holds(predict_r, "a", "b")') is False


def test_how_much_of_a_network_the_file_is():
    """Four questions: an answer of the network that the rules give first, later, not, and one without any."""
    train = [("a", "s", "b"), ("a", "s", "c"), ("x", "s", "y"), ("y", "s", "x")]
    graph = KnowledgeGraph.of(train, test=[("a", "r", "b")])
    rules = [Rule("r", (Leg("s"),), 4, 0, 1)]
    names = ("a", "b"), ("a", "c"), ("a", "x"), ("c", "x")
    questions = torch.tensor([graph.numbers_of((head, "r", "b")) for head, _ in names])
    answers = torch.tensor([graph.entities.index(answer) for _, answer in names])
    found = compare(write(train, rules, graph.relations), graph, questions, answers)
    assert found == Agreement(questions=4, given=2, first=1, answers=6, entities=5, true=1, right=3)
    assert "50.0%  the rules give the network's first answer, among 1.5 answers a question of 5 entities" in str(found)


def test_what_cannot_be_learned_from():
    with pytest.raises(nesy.InputError, match="1 fact; expected at least two"):
        learn_rules([("a", "r", "b")])
    with pytest.raises(nesy.InputError, match="the fact a r b twice"):
        learn_rules([("a", "r", "b")] * 5)


def test_names_of_functions():
    """They are names of the clause language, and different from each other and from all that the file defines."""
    relations = [
        "If",
        "new",
        "length",
        "co-occurs with",
        "co_occurs_with",
        "_hypernym",
        "isa_back",
        "isa",
        "predict_isa",
    ]
    relations += ["isa_rule1", "type", "9", "Éteint", "path"]
    names = function_names(relations)
    facts = [(f"x{k}", relation, "y") for k, relation in enumerate(relations)]
    rules = [Rule(relation, (Leg(relation, True),), 1, 1, 1) for relation in relations]
    program = nesy.program(text=write(facts, rules))
    assert program.check().ok
    for k, relation in enumerate(relations):
        assert program.call(names[relation], f"x{k}") == ("y",)
        assert program.call(f"predict_{names[relation]}_back", f"x{k}") == ("y",)


def test_rules_in_words():
    rule = Rule("uncle", (Leg("parent", True), Leg("brother")), 8, 6, 3)
    assert str(rule) == "uncle(x, y) if parent(w, x), brother(w, y)"
    assert rule.precision == 0.75
    assert str(Rule("knows", (Leg("knows", True),), 0, 0, 0)) == "knows(x, y) if knows(y, x)"

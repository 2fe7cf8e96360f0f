"""Knowledge graphs: filtered ranks, what paths carry, and that a link is no reason for itself."""

from itertools import product
from xml.etree import ElementTree

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs import ComplEx, DistMult, KnowledgeGraph, KnowledgeNCN, evaluate_facts, fit_facts
from graphs.checkpoint import CheckpointError, save_checkpoint
from graphs.datasets.triples import read_facts, read_knowledge
from graphs.knowledge.candidates import candidates
from graphs.knowledge.legs import Legs
from graphs.knowledge.picture import reason_picture
from graphs.knowledge.ranking import ranks
from graphs.knowledge.reasons import NONE, reasons
from graphs.knowledge.rules import strongest_rules
from graphs.knowledge.saved import load_model, save_model

ENTITIES, RELATIONS = "abcde", ("likes", "knows", "sees")


@st.composite
def knowledge(draw):
    """Up to 20 facts of five entities in three parts; facts of an entity with itself occur."""
    every = list(product(ENTITIES, RELATIONS, ENTITIES))
    facts = draw(st.lists(st.sampled_from(every), min_size=1, max_size=20, unique=True))
    parts = [0] + [draw(st.integers(0, 2)) for _ in facts[1:]]
    return KnowledgeGraph.of(*([fact for fact, part in zip(facts, parts, strict=True) if part == k] for k in range(3)))


def network(graph, seed=0):
    """A network whose parts all matter."""
    torch.manual_seed(seed)
    model = KnowledgeNCN(graph, 3, base=DistMult(graph.num_entities, graph.num_relations, 4)).double()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    return model


def triples(graph):
    """The training facts in both directions."""
    return [tuple(row) for row in graph.both_ways().tolist()]


def by_formula(model, graph, head, relation, tail, hidden=None):
    """The logit as the docstring of `graphs.knowledge.ncn` has it, path by path."""
    facts = {fact for fact in triples(graph) if fact[0] != fact[2]}
    if hidden is not None:
        facts -= {(head, relation, hidden), (hidden, graph.inverse(relation), head)}
    total = model.base(torch.tensor([head]), torch.tensor([relation]))[0, tail]
    for h, a, t in facts:
        if (h, t) == (head, tail) and a != relation:
            total = total + model.direct[relation, a]
    for (h, a, w), (v, b, t) in product(facts, repeat=2):
        if (h, t) == (head, tail) and v == w and h != t:
            total = total + (model.asked[relation] * model.first[a] * model.between[w] * model.second[b]).sum()
    return total


@settings(max_examples=25, deadline=None)
@given(knowledge(), st.data())
def test_a_logit_is_the_sum_over_paths(graph, data):
    model = network(graph)
    facts = graph.both_ways()
    head, relation, tail = facts[data.draw(st.integers(0, len(facts) - 1))].tolist()
    asked = torch.tensor([head, head]), torch.tensor([relation, relation])
    logits = model(*asked)[1]
    for answer in range(graph.num_entities):
        torch.testing.assert_close(logits[answer], by_formula(model, graph, head, relation, answer))
    logits = model(*asked, hidden=torch.tensor([tail, tail]))[0]
    for answer in range(graph.num_entities):
        torch.testing.assert_close(logits[answer], by_formula(model, graph, head, relation, answer, tail))


@settings(max_examples=25, deadline=None)
@given(knowledge(), st.data())
def test_a_question_does_not_depend_on_the_others(graph, data):
    model = network(graph)
    entity, relation = st.integers(0, graph.num_entities - 1), st.integers(0, 2 * graph.num_relations - 1)
    rows = data.draw(st.lists(st.tuples(entity, relation), min_size=1, max_size=6))
    heads, relations = torch.tensor(rows).unbind(1)
    together = model(heads, relations)
    for k in range(len(rows)):
        torch.testing.assert_close(together[k], model(heads[k, None], relations[k, None])[0])


@settings(max_examples=25, deadline=None)
@given(knowledge(), st.permutations(range(3)), st.booleans())
def test_some_answers_score_as_among_all(graph, few, hiding):
    model, among = network(graph), torch.tensor([k for k in few if k < graph.num_entities])
    head, relation, tail = graph.both_ways().unbind(1)
    hidden = tail if hiding else None
    torch.testing.assert_close(model(head, relation, hidden, among), model(head, relation, hidden)[:, among])


@settings(max_examples=25, deadline=None)
@given(knowledge(), st.integers(0, 6), st.integers(0, 5))
def test_candidates_stand_for_all_entities(graph, drawn, seed):
    """The answers and all ends of paths are there, for themselves; the others stand for those not drawn."""
    torch.manual_seed(seed)
    head, _, tail = graph.both_ways()[:2].unbind(1)
    found = candidates(Legs(graph), head, tail, drawn)
    facts = [(h, t) for h, _, t in triples(graph) if h != t]
    near = {t for h, t in facts if h in head}
    ends = {*tail.tolist(), *near, *(t for h, t in facts if h in near)}
    entities = found.entities.tolist()
    assert set(entities[: len(ends)]) == ends
    assert len(set(entities)) == len(entities) == len(ends) + min(drawn, graph.num_entities - len(ends))
    assert not found.stand_for[: len(ends)].any()
    everyone = graph.num_entities if len(entities) > len(ends) else len(ends)
    assert float(found.stand_for.exp().sum()) == pytest.approx(everyone)
    assert found.entities[found.places(tail, graph.num_entities)].tolist() == tail.tolist()


@settings(max_examples=25, deadline=None)
@given(knowledge())
def test_the_score_of_a_fact_is_that_of_a_graph_without_it(graph):
    """Hiding a fact in training gives its answer the score that it will have where the fact is missing."""
    model, rows = network(graph), graph.both_ways()
    head, relation, tail = rows.unbind(1)
    hidden = model(head, relation, hidden=tail)
    for k in range(len(graph.train)):
        rest = graph.train[torch.arange(len(graph.train)) != k]
        less = KnowledgeGraph(graph.entities, graph.relations, rest, graph.valid, graph.test)
        other = KnowledgeNCN(less, 3, base=DistMult(graph.num_entities, graph.num_relations, 4)).double()
        other.load_state_dict(model.state_dict())
        torch.testing.assert_close(hidden[k], other(head[k, None], relation[k, None])[0])


@settings(max_examples=25, deadline=None)
@given(knowledge(), st.integers(1, 5))
def test_filtered_ranks(graph, batch):
    """Against the definition; ties are broken by half."""
    torch.manual_seed(0)
    table = torch.randint(3, (graph.num_entities, 2 * graph.num_relations, graph.num_entities)).double()
    known = {tuple(row) for part in ("train", "valid", "test") for row in graph.both_ways(part).tolist()}
    wanted = []
    for head, relation, answer in graph.both_ways("test").tolist():
        row = table[head, relation]
        rivals = [row[e] for e in range(graph.num_entities) if (head, relation, e) not in known]
        own = row[answer]
        wanted.append(1 + sum(s > own for s in rivals) + sum(s == own for s in rivals) / 2)
    found = ranks(lambda heads, relations: table[heads, relations], graph, batch=batch)
    assert found.tolist() == wanted


def test_metrics():
    graph = KnowledgeGraph.of([("a", "r", "b")], test=[("b", "r", "c")])
    table = torch.tensor([[[0.0, 0, 0]] * 2, [[0.0, 1, 1]] * 2, [[2.0, 1, 0]] * 2])
    found = evaluate_facts(lambda h, r: table[h, r].clone(), graph, metrics=("mrr", "hits@1", "hits@2"))
    # b r ?: c is level with b: 1.5; ? r c: b, behind a: 2
    assert found == {"mrr": pytest.approx((1 / 1.5 + 1 / 2) / 2), "hits@1": 0, "hits@2": 1}
    with pytest.raises(ValueError, match="the metric 'hits@0'; expected mrr or hits@k"):
        evaluate_facts(lambda h, r: table[h, r], graph, metrics=["hits@0"])
    with pytest.raises(ValueError, match="valid holds no facts"):
        evaluate_facts(lambda h, r: table[h, r], graph, "valid")
    with pytest.raises(ValueError, match="not finite"):
        evaluate_facts(lambda h, r: table[h, r] * torch.nan, graph)


def test_complex_is_the_complex_product():
    torch.manual_seed(0)
    model = ComplEx(4, 2, 6).double()
    e, r = (torch.complex(*tensor.chunk(2, 1)) for tensor in (model.entities, model.relations))
    found = model(torch.tensor([1]), torch.tensor([3]))[0]
    torch.testing.assert_close(found, (e[1] * r[3] * e.conj()).sum(1).real)
    with pytest.raises(ValueError, match="channels 5: expected an even number"):
        ComplEx(4, 2, 5)


def family(couples=12):
    """Couples with one child each: a child of one is a child of the other, and the inverse is a relation, too."""
    train, test = [], []
    for k in range(couples):
        a, b, c = f"a{k}", f"b{k}", f"c{k}"
        train += [(a, "married", b), (b, "married", a), (a, "parent", c), (c, "child", a), (c, "child", b)]
        (test if k < 4 else train).append((b, "parent", c))
    return KnowledgeGraph.of(train, test=test)


@pytest.mark.parametrize("negatives", [None, 4])
@pytest.mark.parametrize("kind", ["ncn", "complex"])
def test_training_learns_what_a_family_is(kind, negatives):
    graph = family()
    torch.manual_seed(0)
    made = {"ncn": lambda: KnowledgeNCN(graph, 8), "complex": lambda: ComplEx(graph.num_entities, 3, 32)}
    model = made[kind]()
    before = evaluate_facts(model, graph)["mrr"]
    fit_facts(model, graph, updates=40, heads=12, negatives=negatives, device="cpu", quiet=True)
    after = evaluate_facts(model, graph)["mrr"]
    assert after == 1 if kind == "ncn" else after > max(before, 0.5)


def test_training_is_the_same_for_a_seed():
    graph, runs = family(4), []
    for _ in range(2):
        torch.manual_seed(0)
        model = KnowledgeNCN(graph, 4)
        fit_facts(model, graph, updates=3, heads=4, seed=7, device="cpu", quiet=True)
        runs.append(model.state_dict())
    assert all(torch.equal(runs[0][name], runs[1][name]) for name in runs[0])


def test_training_with_all_entities_drawn_is_training_with_all():
    graph, runs = family(4), []
    for negatives in (None, graph.num_entities):
        model = network(graph)
        fit_facts(model, graph, updates=5, heads=4, negatives=negatives, device="cpu", quiet=True)
        runs.append(torch.cat([parameter.detach().flatten() for parameter in model.parameters()]))
    torch.testing.assert_close(*runs)
    with pytest.raises(ValueError, match="negatives is 0; expected at least 1, or None for all entities"):
        fit_facts(model, graph, negatives=0)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_gpu_agrees():
    graph = family(6)
    model, facts = network(graph), graph.both_ways("train")
    found = model(*facts[:, :2].unbind(1), facts[:, 2])
    why = reasons(model, facts)
    metrics, rules = evaluate_facts(model, graph), strongest_rules(model, graph)
    model, facts = model.cuda(), facts.cuda()
    torch.testing.assert_close(model(*facts[:, :2].unbind(1), facts[:, 2]).cpu(), found, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(reasons(model, facts).added.cpu(), why.added, rtol=1e-9, atol=1e-9)
    assert evaluate_facts(model, graph) == pytest.approx(metrics)
    assert strongest_rules(model, graph).concluded.tolist() == rules.concluded.tolist()


def test_training_in_lower_precision():
    graph = family(4)
    model = KnowledgeNCN(graph, 4)
    fit_facts(model, graph, updates=3, heads=4, device="cpu", precision="bfloat16", quiet=True)
    assert all(parameter.isfinite().all() for parameter in model.parameters())


def test_reading(tmp_path):
    (tmp_path / "train.txt").write_text("ann\tlikes\tbob\nbob\tknows\tcyd\n", encoding="utf-8")
    (tmp_path / "valid.tsv").write_text("cyd\tlikes\tann\r\n", encoding="utf-8")
    (tmp_path / "test.txt").write_text("dan\tknows\tdan", encoding="utf-8")
    graph = read_knowledge(tmp_path)
    assert (graph.entities, graph.relations) == (("ann", "bob", "cyd", "dan"), ("knows", "likes"))
    assert graph.train.tolist() == [[0, 1, 1], [1, 0, 2]]
    assert graph.names(graph.both_ways("test")) == [("dan", "knows", "dan")] * 2
    assert graph.names(graph.both_ways("valid")) == [("cyd", "likes", "ann")] * 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "facts.txt: the file is empty; expected one fact a line"),
        ("a\tr\tb\na r c\n", r"facts.txt:2: 'a r c'; expected head<TAB>relation<TAB>tail"),
        ("a\t\tb\n", "facts.txt:1: .*expected head"),
        ("a\tr\tb\n\n", "facts.txt:2: ''; expected head"),
        ("a\tr\t\udcff\n", "facts.txt:1: no UTF-8"),
    ],
)
def test_bad_files(tmp_path, text, message):
    path = tmp_path / "facts.txt"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ValueError, match=message):
        read_facts(path)


def test_a_line_that_is_repeated_counts_once(tmp_path):
    (tmp_path / "facts.txt").write_text("a\tr\tb\nc\tr\tb\na\tr\tb\n", encoding="utf-8")
    assert read_facts(tmp_path / "facts.txt") == [("a", "r", "b"), ("c", "r", "b")]


def test_leaks_are_refused(tmp_path):
    for part in ("train", "valid"):
        (tmp_path / f"{part}.txt").write_text("a\tr\tb\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"valid.txt:1: a r b is also in .*train.txt:1; remove"):
        read_knowledge(tmp_path)
    (tmp_path / "valid.txt").unlink()
    with pytest.raises(FileNotFoundError, match="no such file; expected one valid with "):
        read_knowledge(tmp_path)
    with pytest.raises(ValueError, match="train holds no fact"):
        KnowledgeGraph.of([])
    with pytest.raises(ValueError, match="the fact a r b twice"):
        KnowledgeGraph.of([("a", "r", "b")], [("a", "r", "b")])


@settings(max_examples=25, deadline=None)
@given(knowledge(), st.booleans())
def test_reasons_add_up_to_the_logit(graph, hiding):
    model, facts = network(graph), graph.both_ways()
    head, relation, tail = facts.unbind(1)
    hidden = tail if hiding else None
    why = reasons(model, facts, hidden)
    base = model.base(head, relation).gather(1, facts[:, 2:])[:, 0]
    wanted = model(head, relation, hidden).gather(1, facts[:, 2:])[:, 0]
    torch.testing.assert_close(base.index_add(0, why.fact, why.added), wanted)
    given_facts = set(triples(graph))
    for fact, first, between, second, _ in zip(*(getattr(why, n).tolist() for n in why.__slots__), strict=True):
        h, r, t = facts[fact].tolist()
        if between == NONE:
            assert (h, first, t) in given_facts
            assert first != r
        else:
            assert {(h, first, between), (between, second, t)} <= given_facts
            assert between not in (h, t)


def test_reasons_begin_with_the_strongest():
    graph = family()
    why = reasons(network(graph), graph.both_ways())
    assert why.fact.diff().min() >= 0
    assert (why.added.diff()[why.fact.diff() == 0] <= 0).all()


@settings(max_examples=15, deadline=None)
@given(knowledge(), st.sampled_from([0.0, 0.3, 0.6]), st.integers(1, 64))
def test_rules_are_what_their_figures_say(graph, precision, batch):
    """Against a search through all pairs of facts."""
    rules = strongest_rules(network(graph), graph, precision=precision, carried=1, batch=batch)
    facts, r = set(triples(graph)), 2 * graph.num_relations
    for k in range(len(rules.relation)):
        relation, first, second = (int(part[k]) for part in (rules.relation, rules.first, rules.second))
        assert relation < graph.num_relations
        assert first < r
        if second == NONE:
            ends = {(x, y) for x, a, y in facts if a == first and x != y}
        else:
            legs = [f for f in facts if f[0] != f[2]]
            ends = {(x, y) for x, a, w in legs for v, b, y in legs if (a, b, w) == (first, second, v) and x != y}
        right = sum((x, relation, y) in facts for x, y in ends)
        assert (int(rules.concluded[k]), int(rules.right[k])) == (len(ends), right)
        assert right >= precision * len(ends)
        assert rules.carried[k] >= 1
    keys = list(zip(rules.relation.tolist(), rules.first.tolist(), rules.second.tolist(), strict=True))
    assert len(set(keys)) == len(keys)
    same_relation = rules.relation.diff() == 0
    assert (rules.precision.diff()[same_relation] <= 0).all()


def test_the_picture_of_a_reason():
    graph = KnowledgeGraph.of([("a<b", "likes", "c"), ("c", "knows", "d"), ("d", "sees", "a<b")])
    fact = graph.numbers_of(("a<b", "likes", "d"))
    model = network(graph)
    with torch.no_grad():
        logit = float(model(torch.tensor([fact[0]]), torch.tensor([fact[1]]))[0, fact[2]])
    picture = reason_picture(graph, reasons(model, torch.tensor([fact])), fact, logit)
    root = ElementTree.fromstring(picture)
    texts = ["".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[0] == "a<b likes d"
    assert f"logit {logit:.2f} = " in texts[1]
    assert {"c", "knows →", "likes →"} <= set(texts)
    assert any(text.startswith("← sees  ") for text in texts), "the fact between the two ends"
    with pytest.raises(ValueError, match="no relation 'like'; did you mean 'likes'"):
        graph.numbers_of(("c", "like", "d"))
    with pytest.raises(ValueError, match="no entity 'zebra'; there are 3, such as 'a<b'"):
        graph.numbers_of(("zebra", "likes", "d"))


@pytest.mark.parametrize("kind", ["ncn", "complex"])
def test_a_model_is_saved_with_its_graph(tmp_path, kind):
    graph, path = family(3), tmp_path / "family.safetensors"
    model = network(graph) if kind == "ncn" else ComplEx(graph.num_entities, graph.num_relations, 6)
    model = model.float()
    save_model(path, model, graph)
    again, same = load_model(path)
    head, relation, _ = graph.both_ways("test").unbind(1)
    assert type(again) is type(model)
    assert torch.equal(again(head, relation), model(head, relation))
    assert (same.entities, same.relations) == (graph.entities, graph.relations)
    assert torch.equal(same.both_ways("test"), graph.both_ways("test"))
    save_checkpoint(path, "knowledge", {"entities": ["a"]}, {})
    with pytest.raises(CheckpointError, match="holds no model of a knowledge graph"):
        load_model(path)

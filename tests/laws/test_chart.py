"""Parsers against brute force: every sentence and every derivation of random grammars."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from nesy.errors import InputError
from nesy.lang.chart import Chart
from nesy.lang.enumerate import Table
from nesy.lang.grammar import read_grammar
from nesy.lang.lalr import END, Stuck, lalr_table

LONGEST = 4
symbols = st.sampled_from(["start", "b", "c", '"x"', '"y"'])
bodies = st.lists(symbols, max_size=3).map(" ".join)
rules = st.lists(bodies, min_size=1, max_size=3)
grammars = st.tuples(rules, rules, rules)


def read(grammar):
    """A grammar of three rules, or None where a rule derives itself."""
    lines = [
        f"{name}: " + "\n | ".join(f"{body} -> {name}{number}" for number, body in enumerate(bodies))
        for name, bodies in zip(("start", "b", "c"), grammar, strict=True)
    ]
    try:
        return read_grammar("\n".join(lines))
    except InputError:
        return None


def trees(grammar):
    """Actions that build a derivation as a nested tuple."""
    return [lambda values, end, p=p: (p.index, *values) for p in grammar.productions]


@given(grammars)
@settings(max_examples=200)
def test_parsers_are_brute_force(text):
    grammar = read(text)
    if grammar is None:
        return
    table = Table(grammar, {name: [name] for name in grammar.terminals})
    counted = Counter()
    for _ in range(LONGEST + 1):
        counted.update(table.extend())
    chart, lalr = Chart(grammar), lalr_table(grammar)
    for sentence in strings(LONGEST):
        if not set(sentence) <= set(grammar.terminals):
            continue
        names = [(word,) for word in sentence]
        found = chart.every(names, sentence, trees(grammar), 10**6)
        first = chart.parse(names, sentence, trees(grammar))
        if isinstance(found, Stuck):
            assert counted[sentence] == 0
            assert found == first
            continue
        assert len(found) == len(set(found)) == counted[sentence]
        assert first == found[0]
        if lalr is not None:
            assert [lalr.parse(sentence, sentence, trees(grammar))] == found


def strings(longest):
    found = [()]
    for words in found:
        yield words
        if len(words) < longest:
            found += [(*words, '"x"'), (*words, '"y"')]


@given(grammars)
def test_stuck_names_what_may_follow(text):
    grammar = read(text)
    if grammar is None:
        return
    chart, lalr = Chart(grammar), lalr_table(grammar)
    for sentence in strings(3):
        if lalr is None or not set(sentence) <= set(grammar.terminals):
            continue
        left = chart.parse([(word,) for word in sentence], sentence, trees(grammar))
        right = lalr.parse(sentence, sentence, trees(grammar))
        if isinstance(left, Stuck):
            assert left.position == right.position
            assert set(left.expected) == set(right.expected) - {END}

"""Learned lexicons as definition files: the file is the language that the chart reads."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nesy.errors import NesyError, OutsideLanguage
from nesy.lang.check import check
from nesy.lang.language import Language
from nesy.learn.chart import Chart
from nesy.learn.lexicon import SLOT, Lexicon, Sense, word_sense
from nesy.learn.precedence import Precedence
from nesy.learn.write import clause_names, readable, write
from nesy.machine.expressions import Call, Literal, Variable
from nesy.machine.values import text
from nesy.search.meaning import PARAMETERS, Fold, Meaning, closure, of_expression, solved
from nesy.search.universe import Universe

KINDS = ("int", "bool", "seq")
WORDS = (
    "foo",
    "bar",
    "Baz",
    "山",
    '"',
    "\\",
    "%ignore",
    "#",
    "if",
    "head",
    "let",
    "true",
    "007",
    "/x/",
    "->",
    "_",
    "e0",
)
TOKENS = ("A", "a", "if", "true", "7", "山", '"', "\\", "[", "x y"[:1])
SILENT = "um"
A, B = Variable("a"), Variable("b")


def told(number, slots, token):
    """A meaning that keeps all parses apart."""
    whole = Literal((f"<{number}", token))
    for name in PARAMETERS[:slots]:
        whole = Call("++", (whole, Variable(name)))
    return Call("++", (whole, Literal((">",))))


@st.composite
def lexicons(draw):
    """Senses over few words, with levels and thresholds that are drawn too."""
    words = draw(st.lists(st.sampled_from(WORDS), min_size=3, max_size=5, unique=True))
    item = st.one_of(st.just(SLOT), st.sampled_from(words))
    shape = st.lists(item, min_size=2, max_size=4).map(tuple).filter(lambda p: 1 <= p.count(SLOT) <= 3)
    shapes = draw(st.lists(shape, min_size=1, max_size=4))
    senses = [
        Sense(p, of_expression(p.count(SLOT), told(n, p.count(SLOT), draw(st.sampled_from(TOKENS)))))
        for n, p in enumerate(shapes)
    ]
    senses += [word_sense(w, (draw(st.sampled_from(TOKENS)), w)) for w in words[:2]]
    some = [s for s in senses if s.slots]
    level = {s: draw(st.integers(0, 2)) for s in some}
    threshold = {(s, k): draw(st.sampled_from([0, 0, 1, 2, 3])) for s in some for k in range(s.slots)}
    precedence = Precedence(level, threshold)
    lexicon = Lexicon(tuple(senses), silent=frozenset((SILENT,)), open_numbers=draw(st.booleans()))
    return replace(lexicon, forbidden=precedence.edges()), precedence, tuple(words)


@st.composite
def tasks(draw):
    lexicon, precedence, words = draw(lexicons())
    sentences = []
    for _ in range(4):
        phrase = [SLOT]
        for _ in range(draw(st.integers(0, 3))):
            slots = [k for k, word in enumerate(phrase) if word is SLOT]
            shapes = [s.pattern for s in lexicon.senses if s.slots and len(phrase) + len(s.pattern) <= 7]
            if slots and shapes:
                at = draw(st.sampled_from(slots))
                phrase[at : at + 1] = draw(st.sampled_from(shapes))
        atoms = [*words[:2], *(["33", "-4"] if lexicon.open_numbers else [])]
        sentences.append([draw(st.sampled_from(atoms)) if w is SLOT else w for w in phrase])
    sentences.append(draw(st.lists(st.sampled_from(words), max_size=4)))
    sentences.append([w for word in sentences[0] for w in (SILENT, word)])
    return lexicon, precedence, [tuple(s) for s in sentences]


def chart_values(universe, lexicon, words):
    chart = Chart(universe, lexicon, lexicon.spoken(words))
    if chart.overflow:
        assume(False)
    return {text(universe.values[value]) for value, _, _ in chart.root}


@given(tasks())
@settings(max_examples=120)
def test_the_file_is_the_language_of_the_chart(task):
    """What is written loads; its derivations have the values that the chart reads; where there is one, `run` gives
    it; where there is none, the sentence is outside the language."""
    lexicon, precedence, sentences = task
    universe = Universe()
    language = Language.load(text=write(lexicon, precedence, KINDS).text)
    for words in sentences:
        expected = chart_values(universe, lexicon, words)
        if not expected:
            with pytest.raises((OutsideLanguage, NesyError)):
                language.run(words)
            continue
        assert {text(d.value) for d in language.derivations(words, limit=1000)} == expected
        assert text(language.run(words)) in expected
        assert text(language.parse(words).value) in expected


@given(lexicons())
@settings(max_examples=25)
def test_the_file_is_correct(task):
    """`check` finds no error in a file that was written."""
    lexicon, precedence, _ = task
    language = Language.load(text=write(lexicon, precedence, KINDS).text)
    report = check(language, seconds=0.01)
    assert report.ok, str(report)


@given(lexicons())
def test_names(task):
    """Every sense has a clause name of its own, which is an identifier and names nothing else."""
    lexicon, precedence, _ = task
    names = clause_names(lexicon.senses)
    assert len(set(names.values())) == len(lexicon.senses)
    assert all(name.isidentifier() and name.isascii() and name[0].islower() for name in names.values())
    assert write(lexicon, precedence, KINDS).names == names


@given(st.lists(st.text('%aé山#"\\ {:', max_size=12), max_size=3))
def test_comments_are_comments(lines):
    """Whatever is said at the top of a file changes nothing of what it means."""
    lexicon = Lexicon((word_sense("foo", 3),))
    assert Language.load(text=write(lexicon, Precedence(), KINDS, lines).text).run("foo") == 3


def test_words_that_denote_themselves():
    """Open words and numbers are written as terminals; a word with a sense of its own keeps that sense."""
    lexicon = Lexicon(
        (word_sense("foo", ("F",)), word_sense("7", ("SEVEN",))), open_words=frozenset(("zap",)), open_numbers=True
    )
    language = Language.load(text=write(lexicon, Precedence(), KINDS).text)
    assert [language.run(w) for w in ("foo", "zap", "12", "-3", "7")] == [("F",), ("zap",), 12, -3, ("SEVEN",)]
    assert check(language, seconds=0.1).ok


small = st.one_of(st.integers(-3, 3).map(Literal), st.just(A), st.just(B))


@st.composite
def sums(draw, depth=3):
    """Arithmetic as a search finds it, with the forms that people write otherwise."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(small)
    name = draw(st.sampled_from(("+", "+", "*", "monus", "min", "if")))
    arguments = [draw(sums(depth - 1)) for _ in range(2)]
    if name == "if":
        tests = [Call(draw(st.sampled_from(("<", "=="))), tuple(arguments)) for _ in range(2)]
        negated = [draw(st.sampled_from([t, Call("not", (t,))])) for t in tests]
        both = draw(
            st.sampled_from([negated[0], Call("and", tuple(negated)), Call("not", (Call("and", tuple(negated)),))])
        )
        return Call("if", (both, *arguments))
    if all(isinstance(argument, Literal) for argument in arguments):
        return arguments[0]  # see tests/search/test_meaning.py, test_sum_of_two_constants_can_be_written
    return Call(name, tuple(arguments))


@given(sums(), st.integers(-4, 4), st.integers(-4, 4))
@settings(max_examples=200)
def test_readable_is_the_same_function(expression, a, b):
    """The notation for people means what was found."""
    environment = {"a": a, "b": b}
    assert closure(readable(expression))(environment) == closure(expression)(environment)


def test_operators_alone():
    """A lexicon that has operators and no constants yet is not written: there is no sentence of it."""
    join = Sense((SLOT, "foo", SLOT), of_expression(2, Call("++", (A, B))))
    assert not Lexicon((join,)).grounded
    for lexicon in (
        Lexicon((join, word_sense("dax", ("X",)))),
        Lexicon((join,), open_words=frozenset(("x", "y"))),
        Lexicon((join,), open_numbers=True),
    ):
        assert lexicon.grounded
        assert check(Language.load(text=write(lexicon, Precedence(), KINDS).text), seconds=0.1).ok


def test_digits_that_are_no_number():
    """A word of digits that is no canonical number denotes itself where words do."""
    lexicon = Lexicon((word_sense("foo", 3),), open_words=frozenset(("007",)), open_numbers=True)
    assert chart_values(Universe(), lexicon, ("007",)) == {"007"}
    assert text(Language.load(text=write(lexicon, Precedence(), KINDS).text).run("007")) == "007"


@pytest.mark.parametrize(("word", "denoted"), [("2", 2), ("zap", ("zap",))])
def test_words_with_a_sense_that_also_denote_themselves(word, denoted):
    """A word that is a postfix operator and denotes its number, or itself, is both in the chart and in the file, or
    one of them in both."""
    twice = Sense((SLOT, word), of_expression(1, Call("++", (A, A))))
    lexicon = Lexicon((word_sense("foo", 3), twice), open_words=frozenset(("zap",)), open_numbers=True)
    language = Language.load(text=write(lexicon, Precedence(), KINDS).text)
    expected = chart_values(Universe(), lexicon, (word,))
    try:
        found = {text(language.run(word))}
    except OutsideLanguage:
        found = set()
    assert found == expected, denoted


def test_programs_that_call_others_are_clauses_that_call_clauses():
    """Of a word that means the same if there is one, else of a helper."""
    a, b, r, one = Variable("a"), Variable("b"), Variable("r"), Literal(1)
    plus = Meaning(2, Fold(0, "int", b, Call("+", (r, one))), 8)
    call = solved(plus, "int int int")
    times = Meaning(2, Fold(0, "int", Literal(0), Call(call.name, (b, r))), 8, (call,))
    square = of_expression(1, Call(solved(times, "int int int").name, (a, a)), (solved(times, "int int int"),))
    digits = [word_sense(str(n), n) for n in range(10)]
    for words in (["plus", "times"], ["times"], []):
        own = {"plus": plus, "times": times}
        senses = [Sense((None, word, None), own[word]) for word in words] + [Sense(("squared", None), square)]
        lexicon = Lexicon((*digits, *senses))
        table = Precedence(dict.fromkeys(senses, 0), {(s, k): 1 for s in senses for k in range(s.slots)})
        written = write(lexicon, table, KINDS)
        language = Language.load(text=written.text)
        assert check(language, seconds=0.1).ok
        assert language.run("squared 7") == 49
        if "times" in words:
            assert language.run("6 times 7") == 42
        assert ("helper_1(" in written.text, "helper_2(" in written.text) == ("plus" not in words, not words)

"""Given knowledge: it stays as it is, and only the rest is learned."""

import random

import pytest

from nesy.cli import main
from nesy.errors import InputError, NesyError
from nesy.lang.language import Language, language
from nesy.learn import Learner
from nesy.learn.given import read_given

OPERATORS = {
    "+": (0, lambda a, b: a + b),
    "-": (0, lambda a, b: max(0, a - b)),
    "*": (1, lambda a, b: a * b),
    "/": (1, lambda a, b: -(-a // b)),
}


def expressions(count, operators, new, seed=0):
    """Expressions with the operator `new` in them, as HINT makes them, and their results."""
    rng = random.Random(seed)

    def tree(n):
        if n == 0:
            return rng.randrange(10)
        left = rng.randrange(n)
        return rng.choice(sorted(operators)), tree(left), tree(n - 1 - left)

    def show(t):
        if isinstance(t, int):
            return str(t)
        name, *parts = t
        level = operators[name][0]
        shown = []
        for least, part in zip((level, level + 1), parts, strict=True):
            low = not isinstance(part, int) and operators[part[0]][0] < least
            shown.append(f"( {show(part)} )" if low else show(part))
        return f"{shown[0]} {name} {shown[1]}"

    def value(t):
        return t if isinstance(t, int) else operators[t[0]][1](value(t[1]), value(t[2]))

    pairs = {}
    while len(pairs) < count:
        drawn = tree(rng.randrange(1, 5))
        try:
            found = value(drawn)
        except ZeroDivisionError:
            continue
        if found <= 100 and new in show(drawn).split():
            pairs[show(drawn)] = found
    return list(pairs.items())


@pytest.mark.parametrize(("level", "function"), [(0, max), (1, lambda a, b: 2 * a + b), (2, min)])
def test_a_new_operator_of_a_given_language(level, function):
    """Its meaning and its precedence, also one that binds more tightly than all that were given."""
    operators = {**OPERATORS, "new": (level, function)}
    pairs = expressions(200, operators, "new")
    learner = Learner(given="hint", budget=30).fit(pairs[:80])
    assert learner.score(pairs[80:]) == (120, 120)
    source = learner.language.source
    for clause in ("plus(a, b) = a + b", "minus(a, b) = monus(a, b)", "over(a, b) = (a + monus(b, 1)) div b"):
        assert clause in source
    assert Language.load(text=source).run("7 - 2 - 1") == 4  # as in the given language


def test_a_given_precedence_stays_against_the_pairs():
    """Pairs of another associativity do not change what was given."""
    pairs = [
        (f"{a} - {b} - {c}", max(0, a - max(0, b - c))) for a in range(2, 8) for b in range(5) for c in range(1, 4)
    ]
    learner = Learner(given="hint", budget=5).fit(pairs)
    assert learner.language.run("7 - 2 - 1") == 4
    assert not learner.reliable


def test_clauses_with_helpers_stay():
    given = Language.load(
        text="""%grammar
?start: atom
    | start "then" atom -> after
?atom: "one" -> one
    | "(" start ")"
%semantics
one = 1
after(a, b) = twice(a) + helper(b)
twice(0) = 0
twice(n + 1) = twice(n) + 2
helper(b) when b > 3 = 0
helper(b) = b
"""
    )
    pairs = [("two", 2), ("one then two", 4), ("two then one", 5), ("two then two", 6), ("( two )", 2)] * 2
    learner = Learner(given=given, budget=10).fit(pairs)
    assert learner.language.run("two then ( two then two )") == 4
    assert "helper(b) when b > 3 = 0" in learner.language.source


def test_values_and_functions_of_words():
    """The pattern of a word with a function is learned: here it stands before its arguments."""
    rng = random.Random(0)
    words = {"zero": 0, "one": 1, "two": 2, "five": 5}

    def phrase(depth):
        if depth == 0 or rng.random() < 0.3:
            word = rng.choice(sorted(words))
            return word, words[word]
        (left, a), (right, b) = phrase(depth - 1), phrase(depth - 1)
        return f"mix {left} {right}", (3 * a + b * b) % 11

    pairs = list(dict(phrase(3) for _ in range(200)).items())
    learner = Learner(given={"mix": lambda a, b: (3 * a + b * b) % 11, "five": 5}, budget=20).fit(pairs[:60])
    assert learner.score(pairs) == (len(pairs), len(pairs))
    with pytest.raises(InputError, match="a file cannot hold Python functions, as the meaning of mix is"):
        learner.save("anywhere.nesy")


def test_values_alone_can_be_saved(tmp_path):
    learner = Learner(given={"one": 1, "two": 2}, budget=5).fit(
        [
            ("one plus two", 3),
            ("two plus two", 4),
            ("one plus one", 2),
            ("two plus one", 3),
            ("two plus one plus two", 5),
        ]
    )
    learner.save(str(tmp_path / "saved.nesy"))
    assert language(tmp_path / "saved.nesy").run("one plus two plus two") == 5


def test_a_function_that_fails_has_no_value():
    given = read_given({"w": lambda a, b: a // b}, ())
    with pytest.raises(NesyError, match="division"):
        given.python["given_1"](1, 0)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"w": 1.5}, "'w' is given 1.5"),
        ({"two words": 1}, "'two words' is given a meaning; expected a word"),
        ({"w": lambda: 1}, "the function given for 'w' has no fixed number of arguments; expected 1 to 3"),
        ({"w": lambda *a: 1}, "the function given for 'w' has no fixed number of arguments"),
        ({"w": len, "v": lambda a, b, c, d: 1}, "the function given for 'v'"),
        ("no such file", "no file and no language named"),
        (Language.load(text='%grammar\nstart: "a"+ -> f\n%semantics\nf(x) = x\n'), "cannot be taken over"),
    ],
)
def test_what_cannot_be_given(given, message):
    with pytest.raises(InputError, match=message):
        Learner(given=given).fit([("a", 1), ("b", 2)])


def test_a_grammar_without_levels():
    with pytest.raises(InputError, match="the given grammar cannot be kept; expected one in which levels"):
        Learner(given="booleans").fit([("true xor false", True)])


def test_no_state_beside_it():
    learner = Learner(given={"one": 1}, budget=5).fit([("one plus one", 2), ("one", 1)])
    with pytest.raises(InputError, match="a saved state beside given knowledge"):
        learner.checkpoint()


def test_from_the_command_line(tmp_path, capsys):
    pairs = expressions(80, {**OPERATORS, "new": (0, max)}, "new")
    (tmp_path / "train.tsv").write_text("".join(f"{x}\t{y}\n" for x, y in pairs), encoding="utf-8")
    command = ["learn", str(tmp_path / "train.tsv"), "--out", str(tmp_path / "out.nesy"), "--quiet"]
    assert main([*command, "--given", "hint"]) == 0
    assert language(tmp_path / "out.nesy").run("7 - 2 new 9") == 9
    assert main([*command, "--given", "hint", "--state", str(tmp_path / "s")]) == 2
    assert "--state beside --given" in capsys.readouterr().err

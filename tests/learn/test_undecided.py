"""Questions that pairs leave open: each is a real one, and its sentence decides it."""

import random

import pytest

from nesy.learn import Learner

CONSTANTS = {"dax": "RED", "wif": "GREEN", "lug": "BLUE", "zup": "PINK"}


def learned(pairs):
    learner = Learner().fit(pairs)
    assert learner.score(pairs) == (len(pairs), len(pairs))
    return learner


def short_phrases():
    """A word behind and a word in front of a constant, never both."""
    pairs = list(CONSTANTS.items())
    for word, token in CONSTANTS.items():
        pairs += [(f"{word} fep", f"{token} X"), (f"blick {word}", f"{token} {token} Z")]
    return pairs


def halves(question):
    """The question, its sentence, and the outcomes."""
    what, _, rest = question.partition('? what is "')
    sentence, _, outcomes = rest.removesuffix("?").rpartition('": ')
    return what, sentence, outcomes.split(" or ")


def sums(operators, count=40, numbers=12):
    """``a op b`` and ``a op b op c`` with one operator at a time; those that are grouped from the left."""
    rng = random.Random(0)
    made = {str(n): str(n) for n in range(numbers)}
    for _ in range(count):
        a, b, c = (rng.randrange(numbers) for _ in range(3))
        for word, run in operators.items():
            made[f"{a} {word} {b}"] = str(run(a, b))
            made[f"{a} {word} {b} {word} {c}"] = str(run(run(a, b), c))
    return list(made.items())


def test_identity_or_reverse():
    """On arguments of one token many programs agree; a longer phrase of the data tells them apart."""
    pairs = short_phrases()
    learner = learned(pairs)
    (question,) = [q for q in learner.report.undecided if q.startswith("_ fep: ")]
    what, sentence, outcomes = halves(question)
    assert "a ++ X or " in what
    assert "head(a)" in what or "reverse(a)" in what
    assert sentence.count("fep") == 2
    assert outcomes[0] == learner.predict(sentence)
    assert len(set(outcomes)) == len(outcomes) > 1
    assert f"undecided: {question}" in str(learner.report)


def test_the_answer_ends_the_question():
    """With the sentence's output among the pairs the question is not asked any more."""
    pairs = short_phrases()
    asked = []
    while (learner := learned(pairs)).report.undecided and len(asked) < 20:
        answered = [halves(q)[1] for q in learner.report.undecided]
        assert not set(answered) & set(asked)
        asked += answered
        pairs += [(sentence, learner.predict(sentence)) for sentence in answered]
    assert 2 <= len(asked) < 20


def test_operators_that_never_meet():
    pairs = sums({"plus": lambda a, b: a + b, "times": lambda a, b: a * b})
    learner = learned(pairs)
    (question,) = learner.report.undecided
    what, sentence, outcomes = halves(question)
    pair, options = what.split(": ")
    assert set(pair.split(" with ")) == set(options.replace(" first", "").split(" or ")) == {"_ plus _", "_ times _"}
    a, one, b, _, c = sentence.split()
    a, b, c = int(a), int(b), int(c)
    add, multiply = ((a + b) * c, a + b * c) if one == "plus" else (a * (b + c), a * b + c)
    expected = [add, multiply] if options.startswith("_ plus _ first") else [multiply, add]
    assert outcomes == list(map(str, expected))
    assert outcomes[0] == learner.predict(sentence)


def test_operators_that_meet():
    """Nothing is asked about what the pairs show."""
    pairs = sums({"plus": lambda a, b: a + b, "times": lambda a, b: a * b})
    rng = random.Random(1)
    for _ in range(20):
        a, b, c = (rng.randrange(2, 12) for _ in range(3))
        pairs += [(f"{a} plus {b} times {c}", str(a + b * c)), (f"{a} times {b} plus {c}", str(a * b + c))]
    assert learned(list(dict(pairs).items())).report.undecided == []


def test_associativity():
    """``a minus b minus c`` is asked about where only ``a minus b`` was seen."""
    pairs = [p for p in sums({"minus": lambda a, b: a - b}, 60) if p[0].count("minus") < 2]
    (question,) = learned(pairs).report.undecided
    what, sentence, outcomes = halves(question)
    assert what.startswith("_ minus _: from the ")
    a, _, b, _, c = sentence.split()
    left, right = int(a) - int(b) - int(c), int(a) - (int(b) - int(c))
    expected = [left, right] if what.endswith("left or from the right") else [right, left]
    assert outcomes == list(map(str, expected))


@pytest.mark.parametrize("budget", [1.0])
def test_no_time_no_questions(budget):
    """With no time left the report has no questions rather than late ones."""
    pairs = sums({"plus": lambda a, b: a + b, "times": lambda a, b: a * b})
    learner = Learner(budget=budget).fit(pairs)
    assert learner.report.undecided == []

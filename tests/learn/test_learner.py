"""The learner end to end: the language itself, or an honest no."""

import functools
import os
import random
import subprocess
import sys

import pytest

from benchmarks.languages import invented, sample
from nesy.errors import InputError, NesyError
from nesy.lang.language import Language
from nesy.learn import Learner
from nesy.learn.learner import predict

# ---------------------------------------------------------------- languages written by hand


def echoes(rng, size):
    """Names in sequence; `gar` doubles the name after it, `zu` joins backwards, `um` says nothing."""
    parts, value = [], []
    for _ in range(size):
        name = rng.choice(("palo", "niku", "esta", "rondo"))
        double = rng.random() < 0.4
        parts.append(f"gar {name}" if double else name)
        value = [name[:2].upper()] * (1 + double) + value
    words = " zu ".join(parts).split()
    if rng.random() < 0.2:
        words.insert(rng.randint(0, len(words)), "um")
    return " ".join(words), " ".join(value)


def sums(rng, size):
    """Sums of products."""
    numbers = {"nol": 0, "ik": 1, "du": 2, "tri": 3, "kvin": 5, "sep": 7}
    terms, total = [], 0
    while size > 0:
        factors = [rng.choice(list(numbers)) for _ in range(rng.randint(1, min(3, size)))]
        size -= len(factors)
        terms.append(" oble ".join(factors))
        product = 1
        for word in factors:
            product *= numbers[word]
        total += product
    return " plos ".join(terms), str(total)


def condition(rng):
    numbers = {"un": 1, "dau": 2, "tri": 3, "pim": 5}
    x, y = rng.choice(list(numbers)), rng.choice(list(numbers))
    return rng.choice([("ie", True), ("na", False), (f"{x} llai {y}", numbers[x] < numbers[y])])


def choices(rng, size):
    """``ef CONDITION den VALUE els VALUE``, for numbers and names alike; a condition may compare numbers."""
    values = {"un": "1", "dau": "2", "tri": "3", "pim": "5", "afal": "A", "bara": "B", "caws": "C"}
    if size <= 1:
        return rng.choice(list(values.items()))
    words, truth = condition(rng)
    yes, no = choices(rng, rng.randint(1, size - 1)), choices(rng, 1)
    return f"ef {words} den {yes[0]} els {no[0]}", (yes if truth else no)[1]


def judgements(rng, size):
    """`choices`, where a condition is a sentence too."""
    if rng.random() < 0.15:
        words, truth = condition(rng)
        return words, "true" if truth else "false"
    return choices(rng, size)


HAND = {"echoes by hand": echoes, "sums by hand": sums, "choices by hand": judgements}


def by_hand(draw):
    rng = random.Random(0)
    train = dict(draw(rng, rng.randint(1, 3)) for _ in range(400))
    test = dict(draw(rng, rng.randint(2, 5)) for _ in range(300))
    return list(train.items()), [(k, v) for k, v in test.items() if k not in train]


QUICK = ("stack", "logic", "choices", "sums", "courtesy", "judgements", "doubles")


@functools.cache
def pairs_of(name):
    if name in HAND:
        return by_hand(HAND[name])
    drawn = invented(name, pairs=300)
    return drawn.train, drawn.test


@functools.cache
def learned(name):
    return Learner(seed=0, budget=8).fit(pairs_of(name)[0])


@pytest.mark.parametrize("name", [*QUICK, *HAND, "options"])
def test_language_is_learned(name):
    """All of the test, of sentences longer than those of the training, is predicted; the learner knows it; every
    pair is explained; and what it says about its words is about all of them."""
    train, test = pairs_of(name)
    learner = learned(name)
    assert learner.score(test) == (len(test), len(test))
    assert learner.reliable
    assert learner.report.estimate == pytest.approx(1, abs=0.05)
    assert learner.report.train_accuracy == 1
    assert learner.report.contradictions == []
    heads = {word for word, _ in learner.report.words}
    said = " ".join(s.pattern for _, senses in learner.report.words for s in senses).split()
    assert {w for x, _ in train for w in x.split()} <= heads | set(said)


@pytest.mark.parametrize("name", QUICK)
def test_saved_text_is_the_language(name, tmp_path):
    """The saved file predicts what the learner predicts, on all pairs and on nonsense; and `check` finds no error."""
    train, test = pairs_of(name)
    learner = learned(name)
    learner.save(str(tmp_path / "learned.nesy"))
    language = Language.load(tmp_path / "learned.nesy")
    rng = random.Random(1)
    words = sorted({w for x, _ in train for w in x.split()})
    nonsense = [" ".join(rng.choices(words, k=rng.randint(1, 6))) for _ in range(50)]
    for sentence in [x for x, _ in train + test] + nonsense:
        found = predict(language, sentence)
        assert found == predict(learner.language, sentence)
        if found is None:
            with pytest.raises(NesyError):
                learner.predict(sentence)
        else:
            assert learner.predict(sentence) == found == predict(language, sentence.split())
    assert language.check().ok


def test_same_seed_same_text():
    """Pairs and seed determine the text of the file."""
    for name in ("courtesy", "sums", "logic"):
        assert Learner(seed=0, budget=8).fit(pairs_of(name)[0]).language.source == learned(name).language.source


@pytest.mark.xfail(reason="four unknown words at once, and values that are no sentence, are not abduced", strict=True)
def test_conditions_that_are_no_sentences():
    """The truth values of a language may be hidden: no sentence has one."""
    train, test = by_hand(choices)
    assert Learner(seed=0, budget=4).fit(train).score(test) == (len(test), len(test))


SCRIPT = """
from benchmarks.languages import invented
from nesy.learn import Learner
for name in ("courtesy", "sums", "judgements"):
    print(Learner(seed=0, budget=60).fit(invented(name, pairs=300).train).language.source)
"""


@pytest.mark.slow
def test_same_text_whatever_the_hashes():
    """The order in which Python goes through sets of strings changes nothing."""
    texts = set()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        texts.add(done.stdout)
    assert len(texts) == 1


# ---------------------------------------------------------------------------------- no language


def noise(kind, rng):
    """Pairs of random sentences over eight words with random outputs."""
    words = [f"w{k}" for k in range(8)]
    pairs = {}
    while len(pairs) < 150:
        sentence = " ".join(rng.choices(words, k=rng.randint(1, 5)))
        if kind == "numbers":
            pairs[sentence] = str(rng.randint(-20, 20))
        else:
            pairs[sentence] = " ".join(rng.choices("ABCDE", k=rng.randint(1, 5)))
    return list(pairs.items())


@pytest.mark.parametrize("kind", ["numbers", "tokens"])
def test_noise_is_refused(kind):
    """Pairs without a language behind them are never claimed to be learned, and the budget is kept."""
    learner = Learner(seed=0, budget=3).fit(noise(kind, random.Random(2)))
    assert not learner.reliable
    assert learner.report.estimate < 0.8
    assert learner.report.seconds < 3 + 3
    if learner.language is not None:
        assert "NOT RELIABLE" in learner.language.source


@pytest.mark.slow
@pytest.mark.parametrize("name", ["logic", "stack", "courtesy", "sums"])
def test_corrupted_pairs_are_found(name):
    """With 5% of the outputs wrong the language is found all the same, in a small budget, and the pairs that it
    contradicts are those that were made wrong."""
    clean, noisy = invented(name, pairs=300), invented(name, pairs=300, noise=0.05)
    wrong = {k for k, (a, b) in enumerate(zip(clean.train, noisy.train, strict=True)) if a != b}
    assert len(wrong) == round(0.05 * len(clean.train))
    learner = Learner(seed=0, budget=60).fit(noisy.train)
    assert learner.score(noisy.test) == (len(noisy.test), len(noisy.test))
    assert learner.reliable
    assert {index for index, *_ in learner.report.contradictions} == wrong
    for index, sentence, output, better in learner.report.contradictions:
        assert (sentence, output) == noisy.train[index]
        assert (sentence, better) == clean.train[index]


def test_decimal_words_are_numbers_unless_a_sentence_says_otherwise():
    """Numbers that no output shows are still numbers; a word whose only sentence says something else is that."""
    rng = random.Random(0)
    pairs = {}
    for _ in range(200):
        x, y = rng.sample([4, 5, 8, 58], 2)
        pairs[f"{x} dax {y}"] = "true" if x < y else "false"
        pairs[f"{x} dax 9"] = "true" if x < 6 else "false"
    pairs["9"] = "6"
    learner = Learner(seed=0, budget=20).fit(pairs.items())
    assert learner.score(pairs.items()) == (len(pairs), len(pairs))
    assert learner.predict("9") == "6"


def test_a_truth_value_that_never_stands_alone():
    """``kor`` is never a sentence, and every word that joins it to another is unknown too."""
    rng = random.Random(1)

    def draw(depth):
        if depth == 0:
            return rng.choice([(["sa"], True), (["kor"], False)])
        (x, p), (y, q) = draw(rng.randint(0, depth - 1)), draw(rng.randint(0, depth - 1))
        if rng.random() < 0.5:
            return ["both", *x, "plus", *y, "end"], p and q
        return ["one", *x, "plus", *y, "end"], p or q

    drawn = [draw(rng.randint(1, 3)) for _ in range(300)]
    pairs = {" ".join(words): str(truth).lower() for words, truth in drawn} | {"sa": "true"}
    learner = Learner(seed=0, budget=30).fit(pairs.items())
    assert learner.score(pairs.items()) == (len(pairs), len(pairs))
    assert learner.predict("kor") == "false"


# ------------------------------------------------------------------------------------ interrupts


def interrupted(pairs, when, **options):
    """A learner that was interrupted at the first progress for which `when` holds."""

    def progress(seen):
        if when(seen):
            raise KeyboardInterrupt

    learner = Learner(seed=0, progress=progress, **options)
    with pytest.raises(KeyboardInterrupt):
        learner.fit(pairs)
    return learner


def test_interrupt_keeps_the_best_language():
    """KeyboardInterrupt passes through `fit`, and what was found so far stays: it predicts, is saved, and is
    marked as not reliable, since nothing was held against it."""
    train, test = pairs_of("courtesy")
    learner = interrupted(train, lambda seen: seen.stage == "checking")
    right, total = learner.score(test)
    assert right > 0.5 * total
    assert not learner.reliable
    assert "NOT RELIABLE" in learner.language.source


def test_interrupt_while_growing_keeps_what_was_grown():
    """Once half of the sample is explained, an interrupt leaves a language that explains something."""
    train, _ = pairs_of("judgements")
    learner = interrupted(train, lambda seen: seen.stage == "growing" and 2 * seen.explained > seen.total)
    assert learner.language is not None
    right, total = learner.score(train)
    assert right > 0.2 * total


def test_interrupt_at_once_claims_nothing():
    """At the first progress only single words are known: they are kept, and nothing is claimed."""
    train = pairs_of("sums")[0]
    learner = interrupted(train, lambda seen: True)
    assert not learner.reliable
    assert learner.language is not None
    words = [(x, y) for x, y in train if len(x.split()) == 1]
    assert words
    assert learner.score(words) == (len(words), len(words))
    assert {len(clause.patterns) for clause in learner.language.clauses} == {0}


def test_an_interrupted_second_fit_claims_nothing():
    """What an earlier fit was worth says nothing about a fit that was interrupted."""
    train = pairs_of("sums")[0]
    learner = Learner(seed=0).fit(train)
    assert learner.reliable

    def stop(seen):
        raise KeyboardInterrupt

    learner.progress = stop
    with pytest.raises(KeyboardInterrupt):
        learner.fit(train)
    assert not learner.reliable
    assert learner.report.heldout == 0


def test_a_learner_that_was_not_fitted_says_so():
    """Before anything is found there is no language, and asking for one says so."""
    with pytest.raises(NesyError, match="nothing was learned"):
        Learner().predict("wa")


def test_progress_counts_up_to_all():
    """Progress tells stages, pairs explained, at most all, and time that goes on; the last says all."""
    seen = []
    Learner(seed=0, progress=seen.append).fit(pairs_of("sums")[0])
    assert all(0 <= p.explained <= p.total for p in seen)
    assert [p.elapsed for p in seen] == sorted(p.elapsed for p in seen)
    assert seen[-1].explained == seen[-1].total


def test_resumed_work_ends_where_it_would_have():
    """From the state of an interrupted learner the work goes on, and finds the language."""
    train, test = pairs_of("judgements")
    state = interrupted(train, lambda seen: seen.stage == "checking").checkpoint()
    learner = Learner(seed=0).fit(train, resume=state)
    assert learner.score(test) == (len(test), len(test))
    assert learner.reliable


def test_state_of_other_work_is_refused():
    """A state belongs to its pairs; anything else is an error, not a crash."""
    train, _ = pairs_of("sums")
    state = learned("sums").checkpoint()
    for bad in (b"", b"\xff\x00", b"{}", b"[]", b"null", state[: len(state) // 2], state[::-1]):
        with pytest.raises(InputError):
            Learner(seed=0).fit(train, resume=bad)
    with pytest.raises(InputError):
        Learner(seed=0).fit(pairs_of("stack")[0], resume=state)


# ------------------------------------------------------------------------------------- small input


def test_outputs_may_be_values():
    pairs = [("one", 1), ("two", 2), ("one plus two", 3), ("two plus two", 4), ("one plus one", 2)]
    as_texts = Learner(budget=5).fit([(x, str(y)) for x, y in pairs])
    as_values = Learner(budget=5).fit(pairs)
    assert as_values.language.source == as_texts.language.source
    assert as_values.score(pairs) == (5, 5)
    with pytest.raises(InputError, match="an output that is a float"):
        Learner().fit([("one", 1.0)])


@pytest.mark.parametrize("options", [{}, {"library": False}])
def test_programs_call_the_functions_of_other_words(options):
    """Eight times is twice of twice of twice; without the library no program may say so."""
    pairs = {str(n): n for n in range(6)} | {f"twice {n}": 2 * n for n in range(6)}
    pairs |= {f"often {n}": 8 * n for n in range(6)} | {f"twice often {n}": 16 * n for n in range(3)}
    learner = Learner(primitives="peano", budget=5 if options else 30, **options).fit(pairs.items())
    found = "often(a) = twice(twice(twice(a)))" in learner.language.source
    assert found == (not options)
    if found:
        assert learner.score(pairs.items()) == (21, 21)


def test_no_pairs():
    with pytest.raises(InputError, match="no pairs to learn from"):
        Learner().fit([])


@pytest.mark.parametrize(
    "pairs",
    [
        [("foo", "A")],
        [("foo", "")],
        [("", "A")],
        [("", ""), ("foo", "1")],
        [("foo", "1"), ("foo", "2")],
        [("foo bar", "A"), ("bar foo", "B")],
        [(("foo", "bar"), "true")] * 20,
        [("\u2028x", "A"), ("zap", "a b")],
    ],
)
def test_few_pairs_are_no_crash(pairs):
    """However few and odd the pairs, `fit` comes back, and what it has is a language or nothing."""
    learner = Learner(seed=0, budget=3).fit(pairs)
    if learner.language is not None:
        assert learner.score(pairs)[1] == len(pairs)
        assert Language.load(text=learner.language.source).run is not None


def test_second_fit_forgets_the_first():
    """A learner can be fitted again, to other pairs: as if it were new."""
    learner = Learner(seed=0, budget=8).fit(pairs_of("stack")[0]).fit(pairs_of("courtesy")[0])
    assert learner.language.source == learned("courtesy").language.source
    assert learner.report.words == learned("courtesy").report.words


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "family"), [(1, "precedence"), (2, "brackets")])
def test_random_language_is_learned_or_refused(seed, family):
    """A random language is learned to the last test sentence, or not claimed: never reliable and wrong."""
    drawn = sample(seed, family=family, pairs=300)
    learner = Learner(seed=0, budget=6).fit(drawn.train)
    right, total = learner.score(drawn.test)
    assert abs(learner.report.estimate - right / total) <= 0.05 or not learner.reliable

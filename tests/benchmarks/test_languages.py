"""The generator of random languages gives honest, identifying pairs."""

import os
import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.languages import (
    FAMILIES,
    INVENTED,
    MAX_INT,
    MAX_WORDS,
    SEQ,
    Constant,
    Construct,
    Language,
    Operation,
    Root,
    Sample,
    Speaker,
    Undefined,
    Word,
    competitors,
    construct,
    invented,
    main,
    readings,
    rivals,
    sample,
)

SEEDS = st.integers(min_value=0, max_value=10**6)


def check(drawn: Sample) -> None:
    """What holds of every sample without noise."""
    train, test = dict(drawn.train), dict(drawn.test)
    assert len(train) == len(drawn.train)
    assert len(test) == len(drawn.test) >= 30
    assert not train.keys() & test.keys()
    assert len(drawn.language.words()) <= MAX_WORDS
    for source, target in [*drawn.train, *drawn.test]:
        assert source == " ".join(source.split())
        assert target == " ".join(target.split())
        assert readings(drawn.language, source) == [target]
    seen = Counter(word for source in train for word in set(source.split()))
    assert set(seen) == set(drawn.language.words())
    assert min(seen.values()) >= 4
    assert {word for source in test for word in source.split()} <= set(seen)


def longest(pairs: list[tuple[str, str]]) -> int:
    return max(len(source.split()) for source, _ in pairs)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_sound_samples(family: str) -> None:
    check(sample(1, family=family, pairs=100))


@settings(max_examples=25)
@given(SEEDS)
@example(65)
@example(92)
def test_every_seed_has_a_sound_sample(seed: int) -> None:
    check(sample(seed, pairs=100))


@pytest.mark.parametrize("name", INVENTED)
def test_invented_languages_are_sound(name: str) -> None:
    check(invented(name, seed=5))


@settings(max_examples=5)
@given(SEEDS)
def test_samples_depend_on_the_seed_alone(seed: int) -> None:
    assert sample(seed, noise=0.1) == sample(seed, noise=0.1)


def test_samples_do_not_depend_on_the_hash_seed() -> None:
    printed = {
        subprocess.run(
            [sys.executable, "-m", "benchmarks.languages", "--seed", "11"],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(printed) == 1


def test_different_seeds_draw_different_languages() -> None:
    assert len({sample(seed, pairs=100).description for seed in range(12)}) == 12


def test_the_number_of_pairs_is_as_asked() -> None:
    assert len(sample(4, family="sequence", pairs=300).train) == 300


def test_an_unknown_family_is_named() -> None:
    with pytest.raises(ValueError, match="no family 'klingon'"):
        sample(0, family="klingon")


def test_test_sentences_are_longer() -> None:
    longer = 0
    for seed in range(10):
        drawn = sample(seed, family="sequence")
        longer += longest(drawn.test) > longest(drawn.train)
    assert longer >= 8


@settings(max_examples=10)
@given(SEEDS, st.sampled_from([0.02, 0.1, 0.3]))
def test_noise_makes_that_fraction_wrong(seed: int, noise: float) -> None:
    clean, noisy = sample(seed, pairs=200), sample(seed, pairs=200, noise=noise)
    assert noisy.test == clean.test
    assert [source for source, _ in noisy.train] == [source for source, _ in clean.train]
    wrong = sum(a != b for a, b in zip(noisy.train, clean.train, strict=True))
    assert wrong == round(noise * len(clean.train))


@pytest.mark.parametrize(
    ("name", "sentence", "output"),
    [
        ("dances", "hopa lefu ent wim aro rigo", "TL HOP TR WALK TR WALK TR WALK TR WALK"),
        ("dances", "hopa aftu luk dwis", "LOOK LOOK HOP"),
        ("dances", "tarn", ""),
        ("strings", "appa revo A1 B4 , dupi C7", "B4 A1 C7 C7"),
        ("logic", "nai malo kaj malo", "true"),
        ("logic", "ke nai malo ek kaj malo", "false"),
        ("logic", "vero kaj malo au vero", "true"),
        ("logic", "malo doru malo doru malo", "true"),
        ("stack", "2 3 5 tim pim sqi", "289"),
        ("numerals", "dou hek tri dek kat", "234"),
        ("choices", "ef 1 unda 2 pli 4 den pelo els runa kun kito", "PEL"),
        ("sums", "tu plu te tam fo", "14"),
        ("sums", "na min te min tu", "4"),
        ("sums", "bo tu plu te ob tam neg fo", "-20"),
        ("echoes", "fu och ba mal 1 mer 2", "FUM BAM BAM BAM"),
        ("options", "wrep ka", "KA KA"),
        ("options", "wrep ka wid lo", "KA LO KA"),
        ("courtesy", "maa gyaku ringo to mikan desu", "RIN MIK"),
        ("judgements", "ez 2 bider 3 gutxi 1 gehi 5", "true"),
        ("towers", "kin sub tre sub dos", "4"),
        ("doubles", "mo ti mo du du", "-7"),
        ("dialects", "lum y mer", "SUN SEA"),
        ("letters", "~ a b ! c", "b b c"),
        ("robot", "tre ganger fram sen hoger", "F F F R"),
    ],
)
def test_invented_sentences_mean_what_they_should(name: str, sentence: str, output: str) -> None:
    assert readings(invented(name).language, sentence) == [output]


def test_the_parser_finds_every_reading_of_an_ambiguous_sentence() -> None:
    constants = tuple(Constant((w,), SEQ, (w,)) for w in "xyz")
    nested = Operation("a ++ b ++ a", (SEQ, SEQ), SEQ, lambda a, b: a + b + a)
    both_ways = [construct(nested, "_ o _", 1, side) for side in ("left", "right")]
    language = Language("two", "test", constants, tuple(both_ways), (Root(SEQ),))
    assert readings(language, "x o y") == ["x y x"]
    assert readings(language, "x o y o z") == ["x y x z x y x", "x y z y x"]
    assert readings(language, "x o") == []


def contradicted(language: Language, pairs: list[tuple[str, str]]) -> bool:
    return any(readings(language, source) != [target] for source, target in pairs)


@pytest.mark.parametrize("name", ["dances", "sums", "choices", "towers", "logic"])
def test_training_pairs_refute_every_rival_meaning(name: str) -> None:
    """A wrong meaning which the test pairs would expose is exposed in training."""
    drawn = invented(name)
    constructs = drawn.language.constructs
    for place, head in enumerate(constructs):
        for rival in rivals(head.operation):
            wrong = replace(head, operation=rival)
            changed = (*constructs[:place], wrong, *constructs[place + 1 :])
            language = replace(drawn.language, constructs=changed)
            assert contradicted(language, drawn.train) or not contradicted(language, drawn.test), rival.meaning


@settings(max_examples=8)
@given(SEEDS)
def test_training_pairs_tell_which_contender_binds_tighter(seed: int) -> None:
    """Exchanging two neighbouring levels contradicts training if it does testing."""
    drawn = sample(seed, family="precedence")
    levels = sorted({c.level for c in drawn.language.constructs})
    for low, high in pairwise(levels):
        language = exchanged(drawn.language, low, high)
        assert contradicted(language, drawn.train) or not contradicted(language, drawn.test)


@settings(max_examples=8)
@given(SEEDS)
def test_training_pairs_tell_the_associativity(seed: int) -> None:
    drawn = sample(seed, family="precedence")
    for level in {c.level for c in drawn.language.constructs}:
        language = mirrored(drawn.language, level)
        assert contradicted(language, drawn.train) or not contradicted(language, drawn.test)


def template_of(c: Construct) -> str:
    return " ".join("|".join(i.forms) if isinstance(i, Word) else "_" for i in c.pattern)


def mirrored(language: Language, level: int) -> Language:
    """The language with the associativity of one level turned round."""
    other = {"left": "right", "right": "left", "": ""}
    constructs = [
        construct(c.operation, template_of(c), level, other[c.associativity]) if c.level == level else c
        for c in language.constructs
    ]
    return replace(language, constructs=tuple(constructs))


def exchanged(language: Language, low: int, high: int) -> Language:
    """The language with two levels exchanged."""
    constructs = []
    for c in language.constructs:
        level = {low: high, high: low}.get(c.level, c.level)
        constructs.append(construct(c.operation, template_of(c), level, c.associativity))
    return replace(language, constructs=tuple(constructs))


@settings(max_examples=20)
@given(SEEDS)
def test_contenders_never_fit_both_ways(seed: int) -> None:
    for left, right in competitors(sample(seed, pairs=100).language):
        after, before = left.last_slot(), right.first_slot()
        assert after is not None
        assert before is not None
        assert right.level < after.level or left.level < before.level


@settings(max_examples=15)
@given(SEEDS, st.integers(min_value=0, max_value=6))
def test_trees_are_moderate_and_printed_with_one_reading(seed: int, size: int) -> None:
    language = sample(seed, family="arithmetic", pairs=100).language
    speaker = Speaker(language, random.Random(seed))
    try:
        tree = speaker.tree(language.roots[0].sort, size)
        sentence = speaker.say(tree)
    except Undefined:
        return
    assert isinstance(tree.value, int)
    assert abs(tree.value) < MAX_INT
    assert readings(language, sentence) == [str(tree.value)]


def test_the_command_writes_files(tmp_path, capsys) -> None:
    main(["--seed", "3", "--family", "boolean", "--noise", "0.05", "--out", str(tmp_path)])
    assert {path.name for path in tmp_path.iterdir()} == {"train.tsv", "test.tsv", "README.txt"}
    main(["--invented", "dances"])
    assert "opposite" not in (shown := capsys.readouterr().out)
    assert "training pairs" in shown

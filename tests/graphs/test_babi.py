"""The bAbI reader against small files written by hand, and against the data where they are."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs.datasets.babi import Question, read_babi, read_stories

DATA = Path(os.environ.get("NESY_DATA", Path(__file__).parents[3] / "shared" / "data")) / "babi" / "en"

TWO_STORIES = """\
1 Mary moved to the bathroom.
2 John went to the hallway.
3 Where is Mary? \tbathroom\t1
4 Mary got the milk there.
5 What is Mary carrying?\tMilk\t4 1
1 The office is east of the hallway.
2 How do you go from the hallway to the office?\te\t1
"""


def words(sentence):
    return tuple(sentence.split())


MARY = words("mary moved to the bathroom")
JOHN = words("john went to the hallway")
MILK = words("mary got the milk there")


def test_stories_begin_with_one_and_questions_are_no_facts():
    first, second, third = read_stories(TWO_STORIES.splitlines(), 7)
    assert first == Question(7, (MARY, JOHN), ("where", "is", "mary"), "bathroom", (0,))
    assert second == Question(7, (MARY, JOHN, MILK), ("what", "is", "mary", "carrying"), "milk", (2, 0))
    assert third.facts == (words("the office is east of the hallway"),)
    assert third.answer == "e"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Mary moved.", r"a\.txt:2: 'Mary moved\.'; expected a number from 1"),
        ("0 Mary moved.", "expected a number from 1"),
        ("2", "expected a number from 1"),
        ("", "expected a number from 1"),
        ("2 Where is Mary?\t\t1", r"a\.txt:2: a question without answer"),
        ("2 Where is Mary?\tbathroom\t2", "the support '2'; expected the number of an earlier fact"),
        ("2 Where is Mary?\tbathroom\tone", "the support 'one'"),
    ],
)
def test_lines_of_another_format_are_named(line, message):
    with pytest.raises(ValueError, match=message):
        list(read_stories(["1 Mary moved.", line], name="a.txt"))


WORDS = st.lists(st.sampled_from(words("mary john milk is in the kitchen")), min_size=1, max_size=5).map(tuple)


@given(st.lists(st.lists(st.tuples(WORDS, st.none() | WORDS), min_size=1, max_size=6), max_size=4))
def test_what_is_written_is_read(stories):
    """Stories as lines of facts, some followed by a question that the latest fact supports."""
    lines, expected = [], []
    for story in stories:
        facts, number = [], 0
        for fact, asked in story:
            number += 1
            facts.append(fact)
            lines.append(f"{number} {' '.join(fact).capitalize()}.\n")
            if asked:
                lines.append(f"{number + 1} {' '.join(asked).capitalize()}?\tmilk,apple\t{number}\n")
                expected.append(Question(3, tuple(facts), asked, "milk,apple", (len(facts) - 1,)))
                number += 1
    assert list(read_stories(lines, 3)) == expected


@pytest.mark.parametrize("pattern", ["qa{}_some-name_{}.txt", "qa{}_{}.txt"])
def test_both_ways_of_naming_files(tmp_path, pattern):
    for task in (1, 10):
        for part in ("train", "valid", "test"):
            text = TWO_STORIES.replace("bathroom", f"{part}{task}")
            (tmp_path / pattern.format(task, part)).write_text(text, encoding="utf-8")
    for part in ("train", "valid", "test"):
        found = read_babi(tmp_path, part, tasks=(1, 10))
        assert [question.task for question in found] == [1, 1, 1, 10, 10, 10]
        assert [found[0].answer, found[3].answer] == [f"{part}1", f"{part}10"]
    with pytest.raises(FileNotFoundError, match=r"no such file; expected one qa2_\*_train.txt or qa2_train.txt"):
        read_babi(tmp_path, "train", tasks=(2,))


def test_the_release():
    if not DATA.exists():
        pytest.skip(f"no {DATA}; NESY_DATA names another place")
    for part in ("train", "test"):
        questions = read_babi(DATA, part)
        assert len(questions) == 20_000
        assert {sum(question.task == task for question in questions) for task in range(1, 21)} == {1000}
        assert all(question.facts and question.supporting for question in questions)

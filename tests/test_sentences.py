"""Enumerating the sentences of a grammar."""

import pytest

from nesy.lang.grammar import read_grammar
from nesy.sentences import sentences

GRAMMARS = {
    "ambiguous": 'start: start "+" start | "x" | "(" start ")"\n',
    "left recursive": 'start: start "y" | "x"\n',
    "empty parts": 'start: a "x" a\na: "y"?\n',
    "open words are left out": 'start: "x" | WORD "y"\nWORD: /[a-z]+/\n',
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ambiguous", {"x", "( x )", "x + x", "( ( x ) )", "x + x + x", "( x ) + x", "x + ( x )", "( x + x )"}),
        ("left recursive", {"x", "x y", "x y y", "x y y y", "x y y y y"}),
        ("empty parts", {"x", "y x", "x y", "y x y"}),
        ("open words are left out", {"x"}),
    ],
)
def test_all_sentences_once_and_by_length(name, expected):
    found = [" ".join(words) for words in sentences(read_grammar(GRAMMARS[name]), 5)]
    assert set(found) == expected
    assert len(found) == len(expected)
    assert [len(text.split()) for text in found] == sorted(len(text.split()) for text in found)

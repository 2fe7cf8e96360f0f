"""Sentences in order of length."""

import pytest

from nesy.errors import InputError
from nesy.lang.enumerate import longest_sentence, sentences
from nesy.lang.language import language


def test_all_roman_numerals():
    roman = language("roman")
    found = list(sentences(roman))
    assert len(found) == 4000
    assert sorted(roman.run(words) for words in found) == list(range(4000))
    assert longest_sentence(roman.grammar) == len("MMMDCCCLXXXVIII")


def test_a_language_without_longest_sentence():
    booleans = language("booleans")
    with pytest.raises(InputError):
        list(sentences(booleans))
    found = [" ".join(words) for words in sentences(booleans, 3)]
    assert found[:4] == ["true", "false", "not true", "not false"]
    assert len(found) == len(set(found)) == 2 + 2 + 3 * 4 + 2 + 2

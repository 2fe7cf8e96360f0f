"""Sections and settings."""

import pytest

from nesy.lang.container import split
from nesy.lang.domain import Domain, read_domain
from nesy.lang.language import language
from nesy.lang.shipped import shipped


def test_sections_keep_their_place():
    text = "# first\n\n%grammar  # note\nstart: x\n%ignore /u/\n%semantics\nx = X\n"
    sections = split(text)
    assert list(sections) == ["grammar", "semantics"]
    assert sections["grammar"].text.split("\n")[3:5] == ["start: x", "%ignore /u/"]
    assert sections["semantics"].text.split("\n")[6] == "x = X"
    assert not sections["semantics"].text[: -len("x = X\n\n")].strip()


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_line_ends(end):
    sections = split("\ufeff%grammar\nstart: x\n".replace("\n", end))
    assert sections["grammar"].text == "\nstart: x\n\n"


def test_domain():
    domain = read_domain('\ntokens: characters # each\nvalues: integers, booleans\n"a b": "a hint"\n')
    assert domain.tokens == "characters"
    assert domain.values == ("integers", "booleans")
    assert domain.hints == {"a b": '"a hint"'}
    assert read_domain(str(domain)) == domain
    assert domain.split("a b") == ["a", " ", "b"]
    assert Domain().split(" a  b\n") == ["a", "b"]


@pytest.mark.parametrize("name", shipped("languages"))
def test_shipped_domains_print_as_they_read(name):
    domain = language(name).domain
    assert read_domain(str(domain)) == domain

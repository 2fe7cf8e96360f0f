"""Dependency trees from derivations."""

import math

from nesy.dependency import Dependency, arities, of_derivation
from nesy.forest.parser import GrammarParser
from nesy.lang.language import Language


def test_operators_take_their_operands():
    tree = of_derivation(Language.load("calculator").parse("( 3 + 5 ) * 2"))
    # "*" takes "(" and 2; "(" takes "+" and ")"; "+" takes 3 and 5
    assert tree.heads == (5, 2, 0, 2, 0, -1, 5)
    assert tree.children[5] == (0, 6)
    assert tree.actions() is not None


def test_a_word_may_have_several_arities():
    scan = Language.load("scan")
    sentences = ["jump left", "turn left", "jump", "jump around left twice"]
    trees = [(sentence.split(), of_derivation(scan.parse(sentence))) for sentence in sentences]
    found = arities(trees)
    assert found["twice"] == {1}
    assert len(found["left"]) >= 1
    assert all(isinstance(tree, Dependency) and tree.heads.count(-1) == 1 for _, tree in trees)


def test_a_grammar_is_a_parser():
    text = '%grammar\nstart: start "and" start -> both | "a" -> a\n%semantics\nboth(x, y) = x ++ y\na = [A]\n'
    parser = GrammarParser(Language.load("moves", text=text))
    found = parser.parses(["a", "and", "a", "and", "a"], 5)
    assert {tree.heads for tree, _ in found} == {(1, -1, 3, 1, 3), (1, 3, 1, -1, 3)}
    assert [score for _, score in found] == [math.log(0.5)] * 2
    assert len(parser.parses(["a", "and", "a", "and", "a"])) == 1
    assert parser.parses(["and", "a"]) == []

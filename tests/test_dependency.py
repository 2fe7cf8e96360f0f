"""Dependency trees from derivations."""

from nesy.dependency import Dependency, arities, of_derivation
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

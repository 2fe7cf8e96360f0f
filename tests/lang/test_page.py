"""The page of a derivation: well formed, self-contained, nothing over anything else."""

from xml.etree import ElementTree

import pytest

from nesy.derivation.page import boxes, layout
from nesy.lang.language import Language, language

SVG = "{http://www.w3.org/2000/svg}"
SENTENCES = [
    ("scan", "jump around left twice and walk opposite right thrice"),
    ("calculator", "( 2 + 3 ) * - 4 + 1 + 1 + 1"),
    ("lists", "append reverse A B C , swap D E F G"),
    ("roman", "MCMXCIV"),
]


@pytest.mark.parametrize(("name", "sentence"), SENTENCES)
def test_every_node_is_drawn(name, sentence):
    derivation = language(name).parse(sentence)
    page = ElementTree.fromstring(derivation.html())
    assert len(list(page.iter(f"{SVG}rect"))) == sum(1 for _ in derivation.nodes())
    assert len(list(page.iter(f"{SVG}path"))) == sum(len(node.children) for node in derivation.nodes())
    for element in page.iter():
        assert not {"src", "href", "onload"} & set(element.keys())


@pytest.mark.parametrize(("name", "sentence"), SENTENCES)
def test_nothing_overlaps(name, sentence):
    root = layout(language(name).parse(sentence))
    drawn = list(boxes(root))
    right = root.span + 1e-6
    for number, one in enumerate(drawn):
        assert one.left >= -1e-6
        assert one.left + one.width <= right
        for other in drawn[:number]:
            apart = (
                one.left + one.width <= other.left
                or other.left + other.width <= one.left
                or one.top + one.height <= other.top
                or other.top + other.height <= one.top
            )
            assert apart, (one.node, other.node)


@pytest.mark.parametrize(("name", "sentence"), SENTENCES)
def test_words_that_were_seen_are_drawn(name, sentence):
    derivation = language(name).parse(sentence)
    pictures = [f"data:image/png;base64,{k}" for k in range(len(derivation.words))]
    page = ElementTree.fromstring(derivation.html(pictures))
    assert [image.get("src") for image in page.iter("{http://www.w3.org/1999/xhtml}img")] == pictures
    drawn = [image.get("href") for image in page.iter(f"{SVG}image")]
    leaves = [node for node in derivation.nodes() if not node.children and len(node.words) == 1]
    assert sorted(drawn) == sorted(pictures[node.start] for node in leaves)
    found = list(boxes(layout(derivation, pictures)))
    for number, one in enumerate(found):
        for other in found[:number]:
            beside = one.left + one.width <= other.left or other.left + other.width <= one.left
            assert beside or one.top + one.height <= other.top or other.top + other.height <= one.top


@pytest.mark.parametrize("word", ["<script>alert(1)</script>", "&amp;", '"', "]]>", "\x00", "\x1b[31m", "\ud800", "名"])
def test_text_is_escaped(word):
    found = Language.load(text="%grammar\nstart: W+ -> f\nW: /[^ ]+/\n%semantics\nf(x) = x ++ x\n")
    page = found.parse([word, word]).html()
    assert "<script" not in page
    assert "\x1b" not in page
    ElementTree.fromstring(page.encode("utf-8"))


def test_pretty():
    assert language("scan").parse("jump left and walk").pretty() == (
        "and_  “jump left and walk” = I_TURN_LEFT I_JUMP I_WALK\n"
        "├─ toward  “jump left” = I_TURN_LEFT I_JUMP\n"
        "│  ├─ jump  “jump” = I_JUMP\n"
        "│  └─ left  “left” = I_TURN_LEFT\n"
        '├─ "and"\n'
        "└─ walk  “walk” = I_WALK"
    )


def test_pretty_of_a_very_deep_derivation_stays_small():
    derivation = language("calculator").parse("- " * 3000 + "1")
    text = derivation.pretty()
    assert text.count("\n") == 6001
    assert max(map(len, text.split("\n"))) < 300
    assert len(derivation.html()) < 10_000_000

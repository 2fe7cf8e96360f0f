"""Traces as text, JSON lines and pages. Golden files: ``NESY_GOLDEN=write pytest tests/recursion/test_trace.py``."""

import json
import os
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from hypothesis import given

from nesy.machine.expressions import Apply, subexpressions
from nesy.machine.steps import STRATEGIES
from nesy.recursion.program import Program
from nesy.recursion.statements import read_expression
from nesy.recursion.tracing.trace import trace
from nesy.recursion.tracing.writing import write
from nesy.terms import show
from tests.recursion.generated import programs

GOLDEN = Path(__file__).parent / "golden"

TRACED = {
    "peano": "mul(S(S(O)), S(O))",
    "tree": "inorder(Node(Node(Leaf, 1, Leaf), 2, Leaf))",
    "list": "sort(Cons(2, Cons(1, Nil)))",
    "list_map": r"map(\x -> x + 1, filter(\x -> x > 1, Cons(1, Cons(2, Nil))))",
    "expression": 'evaluate(Let("x", Number(3), Times(Name("x"), Name("y"))))',
    "rose": "mirror(Rose(1, [Rose(2, []), Rose(3, [])]))",
}


@pytest.mark.parametrize("name", TRACED)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_golden(name, strategy):
    program = Program.load(name.partition("_")[0])
    made = trace(program.definitions.functions, program.expression(TRACED[name]), strategy=strategy)
    found = "".join(line.rstrip() + "\n" for line in [TRACED[name], *made.pretty().split("\n")])
    path = GOLDEN / f"{name}.{strategy}.txt"
    if os.environ.get("NESY_GOLDEN") == "write":
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


def applies(expression):
    return isinstance(expression, Apply) or any(map(applies, subexpressions(expression)))


@given(programs())
def test_what_is_written_is_read_back(program):
    functions, expression = program
    made = trace(functions, expression, fuel=5_000)
    for step in made.steps[:20]:
        for side in (step.before(), step.after()):
            if not applies(side):  # a lambda that is applied has no notation
                assert write(read_expression(write(side))) == write(side)


def test_json_lines():
    program = Program.load("list")
    made = trace(program.definitions.functions, program.expression("length(Cons(1, Nil))"), strategy="parallel")
    *steps, last = map(json.loads, made.json_lines())
    assert steps[0] == {
        "step": 1,
        "rule": "clause",
        "function": "length",
        "clause": 2,
        "line": 20,
        "before": "length(Cons(1, Nil))",
        "after": "1 + length(Nil)",
        "binding": {"xs": "Nil"},
        "depth": 0,
        "round": 1,
    }
    assert [(step["rule"], step["round"], step["clause"]) for step in steps[1:]] == [
        ("clause", 2, 1),
        ("primitive", 2, None),
    ]
    assert last == {"value": "1", "steps": 3, "strategy": "parallel", "rounds": 2}


def test_the_whole_expression_after_each_step():
    program = Program.load("peano")
    made = trace(program.definitions.functions, program.expression("add(S(S(O)), O)"))
    assert [write(made.after(number)) for number in range(4)] == [
        "add(S(S(O)), O)",
        "S(add(S(O), O))",
        "S(S(add(O, O)))",
        "S(S(O))",
    ]
    assert show(made.value) == "S(S(O))"


def test_long_terms_are_elided():
    program = Program.load("peano")
    number = "S(" * 60 + "O" + ")" * 60
    made = trace(program.definitions.functions, program.expression(f"add({number}, {number})"))
    first = made.pretty(limit=12).splitlines()[0]
    assert "add(S(S(S(S(S(S(...)))))), S(S(S(S(S(...))))))  ->  S(add(S(S(S(S(S(...))))), " in first
    assert number in made.pretty(limit=None)


def test_page_is_one_escaped_document():
    program = Program.load(text='%recursion\nf : string -> string\nf(x) when x != "<b>&" = "<i>"\nf(x) = x\n')
    for strategy in STRATEGIES:
        made = trace(program.definitions.functions, program.expression('f("<script>")'), strategy=strategy)
        page = made.html()
        root = ElementTree.fromstring(page.removeprefix("<!DOCTYPE html>\n"))
        assert not [
            element for element in root.iter() if element.tag.rpartition("}")[2] in ("script", "b", "i", "link")
        ]
        assert len([element for element in root.iter() if element.tag.endswith("}tr")]) == len(made.steps) + 1
        assert 'f(x) when x != "&lt;b&gt;&amp;" = "&lt;i&gt;"' in page.replace("&quot;", '"')
        assert "http" not in page.replace("http://www.w3.org/1999/xhtml", "")

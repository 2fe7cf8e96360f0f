"""What `check` finds, with the line where it is."""

import pytest

from nesy.lang.language import Language, language

GOOD = ['start: "a" -> a | start "b" -> b', "a = A\nb(x) = x"]


def findings(grammar, semantics, domain="tokens: words"):
    """(severity, message, line) of each finding; the grammar starts on line 2."""
    text = f"%grammar\n{grammar}\n%semantics\n{semantics}\n%domain\n{domain}\n"
    report = Language.load("f.nesy", text=text).check()
    assert report.ok == (not report.errors)
    assert str(report).endswith("no errors, no warnings") == (not report.errors + report.warnings)
    return [(finding.severity, finding.message, finding.line) for finding in report.findings]


def test_nothing_to_say():
    assert findings(*GOOD) == [("note", "unambiguous (proved)", 2)]


@pytest.mark.parametrize(
    ("grammar", "semantics", "severity", "message", "line"),
    [
        ('start: "a" -> a\n | "b" -> b', "a = A", "error", 'no meaning for [start: "b" -> b]: b with no argum', 3),
        ("start: W -> a\nW: /w/", "a = A", "error", "no meaning for [start: W -> a]: a with 1 argument is not de", 2),
        ('start: "a" -> a', "a = A\nb(x) = x", "warning", "b with 1 argument is used by no production", 5),
        (
            'start: "a" -> a',
            "a = b(A)\nb(x) = c(x)\nc(x) = b(x)\nd = A",
            "warning",
            "d with no arguments is used by",
            7,
        ),
        ('start: "a" -> a\nb: "b" -> a', "a = A", "warning", "b is not used", 3),
        ('start: "a" -> a\nB: "b"', "a = A", "warning", "B is not used", 3),
        ('start: "a" -> a | b\nb: "b" b -> b', "a = A\nb(x) = x", "error", "the rule b derives no sentence", 3),
        ('start: "a" -> a | "b c" -> a', "a = A", "error", '"b c" matches nothing: words have no white space', 2),
        ('start: "a" -> a\n%ignore "a"', "a = A", "error", '"a" is ignored and used in a rule', 2),
        ('start: "a" -> a', "a = f(1)\nf(0) = A\nf(n + 2) = A", "warning", "f has no clause for f(1)", 5),
        ('start: "a" -> a', "a = f(A)\nf([h] ++ t) = h", "warning", "f has no clause for f([])", 5),
        ('start: "a" -> a', "a = f(1)\nf(x) = x\nf(0) = A", "warning", "this clause of f is never reached", 6),
        (
            'start: "a" -> a',
            "a = f(A)\nf([]) = 1\nf([h] ++ t) = 2\nf([A]) = 3",
            "warning",
            "this clause of f is never",
            7,
        ),
        ('start: "a" -> a', "a = f(1)\nf(n) when n > 0 = A", "warning", "f has no clause for f(_)", 5),
        ('start: "a" -> a', "a = 1 ++ A", "error", "++ expects a sequence and gets an integer", 4),
        (
            'start: "a" -> a',
            "a = f(1)\nf(x) = g(x) and x\ng(x) = x < 3",
            "error",
            "and expects a boolean and gets an inte",
            5,
        ),
        (
            'start: "a" -> a',
            "a = f(1)\nf(x) = if x + 1 then A else x",
            "error",
            "if expects a boolean and gets an inte",
            5,
        ),
        ('start: "a" -> a', "a = f(A)\nf(n) = 1 + n", "error", "f expects an integer and gets a sequence", 4),
        (
            'start: "n" w -> f\nw: "a" -> a',
            "a = A\nf(n) = 1 + n",
            "error",
            "argument 1 of f is a sequence, and f expects an integer",
            2,
        ),
    ],
)
def test_finding(grammar, semantics, severity, message, line):
    found = findings(grammar, semantics)
    assert any((s, n) == (severity, line) and m.startswith(message) for s, m, n in found), found


@pytest.mark.parametrize(
    "semantics",
    [
        "a = f(1) ++ f(A)\nf(x) = if x == 1 then A else x",
        "a = f(1)\nf(0) = A\nf(n + 1) = B ++ f(n)",
        "a = f(A)\nf([h] ++ t) = h\nf(x) = x",
        "a = if f(true) then 1 else A\nf(true) = false\nf(false) = true",
        "a = let x = 1 in if x == 2 then x + 1 else x",
    ],
)
def test_no_false_alarm(semantics):
    assert findings('start: "a" -> a', semantics) == [("note", "unambiguous (proved)", 2)]


def test_declared_values():
    assert findings(*GOOD, "values: integers")[0][:2] == (
        "error",
        "a sentence may be a sequence, and %domain declares an integer",
    )


def test_characters():
    found = findings('start: "ab" -> a', "a = A", "tokens: characters")
    assert ("error", '"ab" matches nothing: a word is one character', 2) in found


@pytest.mark.parametrize(
    ("grammar", "message"),
    [
        (
            '?start: "x" -> x | start "+" start -> plus',
            "warning: ambiguous, the shortest sentence with two derivations: x + x + x",
        ),
        ('?start: "x" -> x | start start -> join', "note: two derivations with one value, the shortest: x x x"),
        ('?start: "x" -> x | y\ny: "x" -> x', "note: two derivations with one value, the shortest: x"),
        (
            "?start: N -> n | W -> w\nN: /[0-9]+/\nW: /[a-z0-9]+/",
            "two derivations with one value, the shortest: 7",
        ),
        (
            "?start: N -> n | W -> w\nN: /rarely/\nW: /[r-]arely/",
            "note: no ambiguous sentence up to length 1",
        ),
        (
            '?start: "x" -> x | "x" "a" "y" -> x | "x" "b" "z" -> x',
            "note: unambiguous (proved)",
        ),
        (
            '?start: p "y" -> n | q "z" -> n\np: p "x" -> n | "x" -> x\nq: q "x" -> n | "x" -> x',
            "no ambiguous sentence up to length",
        ),
        (
            '?start: p "x" "y" -> n | q "x" "z" -> n\np: "x" -> x\nq: "x" -> x',
            "note: unambiguous (proved)",
        ),
    ],
)
def test_ambiguity(grammar, message):
    semantics = "x = X\nplus(a, b) = a ++ P ++ a ++ b\njoin(a, b) = a ++ b\nn(x) = x\nw(x) = x"
    report = str(Language.load(text=f"%grammar\n{grammar}\n%semantics\n{semantics}\n").check())
    assert message in report


def test_values_of_an_ambiguous_sentence():
    grammar = '?start: N -> n | start "-" start -> minus\nN: /[0-9]+/'
    text = f"%grammar\n{grammar}\n%semantics\nn(w) = int(w)\nminus(a, b) = a - b\n"
    report = str(Language.load(text=text).check())
    assert "7 - 7 - 7: “-7” and “7”" in report


def test_report_is_readable():
    report = language("scan").check()
    assert str(report) == "scan.nesy:5: note: unambiguous (proved)\nok: no errors, no warnings"

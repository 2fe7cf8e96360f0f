"""What can be wrong with a puzzle's definition file: each message with a text that produces it.

As in `nesy.lang.diagnostics`, the tests loop over the table.
"""

from __future__ import annotations

from nesy.lang.diagnostics import Diagnostic


def _puzzle(*lines: str) -> str:
    """A file whose statements are `lines`, the first on line 2."""
    return "\n".join(["%puzzle", *lines, ""])


def _three(*lines: str) -> str:
    """A file with three variables x[1], x[2] and x[3], whose further statements are `lines`, the first on line 3."""
    return _puzzle("var x[i in 1..3] : 1..4", *lines)


def _colour(*lines: str) -> str:
    """A file with a variable c over names, whose further statements are `lines`, the first on line 3."""
    return _puzzle("var c : {Red, Green}", *lines)


NOTATION = (
    Diagnostic("the section %grammar", '%grammar\nstart: "a"\n', 1, None),
    Diagnostic("the sections %puzzle, %domain", _puzzle("var x : 1..2", "%domain", "tokens: words"), 3, None),
    Diagnostic("found 'lat'", _puzzle("lat k = 3"), 2, 1),
    Diagnostic("found '3'", _puzzle("let k 3"), 2, 7),
    Diagnostic("the parameter K", _puzzle("let K = 3"), 2, 5),
    Diagnostic("found the end of the section", _puzzle("let k ="), 2, 8),
    Diagnostic("found the end of the section", _puzzle("let k = 3 +"), 2, 12),
    Diagnostic("found '='", _puzzle("data d = 3"), 2, 8),
    Diagnostic("found the end of the section", _puzzle("var x"), 2, 6),
    Diagnostic("the variable X", _puzzle("var X : 1..3"), 2, 5),
    Diagnostic("the bound name I", _puzzle("var x[I in 1..3] : 1..3"), 2, 7),
    Diagnostic("found 'rule'", _puzzle("var x : 1..3 rule"), 2, 14),
    Diagnostic("found 'rule'", _puzzle("var x : 1..9", " rule a: x = 2"), 3, 2),
    Diagnostic("found ']'", _puzzle("var x[i] : 1..3"), 2, 8),
    Diagnostic("found ':'", _puzzle("var x[i in 1..3 : 1..3"), 2, 17),
    Diagnostic("found ':'", _puzzle("rule: 1 = 1"), 2, 5),
    Diagnostic("found 'x'", _puzzle("rule total x = 1"), 2, 12),
    Diagnostic("found '<'", _puzzle("rule total: 1 < x < 3"), 2, 19),
    Diagnostic("found '%'", _puzzle("rule a: x % 2 = 0"), 2, 11),
    Diagnostic("found '/'", _puzzle("rule a: x / 2 = 0"), 2, 11),
    Diagnostic("found '&'", _puzzle("rule a: x = 1 && x = 2"), 2, 15),
    Diagnostic("found '!'", _puzzle("rule a: !x = 2"), 2, 9),
    Diagnostic("found a quote that is not closed on its line", _puzzle('var x : {"abc'), 2, 10),
    Diagnostic("found the end of the section", _puzzle("var x : {1, 2"), 2, 14),
    Diagnostic("found 'if'", _puzzle("var if : 1..3"), 2, 5),
    Diagnostic("the number 9999", _puzzle("let k = " + "9" * 101), 2, 9),
    Diagnostic("this expression nests more than", _puzzle("let k = 0" + " + 1" * 150), 2, 607),
    Diagnostic('"\\U99999999" holds a code', _puzzle('let k = "\\U99999999"'), 2, 9),
)

NAMES = (
    Diagnostic("y is not declared", _puzzle("rule a: y = 1"), 2, 9),
    Diagnostic("j is not declared", _three("rule a: x[j] = 1"), 3, 11),
    Diagnostic("z is not declared", _three("rule a[i in 1..3]: z[i] = 1"), 3, 20),
    Diagnostic("n is used before it is declared", _puzzle("let k = n", "let n = 3"), 2, 9),
    Diagnostic("there is no function alldifferent", _three("rule a: alldifferent(x)"), 3, 9),
    Diagnostic("the variable x used as a function", _three("rule a: x(1) = 1"), 3, 9),
    Diagnostic("the function sum without arguments", _three("rule a: sum = 3"), 3, 9),
    Diagnostic("abs with 2 arguments", _three("rule a: abs(1, 2) = 1"), 3, 9),
    Diagnostic("at_most with 1 argument and for", _three("rule a: at_most(x[i] = 1 for i in 1..3)"), 3, 9),
    Diagnostic("max with no arguments", _three("rule a: max() = 3"), 3, 9),
    Diagnostic("the variable x with 2 indices", _three("rule a: x[1, 2] = 1"), 3, 9),
    Diagnostic("c with an index", _colour("rule a: c[1] = Red"), 3, 9),
    Diagnostic("a second declaration of x", _three("let x = 3"), 3, 5),
    Diagnostic("a second rule a", _three("rule a: x[1] = 1", "rule a: x[2] = 2"), 4, 6),
    Diagnostic("i is bound again", _three("rule a[i in 1..2, i in 1..3]: x[i] = 1"), 3, 19),
    Diagnostic("x is bound again", _three("rule a[x in 1..2]: x = 1"), 3, 8),
    Diagnostic("_ has no value", _three("rule a[_ in 1..3]: x[_] = 1"), 3, 22),
)

KINDS = (
    Diagnostic("x has no entry 4", _three("rule a: x[4] = 1"), 3, 9),
    Diagnostic("x with 1 of its 2 indices", _puzzle("var x[(i, j) in {(1, 2)}] : 1..3", "rule a: x[1] = 1"), 3, 9),
    Diagnostic("an index of x is a condition", _three("rule a: x[true] = 1"), 3, 9),
    Diagnostic("the rule says a variable", _three("rule a: x[1]"), 3, 9),
    Diagnostic("a condition that is true in +", _three("rule a: x[1] + true = 3"), 3, 14),
    Diagnostic("a variable compared with a set", _three("rule a: x[1] = {1}"), 3, 14),
    Diagnostic("in the number 3", _three("rule a: x[1] in 3"), 3, 14),
    Diagnostic("a row of 3", _three("rule a: (x[1], x[2]) in {(1, 2, 3)}"), 3, 22),
    Diagnostic("in a collection of variables", _three("rule a: x[1] in [x[2]]"), 3, 14),
    Diagnostic("a set that depends on variables", _three("let s = {x[1]}"), 3, 9),
    Diagnostic("what the name is bound to is the number 3", _three("rule a[i in 3]: x[i] = 1"), 3, 13),
    Diagnostic("the number 1 does not fit the pattern", _three("rule a[(i, j) in {1, 2}]: x[i] = 1"), 3, 9),
    Diagnostic("a condition on variables in sum", _three("rule a: sum(x[i] = 1 for i in 1..3) = 2"), 3, 9),
    Diagnostic("the name Red in +", _three("rule a: x[1] + Red = 2"), 3, 14),
    Diagnostic("a variable in <", _colour("rule a: c < Red"), 3, 11),
    Diagnostic("a variable in ->", _three("rule a: x[1] -> x[2]"), 3, 14),
    Diagnostic("then the number 3, else a condition", _three("rule a: if x[1] = 1 then 3 else x[2] = 1"), 3, 17),
    Diagnostic("the condition is the number 1", _three("rule a: if 1 then true else false"), 3, 12),
    Diagnostic("the condition depends on variables", _three("rule a[i in 1..3 where x[i] = 1]: x[i] = 1"), 3, 29),
    Diagnostic("the domain of y is empty", _three("var y : {}"), 3, 9),
    Diagnostic("the domain of y is the number 3", _three("var y : 3"), 3, 9),
    Diagnostic("the domain of y holds (1, 2)", _three("var y : {(1, 2)}"), 3, 9),
    Diagnostic("a limit of .. is a variable", _three("var y : 1..x[1]"), 3, 10),
    Diagnostic("y has an index {2}", _three("var y[(i, j) in {(1, {2})}] : 1..3"), 3, 5),
    Diagnostic("y[1] is declared twice", _three("var y[i in [1, 1]] : 1..3"), 3, 5),
    Diagnostic("1 div 0", _three("let k = 1 div 0"), 3, 11),
    Diagnostic("the key A twice", _three("let w = {A: 1, A: 2}"), 3, 16),
    Diagnostic("a number beyond", _three("let k = 99999999999999 * 99999999999999"), 3, 24),
    Diagnostic("k is the number 3, not indexed", _three("let k = 3", "let n = k[1]"), 4, 9),
    Diagnostic("w has no entry B", _three("let w = {A: 1}", "let n = w[B]"), 4, 9),
    Diagnostic("max of nothing", _three("rule a: max(i for i in {}) = 3"), 3, 9),
    Diagnostic("the nodes of the number 3", _three("let s = nodes(3)"), 3, 9),
    Diagnostic("the size of the number 3", _three("let s = size(3)"), 3, 9),
    Diagnostic("d is not given", _puzzle("data d", "var x : 1..d"), 2, 6),
    Diagnostic("file has no variables", _puzzle("let k = 3"), None, None),
)

SIZES = (
    Diagnostic("file is too large: more than 300,000 values", _puzzle("var x : 1..300001"), None, None),
    Diagnostic("file is too large: more than 3,000,000 steps", _puzzle("var x[i in 1..9999999] : 1..2"), None, None),
    Diagnostic(
        "file is too large: more than 3,000,000 steps", _puzzle("let k = sum(i for i in 1..9999999)"), None, None
    ),
    Diagnostic(
        "the rule a has a part over 9 variables with 387,420,489 combinations",
        _puzzle("var x[i in 1..9] : 1..9", "rule a: product(x[i] + 1 for i in 1..9) * x[1] mod 7 = 3"),
        3,
        6,
    ),
)

PUZZLES = NOTATION + NAMES + KINDS + SIZES

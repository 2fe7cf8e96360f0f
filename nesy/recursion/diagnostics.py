"""What can be wrong with a program's definition file: each message with a text that produces it.

As in `nesy.lang.diagnostics`, the tests loop over the table.
"""

from __future__ import annotations

from nesy.lang.diagnostics import Diagnostic


def _program(*lines: str) -> str:
    """A file whose statements are `lines`, the first on line 2."""
    return "\n".join(["%recursion", *lines, ""])


def _nat(*lines: str) -> str:
    """A file with the natural numbers, whose further statements are `lines`, the first on line 3."""
    return _program("type nat = O | S(nat)", *lines)


PROGRAMS = (
    Diagnostic("the type Nat", _program("type Nat = O"), 2, 6),
    Diagnostic("the constructor o", _program("type nat = o | s(nat)"), 2, 12),
    Diagnostic("found the end of the section", _program("type nat = "), 2, 11),
    Diagnostic("the parameter A", _program("type nat(A) = O"), 2, 10),
    Diagnostic("the type nta is not defined", _program("type nat = O | S(nta)"), 2, 18),
    Diagnostic("the type list with no arguments", _program("type list(a) = Nil | Cons(a, list)"), 2, 30),
    Diagnostic("a second type nat", _program("type nat = O", "type nat = Z"), 3, 6),
    Diagnostic("a second constructor O", _program("type nat = O", "type num = O"), 3, 12),
    Diagnostic("a second type int", _program("type int = O"), 2, 6),
    Diagnostic("a parameter of pair twice", _program("type pair(a, a) = P(a)"), 2, 6),
    Diagnostic("the argument of the type vector", _program("type t = T(vector(x))"), 2, 12),
    Diagnostic("the argument of the type seq", _program("type t = T(seq(3))"), 2, 12),
    Diagnostic("the type nta is not defined", _nat("add : nat, nta -> nat", "add(n, m) = n"), 3, 12),
    Diagnostic("the signature of add has 1 argument", _nat("add : nat -> nat", "add(n, m) = n"), 3, 1),
    Diagnostic("add has no clause", _nat("add : nat"), 3, 1),
    Diagnostic("a second signature of f", _nat("f : nat -> nat", "f : nat -> nat", "f(n) = n"), 4, 1),
    Diagnostic("found the end of the line", _program("f : int ->", "f(n) = n"), 2, 11),
    Diagnostic("the variable m is not defined", _nat("f(S(n)) = m"), 3, 11),
    Diagnostic("f with 1 argument", _nat("f(S(n), O) = n", "f(O) = O"), 4, 1),
    Diagnostic("the function s in a pattern", _nat("f(s(n)) = n"), 3, 3),
    Diagnostic("S with no arguments", _nat("f(S) = O"), 3, 3),
    Diagnostic("S with 2 arguments", _nat("f(S(n, m)) = O"), 3, 3),
    Diagnostic("S with 2 arguments", _nat("f(n) = S(n, n)"), 3, 8),
    Diagnostic("the constructor Z is not defined", _nat("f(n) = Z"), 3, 8),
    Diagnostic("the constructor Z is not defined", _nat("f(Z) = O"), 3, 3),
    Diagnostic("the function g is not defined", _nat("f(n) = g(n)"), 3, 8),
    Diagnostic("f with 2 arguments", _nat("f(n) = f(n, n)"), 3, 8),
    Diagnostic("the variable n twice in one head", _nat("f(n, n) = O"), 3, 6),
    Diagnostic("f with no arguments", _nat("f(n) = f()"), 3, 8),
    Diagnostic("'F' cannot be defined", _program("F(n) = n"), 2, 1),
    Diagnostic("a parameter twice", _program("f(n) = \\n, n -> n"), 2, 12),
    Diagnostic("the parameter N", _program("f(n) = \\N -> n"), 2, 9),
    Diagnostic("let N", _program("f(n) = let N = n in n"), 2, 12),
    Diagnostic("found 'n'", _program("f(n) = \\n n"), 2, 11),
    Diagnostic("found '='", _program("f(n) when = n"), 2, 11),
    Diagnostic("found the end of the section", _program("f(n) when n > 0"), 2, 16),
    Diagnostic("found 'if'", _program("if(n) = n"), 2, 1),
    Diagnostic("found 'not'", _program("not(n) = n"), 2, 1),
    Diagnostic("X @", _program("f(X @ n) = n"), 2, 3),
    Diagnostic("in f: n + true: the right side is bool", _nat("f(n) = n + true"), 3, None),
    Diagnostic("in f: n: the result is nat", _nat("f(O) = 1", "f(S(n)) = n"), 4, None),
    Diagnostic("in f: S(n): the guard is nat", _nat("f(n) when S(n) = 1"), 3, None),
    Diagnostic("1: the right side of the check is int", _nat("check O = 1"), 3, None),
    Diagnostic("in f: x(x): the argument is (a -> b)", _program("f(x) = x(x)"), 2, None),
    Diagnostic("in f: g(1, 2): the function is (int -> int)", _program("f(g) = g(1) + g(1, 2)"), 2, None),
    Diagnostic("in f: O: the result is nat", _nat("f : a -> a", "f(n) = O"), 4, None),
    Diagnostic("f has no clause", _program("partial f"), 2, 9),
    Diagnostic("f has no clause", _program("partial f : int -> int"), 2, 9),
    Diagnostic("found the end of the section", _program("learned f"), 2, 10),
    Diagnostic("a clause of the learned function f", _program("learned f : int -> vector(2)", "f(n) = 1"), 3, 1),
    Diagnostic("the function f is not defined", _program("check f(1) = 2"), 2, 7),
    Diagnostic("found the end of the section", _program("check 1 = "), 2, 10),
    Diagnostic("type with 1 argument", _program("type = 3", "f(n) = type(n)"), 3, 8),
    Diagnostic("found 'g'", _program("f(n) = n", " g(n) = n"), 3, 2),
    Diagnostic("found a quote that is not closed on its line", _program('f(n) = "abc'), 2, 8),
    Diagnostic("in f: [1, true]: the second element is bool", _program("f(n) = [1, true]"), 2, None),
    Diagnostic("the pattern + 0", _program("f([x] ++ y, n + 0) = 1"), 2, 17),
    Diagnostic("found '->'", _program("type t = T(vector(3) -> nat)"), 2, 22),
    Diagnostic("found the end of the section", _program("f(x) = 1 +"), 2, 11),
    Diagnostic("found the end of the section", _nat("f(n) = add(n"), 3, 13),
    Diagnostic("the type nat is not defined", _program("f : nat", "f = 1"), 2, 5),
    Diagnostic("head with 2 arguments", _program("f(n) = head(n, n)"), 2, 8),
    Diagnostic("found '3'", _program("f(n) = let x 3 in x"), 2, 14),
    Diagnostic("found '|'", _program("f(x) | x > 0 = x"), 2, 6),
    Diagnostic("found ':'", _program("f(x : xs) = x"), 2, 5),
    Diagnostic("found '('", _program("f = \\(x, y) -> x"), 2, 6),
    Diagnostic("the argument of the type vector", _program("learned f : int -> vector(0)"), 2, 20),
    Diagnostic(
        "a type that nests more than 200 deep", _program("f : " + "seq(" * 300 + "int" + ")" * 300, "f = []"), 2, 1
    ),
)

TABLE = (
    Diagnostic("the section %domain", "%domain\ntokens: words\n", 1, None),
    Diagnostic("the sections %recursion, %domain", _nat() + "%domain\ntokens: words\n", 3, None),
    *PROGRAMS,
)

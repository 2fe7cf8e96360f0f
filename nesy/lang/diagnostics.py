"""What can be wrong with a language's definition file: each message with a text that produces it.

The tests loop over the table, so a message, its cause and its place cannot drift apart; and a person
who meets a message can look up the smallest file that has it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One malformed example.

    Attributes:
        what: how the message begins, after the place.
        text: the definition file.
        line, column: the place that the message names.
    """

    what: str
    text: str
    line: int | None
    column: int | None = 1


def _grammar(*lines: str) -> str:
    """A file whose grammar is `lines`, the first on line 2."""
    return "\n".join(["%grammar", *lines, "%semantics", "a = A", ""])


def _semantics(*lines: str) -> str:
    """A file whose clauses are `lines`, the first on line 4."""
    return "\n".join(["%grammar", 'start: "a" -> a', "%semantics", *lines, ""])


def _domain(*lines: str) -> str:
    """A file whose domain is `lines`, the first on line 6."""
    return "\n".join(["%grammar", 'start: "a" -> a', "%semantics", "a = A", "%domain", *lines, ""])


CONTAINER = (
    Diagnostic("no section at all", "", 1),
    Diagnostic("no section at all", "# only a comment\n", 1),
    Diagnostic("text before the first section: 'hello'", "hello\n%grammar\n", 1),
    Diagnostic("unknown section %gramar", "%gramar\nstart: s\n", 1),
    Diagnostic("unknown section %ignore", '%ignore "x"\n', 1),
    Diagnostic("unknown section %ignore", _semantics("a = A", '%ignore "x"'), 5),
    Diagnostic("a second %grammar section", _grammar('start: "a"') + "%grammar\nx: y\n", 5),
    Diagnostic("the %semantics section is empty", '%grammar\nstart: "a"\n%semantics\n# nothing\n', 3),
    Diagnostic("text after %grammar: 'start: s'", "%grammar start: s\n", 1, 9),
    Diagnostic("no %semantics section, only %grammar", '%grammar\nstart: "a"\n', 1, None),
    Diagnostic("no %grammar section, only %semantics", "%semantics\na = A\n", 1, None),
    Diagnostic("a %puzzle section in a language", _grammar('start: "a" -> a') + "%puzzle\nlet k = 3\n", 5, None),
)

GRAMMAR = (
    Diagnostic("found the end of the line", _grammar("start", 'b: "x"'), 2, 6),
    Diagnostic("found '='", _grammar('start = "a"'), 2, 7),
    Diagnostic("found ':'", _grammar("start: a: b"), 2, 9),
    Diagnostic("found '?'", _grammar("start: ?"), 2, 8),
    Diagnostic("found '?'", _grammar('start: "a"??'), 2, 12),
    Diagnostic("found ')'", _grammar('start: "a")'), 2, 11),
    Diagnostic("found the end of the line", _grammar('start: ("a"', 'b: "x"'), 2, 12),
    Diagnostic("found the end of the section", _grammar('start: ("a"'), 2, 12),
    Diagnostic("found '1'", _grammar("start: 1"), 2, 8),
    Diagnostic("found '%'", _grammar("start: %"), 2, 8),
    Diagnostic("found a quote that is not closed on its line", _grammar('start: "a'), 2, 8),
    Diagnostic("found '\"x\"'", _grammar('start: "a" -> "x"'), 2, 15),
    Diagnostic("found '\"a\"'", _grammar('"a"'), 2, 1),
    Diagnostic("the name Start", _grammar('Start: "a"'), 2, 1),
    Diagnostic("?NUMBER", _grammar("start: NUMBER", '?NUMBER: "1"'), 3, 2),
    Diagnostic("-> Alias", _grammar('start: "a" -> Alias'), 2, 15),
    Diagnostic("-> b inside parentheses", _grammar('start: ("a" -> b)'), 2, 16),
    Diagnostic("-> b in the inlined rule _x", _grammar("start: _x", '_x: "a" -> b'), 3, 12),
    Diagnostic("the template t{...}", _grammar("start: t{x}"), 2, 8),
    Diagnostic("%declare", _grammar('start: "a"', "%declare X"), 3, 1),
    Diagnostic("%import common", _grammar('start: "a"', "%import common"), 3, 9),
    Diagnostic("%import words.NOUN", _grammar("start: NOUN", "%import words.NOUN"), 3, 15),
    Diagnostic("common has no NUMBR", _grammar("start: NUMBR", "%import common.NUMBR"), 3, 16),
    Diagnostic("INT is defined twice", _grammar("start: INT", "INT: /1/", "%import common.INT"), 4, 16),
    Diagnostic("start is defined twice", _grammar('start: "a"', 'start: "b"'), 3, 1),
    Diagnostic("the grammar has no rule named start", _grammar('s: "a"'), 2, None),
    Diagnostic("the rule verb is not defined", _grammar('start: verb "a"'), 2, 8),
    Diagnostic("the terminal NUMBER is not defined", _grammar("start: NUMBER"), 2, 8),
    Diagnostic("the rule s inside a terminal", _grammar("start: T", 'T: "a" s', 's: "b"'), 3, 8),
    Diagnostic("the terminal T contains itself", _grammar("start: T", 'T: "a" T'), 3, 8),
    Diagnostic("a terminal that matches no character", _grammar("start: T", "T:"), 3, None),
    Diagnostic("-> a in a terminal", _grammar("start: T", "T: /a/ -> a"), 3, 11),
    Diagnostic('the empty word ""', _grammar('start: ""'), 2, 8),
    Diagnostic("/(/ is no regular expression", _grammar("start: /(/"), 2, 8),
    Diagnostic("the flag l of /a/l", _grammar("start: /a/l"), 2, 8),
    Diagnostic('the range "z".."a"', _grammar("start: T", 'T: "z".."a"'), 3, 4),
    Diagnostic("a range of characters in a rule", _grammar('start: "a".."z"'), 2, 8),
    Diagnostic('"\\U99999999" holds a code', _grammar('start: "\\U99999999"'), 2, 8),
    Diagnostic("~ 3..2", _grammar('start: "a" ~ 3..2'), 2, 14),
    Diagnostic("the number 1000", _grammar('start: "a" ~ 1000'), 2, 14),
    Diagnostic("written out, the rules are more than", _grammar('start: ("a" | "b") ~ 20'), 2, 9),
    Diagnostic("the inlined rule _x has any number of values", _grammar("start: _x", "_x: Y _x | Y", "Y: /y/"), 3, 5),
    Diagnostic("the rule start derives itself without adding a word", _grammar('start: "a" | start'), 2, 14),
    Diagnostic("the rule start derives itself without adding", _grammar("start: s", "s: start e", "e:"), 2, 8),
)

SEMANTICS = (
    Diagnostic("found '='", _semantics("f(x = x"), 4, 5),
    Diagnostic("found '='", _semantics("f(x) = x = 1"), 4, 10),
    Diagnostic("found the end of the line", _semantics("f(x) =", "g = A"), 4, 7),
    Diagnostic("found the end of the section", _semantics("f(x) = x +"), 4, 11),
    Diagnostic("found 'y'", _semantics("f(x) = x y"), 4, 10),
    Diagnostic("found 'g'", _semantics("f(x) = x", " g(x) = x"), 5, 2),
    Diagnostic("found '<'", _semantics("f(x) = 1 < x < 3"), 4, 14),
    Diagnostic("found 'then'", _semantics("f(x) = if then x else x"), 4, 11),
    Diagnostic("found the end of the section", _semantics("f(x) = if x then x"), 4, 19),
    Diagnostic("found '$'", _semantics("f(x) = $"), 4, 8),
    Diagnostic("found a quote that is not closed on its line", _semantics('f = "abc'), 4, 5),
    Diagnostic("'Twice' cannot be defined", _semantics("Twice(x) = x ++ x"), 4, 1),
    Diagnostic("the token Twice with arguments", _semantics("f(x) = Twice(x)"), 4, 8),
    Diagnostic("_ has no value", _semantics("f(_) = _"), 4, 8),
    Diagnostic("let Y", _semantics("f(x) = let Y = x in Y"), 4, 12),
    Diagnostic("the pattern + 0", _semantics("f(n + 0) = n"), 4, 7),
    Diagnostic("this clause nests more than", _semantics("f(x) = " + "[" * 300 + "x" + "]" * 300), 4, 1),
    Diagnostic('"\\U99999999" holds a code', _semantics('f = "\\U99999999"'), 4, 5),
    Diagnostic("the function twise is not defined", _semantics("twice(x) = x", "f(x) = twise(x)"), 5, 8),
    Diagnostic("the variable y is not defined", _semantics("f(x) = y"), 4, 8),
    Diagnostic("twice with 2 arguments", _semantics("twice(x) = x", "f(x) = twice(x, x)"), 5, 8),
    Diagnostic("min with 1 argument", _semantics("f(x) = min(x)"), 4, 8),
    Diagnostic("the function twice without arguments", _semantics("twice(x) = x", "f(x) = twice"), 5, 8),
    Diagnostic("the variable x twice in one head", _semantics("f(x, x) = x"), 4, 6),
    Diagnostic("reverse is already defined in the prelude", _semantics("reverse(x) = x"), 4, 1),
)

DOMAIN = (
    Diagnostic("'tokens words'", _domain("tokens words"), 6, 1),
    Diagnostic("unknown key token", _domain("token: words"), 6, 1),
    Diagnostic("tokens: letters", _domain("tokens: letters"), 6, 1),
    Diagnostic("tokens: nothing", _domain("tokens:"), 6, 1),
    Diagnostic("values: integer", _domain("values: integer"), 6, 1),
    Diagnostic("a second tokens", _domain("tokens: words", "tokens: words"), 7, 1),
)

TABLE = CONTAINER + GRAMMAR + SEMANTICS + DOMAIN

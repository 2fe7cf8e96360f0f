"""Languages: words, values, derivations, and what is said about sentences outside."""

import pickle

import pytest

from nesy.errors import InputError, OutOfFuel, OutsideLanguage, Undefined
from nesy.lang.language import Language, language
from nesy.lang.shipped import shipped
from nesy.machine.values import text


def small(grammar, semantics, domain="tokens: words"):
    return Language.load(text=f"%grammar\n{grammar}\n%semantics\n{semantics}\n%domain\n{domain}\n")


@pytest.mark.parametrize(
    ("name", "sentence", "value"),
    [
        ("scan", "jump around left", "I_TURN_LEFT I_JUMP " * 3 + "I_TURN_LEFT I_JUMP"),
        ("calculator", "( 2 + 3 ) * - 4", "-20"),
        ("calculator", "2 ^ 3 ^ 2", "512"),
        ("calculator", "7 - 2 - 1", "4"),
        ("booleans", "not 3 < 2 implies false", "false"),
        ("booleans", "if true then 3 else 4", "3"),
        ("lists", "swap append A B C , reverse D E", "D B C E A"),
        ("roman", "MCMXCIV", "1994"),
        ("roman", "", "0"),
    ],
)
def test_shipped(name, sentence, value):
    found = language(name)
    assert text(found.run(sentence)) == value
    assert text(found.run(found.words(sentence))) == value
    assert text(found.parse(sentence).value) == value


@pytest.mark.parametrize("name", shipped("languages"))
def test_shipped_files_pass_their_check(name):
    report = language(name).check()
    assert report.ok
    assert not report.warnings


def test_names_and_paths(tmp_path):
    path = tmp_path / "mine.nesy"
    path.write_text(language("scan").source, encoding="utf-8")
    assert language(path).name == "mine"
    assert language(str(path)).run("jump") == ("I_JUMP",)
    assert language("scan").name == "scan"


@pytest.mark.parametrize("bad", ["scann", "no/such/file", "no.nesy", ".", "a\0b", ""])
def test_no_such_file(bad):
    with pytest.raises(InputError):
        language(bad)


def test_pickles():
    scan = language("scan")
    scan.run("jump")
    assert pickle.loads(pickle.dumps(scan)).run("jump twice") == ("I_JUMP", "I_JUMP")


def test_invalid_utf8(tmp_path):
    path = tmp_path / "bad.nesy"
    path.write_bytes(b"%grammar\nstart: \xff\n")
    with pytest.raises(InputError) as caught:
        language(path)
    assert caught.value.line == 2


@pytest.mark.parametrize(
    ("sentence", "what", "proposal"),
    [
        ("jump jmp", 'word 2, "jmp", is not in the language', 'did you mean "jump"?'),
        ("jumptwice", 'word 1, "jumptwice", is not in the language', None),
        ("Jump", 'word 1, "Jump", is not in the language', 'did you mean "jump"?'),
        ("jump jump", 'word 2, "jump", does not fit here', None),
        ("and zzz", 'word 1, "and", does not fit here', None),
        ("jump and", "the sentence ends too early", None),
        ("", "the empty sentence is not in the language", None),
    ],
)
def test_outside(sentence, what, proposal):
    with pytest.raises(OutsideLanguage) as caught:
        language("scan").run(sentence)
    assert (caught.value.what, caught.value.mend) == (what, proposal)
    assert '"' in caught.value.expected


def test_expected_are_the_words_that_really_fit():
    calculator = language("calculator")
    with pytest.raises(OutsideLanguage) as caught:
        calculator.run("( 1")
    assert caught.value.expected == '")" or "*" or "+" or "-" or "/" or "^"'


def test_a_literal_beats_an_open_terminal():
    found = small('start: WORD -> word | "stop" -> stop\nWORD: /[a-z]+/', "word(w) = w\nstop = STOP")
    assert found.run("stop") == ("STOP",)
    assert found.run("go") == ("go",)


def test_priority_chooses_between_open_terminals():
    found = small("start: A -> a | B -> b\nA: /[a-z]+/\nB.2: /x+/", "a(w) = A\nb(w) = B")
    assert (found.run("xx"), found.run("yy")) == (("B",), ("A",))


def test_a_word_may_be_several_terminals():
    found = small('start: A "!" -> a | B "?" -> b\nA: /[a-z]+/\nB: /[x-z]+/', "a(w) = A\nb(w) = B")
    assert found.table is not None
    assert (found.run("x !"), found.run("x ?"), found.run("a !")) == (("A",), ("B",), ("A",))
    with pytest.raises(OutsideLanguage):
        found.run("a ?")


def test_one_word_with_two_senses():
    found = small(
        'start: v\n?v: "jump" -> jump | v "left" -> op | v "around" d -> around\nd: "left" -> left',
        "jump = J\nop(v) = OP ++ v\naround(v, d) = d ++ v\nleft = L",
    )
    assert found.run("jump left around left left") == ("OP", "L", "OP", "J")


def test_ignored_words():
    found = small('start: "a" "b" -> ab\n%ignore "please"\n%ignore /u+h/', "ab = OK")
    assert found.run("please a uh b please") == ("OK",)
    derivation = found.parse("please a uh b please")
    assert (derivation.start, derivation.words) == (1, ("a", "uh", "b"))


def test_repetitions_join_and_options_change_the_number_of_arguments():
    found = small('start: "x" WORD* ("!" WORD)? -> f\nWORD: /[a-z]+/', "f = NONE\nf(x) = x\nf(x, y) = y ++ x")
    assert found.run("x") == ("NONE",)
    assert found.run("x a b c") == ("a", "b", "c")
    assert found.run("x a b ! c") == ("c", "a", "b")


def test_inlined_rules():
    found = small('start: _pair "!" -> f\n_pair: W W | W\nW: /[a-z]/', "f(x) = x\nf(x, y) = y ++ x")
    assert (found.run("a !"), found.run("a b !")) == (("a",), ("b", "a"))
    assert [child.symbol for child in found.parse("a b !").children] == ["a", "b", "!"]


def test_unicode_words():
    found = small('start: "прыгни" "два-раза" -> f | "跳" -> g', 'f = "ПРЫГ"\ng = "跳跃"')
    assert (found.run("прыгни два-раза"), found.run("跳")) == (("ПРЫГ",), ("跳跃",))


def test_ambiguity_is_resolved_by_the_order_of_the_file():
    found = small(
        '?start: start "+" start -> plus | start "-" start -> minus | N -> n\nN: /[0-9]+/',
        "plus(a, b) = a + b\nminus(a, b) = a - b\nn(w) = int(w)",
    )
    assert found.table is None
    assert found.run("9 - 3 - 2") == 4, "the earlier part is the longer one"
    assert found.run("9 - 3 + 2") == 8, "plus comes first"
    assert sorted(d.value for d in found.derivations("9 - 3 - 2")) == [4, 8]
    assert found.derivations("9 - 3 - 2")[0].value == 4


def test_a_reading_without_value_gives_way():
    found = small(
        '?start: x "=" x -> same\nx: W -> number | W -> word\nW: /[a-z0-9]+/',
        "same(a, b) = a == b\nnumber(w) = int(w)\nword(w) = w",
    )
    assert found.run("7 = 7") is True
    assert found.run("a = a") is True


def test_deep_sentences():
    deep = 5_000
    found = language("calculator")
    sentence = "( " * deep + "1" + " )" * deep
    assert found.run(sentence) == 1
    derivation = found.parse(sentence)
    assert sum(1 for _ in derivation.nodes()) == 3 * deep + 2
    assert derivation.pretty()


def test_deep_recursion_of_a_meaning():
    found = small("start: N -> f\nN: /[0-9]+/", "f(w) = g(int(w), 0)\ng(0, a) = a\ng(n + 1, a) = 1 + g(n, a)")
    assert found.run("100000") == 100_000
    assert found.parse("100000").value == 100_000


def test_endless_recursion_stops():
    found = small('start: "x" -> x', "x = f(1)\nf(n) = f(n + 1)")
    found.program.fuel = 20_000
    with pytest.raises(OutOfFuel):
        found.run("x")


def test_doubling_stops():
    found = small('?start: "x" -> x | start "twice" -> twice', "x = X\ntwice(x) = x ++ x")
    with pytest.raises(OutOfFuel):
        found.run("x" + " twice" * 60)


def test_no_value():
    with pytest.raises(Undefined, match="division by zero"):
        language("calculator").run("1 / 0")


def test_a_production_without_meaning_is_known_when_it_is_used():
    found = small('start: "x" -> x | "y" -> y', "x = X")
    assert found.run("x") == ("X",)
    with pytest.raises(Undefined, match="has no meaning"):
        found.run("y")


def test_guards_and_whole_values():
    guarded = language(
        text="""%grammar
?start: n "or" n -> larger | n
n: NUMBER -> number
NUMBER: /[0-9]+/
%semantics
number(w) = [int(w)]
larger(xs @ ([x] ++ _), [y] ++ _) when x > y = xs ++ xs
larger(_, ys) = ys
"""
    )
    assert guarded.run("3 or 2") == (3, 3)
    assert guarded.run("2 or 3") == (3,)
    assert guarded.check().ok


def test_a_function_in_python_that_fails_has_no_value():
    source = '%grammar\nstart: "one" -> one | start "half" -> half\n%semantics\none = 1\n'
    language = Language.load("given", text=source, given={"half": lambda a: a // 0})
    with pytest.raises(Undefined, match="half: integer division or modulo by zero"):
        language.run("one half")

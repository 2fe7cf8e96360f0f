"""Reading PAIRS files: what is accepted, what is refused, and where the fault is."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesy.errors import InputError
from nesy.lines import LONGEST_LINE
from nesy.machine.values import text
from nesy.pairs import Pair, output_kinds, output_text, output_value, read_pairs


@pytest.fixture
def read(tmp_path):
    def read(data, name="pairs.tsv", **options):
        path = tmp_path / name
        path.write_bytes(data)
        return read_pairs(path, **options)

    return read


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"dax\tRED\n", [(("dax",), "RED", 1)]),
        (b"dax\tRED", [(("dax",), "RED", 1)]),
        (b"dax  fep \t RED  RED\n", [(("dax", "fep"), "RED RED", 1)]),
        (b"\tRED\nwif\t\n", [((), "RED", 1), (("wif",), "", 2)]),
        (b"\t\n", [((), "", 1)]),
        (b"\xef\xbb\xbfdax\tRED\r\nwif\t\r\n", [(("dax",), "RED", 1), (("wif",), "", 2)]),
        ("größe 龍\tüber\n".encode(), [(("größe", "龍"), "über", 1)]),
        (b"IN: jump twice OUT: I_JUMP I_JUMP\n", [(("jump", "twice"), "I_JUMP I_JUMP", 1)]),
        (b"IN: turn OUT:\nIN: OUT: X\n", [(("turn",), "", 1), ((), "X", 2)]),
        (b"IN: x\ty\n", [(("IN:", "x"), "y", 1)]),
        (b"a\tX\na\tX\n", [(("a",), "X", 1), (("a",), "X", 2)]),
        (b"a\x0bb\x0cc\tX\n", [(("a", "b", "c"), "X", 1)]),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_accepted(read, data, expected, packed):
    found = read(gzip.compress(data) if packed else data)
    assert [(pair.input, pair.output, pair.line) for pair in found] == expected


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "pairs.tsv: the file is empty; expected one pair a line"),
        (b"\xef\xbb\xbf", "pairs.tsv:1: an empty line"),
        (b"a\tb\ndax RED\n", "pairs.tsv:2: no tab in this line; expected input<TAB>output; put one tab"),
        (b"a\tb\n\n", "pairs.tsv:2: an empty line"),
        (b"a\tb\tc\n", "pairs.tsv:1: 2 tabs in this line"),
        (b"a\tb\nx\ty\xff\n", "pairs.tsv:2:4: invalid UTF-8 (byte 0xff)"),
        (b"a\tb\nx\0\ty\n", "pairs.tsv:2: a NUL byte"),
        (b"a\tb\n" + b"x" * (LONGEST_LINE + 1) + b"\n", "pairs.tsv:2: a line of more than 1 MB"),
        (b"x" * 5_000_000, "pairs.tsv:1: a line of more than 1 MB"),
        (b"a\tX\nb\tY\na\tZ\n", 'pairs.tsv:3: "a" gives "Z" here but "X" in line 1; expected one output'),
        (b"a\tX\na\tY\na\tZ\n", "(and 1 more such lines)"),
        (gzip.compress(b"a\tX\n" * 1000, mtime=0)[:-20], "damaged gzip data"),
        (b"\x1f\x8bnonsense", "damaged gzip data"),
    ],
)
def test_refused(read, data, message):
    with pytest.raises(InputError) as caught:
        read(data)
    assert message in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_line_of_exactly_one_megabyte_is_accepted(read):
    word = b"x" * (LONGEST_LINE - 2)
    assert read(word + b"\tY\r\n")[0].output == "Y"


def test_contradictions_are_kept_on_request(read):
    assert read(b"a\tX\na\tZ\n", allow_contradictions=True) == [Pair(("a",), "X", 1), Pair(("a",), "Z", 2)]


@pytest.mark.parametrize("path", ["", ".", "no/such/file.tsv", "a\0b", "x" * 5000])
def test_what_is_no_file_is_bad_input(path):
    with pytest.raises(InputError):
        read_pairs(path)


@pytest.mark.parametrize(
    ("outputs", "kinds"),
    [
        (["1", "-20", "0"], ("int",)),
        (["true", "false"], ("bool",)),
        (["true", "3"], ("int", "bool")),
        (["3", ""], ("seq",)),
        (["3", "3 4"], ("seq",)),
        (["007", "3"], ("seq",)),
        ([], ("seq",)),
    ],
)
def test_the_simplest_kinds_that_fit(outputs, kinds):
    assert output_kinds(outputs) == kinds


word = st.text(st.characters(blacklist_categories=("Z", "C")), min_size=1, max_size=4).filter(
    lambda text: text.split() == [text]
)
sentence = st.lists(word, max_size=4).map(" ".join)


@given(st.dictionaries(sentence, sentence, min_size=1))
def test_what_is_written_is_read(tmp_path_factory, pairs):
    """Printing words with single spaces and reading the file is the identity."""
    path = tmp_path_factory.mktemp("pairs") / "p.tsv"
    path.write_text("".join(f"{x}\t{y}\n" for x, y in pairs.items()), encoding="utf-8", newline="")
    assert {pair.text: pair.output for pair in read_pairs(path)} == pairs


@given(st.lists(sentence, min_size=1))
def test_outputs_survive_being_read_as_values(outputs):
    """The canonical text of an output's value is the output."""
    kinds = output_kinds(outputs)
    assert [text(output_value(output, kinds)) for output in outputs] == outputs


@pytest.mark.parametrize(
    ("output", "expected"),
    [("A B", "A B"), (7, "7"), (-2, "-2"), (True, "true"), (("A", "B"), "A B"), ([1, "A"], "1 A"), ((), "")],
)
def test_outputs_may_be_values(output, expected):
    assert output_text(output) == expected


@pytest.mark.parametrize("output", [None, 1.5, {"A"}, [None], b"A"])
def test_other_outputs_are_refused(output):
    with pytest.raises(InputError, match=type(output).__name__):
        output_text(output)

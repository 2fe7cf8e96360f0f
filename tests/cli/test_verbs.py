"""The verbs on good input."""

import gzip

import pytest

VERBS = ["learn", "score", "run", "explain", "check", "trace", "solve", "demo"]


def test_help_lists_the_verbs(nesy):
    out = nesy("--help").stdout
    assert [verb for verb in VERBS if f"    {verb} " not in out] == []
    assert nesy("--version").stdout.startswith("nesy 0.")


@pytest.mark.parametrize("verb", VERBS)
def test_each_help_shows_an_example(nesy, verb):
    done = nesy(verb, "--help")
    assert done.returncode == 0
    assert f"\n  nesy {verb}" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "stdin", "out"),
    [
        (["dax", "fep"], "", "RED RED\n"),
        (["wif fep"], "", "GREEN GREEN\n"),
        (["-"], "dax\nwif fep", "RED\nGREEN GREEN\n"),
        (["inputs"], "", "GREEN\nRED RED\n"),
    ],
)
def test_run(nesy, arguments, stdin, out):
    (nesy.folder / "inputs").write_bytes(b"wif\r\ndax fep\r\n")
    done = nesy("run", "twice.nesy", *arguments, stdin=stdin.encode())
    assert (done.stdout, done.stderr, done.returncode) == (out, "", 0)


def test_words_that_name_a_file(nesy):
    (nesy.folder / "dax").write_text("wif\n")
    assert nesy("run", "twice.nesy", "dax").stdout == "GREEN\n"
    assert nesy("run", "twice.nesy", "--text", "dax").stdout == "RED\n"


def test_run_answers_the_inputs_that_have_an_answer(nesy):
    done = nesy("run", "twice.nesy", "-", stdin=b"dax\nfep\nwif\n")
    assert done.stdout == "RED\n\nGREEN\n"
    assert done.stderr.startswith("<stdin>:2: ")
    assert done.returncode == 2


def test_score(nesy):
    pairs = b"dax\tRED\nwif fep\t GREEN  GREEN \nfep\tRED\nwif\tRED\ndax\tRED\n"
    (nesy.folder / "test.tsv").write_bytes(pairs)
    (nesy.folder / "test.tsv.gz").write_bytes(gzip.compress(pairs))
    assert nesy("score", "twice.nesy", "test.tsv").stdout == "3/5 60.00%\n"
    lines = nesy("score", "twice.nesy", "test.tsv.gz", "--errors", "1").stdout.splitlines()
    assert lines[:2] == ["test.tsv.gz:3: fep", "  expected: RED"]
    assert lines[2].startswith("  got:      (")
    assert lines[3:] == ["3/5 60.00%"]


def test_accuracy_is_100_only_for_all():
    from nesy.cli.score import accuracy

    assert accuracy(99_999, 100_000) == "99999/100000 99.99%"
    assert accuracy(3, 3) == "3/3 100.00%"


def test_explain(nesy):
    done = nesy("explain", "twice.nesy", "dax fep", "--html", "why.html")
    assert done.returncode == 0
    assert "RED RED" in done.stdout
    assert done.stdout.splitlines()[-1] == "page: why.html"
    page = (nesy.folder / "why.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "RED" in page


def test_check(nesy):
    assert nesy("check", "twice.nesy").returncode == 0
    text = (nesy.folder / "twice.nesy").read_text().replace("fep(x) = x ++ x", "fop(x) = x ++ x")
    (nesy.folder / "twice.nesy").write_text(text)
    assert nesy("check", "twice.nesy").returncode == 1


def test_words_and_values_are_unicode(nesy):
    text = '%grammar\nstart: "größe" -> big | "龍" -> dragon\n%semantics\nbig = ["ÜBER"]\ndragon = ["🐉"]\n'
    (nesy.folder / "u.nesy").write_text(text, encoding="utf-8")
    assert nesy("run", "u.nesy", "größe").stdout == "ÜBER\n"
    assert nesy("run", "u.nesy", "龍").stdout == "🐉\n"

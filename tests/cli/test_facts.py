"""`nesy learn --facts`: facts in, rules that run out."""

import re
import shlex

import pytest

from nesy.cli import main

FACTS = "".join(
    f"ann{k}\tmarried\tbob{k}\nbob{k}\tmarried\tann{k}\ncyd{k}\tchild of\tann{k}\ncyd{k}\tchild of\tbob{k}\n"
    f"ann{k}\tparent\tcyd{k}\n" + f"bob{k}\tparent\tcyd{k}\n" * (k != 3)
    for k in range(10)
)


def learn(nesy, facts):
    (nesy.folder / "family.tsv").write_bytes(facts.encode("utf-8", "surrogateescape"))
    return nesy("learn", "family.tsv", "--facts", "--out", "rules.nesy", "--quiet")


def test_rules_are_written_and_run(nesy):
    done = learn(nesy, FACTS)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    assert re.search(r"\n +[\d]+/[\d]+ +[\d]+% +\d+  parent\(x, y\) if child of\(y, x\)\n", done.stdout)
    assert re.search(r"\n12 questions about facts held out\n(  +[\d.]+%  .*\n){4}\n", done.stdout)
    written, ask = done.stdout.splitlines()[-2:]
    assert written.endswith(" and 59 facts")
    assert nesy(*shlex.split(ask.removeprefix("ask: nesy "))).stdout.startswith('["')
    asked = nesy("run", "rules.nesy", 'predict_parent("bob3")')
    assert asked.stdout == '["cyd3"]\n', asked.stderr
    assert nesy("run", "rules.nesy", 'holds(predict_parent, "bob3", "cyd4")').stdout == "false\n"
    assert nesy("check", "rules.nesy").returncode == 0


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ("", "family.tsv: the file is empty; expected one fact a line, head<TAB>relation<TAB>tail"),
        ("a\tr\tb\na r b\n", "family.tsv:2: 'a r b'; expected head<TAB>relation<TAB>tail"),
        ("a\tr\t\udcff\n", "family.tsv:1: no UTF-8"),
        ("a\tr\tb\n", "family.tsv: 1 fact; expected at least two"),
    ],
)
def test_bad_facts(nesy, facts, message):
    done = learn(nesy, facts)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert not (nesy.folder / "rules.nesy").exists()


@pytest.mark.parametrize(
    "option",
    [
        ["--types", "t.nesy"],
        ["--signature", "f : nat -> nat"],
        ["--given", "hint"],
        ["--symbols", "0"],
        ["--primitives", "peano"],
        ["--state", "s"],
        ["--state", "s", "--resume"],
        ["--budget", "5"],
        ["--allow-contradictions"],
    ],
)
def test_options_without_a_meaning_for_facts_are_refused(option, capsys):
    """In this process: nine starts would take longer than all else here."""
    assert main(["learn", "family.tsv", "--facts", "--out", "rules.nesy", *option]) == 2
    assert capsys.readouterr().err == (
        f"{option[0]} beside --facts; expected --facts with no more than --out, --seed, --keep and --quiet\n"
    )


def test_no_rule_is_exit_code_1(nesy):
    done = learn(nesy, "".join(f"a{k}\tr\tb{k}\n" for k in range(20)))
    assert done.returncode == 1
    assert "no rule was found" in done.stderr
    assert not (nesy.folder / "rules.nesy").exists()


def test_a_missing_file(nesy):
    done = nesy("learn", "none.tsv", "--facts", "--out", "rules.nesy")
    assert (done.returncode, done.stderr) == (2, "none.tsv: No such file or directory\n")

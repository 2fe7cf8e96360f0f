"""The benchmarks' runner: what was measured is kept, and an interrupted run goes on."""

import json

import pytest

from benchmarks import claims
from benchmarks.claims import Claim, Kept, main, scripts, table


def test_an_interrupted_run_goes_on(tmp_path):
    Kept("scan", tmp_path).once("a", lambda: [1, "ü"])
    kept = Kept("scan", tmp_path)
    assert kept.once("a", lambda: pytest.fail("measured again")) == [1, "ü"]
    kept.once("b", lambda: 2)
    kept.finish([Claim("scan.a", "1 s", met=True)])
    stored = json.loads((tmp_path / "scan.json").read_text(encoding="utf-8"))
    assert stored["measurements"] == {"a": [1, "ü"], "b": 2}
    assert stored["claims"][0]["name"] == "scan.a"
    assert stored["date"]
    assert stored["machine"]
    assert Kept("scan", tmp_path).once("a", lambda: 3) == 3, "a finished run is not taken up again"


def test_the_scripts_are_found():
    assert {"scan", "random_languages"} <= set(scripts())
    assert "claims" not in scripts()


def test_an_unknown_name_is_refused(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["nonsense"])
    assert caught.value.code == 2
    assert "there are" in capsys.readouterr().err


def test_the_table_has_a_line_for_each_claim():
    made = table([Claim("a.b", "1", "2", "2x", "<= 3", True), Claim("a.c", "skipped: no data")])
    assert made.row_count == 2


def test_selection_by_the_start_of_a_name(monkeypatch, tmp_path, capsys):
    class Script:
        @staticmethod
        def claims(kept):
            yield Claim("fake.one", str(kept.once("x", lambda: 1)), met=True)
            yield Claim("fake.two", "2", met=False)

    monkeypatch.setattr(claims, "scripts", lambda: ["fake"])
    monkeypatch.setattr(claims, "RESULTS", tmp_path)
    monkeypatch.setattr(claims.importlib, "import_module", lambda name: Script)
    assert main(["fake.one"]) == 0
    out = capsys.readouterr().out
    assert "fake.one" in out
    assert "fake.two" not in out
    assert main([]) == 1, "a bar was missed"

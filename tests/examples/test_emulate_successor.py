"""The example runs, prints its table and writes its plot."""

from xml.etree import ElementTree

from examples import emulate_successor as example
from nesy.terms import show


def test_inputs_have_their_length_and_depth():
    for depth in range(6):
        for (value,) in example.inputs(5, depth):
            written = show(value)
            assert written.count("X") == 5
            assert written.startswith("X1(" * depth)
            assert not written.startswith("X1(" * (depth + 1))


def test_it_runs(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(example, "EACH", 2)
    monkeypatch.setattr(example, "DRAWN", 20)
    out = tmp_path / "plot.svg"
    example.main(["--seeds", "0", "1", "--steps", "1", "--out", str(out)])
    printed = capsys.readouterr().out
    assert printed.count("14 bits") == 6
    lines = ElementTree.parse(out).getroot().findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 9  # two seeds and their mean: with and without oversampling, and searched
    for seed in (0, 1):
        assert f"{example.SEARCHED}, seed {seed}: as drawn 100.0" in printed

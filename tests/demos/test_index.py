"""The demonstration of an index: it runs with few vectors, and its picture shows what was measured."""

import re
from xml.etree import ElementTree

import pytest

from nesy.demos.index.measure import Point
from nesy.demos.index.picture import picture
from nesy.demos.index.run import run


def test_it_runs_with_few_vectors(tmp_path, capsys):
    pytest.importorskip("hnswlib")
    assert run(tmp_path, scale=0.02) == 0
    out = capsys.readouterr().out
    assert "2,000 made-up vectors" in out
    assert "the answers are the same" in out
    unknown = re.search(r"unknown: +(\d+) of 500 queries like the vectors, (\d+) of 500", out)
    assert int(unknown[1]) < 60
    assert int(unknown[2]) == 500
    shares = [float(share) for share in re.findall(r"ef \d+ +([\d.]+)% of", out)]
    assert shares == sorted(shares)
    assert len(shares) == 5
    assert shares[-1] > 99
    for name in ("index.svg", "index.html"):
        ElementTree.parse(tmp_path / name)


def test_the_picture():
    points = [Point("ef 1", 0.62, 1e-6), Point("<b>", 1.0, 4e-5)]
    drawn = picture(points, Point("exact", 1.0, 2e-3), "a & b")
    root = ElementTree.fromstring(drawn)
    circles = [(float(c.get("cx")), float(c.get("cy"))) for c in root.iter("{http://www.w3.org/2000/svg}circle")]
    assert len(circles) == 3
    assert [x for x, _ in circles] == sorted(x for x, _ in circles)
    assert circles[0][1] > circles[1][1] == circles[2][1]
    texts = {t.text for t in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"a & b", "<b>", "60%", "100%", "1 µs", "10 µs", "1 ms"} <= texts
    assert picture(points[1:], points[1], "all right").count("circle class") == 2

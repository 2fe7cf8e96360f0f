"""The demonstration, with a baseline that is hardly trained."""

import pytest


@pytest.mark.slow
def test_demo(nesy):
    done = nesy("demo", "--seconds", "1", "--out", "here")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3920/3920 100.00%" in done.stdout
    assert "neural baseline, 1 s of training" in done.stdout
    assert "<svg" in (nesy.folder / "here" / "derivation.html").read_text(encoding="utf-8")
    assert nesy("check", "here/learned.nesy").returncode == 0
    assert nesy("run", "here/learned.nesy", "jump twice").stdout == "I_JUMP I_JUMP\n"

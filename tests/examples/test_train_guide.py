"""The example runs, small."""

from examples.train_guide import main


def test_it_solves_what_it_was_not_trained_on(capsys):
    main(updates=2, boards=4, tests=3)
    out = capsys.readouterr().out
    assert "plain search  3/3 solved and verified" in out
    assert "guided        3/3 solved and verified" in out

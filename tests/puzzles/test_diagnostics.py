"""Every message of the table, at the place it names."""

import pytest

import nesy
from nesy.errors import InputError
from nesy.puzzles.diagnostics import PUZZLES


@pytest.mark.parametrize("diagnostic", PUZZLES, ids=lambda d: d.what[:40])
def test_message(diagnostic):
    with pytest.raises(InputError) as caught:
        nesy.puzzle("file.nesy", text=diagnostic.text).model()
    error = caught.value
    assert error.what.startswith(diagnostic.what)
    assert (error.file, error.line, error.column) == ("file.nesy", diagnostic.line, diagnostic.column)
    assert error.expected or error.mend, "a message says what would be right or how to mend it"

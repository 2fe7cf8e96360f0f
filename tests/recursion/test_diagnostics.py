"""Every message about a program, at the place it names."""

import pytest

from nesy.errors import InputError
from nesy.recursion.diagnostics import TABLE
from nesy.recursion.program import Program


@pytest.mark.parametrize("diagnostic", TABLE, ids=lambda d: d.what[:40])
def test_message(diagnostic):
    with pytest.raises(InputError) as caught:
        Program.load("file.nesy", text=diagnostic.text)
    error = caught.value
    assert error.what.startswith(diagnostic.what)
    assert (error.file, error.line, error.column) == ("file.nesy", diagnostic.line, diagnostic.column)
    assert error.expected or error.mend, "a message says what would be right or how to mend it"

"""What can go wrong, in one hierarchy that the command line turns into exit codes."""

from __future__ import annotations


class NesyError(Exception):
    """Every error that nesy raises on purpose; `exit_code` is what the command line returns."""

    exit_code = 1


class InputError(NesyError, ValueError):
    """Bad input: printed as ``file:line:column: what; expected ...; mend``.

    Args:
        what: what was found, in one clause.
        file: the file's name as the user gave it, if there is one.
        line, column: 1-based position, where known.
        expected: what would have been right.
        mend: what the user can do about it.
    """

    exit_code = 2

    def __init__(
        self,
        what: str,
        *,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        expected: str | None = None,
        mend: str | None = None,
    ) -> None:
        self.what, self.file, self.line, self.column = what, file, line, column
        self.expected, self.mend = expected, mend
        super().__init__(str(self))

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        clauses = [self.what]
        if self.expected:
            clauses.append(f"expected {self.expected}")
        if self.mend:
            clauses.append(self.mend)
        return (f"{place}: " if place else "") + "; ".join(clauses)


class OutsideLanguage(InputError):
    """A sentence that the language's grammar does not derive."""


class Undefined(NesyError, ArithmeticError):
    """A program has no value on these arguments (division by zero, an argument of the wrong type)."""


class OutOfFuel(NesyError):
    """A run used up its budget of calls without reaching a value."""

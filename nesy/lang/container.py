"""The container of a definition file: which section stands where.

Each section is handed out as the whole file with the other sections blanked, so that every
position that a section's parser reports is true for the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from nesy.errors import InputError

SECTIONS = ("grammar", "semantics", "recursion", "puzzle", "domain")
DIRECTIVES = ("ignore", "import", "declare", "override", "extend")
"""Lines of these names belong to the ``%grammar`` section that they stand in."""

MAX_BYTES = 4_000_000

_HEADER = re.compile(r"%(\w*)(.*)")
_COMMENT = re.compile(r"\s*(#|//|$)")


@dataclass(frozen=True, slots=True)
class Section:
    """One section.

    Attributes:
        name: one of `SECTIONS`.
        line: 1-based line of its header.
        text: the file's text with everything else blanked.
    """

    name: str
    line: int
    text: str


def read_text(path: str) -> str:
    """The text of a definition file.

    Raises:
        InputError: the file cannot be read or is not UTF-8.
    """
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=path) from None
    except ValueError as error:
        raise InputError(f"not a file name: {error}", file=ascii(path)) from None
    if len(raw) > MAX_BYTES:
        raise InputError(f"more than {MAX_BYTES:,} bytes", file=path, expected="a definition file")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError("invalid UTF-8", file=path, line=line, mend="save the file as UTF-8") from None


def normalise(text: str) -> str:
    """The text with one kind of line end and no byte order mark."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def split(text: str, file: str | None = None) -> dict[str, Section]:
    """Split a definition file into its sections.

    Raises:
        InputError: text before the first section, an unknown, repeated or empty section.
    """
    lines = normalise(text).split("\n")
    headers = _headers(lines, file)
    sections: dict[str, Section] = {}
    for (name, start), (_, end) in zip(headers, [*headers[1:], ("", len(lines))], strict=True):
        if name in sections:
            raise InputError(
                f"a second %{name} section",
                file=file,
                line=start + 1,
                column=1,
                expected=f"one %{name} section",
                mend=f"move these lines to line {sections[name].line}",
            )
        body = lines[start + 1 : end]
        if all(_COMMENT.match(line) for line in body):
            raise InputError(
                f"the %{name} section is empty",
                file=file,
                line=start + 1,
                column=1,
                expected="at least one line that is not a comment",
                mend="write it or remove the section",
            )
        sections[name] = Section(name, start + 1, "\n" * (start + 1) + "\n".join(body) + "\n")
    return sections


def _headers(lines: list[str], file: str | None) -> list[tuple[str, int]]:
    """Name and 0-based line of each section's header."""
    headers: list[tuple[str, int]] = []
    for number, line in enumerate(lines):
        match = _HEADER.match(line)
        if match is None:
            if not headers and not _COMMENT.match(line):
                raise InputError(
                    f"text before the first section: {line.strip()[:40]!r}",
                    file=file,
                    line=number + 1,
                    column=1,
                    expected="a section such as %grammar",
                    mend="start the file with %grammar, or with # for a comment",
                )
            continue
        name, rest = match.groups()
        if name in SECTIONS:
            _nothing_after(name, rest, file, number + 1)
            headers.append((name, number))
        elif name not in DIRECTIVES or not headers or headers[-1][0] != "grammar":
            raise _misplaced(name, file, number + 1)
    if not headers:
        raise InputError(
            "no section at all",
            file=file,
            line=1,
            column=1,
            expected="a section such as %grammar",
            mend="see docs/definition-files for an example",
        )
    return headers


def _nothing_after(name: str, rest: str, file: str | None, line: int) -> None:
    if not _COMMENT.match(rest):
        raise InputError(
            f"text after %{name}: {rest.strip()[:40]!r}",
            file=file,
            line=line,
            column=len(name) + 2,
            expected="the end of the line",
            mend="start the section's text on the next line",
        )


def _misplaced(name: str, file: str | None, line: int) -> InputError:
    if name in DIRECTIVES:
        mend = f"move %{name} into the %grammar section"
    else:
        near = get_close_matches(name, (*SECTIONS, *DIRECTIVES), 1, 0.5)
        mend = f"did you mean %{near[0]}?" if near else "rename or remove it"
    expected = "one of " + ", ".join("%" + section for section in SECTIONS)
    return InputError(f"unknown section %{name}", file=file, line=line, column=1, expected=expected, mend=mend)

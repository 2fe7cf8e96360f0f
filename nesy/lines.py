"""Reading text files of strangers line by line, with the place of whatever is wrong."""

from __future__ import annotations

import gzip
import os
import sys
import zlib
from collections.abc import Iterator

from nesy.errors import InputError

LONGEST_LINE = 1_000_000  # bytes, without the line's end

_GZIP_MAGIC = b"\x1f\x8b"


def read_lines(path: str | os.PathLike[str]) -> Iterator[tuple[int, str]]:
    r"""The numbered lines of a UTF-8 file, gzipped or not; ``-`` is standard input.

    Lines end with ``\n`` or ``\r\n`` and come without their ends, otherwise as they are;
    a byte order mark is skipped.

    Raises:
        InputError: with file and line: unreadable, no UTF-8, a NUL byte, a line of more than 1 MB.
    """
    name = "<stdin>" if path == "-" else os.fspath(path)
    number = 0
    try:
        with open(sys.stdin.fileno() if path == "-" else name, "rb", closefd=path != "-") as file:
            packed = file.peek(2)[:2] == _GZIP_MAGIC
            stream = gzip.GzipFile(fileobj=file) if packed else file
            while raw := stream.readline(LONGEST_LINE + 3):
                number += 1
                yield number, _decode(raw, name, number)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"damaged gzip data ({error})", file=name, line=number + 1) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=name) from None
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"not a file name: {error}", file=ascii(name)) from None


def _decode(raw: bytes, name: str, number: int) -> str:
    line = raw.removesuffix(b"\n").removesuffix(b"\r")
    if number == 1:
        line = line.removeprefix(b"\xef\xbb\xbf")
    if len(line) > LONGEST_LINE:
        raise InputError(
            "a line of more than 1 MB",
            file=name,
            line=number,
            expected="lines of text",
            mend="check that the file is text with line ends",
        )
    if b"\0" in line:
        raise InputError("a NUL byte", file=name, line=number, expected="UTF-8 text")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"invalid UTF-8 (byte {line[error.start]:#04x})",
            file=name,
            line=number,
            column=len(line[: error.start].decode("utf-8")) + 1,
            mend="save the file as UTF-8",
        ) from None

"""Writing files so that a reader finds the old contents or the new, never a part of them."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from nesy.errors import InputError


def check_writable(path: str | os.PathLike[str]) -> None:
    """Find out before long work whether a file can be written; leaves nothing behind.

    Raises:
        InputError: it cannot.
    """
    target = _target(path)
    try:
        descriptor, trial = tempfile.mkstemp(prefix=f".{target.name[:40]}.", dir=target.parent)
    except OSError as error:
        raise _refusal(path, error) from None
    os.close(descriptor)
    os.unlink(trial)


def write_atomically(path: str | os.PathLike[str], data: str | bytes) -> None:
    """Write a whole file (text as UTF-8), or leave what was there before.

    The data goes to a temporary file in the same directory, to the disk, and then takes the
    file's name in one step. A symbolic link is followed; the mode of an existing file is kept.

    Raises:
        InputError: the file cannot be written (no such directory, no permission, disk full).
    """
    target = _target(path)
    raw = data.encode("utf-8") if isinstance(data, str) else data
    temporary: str | None = None
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name[:40]}.", dir=target.parent)
        with open(descriptor, "wb") as stream:
            stream.write(raw)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, target)
        temporary = None
    except OSError as error:
        raise _refusal(path, error) from None
    finally:
        if temporary is not None:
            with suppress(OSError):
                os.unlink(temporary)


def _target(path: str | os.PathLike[str]) -> Path:
    name = os.fspath(path)
    try:
        target = Path(os.path.realpath(name))
        if target.is_dir():
            raise InputError("is a directory", file=name, expected="the name of a file to write")
        if target.exists() and not target.is_file():
            raise InputError("is not a regular file", file=name, expected="the name of a file to write")
        if target.exists() and not os.access(target, os.W_OK):
            raise InputError("cannot be written: Permission denied", file=name)
    except OSError as error:
        raise _refusal(path, error) from None
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"not a file name: {error}", file=ascii(name)) from None
    return target


def _refusal(path: str | os.PathLike[str], error: OSError) -> InputError:
    mend = "make the directory first" if isinstance(error, FileNotFoundError) else None
    return InputError(f"cannot be written: {error.strerror or error}", file=os.fspath(path), mend=mend)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

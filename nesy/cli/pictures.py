"""Pictures on the command line: what is one, and the verb run on them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nesy.learn.sight import Sight

_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_ARCHIVE = b"PK\x03\x04"


def holds_images(path: str) -> bool:
    """Whether a path names image sequences: a folder, an ``.npz``, or what begins like one."""
    return os.path.isdir(path) or path.endswith(".npz") or _begin(path).startswith(_ARCHIVE)


def is_picture(path: str) -> bool:
    """Whether a file begins as a PNG or JPEG does."""
    return _begin(path).startswith(_PICTURES)


def seen(path: str) -> bool:
    """Whether an input is a picture, or an ``.npz`` or folder of image sequences that is there."""
    return is_picture(path) or (os.path.exists(path) and holds_images(path))


def _begin(path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            return stream.read(8)
    except (OSError, ValueError):
        return b""


def load(path: str) -> Sight:
    """The language that sees of a definition file with a recogniser beside it.

    Raises:
        InputError: with the file.
    """
    from nesy.learn.sight import Sight

    return Sight.load(path)


def run(language: str, paths: Sequence[str]) -> int:
    """Print the value of each picture, or of each sequence of a file of them; one without a value leaves a message."""
    from nesy.machine.values import text

    sight = load(language)
    worst = 0
    places, sequences = zip(*_sequences(sight, paths), strict=True)
    for place, images, reading in zip(places, sequences, sight.readings(sequences), strict=True):
        if reading is None:
            worst = 2
            print()
            print(f"{place}: no reading of the {len(images)} symbols is a sentence with a value", file=sys.stderr)
        else:
            print(text(reading.value))
    return worst


def _sequences(sight: Sight, paths: Sequence[str]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for path in paths:
        if is_picture(path):
            found.append((path, sight.picture(path)))
        else:
            found += [(f"{path}: {number}", images) for number, images in enumerate(sight.pairs(path).sequences)]
    return found

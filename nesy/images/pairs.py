"""Image sequences with their answers: what a learner of pictures is given, and the files that hold it.

Two layouts: an ``.npz`` with ``images`` uint8 (n, h, w), ``offsets`` int (m + 1) and ``answers`` text (m), where
sequence i is ``images[offsets[i]:offsets[i + 1]]``; or a folder with a file ``pairs.tsv`` that names the image files::

    7.png plus.png 3.png<TAB>10
"""

from __future__ import annotations

import io
import math
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nesy.errors import InputError
from nesy.files import write_atomically
from nesy.images.picture import Image, read_picture
from nesy.pairs import output_text, read_pairs

LARGEST = 2**33  # bytes that the arrays of a file may hold
INDEX = "pairs.tsv"

_ARRAYS = ("images", "offsets", "answers")
_LAYOUT = "arrays images uint8 (n, h, w), offsets int (m + 1), answers text (m)"
_DAMAGED = (ValueError, KeyError, EOFError, OverflowError, NotImplementedError, RuntimeError, SyntaxError, zlib.error)


@dataclass(frozen=True, eq=False)
class ImagePairs:
    """Checked image sequences with their answers.

    Attributes:
        images: (n, h, w) uint8, the images of all sequences one after the other.
        offsets: (m + 1,) int64; sequence i is ``images[offsets[i]:offsets[i + 1]]``, never empty.
        answers: the canonical text of each sequence's value.
    """

    images: Image
    offsets: NDArray[np.int64]
    answers: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.answers)

    def __getitem__(self, index: int) -> tuple[Image, str]:
        """Sequence (k, h, w) and answer."""
        index = range(len(self))[index]
        return self.images[self.offsets[index] : self.offsets[index + 1]], self.answers[index]

    def __iter__(self) -> Iterator[tuple[Image, str]]:
        return (self[index] for index in range(len(self)))

    @property
    def sequences(self) -> list[Image]:
        """The sequences, each (k, h, w)."""
        return [sequence for sequence, _ in self]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of each image, in pixels."""
        return self.images.shape[1], self.images.shape[2]

    @classmethod
    def of(cls, pairs: Iterable[tuple[Any, object]]) -> ImagePairs:
        """From pairs of an image sequence (k, h, w) uint8, numpy or torch, and its answer: a text, int or bool.

        Raises:
            InputError: no pairs, an empty sequence, images of several sizes, pixels that are not uint8, no such answer.
        """
        sequences: list[Image] = []
        answers: list[str] = []
        for number, (sequence, answer) in enumerate(pairs):
            place = f"pair {number}"
            array = check_sequence(sequence, place)
            if sequences and array.shape[1:] != sequences[0].shape[1:]:
                raise InputError(
                    f"{place}: images of {_size(array.shape)} pixels",
                    expected=f"{_size(sequences[0].shape)}, as in pair 0",
                    mend="bring all images to one size",
                )
            sequences.append(array)
            answers.append(_answer(answer, place))
        if not sequences:
            raise InputError("no pairs to learn from", expected="at least one")
        offsets = np.cumsum([0, *map(len, sequences)], dtype=np.int64)
        return cls(np.concatenate(sequences), offsets, tuple(answers))

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> ImagePairs:
        """Read an ``.npz`` file or a folder with ``pairs.tsv``.

        Raises:
            InputError: with the file, and the line where there is one, for whatever is wrong.
        """
        name = os.fspath(path)
        return _read_folder(name) if os.path.isdir(name) else _read_npz(name)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an ``.npz`` file; it is replaced at once or not at all.

        Raises:
            InputError: the file cannot be written.
        """
        buffer = io.BytesIO()
        np.savez_compressed(buffer, images=self.images, offsets=self.offsets, answers=np.array(self.answers, dtype=str))
        write_atomically(path, buffer.getvalue())


def check_sequence(sequence: Any, place: str = "the input") -> Image:
    """An image sequence as a numpy array (k, h, w) uint8; floating-point pixels are taken as 0..1.

    Raises:
        InputError: it is none.
    """
    try:
        array = np.asarray(sequence)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{place}: {error}", expected="an array (k, h, w) of uint8") from None
    if array.dtype.kind == "f" and array.size and array.min() >= 0 and array.max() <= 1:  # so none is NaN
        array = (255 * array).round().astype(np.uint8)
    _check_pixels(array, place)
    if array.ndim != 3 or 0 in array.shape[1:]:
        raise InputError(
            f"{place}: an array of shape {array.shape}", expected="(k, h, w): k images of one height and width"
        )
    if len(array) == 0:
        raise InputError(f"{place}: an empty expression", expected="at least one image", mend="leave it out")
    return array


def _check_pixels(array: NDArray[Any], place: str, file: str | None = None) -> None:
    if array.dtype == np.uint8:
        return
    if array.dtype.kind == "f" and np.isnan(array).any():
        what, mend = "pixels that are NaN", "leave such images out"
    else:
        what, mend = f"pixels of type {array.dtype}", "scale them to 0..255 and take .astype('uint8')"
    expected = "uint8, 0..255" if file is not None else "uint8, 0..255, or floating point, 0..1"
    raise InputError(f"{place}: {what}", file=file, expected=expected, mend=mend)


def _answer(answer: object, place: str) -> str:
    """The canonical text of an answer."""
    if isinstance(answer, np.generic):
        answer = answer.item()
    try:
        return answer_text(output_text(answer), place)
    except InputError as error:
        if error.what.startswith(place):
            raise
        raise InputError(f"{place}: {error.what}", expected=error.expected) from None


def answer_text(answer: str, place: str, file: str | None = None) -> str:
    """An answer with single spaces; what no file could hold is refused."""
    try:
        answer.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(f"{place}: the answer {answer!a}", file=file, expected="text that is UTF-8") from None
    if "\0" in answer:
        raise InputError(f"{place}: a NUL character in the answer", file=file)
    return " ".join(answer.split())


def _read_npz(name: str) -> ImagePairs:
    try:
        with zipfile.ZipFile(name) as archive:
            arrays = {key: _member(archive, key, name) for key in _ARRAYS}
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=name) from None
    except (zipfile.BadZipFile, MemoryError, *_DAMAGED) as error:
        raise InputError(f"no readable .npz ({_first(error)})", file=name, expected=_LAYOUT) from None
    return _checked(arrays["images"], arrays["offsets"], arrays["answers"], name)


def _member(archive: zipfile.ZipFile, key: str, name: str) -> NDArray[Any]:
    """An array of an ``.npz``; its claimed shape is compared with the bytes there are before anything is allocated."""
    if f"{key}.npy" not in archive.namelist():
        raise InputError(f"no array {key!r}", file=name, expected=_LAYOUT)
    size = archive.getinfo(f"{key}.npy").file_size
    with archive.open(f"{key}.npy") as stream:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(stream)
        if dtype.hasobject:
            raise InputError(
                f"{key}: Python objects", file=name, expected=_LAYOUT, mend="convert the array before it is saved"
            )
        needed = math.prod(shape) * dtype.itemsize
        if needed != size - stream.tell():
            raise InputError(f"{key}: {size - stream.tell()} bytes of data where {needed} are claimed", file=name)
        if needed > LARGEST:
            raise InputError(f"{key}: {needed} bytes", file=name, expected=f"at most {LARGEST}")
    with archive.open(f"{key}.npy") as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)


def _checked(images: NDArray[Any], offsets: NDArray[Any], answers: NDArray[Any], name: str) -> ImagePairs:
    _check_pixels(images, "images", name)
    if images.ndim != 3 or 0 in images.shape[1:]:
        raise InputError(f"images: an array of shape {images.shape}", file=name, expected="(n, h, w)")
    if answers.ndim != 1 or answers.dtype.kind != "U":
        raise InputError(
            f"answers: an array of shape {answers.shape} and type {answers.dtype}",
            file=name,
            expected="text (m)",
            mend="take .astype(str)",
        )
    if offsets.ndim != 1 or offsets.dtype.kind not in "iu":
        raise InputError(
            f"offsets: an array of shape {offsets.shape} and type {offsets.dtype}",
            file=name,
            expected="integers (m + 1)",
        )
    if len(answers) == 0:
        raise InputError("no pairs", file=name, expected="at least one")
    if len(offsets) != len(answers) + 1:
        raise InputError(
            f"{len(offsets)} offsets for {len(answers)} answers", file=name, expected="one more offset than answers"
        )
    if int(offsets[0]) != 0 or int(offsets[-1]) != len(images):
        raise InputError(
            f"offsets from {offsets[0]} to {offsets[-1]}",
            file=name,
            expected=f"from 0 to {len(images)}, the number of images",
        )
    wrong = np.flatnonzero(offsets[1:] <= offsets[:-1])
    if len(wrong):
        at = int(wrong[0])
        if offsets[at + 1] == offsets[at]:
            raise InputError(f"pair {at}: an empty expression", file=name, expected="at least one image")
        raise InputError(
            f"offsets: {offsets[at + 1]} after {offsets[at]} (pair {at})", file=name, expected="offsets that grow"
        )
    texts = tuple(answer_text(str(answer), f"pair {number}", name) for number, answer in enumerate(answers))
    return ImagePairs(images, offsets.astype(np.int64), texts)


def _read_folder(folder: str) -> ImagePairs:
    index = os.path.join(folder, INDEX)
    if not os.path.isfile(index):
        raise InputError(
            f"a folder without {INDEX}", file=folder, expected=f"a PAIRS file, or a folder with a file {INDEX}"
        )
    seen: dict[str, Image] = {}
    first = ""
    sequences: list[Image] = []
    pairs = read_pairs(index, allow_contradictions=True)
    for pair in pairs:
        if not pair.input:
            raise InputError("an empty expression", file=index, line=pair.line, expected="at least one image file")
        for image in pair.input:
            if image not in seen:
                seen[image] = _named(folder, image, index, pair.line)
                first = first or image
                if seen[image].shape != seen[first].shape:
                    raise InputError(
                        f"{image} has {_size(seen[image].shape)} pixels",
                        file=index,
                        line=pair.line,
                        expected=f"{_size(seen[first].shape)}, as {first}",
                        mend="bring all images to one size",
                    )
        sequences.append(np.stack([seen[image] for image in pair.input]))
    offsets = np.cumsum([0, *map(len, sequences)], dtype=np.int64)
    answers = tuple(answer_text(pair.output, f"line {pair.line}", index) for pair in pairs)
    return ImagePairs(np.concatenate(sequences), offsets, answers)


def _named(folder: str, image: str, index: str, line: int) -> Image:
    """The image file of a folder that is named in a line of its index."""
    if os.path.isabs(image) or ".." in Path(image).parts:
        raise InputError(f"{image} is outside the folder", file=index, line=line, expected="a file in the folder")
    try:
        return read_picture(os.path.join(folder, image))
    except InputError as error:
        raise InputError(
            f"{image}: {error.what}", file=index, line=line, expected=error.expected, mend=error.mend
        ) from None


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[-2]} x {shape[-1]}"


def _first(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:100]

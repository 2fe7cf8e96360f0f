"""A language whose sentences are seen: a recogniser, the words that its symbols stand for, and the language."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from nesy.derivation import Derivation
from nesy.errors import InputError, OutsideLanguage
from nesy.files import check_writable, write_atomically
from nesy.forest import Reader, Reading
from nesy.images import Frame, ImagePairs, read_picture, segments
from nesy.images.pairs import check_sequence
from nesy.images.picture import Image
from nesy.lang.clauses import print_clause
from nesy.lang.language import Language
from nesy.machine.values import Value, text
from nesy.neural.recogniser import as_pixels, log_probs, working_size
from nesy.neural.recogniser_file import load_recogniser, save_recogniser

SUFFIX = ".safetensors"
AT_ONCE = 200  # sequences
VIEWS = 4  # distorted views of an image that are averaged when it is read


@dataclass(frozen=True, eq=False)
class Sight:
    """A language that reads images.

    Attributes:
        language: what the words mean.
        words: per symbol of the recogniser the word that it stands for, or None.
        recogniser: (b, 1, h, w) in 0..1 to (b, V) logits.
        frame: how a symbol sits in its image.
    """

    language: Language
    words: tuple[str | None, ...]
    recogniser: nn.Module
    frame: Frame

    def run(self, images: Any) -> Value:
        """The value of an image sequence (k, h, w) uint8.

        Raises:
            OutsideLanguage: no way to read it is a sentence with a value.
            InputError: no such array, or images of another size than the learned ones.
        """
        return self.reading(images).value

    def reading(self, images: Any) -> Reading:
        """The most probable way to read an image sequence as a sentence with a value; raises as `run`."""
        (found,) = self.readings([images])
        if found is None:
            raise OutsideLanguage(
                f"no reading of the {len(images)} images is a sentence with a value", expected="an expression"
            )
        return found

    def parse(self, images: Any) -> Derivation:
        """The derivation of the most probable reading; raises as `run`."""
        return self.language.parse(self.reading(images).words)

    def readings(self, sequences: Sequence[Any]) -> list[Reading | None]:
        """The most probable reading of each sequence; None where there is none.

        Raises:
            InputError: as `run`.
        """
        found: list[Reading | None] = []
        for start in range(0, len(sequences), AT_ONCE):
            found += self._reader.best(self.log_probs(sequences[start : start + AT_ONCE]))
        return found

    def meaning(self, word: str) -> list[str]:
        """The clauses of the productions that hold a word, as text."""
        grammar = self.language.grammar
        terminals = {name for name, terminal in grammar.terminals.items() if word in (terminal.words or ())}
        names = {production.clause for production in grammar.productions if terminals.intersection(production.body)}
        return [print_clause(clause) for clause in self.language.clauses if clause.name in names]

    def spelled(self, images: Any) -> tuple[str, ...]:
        """The most probable word of each image by itself, which may be no sentence; raises as `run`."""
        (found,) = self.log_probs([images])
        named = np.array([0.0 if word is not None else -np.inf for word in self.words])
        return tuple(str(self.words[symbol]) for symbol in (found + named).argmax(1))

    def log_probs(self, sequences: Sequence[Any]) -> list[NDArray[np.float64]]:
        """Log-probabilities of the symbols, (k, V) per sequence (k, h, w)."""
        arrays = [self._checked(sequence) for sequence in sequences]
        if not arrays:
            return []
        pixels = as_pixels(np.concatenate(arrays), working_size(self.frame.height, self.frame.width))
        found = log_probs(self.recogniser, pixels, self._device, views=VIEWS)
        return np.split(found, np.cumsum([len(array) for array in arrays])[:-1])

    def score(self, pairs: Iterable[tuple[Any, object]]) -> tuple[int, int]:
        """(correct, total); a sequence that cannot be read counts as wrong."""
        data = ImagePairs.of(pairs)
        found = self.readings(data.sequences)
        right = sum(
            reading is not None and text(reading.value) == answer
            for reading, answer in zip(found, data.answers, strict=True)
        )
        return right, len(data)

    def picture(self, path: str | os.PathLike[str]) -> Image:
        """The symbols in a picture of an expression, (k, h, w), as the learned ones look.

        Raises:
            InputError: with the file: no picture, or nothing written in it.
        """
        return segments(read_picture(path), self.frame, file=os.fspath(path))

    def pairs(self, path: str | os.PathLike[str]) -> ImagePairs:
        """The image sequences of a file or folder.

        Raises:
            InputError: with the file: something is wrong with it, or its images have another size.
        """
        found = ImagePairs.read(path)
        self.require_size(found.size, file=os.fspath(path))
        return found

    def require_size(self, size: tuple[int, int], *, file: str | None = None) -> None:
        """Refuse images of another height and width than those that were learned from."""
        if size != (self.frame.height, self.frame.width):
            raise InputError(
                f"images of {size[0]} x {size[1]} pixels",
                file=file,
                expected=f"{self.frame.height} x {self.frame.width}, as those that were learned from",
                mend="bring them to that size",
            )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the definition file, and beside it the recogniser: ``name.nesy`` and ``name.safetensors``.

        Raises:
            InputError: a file cannot be written.
            TypeError: the recogniser is a module of the user's own, which no file can hold.
        """
        weights = weights_of(path)
        check_writable(path)
        save_recogniser(weights, self.words, self.recogniser, self.frame)
        write_atomically(path, self.language.source)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Sight:
        """Load what `save` wrote; safe for files of strangers.

        Raises:
            InputError: with the file: one of both is missing, damaged, or does not go with the other.
        """
        language = Language.load(path)
        weights = weights_of(path)
        if not os.path.exists(weights):
            raise InputError("is not there", file=weights, expected=f"the recogniser that goes with {os.fspath(path)}")
        words, recogniser, frame = load_recogniser(weights)
        for symbol, word in enumerate(words):
            if word is not None and not language.grammar.match(word):
                raise InputError(
                    f"symbol {symbol} stands for {word!r}, which is no word of {os.fspath(path)}",
                    file=weights,
                    mend="write the word into the grammar again",
                )
        return cls(language, words, recogniser, frame)

    def _checked(self, images: Any) -> Image:
        array = check_sequence(images)
        self.require_size((array.shape[1], array.shape[2]))
        return array

    @cached_property
    def _reader(self) -> Reader:
        return Reader(self.language, self.words)

    @property
    def _device(self) -> Any:
        return next((tensor.device for tensor in self.recogniser.parameters()), None)


def weights_of(path: str | os.PathLike[str]) -> str:
    """Where the recogniser of a definition file lies: beside it."""
    return os.fspath(Path(path).with_suffix(SUFFIX))


def sees(path: str | os.PathLike[str]) -> bool:
    """Whether a recogniser lies beside a definition file."""
    return os.path.exists(weights_of(path))

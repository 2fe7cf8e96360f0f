"""The file of a recogniser: its weights, what its symbols are called, and how a symbol sits in its image."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from torch import nn

from nesy.errors import InputError
from nesy.images.frame import Frame
from nesy.neural.checkpoint import load_checkpoint, save_checkpoint
from nesy.neural.recogniser import ConvolutionalRecogniser

KIND = "image recogniser"
MOST = 4096  # symbols, pixels of a side, units of a layer in a file of a stranger

Words = tuple[str | None, ...]
"""Per symbol of a recogniser the word that it stands for, or None."""


def save_recogniser(
    path: str | os.PathLike[str], words: Sequence[str | None], recogniser: nn.Module, frame: Frame
) -> None:
    """Write a recogniser; the file is replaced at once or not at all.

    Raises:
        InputError: the file cannot be written.
        TypeError: the recogniser is a module of the user's own, which no file can hold.
    """
    if not isinstance(recogniser, ConvolutionalRecogniser):
        raise TypeError(f"a {type(recogniser).__name__} cannot be saved: save its weights yourself")
    save_checkpoint(path, KIND, header(words, recogniser, frame), recogniser.state_dict())


def load_recogniser(path: str | os.PathLike[str]) -> tuple[Words, ConvolutionalRecogniser, Frame]:
    """What `save_recogniser` wrote; safe for files of strangers.

    Raises:
        InputError: with the file: it is missing or damaged.
    """
    file = os.fspath(path)
    found, tensors = load_checkpoint(path, KIND)
    try:
        words, recogniser, frame = _read(found)
    except (KeyError, TypeError, ValueError):
        raise InputError("no proper description of a recogniser", file=file) from None
    try:
        recogniser.load_state_dict(tensors)
    except RuntimeError as error:
        what = " ".join(str(error).split())[:100]
        raise InputError(f"weights of other shapes than described ({what})", file=file) from None
    if not all(bool(tensor.isfinite().all()) for tensor in tensors.values()):
        raise InputError("weights that are no numbers", file=file)
    return words, recogniser.eval(), frame


def header(words: Sequence[str | None], recogniser: ConvolutionalRecogniser, frame: Frame) -> dict[str, Any]:
    """What the file says about the weights, as JSON values."""
    convolutions = [layer for layer in recogniser.convolutions if isinstance(layer, nn.Conv2d)]
    linear = next(layer for layer in recogniser.classify if isinstance(layer, nn.Linear))
    return {
        "words": list(words),
        "height": frame.height,
        "width": frame.width,
        "margin": frame.margin,
        "light": frame.light,
        "channels": [layer.out_channels for layer in convolutions],
        "hidden": linear.out_features,
    }


def _read(found: dict[str, Any]) -> tuple[Words, ConvolutionalRecogniser, Frame]:
    words = found["words"]
    if not isinstance(words, list) or not all(word is None or isinstance(word, str) for word in words):
        raise ValueError("words")
    sizes = found["height"], found["width"], found["hidden"], *found["channels"], len(words)
    if not all(type(size) is int and 1 <= size <= MOST for size in sizes) or not 5 <= len(sizes) <= 12:
        raise ValueError("sizes")
    margin, light = found["margin"], found["light"]
    if not isinstance(margin, int | float) or not 0 <= margin < 0.5 or not isinstance(light, bool):
        raise ValueError("frame")
    frame = Frame(found["height"], found["width"], float(margin), light)
    recogniser = ConvolutionalRecogniser(
        len(words), frame.height, frame.width, channels=found["channels"], hidden=found["hidden"]
    )
    return tuple(words), recogniser, frame

"""The state of a grounding between two rounds, in one file: what is believed, and the networks with their optimiser.

Safe to read from strangers: tensors and JSON, programs in the notation of definition files, all of it checked.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nesy.errors import InputError
from nesy.learn.grounding.belief import Belief
from nesy.learn.grounding.report import Epoch
from nesy.learn.grounding.sequences import Sequences
from nesy.learn.lexicon import Lexicon
from nesy.learn.state import State, read_state
from nesy.neural.checkpoint import load_checkpoint, save_checkpoint
from nesy.neural.recogniser import Training

KIND = "grounding"
MEND = "start without it"


@dataclass(frozen=True)
class Stage:
    """Where the work stands.

    Attributes:
        phase, number: the round that comes next.
        seconds: worked so far.
        refused: why something is not reported.
    """

    phase: str
    number: int
    belief: Belief
    epochs: tuple[Epoch, ...]
    refused: tuple[str, ...]
    seconds: float


def digest(data: Sequences) -> str:
    """A checksum of sequences and answers."""
    found = hashlib.sha256(data.pixels.numpy().tobytes())
    found.update(data.lengths.tobytes())
    found.update(json.dumps(data.answers).encode())
    return found.hexdigest()


def save_stage(
    path: str | os.PathLike[str], stage: Stage, training: Training, rng: np.random.Generator, work: Mapping[str, Any]
) -> None:
    """Write the state; the file is replaced at once or not at all.

    Args:
        work: what the state belongs to: pairs, seed and settings.

    Raises:
        InputError: the file cannot be written.
    """
    language = State(Lexicon(stage.belief.senses), stage.belief.precedence, 0, "", "").dump().decode()
    header = {
        "work": dict(work),
        "phase": stage.phase,
        "number": stage.number,
        "seconds": stage.seconds,
        "refused": list(stage.refused),
        "epochs": [asdict(epoch) for epoch in stage.epochs],
        "words": list(stage.belief.words),
        "language": language,
        "random": rng.bit_generator.state,
    }
    save_checkpoint(path, KIND, header, training.state())


def load_stage(
    path: str | os.PathLike[str],
    phases: tuple[str, ...],
    training: Training,
    rng: np.random.Generator,
    work: Mapping[str, Any],
) -> Stage:
    """The state of a file; the training and the random numbers go on as they were.

    Args:
        phases: those that there are.

    Raises:
        InputError: with the file: unreadable, damaged, or of other work.
    """
    name = os.fspath(path)
    header, tensors = load_checkpoint(path, KIND)
    kept = header.get("work")
    if not isinstance(kept, dict) or kept != dict(work):
        differs = [key for key in work if not isinstance(kept, dict) or kept.get(key) != work[key]]
        raise InputError(
            f"the saved state is of other {', '.join(differs) or 'work'}", file=name, expected="the same", mend=MEND
        )
    try:
        stage = _read(header, phases)
        training.restore(tensors)
        rng.bit_generator.state = header["random"]
    except InputError as error:
        error.file = name
        raise
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError, OverflowError):
        raise InputError("no proper state of a grounding", file=name, mend=MEND) from None
    return stage


def _read(header: Mapping[str, Any], phases: tuple[str, ...]) -> Stage:
    language = read_state(header["language"].encode())
    words = tuple(header["words"])
    epochs = tuple(Epoch(**{**entry, "found": tuple(entry["found"])}) for entry in header["epochs"])
    stage = Stage(
        str(header["phase"]),
        int(header["number"]),
        Belief(words, language.lexicon.senses, language.precedence),
        epochs,
        tuple(map(str, header["refused"])),
        float(header["seconds"]),
    )
    if stage.phase not in phases or not all(word is None or isinstance(word, str) for word in words):
        raise ValueError("phase or words")
    return stage

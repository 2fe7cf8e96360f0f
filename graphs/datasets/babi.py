"""The bAbI tasks: short stories with questions (Weston et al., arXiv 1502.05698).

A file holds numbered lines. A line is a fact, or a question with its answer and the numbers of the facts that support
it, divided by tabs; the number 1 starts a new story::

    1 Mary moved to the bathroom.
    2 John went to the hallway.
    3 Where is Mary?<tab>bathroom<tab>1

The release has several folders of one format: ``en`` (1,000 training questions per task), ``en-10k`` (10,000), both
with files ``qa1_single-supporting-fact_train.txt`` and ``..._test.txt``; ``en-valid`` and ``en-valid-10k`` with
``qa1_train.txt``, ``qa1_valid.txt`` and ``qa1_test.txt``. All of them are read here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

TASKS = tuple(range(1, 21))


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what was told before it.

    Attributes:
        task: 1 to 20.
        facts: the sentences of the story so far, oldest first, as lower-case words; no earlier questions.
        words: the question as lower-case words.
        answer: one token; a list or a path is one token, ``"milk,apple"`` and ``"n,w"``.
        supporting: positions in `facts` of those that the answer follows from, as far as the file names them.
    """

    task: int
    facts: tuple[tuple[str, ...], ...]
    words: tuple[str, ...]
    answer: str
    supporting: tuple[int, ...] = ()


def read_babi(folder: str | os.PathLike[str], part: str = "train", tasks: Sequence[int] = TASKS) -> list[Question]:
    """The questions of some tasks, in the order of tasks and files.

    Args:
        folder: ``en``, ``en-10k``, ``en-valid`` or ``en-valid-10k`` of the release, wherever it is.
        part: ``"train"``, ``"test"``, or ``"valid"`` where the folder has it.

    Raises:
        FileNotFoundError: a task has no such file.
        ValueError: a file is not of the format; the message begins with file and line.
    """
    questions: list[Question] = []
    for task in tasks:
        path = _file(Path(folder), part, task)
        with path.open(encoding="utf-8") as lines:
            questions.extend(read_stories(lines, task, name=str(path)))
    return questions


def read_stories(lines: Iterable[str], task: int = 0, *, name: str = "<lines>") -> Iterator[Question]:
    """The questions of one file, given as lines; `name` is for messages.

    Raises:
        ValueError: a line without number or text, a question without answer, or a support that is no fact before it.
    """
    facts: tuple[tuple[str, ...], ...] = ()
    places: dict[int, int] = {}  # number of a line -> place of its fact
    for at, line in enumerate(lines, 1):
        number, text, *rest = _fields(line, f"{name}:{at}")
        if int(number) == 1:
            facts, places = (), {}
        if not rest:
            places[int(number)] = len(facts)
            facts = (*facts, _words(text))
            continue
        support = rest[1].split() if len(rest) > 1 else []
        unknown = [one for one in support if not one.isdecimal() or int(one) not in places]
        if unknown:
            raise ValueError(f"{name}:{at}: the support {unknown[0]!r}; expected the number of an earlier fact")
        yield Question(task, facts, _words(text), _token(rest[0]), tuple(places[int(one)] for one in support))


def _file(folder: Path, part: str, task: int) -> Path:
    found = sorted([*folder.glob(f"qa{task}_*_{part}.txt"), *folder.glob(f"qa{task}_{part}.txt")])
    if len(found) != 1:
        had = ", ".join(path.name for path in found) or "no such file"
        raise FileNotFoundError(f"{folder}: {had}; expected one qa{task}_*_{part}.txt or qa{task}_{part}.txt")
    return found[0]


def _fields(line: str, where: str) -> list[str]:
    """Number, text and, of a question, answer and support."""
    number, _, text = line.strip().partition(" ")
    fields = [number, *(field.strip() for field in text.split("\t"))]
    if not number.isdecimal() or int(number) < 1 or not fields[1]:
        raise ValueError(f"{where}: {line.strip()!r}; expected a number from 1, a space and a sentence")
    if len(fields) > 2 and not fields[2]:
        raise ValueError(f"{where}: a question without answer; expected question, tab, answer, tab, supporting lines")
    return fields


def _words(sentence: str) -> tuple[str, ...]:
    return tuple(re.sub(r"[.?]", " ", sentence.lower()).split())


def _token(answer: str) -> str:
    return answer.lower()

"""Knowledge graphs in files: one fact a line, ``head<TAB>relation<TAB>tail``, UTF-8, gzipped or not.

A folder holds ``train``, ``valid`` and ``test``, each with the ending ``.txt``, ``.tsv``, ``.txt.gz`` or ``.tsv.gz``,
as WN18RR, UMLS, Kinship, Nations and Countries are published.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

from graphs.knowledge.graph import Fact, KnowledgeGraph

ENDINGS = (".txt", ".tsv", ".txt.gz", ".tsv.gz")


def read_facts(path: str | os.PathLike[str]) -> list[Fact]:
    """The facts of a file, in its order; one that is there twice counts once.

    Raises:
        OSError: it cannot be read.
        ValueError: a line is no fact; the message begins with file and line.
    """
    return list(_facts(Path(path), {}))


def read_knowledge(folder: str | os.PathLike[str]) -> KnowledgeGraph:
    """The graph of a folder.

    Raises:
        OSError: a file is missing or cannot be read.
        ValueError: a line is no fact, or a fact stands in two parts: what is to be predicted must not be known. The
            message begins with file and line.
    """
    places: dict[Fact, str] = {}
    parts = []
    for part in ("train", "valid", "test"):
        found = [path for ending in ENDINGS if (path := Path(folder) / f"{part}{ending}").exists()]
        if len(found) != 1:
            had = ", ".join(path.name for path in found) or "no such file"
            raise FileNotFoundError(f"{folder}: {had}; expected one {part} with {', '.join(ENDINGS)}")
        parts.append(list(_facts(found[0], places)))
    return KnowledgeGraph.of(*parts)


def _facts(path: Path, places: dict[Fact, str]) -> Iterator[Fact]:
    """The facts of a file; their places are added to `places`."""
    for number, line in _lines(path):
        where = f"{path}:{number}"
        fields = tuple(line.split("\t"))
        if len(fields) != 3 or not all(field.strip() for field in fields):
            raise ValueError(f"{where}: {line[:80]!r}; expected head<TAB>relation<TAB>tail")
        head, relation, tail = fields
        fact = (head, relation, tail)
        first = places.setdefault(fact, where)
        if first == where:
            yield fact
        elif not first.startswith(f"{path}:"):
            raise ValueError(f"{where}: {' '.join(fact)} is also in {first}; remove one of the two lines")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    number = 0
    try:
        with gzip.open(path) if packed else path.open("rb") as stream:
            for number, raw in enumerate(stream, 1):
                yield number, raw.decode("utf-8").removeprefix("\ufeff").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}:{number}: no UTF-8 ({error}); save the file as UTF-8") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{path}:{number + 1}: damaged gzip data ({error})") from None
    if not number:
        raise ValueError(f"{path}: the file is empty; expected one fact a line, head<TAB>relation<TAB>tail")

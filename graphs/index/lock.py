"""Many readers or one writer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class ReadersWriter:
    """A lock that many readers hold together, or one writer alone; a waiting writer goes before new readers.

    Not reentrant.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._readers, self._waiting, self._writing = 0, 0, False

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold it with other readers."""
        with self._changed:
            while self._writing or self._waiting:
                self._changed.wait()
            self._readers += 1
        try:
            yield
        finally:
            with self._changed:
                self._readers -= 1
                if not self._readers:
                    self._changed.notify_all()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold it alone."""
        with self._changed:
            self._waiting += 1
            try:
                while self._writing or self._readers:
                    self._changed.wait()
            finally:
                self._waiting -= 1
            self._writing = True
        try:
            yield
        finally:
            with self._changed:
                self._writing = False
                self._changed.notify_all()

"""Many readers or one writer."""

from __future__ import annotations

from threading import Condition, Lock


class ReadersWriter:
    """A lock that many readers hold together, or one writer alone; a waiting writer goes before new readers.

        with lock.reading: ...
        with lock.writing: ...

    Not reentrant.
    """

    def __init__(self) -> None:
        self.reading, self.writing = _Reading(self), _Writing(self)
        self.changed = Condition(Lock())
        self.readers, self.waiting, self.written = 0, 0, False


class _Reading:
    def __init__(self, lock: ReadersWriter) -> None:
        self._lock = lock

    def __enter__(self) -> None:
        lock = self._lock
        with lock.changed:
            while lock.written or lock.waiting:
                lock.changed.wait()
            lock.readers += 1

    def __exit__(self, *error: object) -> None:
        lock = self._lock
        with lock.changed:
            lock.readers -= 1
            if not lock.readers and lock.waiting:
                lock.changed.notify_all()


class _Writing:
    def __init__(self, lock: ReadersWriter) -> None:
        self._lock = lock

    def __enter__(self) -> None:
        lock = self._lock
        with lock.changed:
            lock.waiting += 1
            try:
                while lock.written or lock.readers:
                    lock.changed.wait()
            except BaseException:
                lock.waiting -= 1
                lock.changed.notify_all()
                raise
            lock.waiting -= 1
            lock.written = True

    def __exit__(self, *error: object) -> None:
        lock = self._lock
        with lock.changed:
            lock.written = False
            lock.changed.notify_all()

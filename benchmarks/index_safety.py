"""Indexes on bad files, killed processes, full disks and many threads: an error or the right answer, never else.

Every file is one of a small index with a graph, spoilt in one of many ways: parts missing, bits flipped, blocks swapped
or written over, sizes too large; and, as whoever spoils a file on purpose can sign it, wrong contents with the right
checksum.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.claims import Claim, Kept
from graphs import HNSWIndex
from graphs.checkpoint import CheckpointError, pack, unpack
from graphs.index.file import KIND

FILES, PART = 10_000, 1000
KILLS = 200
READERS, SECONDS = 8, 60


def claims(kept: Kept) -> Iterator[Claim]:
    counts: Counter[str] = Counter()
    for first in range(0, FILES, PART):
        counts += Counter(kept.once(f"files.{first}", lambda first=first: in_a_process(f"files {first} {PART}")))
    bad = counts["crash"] + counts["silent"]
    yield Claim(
        "index_safety.files",
        f"{counts['refused']} refused, {counts['right']} right answers, {counts['silent']} silent, "
        f"{counts['crash']} crashes",
        bar=f"{FILES} spoilt files: 0 silent, 0 crashes",
        met=not bad and counts.total() == FILES,
        detail="right answers: the graph of a file is built again from its vectors, or what was spoilt is not used",
    )
    killed = Counter(kept.once("kills", lambda: in_a_process(f"kills {KILLS}")))
    yield Claim(
        "index_safety.kills",
        f"{killed['old']} times the old file, {killed['new']} times the new one, {killed['broken']} broken",
        bar=f"kill -9 while saving, {KILLS} times: old or new",
        met=not killed["broken"] and killed.total() == KILLS,
    )
    full = kept.once("full", lambda: in_a_process("full"))
    yield Claim(
        "index_safety.full_disk",
        f"{full['refused']} of {full['tried']} refused, {full['intact']} old files intact",
        bar="no space at any point of the file: an error, the old file intact",
        met=full["refused"] == full["intact"] == full["tried"],
        detail="the limit of the process on the size of a file stands for the full disk",
    )
    threads = kept.once("threads", lambda: in_a_process(f"threads {READERS} {SECONDS}"))
    yield Claim(
        "index_safety.threads",
        f"{threads['errors']} errors, {threads['lost']} rows lost, {threads['searches']} searches, "
        f"{threads['added']} rows added, {threads['removed']} removed",
        bar=f"{READERS} readers and a writer, {SECONDS} s: no error, no row lost",
        met=not threads["errors"] and not threads["lost"] and threads["searches"] > 0,
    )


def in_a_process(arguments: str) -> dict[str, int]:
    """What this script prints in a process of its own; all its cases are crashes if it dies."""
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.index_safety", *arguments.split()], capture_output=True, text=True
    )
    if run.returncode:
        print(run.stderr, file=sys.stderr)
        return {"crash": 1}
    return {name: int(count) for name, _, count in (line.partition(" ") for line in run.stdout.splitlines())}


def small_index(seed: int = 0) -> HNSWIndex:
    """300 rows, some of them identical, some removed, with metadata and a graph of several levels."""
    x = torch.randn(300, 12, generator=torch.Generator().manual_seed(seed))
    x[40:60] = x[0]
    index = HNSWIndex(12, degree=4, ef=80, deterministic=True)
    index.add(x, meta={"year": torch.arange(300)})
    index.remove(range(100, 120))
    index.build()
    return index


def spoilt(data: bytes, chance: random.Random) -> tuple[str, bytes]:
    """One way to spoil a file, and the spoilt file."""
    way = chance.choice([cut, flipped, overwritten, swapped, lengthened, resized, signed, signed, signed])
    return way.__name__, way(data, chance)


def cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def flipped(data: bytes, chance: random.Random) -> bytes:
    place = chance.choice([chance.randrange(len(data)), chance.randrange(2000)])
    return data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]


def overwritten(data: bytes, chance: random.Random) -> bytes:
    place, size = chance.randrange(len(data)), chance.randrange(1, 200)
    return (data[:place] + chance.randbytes(size) + data[place + size :])[: len(data)]


def swapped(data: bytes, chance: random.Random) -> bytes:
    first, second = sorted(chance.sample(range(len(data) // 64), 2))
    a, b = data[64 * first : 64 * first + 64], data[64 * second : 64 * second + 64]
    return data[: 64 * first] + b + data[64 * first + 64 : 64 * second] + a + data[64 * second + 64 :]


def lengthened(data: bytes, chance: random.Random) -> bytes:
    place = chance.choice([len(data), chance.randrange(len(data))])
    return data[:place] + chance.randbytes(chance.randrange(1, 100)) + data[place:]


def resized(data: bytes, chance: random.Random) -> bytes:
    """With another length of the header, or another number in it."""
    size = int.from_bytes(data[:8], "little")
    if chance.random() < 0.3:
        return chance.choice([0, 1, size - 1, size + 1, 2**31, 2**63, 2**64 - 1]).to_bytes(8, "little") + data[8:]
    digits = [place for place in range(8, 8 + size) if chr(data[place]).isdigit()]
    place = chance.choice(digits)
    return data[:place] + chance.choice("0123456789").encode() + data[place + 1 :]


def signed(data: bytes, chance: random.Random) -> bytes:
    """With other contents and the right checksum."""
    header, tensors = unpack(data, KIND)
    for _ in range(chance.randrange(1, 4)):
        if chance.random() < 0.3:
            part = chance.choice([header, header["search"].get("hnsw", header)])
            part[chance.choice(list(part))] = odd_value(chance)
        else:
            name = chance.choice(list(tensors))
            tensors[name] = odd_tensor(tensors[name], chance)
            if chance.random() < 0.1:
                del tensors[name]
                break
        if not isinstance(header.get("search"), dict):
            break
    return pack(KIND, header, tensors)


def odd_value(chance: random.Random) -> Any:
    return chance.choice(
        [
            None,
            0,
            -1,
            1,
            2,
            5,
            11,
            13,
            299,
            2**31,
            2**63,
            10**30,
            1.5,
            True,
            "l2",
            "ip",
            "cosine",
            "",
            [],
            {},
            [1] * 280,
        ]
    )


def odd_tensor(tensor: Tensor, chance: random.Random) -> Tensor:
    """Something else in place of some or all of a tensor."""
    odd = tensor.clone()
    way = chance.randrange(8)
    if way == 0:
        return odd[: chance.randrange(odd.size(0) + 1)]
    if way == 1:
        return odd.reshape(-1)
    if way == 2:
        return odd.to(chance.choice([torch.int8, torch.int64, torch.float32, torch.float64, torch.bool]))
    if way == 3:
        return odd[torch.randperm(odd.size(0), generator=torch.Generator().manual_seed(chance.randrange(2**31)))]
    if way == 4:
        return torch.cat([odd, odd[: chance.randrange(odd.size(0) + 1)]])
    numbers = [0, -1, 1, 3, 255, 299, 300, 65535, 65536, 2**24, 2**31 - 1, -(2**31)]
    if odd.is_floating_point():
        numbers = [0.0, torch.nan, torch.inf, 1e30, -1.0]
    flat = odd.view(-1)
    for _ in range(min(flat.numel(), chance.choice([1, 1, 5, 1000]))):
        flat[chance.randrange(flat.numel())] = chance.choice(numbers)
    return odd


def verdict(path: Path, way: str, original: HNSWIndex) -> str:
    """`refused`, `right` (an index that answers as it must), or `silent`."""
    try:
        index = HNSWIndex.load(path)
    except CheckpointError:
        return "refused"
    q = torch.randn(20, index.dim, generator=torch.Generator().manual_seed(1))
    found = index.search(q, 5)
    if way != "signed":
        expected = original.search(q, 5)
        same = torch.equal(found.ids, expected.ids) and torch.equal(found.distances, expected.distances)
        return "right" if same and torch.equal(index.ids, original.ids) else "silent"
    index.ef = max(index.ef, 80) if index.ef < 2**20 else 80
    known = bool(torch.isin(found.ids[found.valid], index.ids).all())
    index.search(index.vectors(index.ids[:20]), 400)
    return "right" if known and (not len(index) or index.recall(5, queries=q) > 0.9) else "silent"


def files(first: int, count: int) -> dict[str, int]:
    """Verdicts on spoilt files."""
    original, counts = small_index(), Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "index")
        original.save(path)
        data = path.read_bytes()
        for number in range(first, first + count):
            way, bad = spoilt(data, random.Random(number))
            path.write_bytes(bad)
            found = "right" if bad == data else verdict(path, way, original)
            if found == "silent":
                print(f"file {number}, {way}", file=sys.stderr)
            counts[found] += 1
    return counts


def kills(count: int) -> dict[str, int]:
    """What is in a file after a process that saves to it again and again was killed."""
    torch.set_num_threads(1)
    indexes, counts, chance = [small_index(0), small_index(1)], Counter(), random.Random(0)
    vectors = [index.vectors(index.ids) for index in indexes]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "index")
        indexes[0].save(path)
        for _ in range(count):
            child = os.fork()
            if not child:
                while True:
                    indexes[1].save(path)
                    indexes[0].save(path)
            time.sleep(chance.uniform(0.001, 0.04))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            counts[_which(path, vectors)] += 1
    return counts


def _which(path: Path, vectors: list[Tensor]) -> str:
    try:
        index = HNSWIndex.load(path)
        found = index.vectors(index.ids)
    except (OSError, ValueError):
        return "broken"
    same = [found.shape == some.shape and bool(torch.equal(found, some)) for some in vectors]
    return "old" if same[0] else "new" if same[1] else "broken"


def full() -> dict[str, int]:
    """Saving where there is too little space, at many sizes."""
    index, counts = small_index(), Counter()
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "index")
        index.save(path)
        before = path.read_bytes()
        for size in range(0, len(before), max(1, len(before) // 50)):
            counts["tried"] += 1
            _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
            try:
                index.save(path)
            except OSError:
                counts["refused"] += 1
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
            counts["intact"] += path.read_bytes() == before and [path] == list(Path(folder).iterdir())
    return counts


def threads(readers: int, seconds: float) -> dict[str, int]:
    """Many readers and a writer that adds, updates and removes."""
    index, counts, until = HNSWIndex(16, degree=8), Counter(), time.monotonic() + seconds
    x = torch.randn(50_000, 16, generator=torch.Generator().manual_seed(0))
    kept: set[int] = set()

    def read(number: int) -> None:
        chance = torch.Generator().manual_seed(number)
        while time.monotonic() < until:
            found = index.search(x[torch.randint(1000, (4,), generator=chance)], 5)
            counts["searches"] += 1
            if not torch.equal(found.valid, found.ids >= 0) or bool((found.distances.diff() < 0).any()):
                raise AssertionError(found)

    def write() -> None:
        chance = random.Random(0)
        while time.monotonic() < until and counts["added"] + 20 <= len(x):
            first = counts["added"]
            index.add(x[first : first + 20], torch.arange(first, first + 20))
            kept.update(range(first, first + 20))
            counts["added"] += 20
            if chance.random() < 0.3:
                gone = chance.sample(sorted(kept), 5)
                index.remove(gone)
                kept.difference_update(gone)
                counts["removed"] += 5
            index.update(same := chance.sample(sorted(kept), 2), x[same])
            time.sleep(0.005)

    def guarded(work: Callable[..., None], *arguments: int) -> threading.Thread:
        def run() -> None:
            try:
                work(*arguments)
            except Exception as error:
                counts["errors"] += 1
                print(repr(error), file=sys.stderr)

        return threading.Thread(target=run)

    everyone = [guarded(write), *(guarded(read, number) for number in range(readers))]
    for thread in everyone:
        thread.start()
    for thread in everyone:
        thread.join()
    held = index.ids
    right = set(held.tolist()) == kept and torch.equal(index.vectors(held), x[held])
    counts["lost"] = 0 if right else len(kept ^ set(held.tolist())) or 1
    counts["errors"] += 0
    return counts


if __name__ == "__main__":
    name, *numbers = sys.argv[1:]
    task: Callable[..., dict[str, int]] = {"files": files, "kills": kills, "full": full, "threads": threads}[name]
    for what, how_often in task(*map(int, numbers)).items():
        print(what, how_often)

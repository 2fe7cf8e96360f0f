"""No text of a puzzle or of an instance leads to anything but a puzzle, an instance, or an error of ours."""

import random
import re
import time

import pytest

import nesy
from nesy.errors import InputError
from nesy.lang.shipped import shipped
from nesy.puzzles.exact import solve
from nesy.puzzles.show import show
from tests.mutations import mutate

INSTANCES = {
    "sudoku": "k = 2\ncell =\n1 . | . .\n. . | . .\n----+----\n. . | . 2\n. . | . .\n",
    "graph_colouring": "A B\nB C\nC A\nD\n",
    "futoshiki": "n = 3\nless = {((1, 1), (1, 2)), ((2, 2), (3, 2))}\ncell = 1.. ... ...\n",
    "kenken": '{"n": 3, "cages": [["+", 5, [[1, 1], [1, 2]]], ["=", 1, [[3, 3]]]], "cell": {"1, 1": 2}}',
}


def attempt(puzzle, text):
    for draft in puzzle.drafts(text + "\n"):
        instance = puzzle.instance(draft.given, source=draft.source)
        if len(instance.domains) < 200 and sum(map(len, instance.model.domains)) < 5_000:
            answer = solve(instance, max_nodes=50, max_seconds=0.2)
            assert answer.status != "solved" or instance.verified(answer.values)
            show(answer)


def refusal(work):
    """The error of ours that the work ends with, if it does."""
    try:
        work()
    except InputError as error:
        return error
    return None


@pytest.mark.parametrize("name", shipped("puzzles"))
def test_mutants_of_puzzles(name):
    source = nesy.puzzle(name).source
    generator = random.Random(name)
    start = time.process_time()
    for _ in range(40):
        text = mutate(source, generator)
        lines = re.sub("\r\n?", "\n", text).split("\n")
        error = refusal(lambda text=text: attempt(nesy.puzzle("mutant.nesy", text=text), INSTANCES.get(name, "")))
        if error is not None:
            assert error.file in ("mutant.nesy", None), error
            assert error.line is None or 1 <= error.line <= len(lines), error
    assert time.process_time() - start < 60


@pytest.mark.parametrize("name", INSTANCES)
def test_mutants_of_instances(name):
    puzzle = nesy.puzzle(name)
    generator = random.Random(name)
    for _ in range(40):
        text = mutate(INSTANCES[name], generator)
        error = refusal(lambda text=text: attempt(puzzle, text))
        assert error is None or error.expected or error.mend, error

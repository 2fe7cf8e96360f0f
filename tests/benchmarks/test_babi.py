"""The bAbI benchmark: its split, its errors by task, and that an interrupted run goes on."""

import random
from dataclasses import replace

import pytest
import torch

from benchmarks.babi import Settings, errors_by_task, network_of, schedule, split, train
from graphs.datasets.babi import Question
from graphs.datasets.stories import Stories, vocabulary

WORDS = ("mary", "john", "milk", "garden")
SETTINGS = Settings(updates=6, batch=8, validation=6, every=3)


def questions() -> list[Question]:
    draw = random.Random(0)
    return [
        Question(task, tuple((draw.choice(WORDS),) for _ in range(draw.randint(1, 4))), ("who",), draw.choice(WORDS))
        for task in (3, 4)
        for _ in range(20)
    ]


def test_the_last_questions_of_each_task_are_for_validation():
    asked = questions()
    first, last = split(asked, 6)
    assert first == asked[:14] + asked[20:34]
    assert last == asked[14:20] + asked[34:]


def test_errors_are_counted_by_task():
    asked = questions()
    words = vocabulary(asked)
    network, stories = network_of(SETTINGS, words), Stories(asked, words)
    with torch.no_grad():
        found = network.eval()(stories.batch(torch.arange(40)))[-1].argmax(1) - 2
    wrong = [words[max(0, place)] != question.answer for place, question in zip(found.tolist(), asked, strict=True)]
    assert errors_by_task(network, stories, asked) == pytest.approx([sum(wrong[:20]) / 20, sum(wrong[20:]) / 20])


def test_the_best_weights_so_far_are_kept_and_a_run_with_other_settings_is_refused(tmp_path):
    first, last = split(questions(), 6)
    best = train(SETTINGS, first, last, tmp_path, quiet=True)
    rows = (tmp_path / "log.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 3
    errors = [float(row.split(",")[rows[0].split(",").index("error")]) for row in rows[1:]]
    words = vocabulary(first)
    network = network_of(SETTINGS, words)
    assert best.restore(network)["validation"] == pytest.approx(min(errors))
    found = errors_by_task(network, Stories(last, words), last)
    assert sum(found) / 2 == pytest.approx(min(errors))
    with pytest.raises(ValueError, match=r"a run with .*'seed': 0.*expected .*'seed': 1"):
        train(replace(SETTINGS, seed=1), first, last, tmp_path, quiet=True)


def test_the_learning_rate_rises_and_falls():
    rates = [schedule(update, 3000) for update in range(3001)]
    assert rates[0] < 0.02
    assert max(rates) > 0.95
    assert rates[200:] == sorted(rates[200:], reverse=True)
    assert rates[-1] == pytest.approx(0.02)

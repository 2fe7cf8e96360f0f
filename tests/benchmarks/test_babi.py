"""The bAbI benchmark: an interrupted run goes on as if nothing had been."""

import random

import pytest
import torch

from benchmarks.babi import Settings, Trainer, errors_by_task, schedule, split
from graphs.datasets.babi import Question
from graphs.datasets.stories import Stories

WORDS = ("mary", "john", "milk", "garden")
SETTINGS = Settings(epochs=3, batch=8, validation=6)


def questions() -> list[Question]:
    draw = random.Random(0)
    return [
        Question(task, tuple((draw.choice(WORDS),) for _ in range(draw.randint(1, 4))), ("who",), draw.choice(WORDS))
        for task in (3, 4)
        for _ in range(20)
    ]


def trainer(settings: Settings = SETTINGS) -> Trainer:
    return Trainer(settings, *split(questions(), settings.validation))


def test_the_last_questions_of_each_task_are_for_validation():
    asked = questions()
    first, last = split(asked, 6)
    assert first == asked[:14] + asked[20:34]
    assert last == asked[14:20] + asked[34:]


def test_a_resumed_run_is_the_same_run(tmp_path):
    whole, part = trainer(), trainer()
    for _ in range(3):
        whole.train_epoch()
    part.train_epoch()
    part.save(tmp_path / "run")
    resumed = trainer()
    resumed.resume(tmp_path / "run")
    assert (resumed.epoch, resumed.history) == (1, part.history)
    for _ in range(2):
        resumed.train_epoch()
    assert resumed.history == whole.history
    assert (resumed.best_epoch, resumed.best_error) == (whole.best_epoch, whole.best_error)
    for name, weight in whole.network.state_dict().items():
        assert torch.equal(weight, resumed.network.state_dict()[name]), name
        assert torch.equal(whole.best_weights[name], resumed.best_weights[name]), name


def test_a_run_with_other_settings_is_not_resumed(tmp_path):
    trainer().save(tmp_path / "run")
    with pytest.raises(ValueError, match=r"a run with .*'seed': 0.*expected .*'seed': 1"):
        trainer(Settings(epochs=3, batch=8, validation=6, seed=1)).resume(tmp_path / "run")


def test_errors_are_counted_by_task():
    one, asked = trainer(), questions()
    stories = Stories(asked, one.words)
    with torch.no_grad():
        found = one.network.eval()(stories.batch(torch.arange(40)))[-1].argmax(1) - 2
    wrong = [one.words[max(0, place)] != question.answer for place, question in zip(found.tolist(), asked, strict=True)]
    assert errors_by_task(one.network, stories, asked) == pytest.approx([sum(wrong[:20]) / 20, sum(wrong[20:]) / 20])


def test_the_learning_rate_rises_and_falls():
    rates = [schedule(epoch / 10, 30) for epoch in range(301)]
    assert rates[0] < 0.02
    assert max(rates) == max(rates[:10]) > 0.95
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] == pytest.approx(0.02)

"""Answers to questions about stories: facts that talk with each other, read out after every step.

    python examples/babi_questions.py                                          stories made up here, about a minute
    python examples/babi_questions.py --data tasks_1-20_v1-2/en --tasks 1 6    tasks of bAbI, where you have them

Made up: people walk between rooms; asked is where one of them is, among facts about the others.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator

import torch
from torch.nn.functional import cross_entropy

from graphs import fit
from graphs.datasets.babi import Question, read_babi, read_stories
from graphs.datasets.stories import Stories, vocabulary
from graphs.relational.stories import StoryNetwork

PEOPLE = ("Mary", "John", "Sandra")
ROOMS = ("kitchen", "garden", "hallway", "office")
WALKS = ("went to", "travelled to")


def made_up(count: int, seed: int) -> list[Question]:
    """Stories of four moves with a question after every second one, in the format of bAbI."""
    return list(read_stories(_lines(count, random.Random(seed)), 1))


def _lines(count: int, draw: random.Random) -> Iterator[str]:
    for _ in range(count // 2):
        place: dict[str, tuple[str, int]] = {}
        for number in (1, 2, 4, 5):
            person, room = draw.choice(PEOPLE), draw.choice(ROOMS)
            place[person] = room, number
            yield f"{number} {person} {draw.choice(WALKS)} the {room}."
            if number in (2, 5):
                asked = draw.choice(sorted(place))
                yield f"{number + 1} Where is {asked}?\t{place[asked][0]}\t{place[asked][1]}"


def train(network: StoryNetwork, stories: Stories, updates: int) -> None:
    """A loss at every step, so that the network answers as early as it can."""

    def draw(_: int, generator: torch.Generator) -> torch.Tensor:
        return torch.randint(len(stories), (32,), generator=generator)

    def loss(model: StoryNetwork, indices: torch.Tensor, device: torch.device) -> torch.Tensor:
        batch = stories.batch(indices).to(device)
        out = model(batch)
        return cross_entropy(out.flatten(0, 1), batch.answers.repeat(len(out)))

    fit(network, draw, loss, updates=updates, rate=2e-3, clip=1.0, every=100, device="cpu")


@torch.no_grad()
def show(network: StoryNetwork, questions: list[Question], words: tuple[str, ...]) -> None:
    """The share of right answers, and the first question with the answer after each step."""
    stories = Stories(questions, words, network.facts)
    batch = stories.batch(torch.arange(len(stories)))
    out = network.eval()(batch)
    print(f"right answers: {(out[-1].argmax(1) == batch.answers).float().mean():.1%} of {len(questions)} new questions")
    first = questions[0]
    print(*(" ".join(fact) for fact in first.facts), " ".join(first.words) + "?", sep="\n")
    for step, probabilities in enumerate(out[:, 0].softmax(1), 1):
        best = int(probabilities.argmax())
        print(f"  after step {step}: {(None, 'unknown', *words)[best]}, {probabilities[best]:.0%}")
    print(f"  right is: {first.answer}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Answer questions about stories.")
    parser.add_argument("--data", help="a folder of the bAbI release, en or en-10k")
    parser.add_argument("--tasks", type=int, nargs="*", default=[1], help="which of the twenty, with --data")
    parser.add_argument("--updates", type=int, default=800)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    if chosen.data:
        training, test = (read_babi(chosen.data, part, chosen.tasks) for part in ("train", "test"))
    else:
        training, test = made_up(1000, chosen.seed), made_up(500, chosen.seed + 1)
    words = vocabulary(training)
    torch.manual_seed(chosen.seed)
    longest = min(20, max(len(question.facts) for question in training))
    network = StoryNetwork(len(words), 64, steps=2, facts=longest, dropout=0.0)
    train(network, Stories(training, words, longest), chosen.updates)
    show(network, test, words)


if __name__ == "__main__":
    main()

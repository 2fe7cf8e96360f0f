"""Questions as tensors, and the network that answers them."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from graphs.datasets.babi import Question
from graphs.datasets.stories import NEVER, UNKNOWN, Stories, vocabulary
from graphs.relational.stories import StoryNetwork

WORDS = ("mary", "john", "milk", "kitchen", "garden", "went")
SENTENCES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(tuple)
QUESTIONS = st.builds(
    Question, st.just(1), st.lists(SENTENCES, min_size=1, max_size=6).map(tuple), SENTENCES, st.sampled_from(WORDS)
)


def network(facts: int = 4, **options: object) -> StoryNetwork:
    torch.manual_seed(0)
    return StoryNetwork(len(WORDS), 8, 3, facts=facts, code=4, **options).double().eval()


@given(st.lists(QUESTIONS, min_size=1, max_size=5))
def test_a_batch_holds_the_last_facts_of_each_question(questions):
    stories = Stories(questions, WORDS, facts=4)
    batch = stories.batch(torch.arange(len(questions)))

    def words(row):
        return tuple(WORDS[number - 2] for number in row.tolist() if number)

    facts = [
        (words(batch.sentences[row]), place) for row, place in zip(batch.facts, batch.positions.tolist(), strict=True)
    ]
    expected = [(fact, place) for one in questions for place, fact in enumerate(one.facts[-4:])]
    assert facts == expected
    assert batch.sizes.tolist() == [min(4, len(one.facts)) for one in questions]
    assert [words(batch.questions[row]) for row in batch.asked] == [one.words for one in questions]
    assert [WORDS[number - 2] for number in batch.answers.tolist()] == [one.answer for one in questions]
    assert len(batch.sentences.unique(dim=0)) == len(batch.sentences), "each distinct sentence is encoded once"


def test_words_that_training_never_had():
    (asked,) = [Question(1, (("bill", "went"),), ("bill",), "bill")]
    batch = Stories([asked], WORDS).batch(torch.tensor([0]))
    assert batch.sentences.tolist() == [[UNKNOWN, WORDS.index("went") + 2]]
    assert batch.answers.tolist() == [NEVER]
    assert vocabulary([asked]) == ("bill", "went")


@settings(max_examples=25)
@given(st.lists(QUESTIONS, min_size=2, max_size=5), st.randoms())
def test_a_question_is_answered_alike_in_any_company(questions, random):
    stories, model = Stories(questions, WORDS, facts=4), network()
    order = list(range(len(questions)))
    random.shuffle(order)
    together = model(stories.batch(torch.tensor(order)))
    for place, index in enumerate(order):
        alone = model(stories.batch(torch.tensor([index])))
        torch.testing.assert_close(together[:, place], alone[:, 0])


def test_facts_before_the_last_ones_change_nothing():
    facts = tuple((word,) for word in WORDS[:4])
    asked = [Question(1, before + facts, ("milk",), "milk") for before in ((), (("garden",),))]
    batch = Stories(asked, WORDS, facts=4).batch(torch.arange(2))
    first, second = network()(batch).unbind(1)
    torch.testing.assert_close(first, second)


def test_the_order_of_facts_is_seen_by_their_positions_alone():
    """Told in another order a story is another story; the same positions in another order are the same graph."""
    facts = (("mary", "went"), ("john", "milk"), ("garden",))
    asked = [Question(1, told, ("milk",), "milk") for told in (facts, facts[::-1])]
    batch = Stories(asked, WORDS, facts=4).batch(torch.arange(2))
    model = network()
    forward, backward = model(batch).unbind(1)
    assert (forward - backward).abs().max() > 1e-4
    batch.positions[3:] = batch.positions[3:].flip(0)
    forward, backward = model(batch).unbind(1)
    torch.testing.assert_close(forward, backward)


def test_a_story_of_one_fact_and_of_none():
    asked = [Question(1, facts, ("milk",), "milk") for facts in ((("mary",),), ())]
    out = network()(Stories(asked, WORDS, facts=4).batch(torch.arange(2)), steps=5)
    assert out.shape == (5, 2, len(WORDS) + 2)
    assert out.isfinite().all()


def test_it_learns_whom_a_question_is_about():
    """Two facts about two people: either answer is right for half of the questions."""
    places = ("kitchen", "garden", "milk")
    asked = [
        Question(1, (("mary", one), ("john", other)), (who,), one if who == "mary" else other)
        for who in ("mary", "john")
        for one in places
        for other in places
        if one != other
    ]
    torch.manual_seed(0)
    model = StoryNetwork(len(WORDS), 32, 2, facts=4, code=16, dropout=0.0)
    batch = Stories(asked, WORDS, facts=4).batch(torch.arange(len(asked)))
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(300):
        loss = cross_entropy(model(batch).flatten(0, 1), batch.answers.repeat(2))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert (model.eval()(batch)[-1].argmax(1) == batch.answers).float().mean() > 0.75


@pytest.mark.gpu
def test_the_same_on_a_gpu():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    asked = [Question(1, (("mary",), ("john", "went")), ("milk",), "milk")]
    batch, model = Stories(asked, WORDS, facts=4).batch(torch.arange(1)), network()
    expected = model(batch)
    torch.testing.assert_close(model.cuda()(batch.to("cuda")).cpu(), expected)

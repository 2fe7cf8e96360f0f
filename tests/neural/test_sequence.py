"""The neural sequence models: they learn, they are deterministic, and padding has no effect."""

import random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nesy.neural.sequence import PAD, RecurrentNet, SequenceModel, TransformerNet

NETS = [RecurrentNet, TransformerNet]


def sentences(n, longest, seed):
    rng = random.Random(seed)
    return [" ".join(rng.choices("abcd", k=rng.randint(1, longest))) for _ in range(n)]


@pytest.mark.parametrize(("kind", "steps"), [("gru", 100), ("transformer", 120)])
def test_learns_to_reverse(kind, steps):
    pairs = [(text, " ".join(reversed(text.split()))) for text in sentences(400, 4, seed=0)]
    model = SequenceModel(kind, hidden=64, rate=4e-3, device="cpu").fit(pairs, steps=steps)
    correct, total = model.score(pairs)
    assert correct / total > 0.9


@pytest.mark.parametrize("kind", ["gru", "transformer"])
def test_same_seed_same_model(kind):
    pairs = [(text, text) for text in sentences(50, 4, seed=1)]
    state = torch.get_rng_state()
    losses = []
    for _ in range(2):
        seen: list[float] = []
        SequenceModel(kind, hidden=32, seed=3, device="cpu").fit(
            pairs, steps=5, progress=lambda _, loss, seen=seen: seen.append(loss)
        )
        losses.append(seen)
    assert losses[0] == losses[1]
    assert torch.equal(torch.get_rng_state(), state), "the caller's random numbers are left alone"


words = st.lists(st.integers(4, 9), min_size=1, max_size=6)


@pytest.mark.parametrize("net", NETS)
@settings(max_examples=25)
@given(source=words, target=words, others=st.lists(words, max_size=3), more=st.integers(0, 4))
def test_padding_changes_nothing(net, source, target, others, more):
    """The logits of a sentence do not depend on the padding, nor on the sentences beside it."""
    torch.manual_seed(0)
    model = net(10, 10, hidden=16).eval()
    alone = model(torch.tensor([source]), torch.tensor([target]))[0]
    width = max(len(row) for row in [source, *others]) + more
    batch = torch.tensor([row + [PAD] * (width - len(row)) for row in [source, *others]])
    targets = torch.tensor([target + [PAD] * more] * len(batch))
    together = model(batch, targets)[0, : len(target)]
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("net", NETS)
def test_greedy_decoding_agrees_with_teacher_forcing(net):
    """Each greedy word is the likeliest one after the words before it."""
    torch.manual_seed(1)
    model = net(10, 10, hidden=16).eval()
    source = torch.randint(4, 10, (5, 7))
    found = model.greedy(source, 6)
    before = torch.cat([torch.ones(5, 1, dtype=torch.long), found[:, :-1]], 1)
    assert torch.equal(model(source, before).argmax(-1), found)


def test_empty_sequences_and_unknown_words():
    model = SequenceModel(hidden=16, device="cpu").fit([("a", ""), ("", "X")], steps=2)
    assert isinstance(model.predict("never seen"), str)
    assert isinstance(model.predict(""), str)


@pytest.mark.parametrize("options", [{}, {"pairs": []}])
def test_fit_without_work_is_refused(options):
    with pytest.raises(ValueError, match="seconds= or steps="):
        SequenceModel(device="cpu").fit(options.get("pairs", [("a", "b")]), **({"steps": 1} if options else {}))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("net", NETS)
def test_same_logits_on_a_gpu(net):
    torch.manual_seed(2)
    model = net(20, 20, hidden=32).eval()
    source, target = torch.randint(4, 20, (6, 9)), torch.randint(4, 20, (6, 5))
    expected = model(source, target)
    model.cuda()
    torch.testing.assert_close(model(source.cuda(), target.cuda()).cpu(), expected, atol=1e-4, rtol=1e-4)

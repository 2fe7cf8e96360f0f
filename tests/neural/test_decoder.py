"""Decoders: they do not see the future, rotary positions are relative, halting does what its definition says."""

import pytest
import torch

from nesy.neural.attention import CausalBlock, rotate
from nesy.neural.decoder import RecurrentDecoder, TransformerDecoder, UniversalDecoder

MAKE = {
    "gru": lambda: RecurrentDecoder(9, width=16),
    **{
        f"transformer {p}": lambda p=p: TransformerDecoder(9, width=16, positions=p)
        for p in ("learned", "rotary", "none")
    },
    **{f"universal {p}": lambda p=p: UniversalDecoder(9, width=16, positions=p) for p in ("learned", "rotary", "none")},
}


def made(name, seed=0):
    torch.manual_seed(seed)
    return MAKE[name]().eval()


@pytest.mark.parametrize("name", MAKE)
def test_no_token_sees_those_after_it(name):
    """So padding behind a sequence has no effect, nor has the rest of the batch."""
    net = made(name)
    tokens = torch.randint(0, 9, (4, 12))
    whole = net(tokens)
    assert whole.shape == (4, 12, 9)
    for length in (1, 5, 11):
        torch.testing.assert_close(net(tokens[1:2, :length])[0], whole[1, :length], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", MAKE)
def test_gradients_reach_every_weight(name):
    net = made(name)
    loss = net(torch.randint(0, 9, (3, 7))).logsumexp(-1).sum()
    (loss + net.penalty if isinstance(net, UniversalDecoder) else loss).backward()
    assert [n for n, p in net.named_parameters() if p.grad is None] == []


def test_rotary_scores_depend_on_distance_alone():
    torch.manual_seed(0)
    query, key = torch.randn(2, 8)
    turned = [rotate(x.expand(20, 8)) for x in (query, key)]
    scores = turned[0] @ turned[1].T  # (20, 20)
    for distance in (0, 1, 7):
        diagonal = scores.diagonal(-distance)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(turned[0].norm(dim=-1), query.norm().expand(20))
    assert (scores.diagonal(-1)[0] - scores.diagonal(0)[0]).abs() > 1e-3


def test_without_positions_order_is_seen_through_the_mask_only():
    """The last token's logits do not change where the tokens before it are put in another order."""
    net = TransformerDecoder(9, width=16, layers=1, positions="none").eval()
    tokens = torch.tensor([[1, 2, 3, 4, 5]])
    torch.testing.assert_close(net(tokens)[0, -1], net(tokens[:, [2, 0, 3, 1, 4]])[0, -1])


def test_attention_is_the_formula():
    torch.manual_seed(0)
    block, x = CausalBlock(8, 2), torch.randn(1, 6, 8)
    q, k, v = (part.view(6, 2, 4).transpose(0, 1) for part in block.project(block.attention_norm(x[0])).chunk(3, -1))
    scores = (q @ k.transpose(1, 2) / 4**0.5).masked_fill(torch.ones(6, 6, dtype=torch.bool).triu(1), -torch.inf)
    y = x[0] + block.out((scores.softmax(-1) @ v).transpose(0, 1).reshape(6, 8))
    torch.testing.assert_close(block(x)[0], y + block.feed_forward(y), atol=1e-5, rtol=1e-5)


def test_halting_at_once_and_never():
    torch.manual_seed(0)
    net = UniversalDecoder(9, width=16, layers=5).eval()
    tokens = torch.randint(0, 9, (2, 6))
    x = net.embed(tokens)
    with torch.no_grad():
        net.halt.bias.fill_(50)
        torch.testing.assert_close(net(tokens), net.out(net.block(x + net.times[0])))
        torch.testing.assert_close(net.ponder, torch.full((2, 6), 2.0))  # one step, and all of it remains
        net.halt.bias.fill_(-50)
        for step in range(5):
            x = net.block(x + net.times[step])
        torch.testing.assert_close(net(tokens), net.out(x))
        torch.testing.assert_close(net.ponder, torch.full((2, 6), 6.0))


def test_learned_positions_end():
    with pytest.raises(ValueError, match="learned positions end at 4"):
        TransformerDecoder(9, width=16, positions="learned", longest=4)(torch.zeros(1, 5, dtype=torch.long))


@pytest.mark.parametrize("options", [{"positions": "sinus"}, {"width": 12, "heads": 4}, {"width": 10, "heads": 4}])
def test_settings_that_do_not_fit_are_refused(options):
    with pytest.raises(ValueError, match="expected"):
        TransformerDecoder(9, **options)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("name", MAKE)
def test_same_logits_on_a_gpu(name):
    net, tokens = made(name), torch.randint(0, 9, (4, 12))
    expected = net(tokens)
    torch.testing.assert_close(net.cuda()(tokens.cuda()).cpu(), expected, atol=1e-4, rtol=1e-4)

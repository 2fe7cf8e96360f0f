"""Dropout keeps the mean, and its gradient goes where the values went."""

import pytest
import torch

from graphs.link.dropout import Dropout


@pytest.mark.parametrize("share", [0.05, 0.5, 0.99])
def test_share_mean_and_gradient(share):
    torch.manual_seed(0)
    x = torch.ones(501, 401, requires_grad=True)
    out = Dropout(share)(x)
    out.sum().backward()
    assert abs((out == 0).float().mean() - share) < 0.005
    assert abs(out.mean() - 1) < 0.05
    assert torch.equal(x.grad, out.detach())
    torch.testing.assert_close(out.unique(), torch.tensor([0, 1 / (1 - share)]))


def test_a_seed_repeats_it_and_evaluation_does_nothing():
    x, layer = torch.randn(7, 3), Dropout(0.5)
    torch.manual_seed(1)
    first = layer(x)
    torch.manual_seed(1)
    assert torch.equal(layer(x), first)
    assert not torch.equal(layer(x), first)
    assert layer.eval()(x) is x


def test_a_wrong_share_is_named():
    with pytest.raises(ValueError, match=r"dropout of 1\.0, expected a share"):
        Dropout(1.0)

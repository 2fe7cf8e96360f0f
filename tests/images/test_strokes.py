"""Signs drawn by hands: each its own, the same for a seed, told apart."""

import numpy as np
import pytest

from nesy.errors import InputError
from nesy.images import Frame
from nesy.images.strokes import SIGNS, Hand, counted, draw

FRAME = Frame(12, 12, 0.1)


def drawings(sign, numbers, seed=0):
    rng = np.random.default_rng(seed)
    return np.stack([FRAME.place(draw(sign, Hand.of(number), rng)) for number in numbers])


@pytest.mark.parametrize("sign", SIGNS)
def test_every_sign_is_seen_whole(sign):
    rng = np.random.default_rng(1)
    for number in range(20):
        bitmap = draw(sign, Hand.of(number), rng)
        assert set(np.unique(bitmap)) == {0, 255}
        assert not bitmap[[0, -1]].any()
        assert not bitmap[:, [0, -1]].any()
        assert counted(bitmap).shape == (8, 8)
        assert abs(counted(bitmap).mean() - bitmap.mean()) < 1


def test_same_seed_same_drawing():
    assert np.array_equal(drawings("x", range(3)), drawings("x", range(3)))
    assert not np.array_equal(drawings("x", range(3)), drawings("x", range(3), seed=1))
    assert Hand.of(1) != Hand.of(2)


def test_signs_of_other_hands_are_told_apart_by_the_nearest_drawing():
    known = {sign: drawings(sign, range(12)) for sign in SIGNS}
    right = 0
    for sign in SIGNS:
        for image in drawings(sign, range(100, 110), seed=2):
            away = {name: np.abs(images.astype(int) - image).sum((1, 2)).min() for name, images in known.items()}
            right += min(away, key=away.get) == sign
    assert right >= 0.9 * 10 * len(SIGNS)


def test_an_unknown_sign():
    with pytest.raises(InputError, match="the sign '☃'; expected one of"):
        draw("☃", Hand.of(0), np.random.default_rng(0))

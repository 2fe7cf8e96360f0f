"""Images as people see them."""

import base64
import io

import numpy as np
import PIL.Image
from hypothesis import given
from hypothesis import strategies as st

from nesy.images import Frame
from nesy.images.show import blocks, data_uri, png, sheet, strip
from nesy.images.strokes import Hand, draw


def test_strip_and_sheet_hold_every_image():
    images = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
    row = strip(images, gap=2)
    assert row.shape == (8, 23)
    for number, image in enumerate(images):
        assert np.array_equal(row[2:6, 2 + 7 * number : 7 + 7 * number], image)
    assert sheet([images, images[:1]], scale=3).shape == (48, 69)


@given(st.integers(1, 20), st.integers(1, 20))
def test_a_page_holds_the_picture_itself(height, width):
    picture = np.arange(height * width, dtype=np.uint8).reshape(height, width)
    kind, _, data = data_uri(picture).partition(",")
    assert kind == "data:image/png;base64"
    assert np.array_equal(np.asarray(PIL.Image.open(io.BytesIO(base64.b64decode(data)))), picture)
    assert png(picture) == png(picture)


def test_blocks_show_dark_and_light_ink_alike():
    rng = np.random.default_rng(0)
    images = np.stack([Frame(16, 16).place(draw(sign, Hand.of(3), rng)) for sign in "x-"])
    shown = blocks(images)
    assert shown == blocks(255 - images)
    assert len(shown.splitlines()) == 5
    assert set(shown) == set(" ▄▀█\n")

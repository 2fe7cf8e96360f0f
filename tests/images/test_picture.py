"""Pictures of expressions are cut into their symbols; what is damaged is refused."""

import io
import random
import zlib

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesy.errors import InputError
from nesy.images import Frame, read_picture, segments
from nesy.images.show import png, strip
from nesy.images.strokes import SIGNS, Hand, draw

FRAME = Frame(20, 20, 0.1)
NOISE = np.random.default_rng(0).integers(0, 255, (30, 30)).astype(np.uint8)


@given(
    st.lists(st.sampled_from(list(SIGNS)), min_size=1, max_size=8),
    st.integers(0, 10**6),
    st.integers(1, 3),
    st.integers(6, 30),
    st.booleans(),
)
def test_a_drawn_line_is_cut_where_it_was_joined(signs, number, scale, gap, dark):
    rng = np.random.default_rng(number)
    drawn = np.stack([draw(sign, Hand.of(number), rng) for sign in signs])
    line = strip(drawn, gap=gap, scale=scale)
    found = segments(255 - line if dark else line, FRAME)
    expected = np.stack([FRAME.place(image) for image in drawn])
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected).mean() < 20  # the enlarged picture is smoother


@given(st.sampled_from(list(SIGNS)), st.integers(0, 10**6), st.integers(8, 40), st.integers(8, 40), st.booleans())
def test_a_frame_is_found_again_in_what_it_framed(sign, number, height, width, light):
    rng = np.random.default_rng(number)
    frame = Frame(height, width, 0.15, light)
    images = np.stack([frame.place(draw(sign, Hand.of(k), rng)) for k in range(5)])
    found = Frame.of(images)
    assert (found.height, found.width, found.light) == (height, width, light)
    assert abs(found.margin - 0.15) < 2 / min(height, width)


def test_aspect_is_kept_and_the_symbol_centred():
    bar = np.zeros((40, 40), np.uint8)
    bar[3:8, 1:31] = 255
    image = Frame(24, 24, 0.0).place(bar)
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    assert (columns[0], columns[-1]) == (0, 23)
    assert (rows[0], rows[-1]) == (10, 13)


def test_dust_and_faint_paper_are_not_symbols():
    rng = np.random.default_rng(0)
    line = strip(np.stack([draw(sign, Hand.of(1), rng) for sign in "+x"]), gap=12)
    line[2, 2] = 255
    noisy = np.maximum(line, rng.integers(0, 40, line.shape).astype(np.uint8))
    assert len(segments(noisy, FRAME)) == 2


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_an_empty_picture(grey):
    with pytest.raises(InputError, match=r"p\.png: nothing is written in the picture"):
        segments(np.full((20, 50), grey, np.uint8), FRAME, file="p.png")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"])
def test_pictures_of_all_kinds(tmp_path, mode):
    path = tmp_path / "picture"
    grey = np.zeros((9, 12), np.uint8)
    grey[2:7, 3:8] = 255
    if mode == "I;16":
        picture = PIL.Image.fromarray(grey.astype(np.uint16) * 257)
    else:
        picture = PIL.Image.fromarray(grey).convert(mode)
    picture.save(path, format="JPEG" if mode == "CMYK" else "PNG", **({"quality": 95} if mode == "CMYK" else {}))
    found = read_picture(path)
    assert found.dtype == np.uint8
    assert np.abs(found.astype(int) - grey).mean() < 8


def test_what_is_transparent_is_white(tmp_path):
    coloured = np.zeros((4, 4, 4), np.uint8)
    coloured[1, 1] = (0, 0, 0, 255)
    PIL.Image.fromarray(coloured).save(tmp_path / "p.png")
    found = read_picture(tmp_path / "p.png")
    assert found[1, 1] == 0
    assert found[0, 0] == 255


def huge():
    """A picture that claims more pixels than anybody draws."""
    data = bytearray(png(np.zeros((2, 2), np.uint8)))
    data[16:24] = (50_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is no picture"),
        (b"hello", "is no picture"),
        (b"\x89PNG\r\n\x1a\n", "is no picture"),
        (png(NOISE)[:200], "damaged picture"),
        (huge(), "a picture"),
    ],
    ids=["empty", "text", "head", "cut", "huge"],
)
def test_bad_pictures(tmp_path, data, message):
    path = tmp_path / "p.png"
    path.write_bytes(data)
    with pytest.raises(InputError, match=rf"p\.png: .*{message}"):
        read_picture(path)


def test_no_picture_at_all(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_picture(tmp_path / "no.png")
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        read_picture(tmp_path)


def test_mutated_pictures_are_read_or_refused(tmp_path):
    rng = np.random.default_rng(0)
    buffer = io.BytesIO()
    PIL.Image.fromarray(rng.integers(0, 255, (12, 12, 3)).astype(np.uint8)).save(buffer, format="JPEG")
    path = tmp_path / "p"
    refused = 0
    for good in (png(rng.integers(0, 255, (12, 30)).astype(np.uint8)), buffer.getvalue()):
        for seed in range(300):
            generator = random.Random(seed)
            data = bytearray(good)
            for _ in range(generator.randint(1, 5)):
                data[generator.randrange(len(data))] = generator.randrange(256)
            path.write_bytes(data[: generator.randint(1, len(data))] if seed % 3 == 0 else data)
            try:
                segments(read_picture(path), FRAME, file=str(path))
            except InputError as error:
                refused += error.file == str(path)
    assert refused > 100

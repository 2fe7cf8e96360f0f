"""Files of image pairs: what is wrong is said, what is right comes back."""

import io
import random
import zipfile

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesy.errors import InputError
from nesy.images import ImagePairs

IMAGES = np.arange(5 * 4 * 3, dtype=np.uint8).reshape(5, 4, 3)
OFFSETS = np.array([0, 2, 5])
ANSWERS = np.array(["17", "true"])
GOOD = {"images": IMAGES, "offsets": OFFSETS, "answers": ANSWERS}


def packed(arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def png(height=4, width=3, value=0):
    buffer = io.BytesIO()
    PIL.Image.fromarray(np.full((height, width), value, np.uint8)).save(buffer, format="PNG")
    return buffer.getvalue()


sequences = st.lists(
    st.tuples(
        st.integers(1, 4).flatmap(lambda k: st.binary(min_size=6 * k, max_size=6 * k)),
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5),
    ),
    min_size=1,
    max_size=5,
)


@given(sequences)
def test_what_is_saved_comes_back(tmp_path_factory, pairs):
    path = tmp_path_factory.mktemp("pairs") / "pairs.npz"
    given_pairs = [(np.frombuffer(data, np.uint8).reshape(-1, 2, 3), answer) for data, answer in pairs]
    ImagePairs.of(given_pairs).save(path)
    found = ImagePairs.read(path)
    assert len(found) == len(given_pairs)
    assert found.size == (2, 3)
    for (sequence, answer), (expected, text) in zip(found, given_pairs, strict=True):
        assert np.array_equal(sequence, expected)
        assert answer == " ".join(text.split())


def test_sequences_of_numpy_and_torch():
    torch = pytest.importorskip("torch")
    pairs = ImagePairs.of([(IMAGES[:2], 17), (torch.from_numpy(IMAGES[2:]), True), (IMAGES[:1], ("A", 1, "B"))])
    assert pairs.answers == ("17", "true", "A 1 B")
    assert [len(sequence) for sequence in pairs.sequences] == [2, 3, 1]
    assert np.array_equal(pairs[1][0], IMAGES[2:])


def test_pixels_may_be_shares():
    assert np.array_equal(ImagePairs.of([(IMAGES / 255, 1)]).images, IMAGES)


def test_a_folder(tmp_path):
    for name, value in (("seven.png", 7), ("plus.png", 1)):
        (tmp_path / name).write_bytes(png(value=value))
    (tmp_path / "pairs.tsv").write_text("seven.png plus.png seven.png\t14\nseven.png\t7\n")
    pairs = ImagePairs.read(tmp_path)
    assert pairs.answers == ("14", "7")
    assert pairs.images[:, 0, 0].tolist() == [7, 1, 7, 7]
    assert pairs.offsets.tolist() == [0, 3, 4]


def changed(**arrays):
    return packed({**GOOD, **arrays})


def without(name):
    return packed({key: array for key, array in GOOD.items() if key != name})


def objects():
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=True, **{**GOOD, "answers": np.array(["17", None], dtype=object)})
    return buffer.getvalue()


def claiming(shape):
    """An archive whose images claim a shape that they do not have."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in GOOD.items():
            with archive.open(f"{name}.npy", "w") as stream:
                if name == "images":
                    header = {"shape": shape, "fortran_order": False, "descr": "|u1"}
                    np.lib.format.write_array_header_1_0(stream, header)
                    stream.write(array.tobytes())
                else:
                    np.lib.format.write_array(stream, array)
    return buffer.getvalue()


NAN = np.where(IMAGES == 7, np.nan, IMAGES.astype(float))
BAD_ARCHIVES = [
    (b"", "no readable .npz"),
    (b"PK\x03\x04 and nothing more", "no readable .npz"),
    (packed(GOOD)[:-40], "no readable .npz"),
    (packed(GOOD)[:300], "no readable .npz"),
    (objects(), "answers: Python objects"),
    (without("images"), "no array 'images'"),
    (without("offsets"), "no array 'offsets'"),
    (without("answers"), "no array 'answers'"),
    (claiming((10**6, 10**6, 10**6)), "images: 60 bytes of data where 1000000000000000000 are claimed"),
    (claiming((4, 4, 3)), "images: 60 bytes of data where 48 are claimed"),
    (changed(images=NAN), "images: pixels that are NaN; expected uint8"),
    (changed(images=IMAGES.astype(np.float32)), "images: pixels of type float32; expected uint8"),
    (changed(images=IMAGES.astype(np.int64)), "images: pixels of type int64"),
    (changed(images=IMAGES[0]), "images: an array of shape (4, 3)"),
    (changed(images=IMAGES[:, :0]), "images: an array of shape (5, 0, 3)"),
    (changed(offsets=np.array([0, 5])), "2 offsets for 2 answers"),
    (changed(offsets=np.array([0, 2, 4])), "offsets from 0 to 4; expected from 0 to 5"),
    (changed(offsets=np.array([1, 2, 5])), "offsets from 1 to 5"),
    (changed(offsets=np.array([0, 0, 5])), "pair 0: an empty expression"),
    (changed(offsets=np.array([0, 7, 5])), "offsets: 5 after 7 (pair 1)"),
    (changed(offsets=np.array([0, 2.5, 5])), "offsets: an array of shape (3,) and type float64"),
    (changed(offsets=np.array([[0, 2, 5]])), "offsets: an array of shape (1, 3)"),
    (changed(answers=np.array([17, 3])), "answers: an array of shape (2,) and type int64"),
    (changed(answers=np.array([b"17", b"3"])), "answers: an array of shape (2,) and type |S2"),
    (changed(answers=np.array(["17", "\ud800"])), "pair 1: the answer '\\ud800'"),
    (changed(answers=np.array(["1\0007", "3"])), "pair 0: a NUL character"),
    (packed({"images": IMAGES[:0], "offsets": np.array([0]), "answers": np.array([], str)}), "no pairs"),
]


@pytest.mark.parametrize(("data", "message"), BAD_ARCHIVES, ids=[message for _, message in BAD_ARCHIVES])
def test_bad_archives(tmp_path, data, message):
    path = tmp_path / "bad.npz"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        ImagePairs.read(path)
    assert str(caught.value).startswith(f"{path}: {message}")


BAD_FOLDERS = [
    (None, {}, "a folder without pairs.tsv"),
    ("", {}, "the file is empty"),
    ("a.png 17\n", {}, "1: no tab in this line"),
    ("\t17\n", {}, "1: an empty expression"),
    ("no.png\t17\n", {}, "1: no.png: cannot be read: No such file"),
    ("../a.png\t17\n", {}, "1: ../a.png is outside the folder"),
    ("/etc/hostname\t17\n", {}, "1: /etc/hostname is outside the folder"),
    ("a.png\t1\na.png b.png\t17\n", {"b.png": png(5, 3)}, "2: b.png has 5 x 3 pixels; expected 4 x 3, as a.png"),
    ("b.png\t17\n", {"b.png": b"no picture"}, "1: b.png: is no picture"),
    ("b.png\t17\n", {"b.png": png()[:45]}, "1: b.png: a damaged picture"),
    ("pairs.tsv\t17\n", {}, "1: pairs.tsv: is no picture"),
]


@pytest.mark.parametrize(("index", "files", "message"), BAD_FOLDERS, ids=[row[2] for row in BAD_FOLDERS])
def test_bad_folders(tmp_path, index, files, message):
    (tmp_path / "a.png").write_bytes(png())
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    if index is not None:
        (tmp_path / "pairs.tsv").write_text(index)
    with pytest.raises(InputError) as caught:
        ImagePairs.read(tmp_path)
    assert message in str(caught.value)
    assert str(tmp_path) in str(caught.value)


BAD_PAIRS = [
    ([], "no pairs"),
    ([(IMAGES[:0], 1)], "pair 0: an empty expression"),
    ([(IMAGES, 1), (IMAGES[:, :2], 1)], "pair 1: images of 2 x 3 pixels; expected 4 x 3"),
    ([(IMAGES[0], 1)], "pair 0: an array of shape (4, 3)"),
    ([(IMAGES / 1.0, 1)], "pair 0: pixels of type float64"),
    ([(NAN, 1)], "pair 0: pixels that are NaN"),
    ([("dax fep", 1)], "pair 0: pixels of type <U7"),
    ([([IMAGES, IMAGES[0]], 1)], "pair 0: "),
    ([(IMAGES, 1.5)], "pair 0: an output that is a float"),
    ([(IMAGES, None)], "pair 0: an output that is a NoneType"),
    ([(IMAGES, "\udc00")], "pair 0: the answer '\\udc00'"),
]


@pytest.mark.parametrize(("pairs", "message"), BAD_PAIRS, ids=[row[1] for row in BAD_PAIRS])
def test_bad_pairs(pairs, message):
    with pytest.raises(InputError) as caught:
        ImagePairs.of(pairs)
    assert str(caught.value).startswith(message)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"no\.npz: cannot be read: No such file"):
        ImagePairs.read(tmp_path / "no.npz")


def mutated(data, generator):
    """The data with a few bytes changed, cut out, doubled, or the end missing."""
    data = bytearray(data)
    for _ in range(generator.randint(1, 4)):
        at = generator.randrange(len(data))
        match generator.randrange(4):
            case 0:
                data[at] = generator.randrange(256)
            case 1:
                del data[at : at + generator.randint(1, 8)]
            case 2:
                data[at:at] = data[at : at + generator.randint(1, 8)]
            case 3:
                data[at] ^= 1 << generator.randrange(8)
    return bytes(data)


@pytest.mark.parametrize("compressed", [False, True])
def test_mutated_archives_are_read_or_refused(tmp_path, compressed):
    path = tmp_path / "mutated.npz"
    if compressed:
        ImagePairs(IMAGES, OFFSETS, tuple(ANSWERS)).save(path)
        good = path.read_bytes()
    else:
        good = packed(GOOD)
    refused = 0
    for seed in range(400):
        path.write_bytes(mutated(good, random.Random(seed)))
        try:
            pairs = ImagePairs.read(path)
        except InputError as error:
            refused += error.file == str(path)
        else:
            assert pairs.images.dtype == np.uint8
            assert all(len(sequence) for sequence in pairs.sequences)
    assert refused > 100

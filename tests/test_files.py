"""Files are written whole or not at all."""

import errno
import os
import stat

import pytest

from nesy.errors import InputError
from nesy.files import check_writable, write_atomically


def test_writes_text_and_bytes_and_replaces(tmp_path):
    path = tmp_path / "learned.nesy"
    write_atomically(path, "größe\n")
    assert path.read_bytes() == "größe\n".encode()
    path.chmod(0o600)
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["learned.nesy"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "file")
    write_atomically(tmp_path / "link", "x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "x"


@pytest.mark.parametrize("step", ["fsync", "replace", "chmod"])
def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch, step):
    path = tmp_path / "learned.nesy"
    path.write_text("old")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, step, full)
    with pytest.raises(InputError, match=r"learned\.nesy: cannot be written: No space left") as caught:
        write_atomically(path, "new")
    assert caught.value.exit_code == 2
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["learned.nesy"]


def test_an_interruption_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "learned.nesy"
    path.write_text("old")

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["learned.nesy"]


@pytest.mark.parametrize("name", ["", "no/such/folder/f.nesy", "/dev/full", "/proc/nesy", "a\0b", "x" * 300])
@pytest.mark.parametrize("write", [check_writable, lambda path: write_atomically(path, "x")])
def test_places_that_cannot_be_written(tmp_path, monkeypatch, name, write):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        write(name)
    assert caught.value.exit_code == 2
    assert os.listdir(tmp_path) == []


def test_checking_leaves_nothing_behind(tmp_path):
    check_writable(tmp_path / "new.nesy")
    assert os.listdir(tmp_path) == []
    with pytest.raises(InputError, match="is a directory"):
        check_writable(tmp_path)

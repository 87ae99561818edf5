import errno
import os
import resource
import signal

import pytest

from fasnb import atomic
from fasnb.errors import FasnbError


def left(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_whole_with_its_folders(tmp_path):
    atomic.write_text(tmp_path / "a" / "b.txt", "ü")
    assert (tmp_path / "a" / "b.txt").read_bytes() == "ü".encode()
    assert left(tmp_path / "a") == ["b.txt"]


def test_a_failure_keeps_the_old_file_and_leaves_no_other(tmp_path):
    path = tmp_path / "x.json"
    atomic.write_text(path, "old")

    def half():
        with atomic.writing(path) as temporary:
            temporary.write_text("half")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        half()
    assert path.read_text() == "old"
    assert left(tmp_path) == ["x.json"]


def test_nobody_sees_the_new_file_before_it_is_complete(tmp_path):
    path = tmp_path / "x.png"
    with atomic.writing(path) as temporary:
        temporary.write_bytes(b"1")
        assert not path.exists()
        assert temporary.suffix == ".png"
        assert temporary.parent == tmp_path  # same disk: a rename replaces at once
    assert path.read_bytes() == b"1"


def test_a_full_disk_is_one_line_that_names_the_file(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "x.csv"
    atomic.write_text(path, "old")
    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(
        FasnbError, match=r"cannot write .*x\.csv: No space left on device; free space"
    ) as caught:
        atomic.write_text(path, "new")
    assert "\n" not in str(caught.value)
    assert path.read_text() == "old"
    assert left(tmp_path) == ["x.csv"]


def test_a_limit_of_the_system_on_the_size_counts_as_a_full_disk(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(FasnbError, match="cannot write"):
            atomic.write_bytes(tmp_path / "big", bytes(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert left(tmp_path) == []


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "f").write_text("")
    with pytest.raises(FasnbError, match="cannot write"):
        atomic.write_text(tmp_path / "f" / "x", "")


def test_what_killed_processes_left_is_swept_and_nothing_else(tmp_path):
    for name in ("x.json", ".x.lock", ".guard", "part-x"):
        (tmp_path / name).write_text("")
    old, new = (tmp_path / f"{atomic.PART}{name}.csv" for name in ("old", "new"))
    old.write_text("half")
    new.write_text("half")
    os.utime(old, (1e9, 1e9))
    atomic.sweep(tmp_path, idle_s=3600)
    assert left(tmp_path) == sorted(["x.json", ".x.lock", ".guard", "part-x", new.name])
    atomic.sweep(tmp_path)
    assert new.name not in left(tmp_path)
    atomic.sweep(tmp_path / "nowhere")


def test_temporary_files_are_such_as_sweep_knows(tmp_path):
    with atomic.writing(tmp_path / ("x" * 200 + ".json")) as temporary:
        temporary.write_text("half")
        atomic.sweep(tmp_path, idle_s=60)
        assert temporary.exists()
        atomic.sweep(tmp_path)
        assert not temporary.exists()
        temporary.write_text("whole")


@pytest.mark.parametrize(("folder", "file"), [(0o755, 0o644), (0o700, 0o600), (0o750, 0o640), (0o777, 0o644)])
def test_a_file_is_no_more_open_than_its_folder(tmp_path, folder, file):
    tmp_path.chmod(folder)
    atomic.write_text(tmp_path / "a.txt", "x")
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == file

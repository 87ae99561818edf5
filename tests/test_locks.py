"""Locks: one living owner, a dead one is replaced, a stranger's is never removed."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace

import pytest

from fasnb import atomic, locks
from fasnb.errors import FasnbError


def write(path, owner):
    path.write_text(json.dumps(asdict(owner)))


def test_one_owner_at_a_time(tmp_path):
    path = tmp_path / "store" / ".run.lock"
    with locks.held(path) as mine:
        assert mine
        assert locks.owner_of(path).pid == os.getpid()
        with locks.held(path) as again:
            assert not again
        assert path.exists()  # the second block did not release what it never had
    assert not path.exists()


def test_released_after_an_error(tmp_path):
    path = tmp_path / ".run.lock"
    with pytest.raises(KeyboardInterrupt), locks.held(path):
        raise KeyboardInterrupt
    assert not path.exists()


def test_dead_owner_is_replaced(tmp_path):
    path = tmp_path / ".run.lock"
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    write(path, replace(locks.myself(), pid=child.pid, started="1"))
    assert locks.owner_of(path) is None
    assert locks.acquire(path)
    assert locks.owner_of(path).pid == os.getpid()


def test_reused_process_number_is_not_the_owner(tmp_path):
    path = tmp_path / ".run.lock"
    write(path, replace(locks.myself(), started="17"))  # this very number, but started at another time
    assert locks.acquire(path)


def test_living_child_keeps_its_lock(tmp_path):
    path = tmp_path / ".run.lock"
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    write(path, replace(locks.myself(), pid=child.pid, started=locks.started(child.pid)))
    assert not locks.acquire(path)
    child.communicate(b"\n")
    assert locks.acquire(path)


def test_other_machine_counts_as_alive(tmp_path):
    path = tmp_path / ".run.lock"
    write(path, replace(locks.myself(), host="elsewhere", pid=1))
    assert not locks.acquire(path)
    assert "on elsewhere since" in str(locks.owner_of(path))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '{"pid": 1, "nonsense": 2}'])
def test_unreadable_lock_belongs_to_nobody(tmp_path, content):
    path = tmp_path / ".run.lock"
    path.write_text(content)
    assert locks.acquire(path)


def test_unwritable_folder_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FasnbError, match="cannot lock"):
        locks.acquire(tmp_path / "file" / ".run.lock")


def test_locks_of_the_dead_are_swept_and_those_of_the_living_stay(tmp_path):
    dead, living, other = (tmp_path / f".{name}.lock" for name in ("dead", "living", "other"))
    write(dead, replace(locks.myself(), started="17"))
    write(living, locks.myself())
    write(other, replace(locks.myself(), host="elsewhere", pid=1))
    (tmp_path / "x.lock").write_text("")
    half = tmp_path / f"{atomic.PART}.dead-x.lock"  # killed while it wrote its lock
    half.write_text('{"pid"')
    locks.sweep(tmp_path)
    assert not half.exists()
    assert [path.exists() for path in (dead, living, other, tmp_path / "x.lock")] == [False, True, True, True]
    locks.sweep(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_a_lock_taken_while_it_is_swept_stays(tmp_path, monkeypatch):
    path = tmp_path / ".run.lock"
    write(path, locks.myself())
    looks = iter([None, locks.myself()])  # dead at the first look, taken over before the second
    monkeypatch.setattr(locks, "owner_of", lambda _: next(looks))
    locks.sweep(tmp_path)
    assert path.exists()

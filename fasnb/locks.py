"""One owner per run: a lock file that says who holds it, and that a dead owner loses."""

import fcntl
import json
import os
import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from fasnb import atomic
from fasnb.errors import FasnbError


@dataclass(frozen=True)
class Owner:
    """A process: its number, machine, and start time (process numbers are reused, start times are not)."""

    pid: int
    host: str
    started: str
    since: str

    def __str__(self) -> str:
        """For messages."""
        return f"process {self.pid} on {self.host} since {self.since}"


def started(pid: int) -> str | None:
    """A token for when a process of this machine started; None where there is no such (living) process."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if state in "ZX" else fields[18]  # field 22 of proc(5): clock ticks since boot
    except OSError:
        if Path("/proc/self/stat").exists():
            return None
    known = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return known.stdout.strip() or None


def myself() -> Owner:
    """The owner that this process would be."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Owner(os.getpid(), platform.node(), started(os.getpid()) or "", now)


def alive(owner: Owner) -> bool:
    """Whether the owner still runs; on another machine that cannot be known, and it counts as alive."""
    return owner.host != platform.node() or started(owner.pid) == owner.started


def owner_of(path: Path) -> Owner | None:
    """Who holds the lock; None where nobody does, or a dead process does, or the file says nothing
    readable.
    """
    try:
        owner = Owner(**json.loads(path.read_text(encoding="utf-8")))
        return owner if alive(owner) else None
    except (OSError, ValueError, TypeError):
        return None


@contextmanager
def _guard(folder: Path) -> Iterator[None]:
    """Look and take in one step: no two processes of this machine are in here at a time."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / ".guard", os.O_CREAT | os.O_RDWR, 0o644)
    except OSError as error:
        raise FasnbError(
            f"cannot lock {folder}: {error.strerror}; choose a folder you may write to"
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def acquire(path: Path) -> bool:
    """Take the lock; False where a living process holds it. A dead owner's lock is taken over."""
    with _guard(path.parent):
        if owner_of(path) is not None:
            return False
        atomic.write_text(path, json.dumps(asdict(myself())) + "\n")
        return True


def release(path: Path) -> None:
    """Give the lock back, if it is still this process's."""
    with _guard(path.parent):
        owner = owner_of(path)
        if owner is not None and (owner.pid, owner.host) == (os.getpid(), platform.node()):
            path.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove the locks of dead processes from `folder`; one killed after its record leaves such a lock."""
    if dead := [path for path in folder.glob(".*.lock") if owner_of(path) is None]:
        with suppress(FasnbError, OSError), _guard(folder):  # a read-only store keeps them, to no harm
            for path in dead:
                if owner_of(path) is None:  # still, now that nobody can take it
                    path.unlink(missing_ok=True)


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Hold the lock in the block, whatever ends it; yields False where another process has it."""
    mine = acquire(path)
    try:
        yield mine
    finally:
        if mine:
            release(path)

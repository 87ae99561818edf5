"""disk: full, read-only, forbidden, without temporary space, with a clock going back; then all is well again.

Each try puts a run that was stopped half way into such a place, in a child process. What is promised: the
child ends with one line that says what and where (or, for temporary space and clock, does not notice); every
file under its own name is whole; and once the trouble is over, the same call ends with the untroubled bits.
"""

import errno
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from fasnb import checkpoints, experiments, running, runs
from fasnb.errors import FasnbError
from tests.torture import toys
from tests.torture.report import Row

N = 10
RUN = experiments.make("supervised", "casia")
NOBODY = 65534
_OPERATIONS = 20  # that write, from half way on; there are a few more
_BYTES = 300_000  # a checkpoint is larger
_FILLER = "filler"


@dataclass(frozen=True)
class Trouble:
    """`inside` the child and `outside` it: what goes wrong, each given the folder and a random part of 1."""

    what: str
    inside: Callable[[Path, float], None] | None = None
    outside: Callable[[Path, float], None] | None = None
    refused: bool = True
    memory_disk: bool = False


def _full(folder: Path, part: float) -> None:
    """From some operation on, the system says that the disk is full, and refuses every write."""
    seen = 0

    def hook(event, arguments):
        nonlocal seen
        writes = event in ("os.rename", "os.mkdir", "os.link")
        writes |= event == "open" and bool(arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        if writes and str(arguments[0]).startswith(str(folder)):
            seen += 1
            if seen > part * _OPERATIONS:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    sys.addaudithook(hook)


def _limited(folder: Path, part: float) -> None:
    most = 1000 + int(part * _BYTES)  # room for the one line
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def _untrusted(folder: Path, part: float) -> None:
    """Give up what only root may do."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def _no_temporary(folder: Path, part: float) -> None:
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder / "no" / "such" / "folder")


def _clock_back(folder: Path, part: float) -> None:
    """Every look at the clock shows an hour earlier, and the files that are there come from tomorrow."""
    now = datetime.now().astimezone()
    for path in folder.rglob("*"):
        os.utime(path, (now.timestamp() + 86400,) * 2)
    looks = [now]

    class Back(datetime):
        @classmethod
        def now(cls, tz=None):
            looks[0] -= timedelta(hours=1)
            return looks[0].astimezone(tz)

    runs.datetime = running.datetime = Back


def _fill(folder: Path, part: float) -> None:
    """Leave a part of what a checkpoint takes."""
    free = shutil.disk_usage(folder).free
    (folder / _FILLER).write_bytes(bytes(free - int(part * _BYTES)))


def _freeze(folder: Path, part: float) -> None:
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)


def _closed(mode: int, *patterns: str) -> Callable[[Path, float], None]:
    def close(folder: Path, part: float) -> None:
        for pattern in patterns:
            for path in folder.glob(pattern):
                path.chmod(mode)

    return close


TROUBLES = (
    Trouble("disk full (ENOSPC) from a random write on", _full),
    Trouble("no file may grow beyond a random size (RLIMIT_FSIZE)", _limited),
    Trouble("a memory disk that fills up at a random place", None, _fill, memory_disk=True),
    Trouble("a disk that is read-only", None, _freeze, memory_disk=True),
    Trouble("folders one may not write to", _untrusted, _closed(0o555, "results", "checkpoints/*")),
    Trouble("a store one may not look into", _untrusted, _closed(0o000, "results")),
    Trouble("a checkpoint one may not read", _untrusted, _closed(0o000, "checkpoints/*/*")),
    Trouble("no space for temporary files", _no_temporary, refused=False),
    Trouble("a clock going back", _clock_back, refused=False),
)


def _work(folder: Path, inside: Callable | None, part: float, told: Path) -> None:
    """The run in a child, whose one line goes to `told`."""
    with open(told, "w") as line:  # opened before the trouble starts
        try:
            if inside:
                inside(folder, part)
            toys.run(folder, [RUN])
        except FasnbError as error:
            line.write(str(error))
            sys.exit(3)


def _breach(folder: Path, trouble: Trouble, part: float, untroubled) -> str:
    """What went otherwise than promised, "" if nothing."""
    told = folder.parent / f"{folder.name}.told"
    if trouble.outside:
        trouble.outside(folder, part)
    try:
        code = toys.finish(toys.child(_work, folder, trouble.inside, part, told))
    finally:
        if trouble.memory_disk:
            subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
            (folder / _FILLER).unlink(missing_ok=True)
        for path in (folder, *folder.glob("*"), *folder.glob("*/*"), *folder.glob("*/*/*")):
            path.chmod(0o755)
    line = told.read_text()
    if code != (3 if trouble.refused else 0):
        return f"exit code {code}: {line}"
    if trouble.refused and (str(folder) not in line or "\n" in line):
        return f"not one line that names a file: {line!r}"
    for path in folder.glob("checkpoints/*/[!.]*.safetensors"):
        checkpoints.read(path)
    toys.store(folder).get(RUN)
    code = toys.finish(toys.child(_work, folder, None, 0, told))
    if code:
        return f"afterwards, exit code {code}: {told.read_text()}"
    return "" if toys.outcome(folder, RUN) == untroubled else "other bits than the untroubled run"


def _try(folder: Path, trouble: Trouble, part: float, half: Path, untroubled) -> str:
    """One try in a copy of the run stopped half way: the breach, "" if there is none."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]
    if trouble.memory_disk:
        subprocess.run(mount, check=True, capture_output=True)
    try:
        shutil.copytree(half, folder, dirs_exist_ok=True)
        for path in (folder, *folder.rglob("*")):
            if trouble.inside is _untrusted and os.getuid() == 0:
                os.chown(path, NOBODY, NOBODY)
        return _breach(folder, trouble, part, untroubled)
    except FasnbError as error:
        return str(error)
    finally:
        if trouble.memory_disk:
            subprocess.run(["umount", folder], check=True)


def run(n: int, folder: Path, seed: int, troubles: tuple[Trouble, ...] = TROUBLES) -> list[Row]:
    """`n` tries of each trouble, a row each; those that need a memory disk only where one may be mounted."""
    chance, rows = random.Random(seed), []
    # a folder that anybody may enter, unlike the usual temporary ones
    with tempfile.TemporaryDirectory(prefix="torture-disk-") as name:
        place = Path(name)
        place.chmod(0o755)
        (place / "whole").mkdir()
        (place / "half").mkdir()
        stopped = toys.child(toys.run, place / "half", [RUN], {"stop": 4})
        if toys.finish(toys.child(_work, place / "whole", None, 0, place / "told")) or toys.finish(stopped):
            raise FasnbError("the untroubled run failed")
        untroubled = toys.outcome(place / "whole", RUN)
        for number, trouble in enumerate(troubles):
            if trouble.memory_disk and os.getuid() != 0:
                rows.append(Row(f"{trouble.what}: skipped, only root may mount one", 0, 0))
                continue
            tries = [place / f"{number}-{i}" for i in range(n)]
            found = [_try(where, trouble, chance.random(), place / "half", untroubled) for where in tries]
            bad = [breach for breach in found if breach]
            good = "one line, nothing lost, went on" if trouble.refused else "not noticed"
            rows.append(Row(trouble.what, n, n - len(bad), bad[0] if bad else good))
    return rows

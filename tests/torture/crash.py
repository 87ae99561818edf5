"""crash: a run killed at random moments, again and again, until it is done; then compared bit for bit.

Three kinds of death: SIGKILL after a random time; SIGKILL by its own hand before a random one of its file
operations (open, rename, remove ...); and a signal of the system inside a write, which leaves half a file.
"""

import os
import random
import resource
import signal
import sys
import time
from pathlib import Path

from fasnb import atomic, checkpoints, experiments
from fasnb.errors import FasnbError
from tests.torture import toys
from tests.torture.report import Row

N = 50
RUN = experiments.make("mpl_uda", "casia")
KINDS = {
    "time": "killed (SIGKILL) at a random moment",
    "between": "killed (SIGKILL) just before a random file operation",
    "inside": "killed (SIGXFSZ) inside the write of a random file",
}
_OPERATIONS = ("open", "os.rename", "os.remove", "os.chmod", "os.mkdir")
#: What a run may leave: the second, where it is killed between its record and the removal.
KEPT = ("weights.safetensors", "checkpoint.safetensors")
_IN_A_ROW = 5  # kills of one run before it may finish


def _work(folder: Path, kind: str, number: int) -> None:
    """The run in a child that dies at its `number`-th file operation; notes the operations it lived for."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it otherwise
    seen = {"between": 0, "inside": 0}

    def hook(event, arguments):
        path = str(arguments[0]) if event in _OPERATIONS else ""
        if not path.startswith(str(folder)) or path.endswith("log"):
            return
        seen["between"] += 1
        seen["inside"] += event == "open" and arguments[1] == "w"
        if kind == "between" and seen[kind] == number:
            os.kill(os.getpid(), signal.SIGKILL)
        if kind == "inside" and seen[kind] == number:
            resource.setrlimit(resource.RLIMIT_FSIZE, (60, 60))  # every file of ours is longer

    sys.addaudithook(hook)
    toys.run(folder, [RUN], {"log": folder / "log"})
    toys.note(folder / "operations.log", f"{seen['between']} {seen['inside']}")


def _attempt(folder: Path, kind: str, number: int, seconds: float) -> bool:
    """One attempt at the run; whether it was killed. FasnbError where it ended otherwise than done."""
    process = toys.child(_work, folder, kind, number)
    if kind == "time":
        process.join(seconds)
        process.kill()
    code = toys.finish(process)
    if code not in (0, -signal.SIGKILL, -signal.SIGXFSZ):
        raise FasnbError(f"the run ended with exit code {code}")
    return code != 0


def _half_written(folder: Path) -> int:
    """Temporary files that a kill left; FasnbError where a file under its own name is not whole."""
    for path in folder.glob("checkpoints/*/[!.]*.safetensors"):
        checkpoints.read(path)
    toys.store(folder).get(RUN)
    return len([path for path in folder.rglob(".*") if path.name.startswith(atomic.PART)])


def repeated(log: list[list[str]]) -> int:
    """The most steps that any restart in a log took again."""
    worst = last = 0
    fresh = False
    for word, value, *_ in log:
        if word == "start":
            fresh = True
        elif fresh:
            worst, last, fresh = max(worst, last - int(value) + 1), int(value), False
        else:
            last = int(value)
    return worst


def _campaign(folder: Path, kind: str, kills: int, whole, draw) -> tuple[int, int, int, str]:
    """Kill one run up to `kills` times, then let it end: (kills, half files, steps repeated, breach)."""
    folder.mkdir(parents=True)
    done = halves = 0
    try:
        while done < kills and _attempt(folder, kind, *draw()):
            done += 1
            halves += _half_written(folder)
        if _attempt(folder, "", 0, 0):
            raise FasnbError("killed by somebody else")
        again = repeated(toys.notes(folder / "log"))
        left = [path.name for path in (folder / "results").glob(".*.lock")]
        left += [path.name for path in folder.glob("checkpoints/*/*") if path.name not in KEPT]
        if toys.outcome(folder, RUN) != whole:
            return done, halves, again, "other bits than the uninterrupted run"
        if again > toys.TINY.checkpoint_every:
            return done, halves, again, f"{again} steps repeated"
        return done, halves, again, f"left behind: {', '.join(left)}" if left else ""
    except FasnbError as error:
        return done, halves, 0, str(error)


def run(n: int, folder: Path, seed: int) -> list[Row]:
    """`n` kills in all, a third of each kind; a row a kind."""
    chance = random.Random(seed)
    untouched = folder / "whole"
    untouched.mkdir(parents=True)
    toys.finish(toys.child(time.sleep, 0))  # the fork server starts, which must not count
    begun = time.monotonic()
    if _attempt(untouched, "", 0, 0):
        raise FasnbError("the uninterrupted run was killed")
    seconds = time.monotonic() - begun
    counts = [int(count) for count in toys.notes(untouched / "operations.log")[0]]
    operations = {"time": 1} | dict(zip(("between", "inside"), counts))
    whole = toys.outcome(untouched, RUN)
    rows = []
    for i, (kind, what) in enumerate(KINDS.items()):
        wanted = (n + i) // len(KINDS)
        kills = held = halves = worst = campaigns = 0
        breach = ""

        def draw(kind=kind):
            return chance.randint(1, operations[kind]), chance.uniform(0, seconds)

        while kills < wanted and not (breach and campaigns > 3 * wanted):
            campaigns += 1
            some = min(_IN_A_ROW, wanted - kills)
            done, half, again, bad = _campaign(folder / kind / str(campaigns), kind, some, whole, draw)
            kills, halves, worst, breach = kills + done, halves + half, max(worst, again), breach or bad
            held += 0 if bad else done
        text = f"{worst} steps repeated of at most {toys.TINY.checkpoint_every} between checkpoints"
        text += f"; {halves} half-written files lay beside, none was read" if halves else ""
        rows.append(Row(what, kills, held, f"{text}; first breach: {breach}" if breach else text))
    return rows

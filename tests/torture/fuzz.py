"""Damaged files of every kind that is read: each gives a clear refusal or a legitimate result, and no more.

A child process reads them (fuzz_child); it is watched from here, so that a crash or a hang of native code is
one failure and not the end. What is promised: no exception but FasnbError, one line that names the file, the
right exit code, at most PATIENCE seconds, at most fuzz_child.MEMORY more memory, no other file touched, no
network (safety.offline).
"""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.torture.fuzz_child import TARGETS
from tests.torture.report import Row

N = 1000
CHILD = ("-m", "tests.torture.fuzz_child")
#: Seconds of processor that a file may take, and seconds without a word after which a child hangs: more, as
#: the machine may be busy with something else.
PATIENCE, SILENCE = 10.0, 60.0
#: Seconds until a child has loaded its libraries and used the whole files once.
_START = 180.0
_ROOT = Path(__file__).resolve().parent.parent.parent


def run(n: int, folder: Path, seed: int) -> list[Row]:
    """A row for each kind of file, `n` damaged ones each."""
    return rows(dict.fromkeys(TARGETS, n), folder, seed)


def rows(counts: dict[str, int], folder: Path, seed: int) -> list[Row]:
    """A row for each target, as many damaged files as `counts` says."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in counts}
    left = {name: (0, count) for name, count in counts.items()}
    while left:
        for line in _lines(left, folder, seed):
            name, after = line["target"], line["i"] + 1
            found[name].append(line)
            left[name] = (after, counts[name])
            if after == counts[name]:
                del left[name]
    return [_row(name, lines) for name, lines in found.items()]


def _row(name: str, lines: list[dict[str, Any]]) -> Row:
    slow = [f"input {line['i']} took {line['s']:.0f} s" for line in lines if line["s"] > PATIENCE]
    wrong = slow + [line["what"] for line in lines if line["outcome"] == "wrong" and line["s"] <= PATIENCE]
    refused = sum(line["outcome"] == "refused" for line in lines)
    slowest = max(line["s"] for line in lines)
    worst = wrong[0] if wrong else f"{refused} refused; slowest {slowest:.1f} s"
    text = " ".join(worst.split()).replace("|", "/")
    return Row(f"damaged {name}", len(lines), len(lines) - len(wrong), text)


def _lines(left: dict[str, tuple[int, int]], folder: Path, seed: int) -> Iterator[dict[str, Any]]:
    """What a new child says of each file that is left, until it is through, or dies or hangs at one.

    RuntimeError where it does not get as far as damaging anything: the torture itself is broken then.
    """
    wanted = [f"{name}:{first}:{last}" for name, (first, last) in left.items()]
    command = [sys.executable, *CHILD, str(folder), str(seed), *wanted]
    complaints = folder / "complaints.txt"
    with (
        open(complaints, "wb") as err,
        subprocess.Popen(
            command,
            **{"stdout": subprocess.PIPE, "stderr": err, "cwd": _ROOT},
            env=os.environ | {"OMP_NUM_THREADS": "1", "FASNB_DATA": ""},
        ) as child,
    ):
        said: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=_listen, args=(child, said), daemon=True).start()
        patience, ready = _START, False
        try:
            while line := said.get(timeout=patience):
                found = json.loads(line)
                ready = found["ready"]
                patience = SILENCE if ready else _START
                if "i" in found:
                    yield found
            how = f"died with exit code {child.wait()}"
        except queue.Empty:
            how = f"took more than {patience:.0f} s"
        child.kill()
    if left:
        name, (first, _) = next(iter(left.items()))
        if not ready:
            raise RuntimeError(f"{name}: {how}: {complaints.read_text(errors='replace')[-2000:]}")
        yield {"target": name, "i": first, "outcome": "wrong", "what": f"input {first}: {how}", "s": 0.0}


def _listen(child: subprocess.Popen, said: queue.Queue) -> None:
    """Put every line of a child's output into the queue, an empty one at its end."""
    for line in child.stdout:  # type: ignore[union-attr]
        said.put(line)
    said.put(b"")

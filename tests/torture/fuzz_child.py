"""A process that reads damaged files, one after another, and says what came of each in a line of JSON.

`python -m tests.torture.fuzz_child FOLDER SEED NAME:FIRST:LAST ...`; `fuzz` watches it. Input i of a target
depends on the seed and i alone. Memory is limited to what the process has after a first, undamaged use, and
MEMORY more.
"""

import json
import os
import resource
import sys
import time
import traceback
import zlib
from pathlib import Path

import numpy as np

from tests.safety import offline
from tests.torture import targets, targets_runs
from tests.torture.targets import Target, Wrong

MEMORY = 1 << 30
TARGETS = {
    "videos": targets.videos,
    "pictures": targets.pictures,
    "face files": targets.face_files,
    "subject lists": targets.subject_lists,
    "simulation marks": targets.markers,
    "kept faces": targets.kept_faces,
    "results": targets_runs.results,
    "checkpoints": targets_runs.checkpoints,
    "weights": targets_runs.networks,
    "cards": targets_runs.cards,
    "notebooks": targets_runs.notebooks,
    "notebook parameters": targets_runs.parameters,
    "published numbers": targets_runs.published_numbers,
    "origins of figures": targets_runs.origins,
}


def main(folder: Path, seed: int, wanted: list[str]) -> None:
    """Use up what is wanted, a line each. A line that is `ready` promises the next one soon."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)  # what is used may print, and libraries complain
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.addaudithook(offline.watch)
    for name, first, last in (one.rsplit(":", 2) for one in wanted):
        where = folder / name.replace(" ", "-") / first
        where.mkdir(parents=True)
        target = TARGETS[name](where)
        used(target, target.files[0], where)
        target.restore()
        limit()
        print(json.dumps({"target": name, "ready": True}), file=answers)
        for i in range(int(first), int(last)):
            rng = np.random.default_rng([seed, zlib.crc32(name.encode()), i])
            path = target.files[rng.integers(len(target.files))]
            target.damage(path, target.clean[path], rng)
            begun = time.process_time()  # another process's load is no fault of ours
            outcome, what = used(target, path, where)
            line = {
                "target": name,
                "i": i,
                "outcome": outcome,
                "what": what,
                "s": time.process_time() - begun,
            }
            target.restore()
            print(json.dumps(line | {"ready": i + 1 < int(last)}), file=answers)
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def used(target: Target, path: Path, where: Path) -> tuple[str, str]:
    """(outcome, details) of one use: done, refused, or wrong."""
    before = seen(where, target.spare)
    try:
        outcome, what = target.use(path), ""
    except Wrong as error:
        outcome, what = "wrong", f"{path.name}: {error}"
    except BaseException as error:
        last = traceback.extract_tb(error.__traceback__)[-3:]
        at = " < ".join(f"{Path(one.filename).name}:{one.lineno}" for one in reversed(last))
        outcome, what = "wrong", f"{path.name}: {type(error).__name__}: {str(error)[:200]} ({at})"
    if offline.tried:
        outcome, what = "wrong", f"{path.name}: {offline.tried}"
        offline.tried.clear()
    if changed := before.symmetric_difference(seen(where, target.spare)):
        outcome, what = "wrong", f"{path.name}: touched {sorted(changed)[0][0]}"
    return outcome, what


def seen(folder: Path, spare: Path | None) -> set[tuple[str, int, int]]:
    """(name, size, time) of every file below a folder, but not below `spare`."""
    files = [
        path for path in folder.rglob("*") if path.is_file() and (not spare or spare not in path.parents)
    ]
    return {(str(path), state.st_size, state.st_mtime_ns) for path in files for state in [path.stat()]}


def limit() -> None:
    """Allow MEMORY more than the process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, hard))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])

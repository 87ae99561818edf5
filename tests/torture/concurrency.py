"""concurrency: several processes on one store, the same and different runs, some of them killed."""

import os
import random
import time
from pathlib import Path

from fasnb import atomic, experiments
from tests.torture import toys
from tests.torture.report import Row

N = 30
RUNS = [
    experiments.make(method, train) for method in ("pl", "mpl_uda", "attvlad") for train in ("casia", "msu")
]
TRAIN = "tests.torture.concurrency:train"


def train(experiment, profile, data, folder, report):
    """Stands in for training: takes a moment, notes when it begins and ends, scores by the run's name."""
    from tests.test_runs import some_scores

    note = f"{experiment.name} {os.getpid()}"
    toys.note(Path(data), f"start {note}")
    time.sleep(random.Random(note).uniform(0, 0.2))
    report(1.0, "done")
    toys.note(Path(data), f"end {note}")
    return some_scores(len(experiment.name))


def _round(folder: Path, chance: random.Random, crowd: int, deaths: int) -> str:
    """`crowd` processes want the same runs, each in its own order, `deaths` of them die; the first breach."""
    folder.mkdir(parents=True)
    orders = [chance.sample(RUNS, len(RUNS)) for _ in range(crowd)]
    log = folder / "log"
    crew = [toys.child(toys.run, folder, order, str(log), 1, 1, TRAIN) for order in orders]
    while not log.exists() and any(process.is_alive() for process in crew):
        time.sleep(0.005)
    for process in crew[:deaths]:
        time.sleep(chance.uniform(0, 0.3))
        process.kill()
    codes = [toys.finish(process) for process in crew]
    if any(codes[deaths:]):
        return f"exit codes {codes}"
    notes = toys.notes(log)
    lost = toys.store(folder).missing(RUNS)  # FasnbError where a result is damaged
    if lost:
        return f"{len(lost)} runs lost"
    for experiment in RUNS:
        mine = [word for word, name, *_ in notes if name == experiment.name]
        starts, ends = mine.count("start"), mine.count("end")
        # a killed process may have begun a run that another one then does over
        if not 1 <= ends <= starts <= 1 + deaths or (not deaths and starts > 1):
            return f"{experiment.name} was computed {starts} times"
    killed = {str(process.pid) for process in crew[:deaths]}
    done = [name for word, name, pid in notes if word == "end" and pid not in killed]
    if len(done) != len(set(done)):
        return "a run was computed twice by living processes"
    # a half-written lock is none; the next call removes it
    left = [path.name for path in (folder / "results").glob(".*.lock") if atomic.PART not in path.name]
    return f"locks left: {left}" if left else ""


def run(n: int, folder: Path, seed: int) -> list[Row]:
    """`n` rounds of four processes and six runs; in half of them two of the processes are killed."""
    rows = []
    for deaths in (0, 2):
        chance, rounds = random.Random(seed + deaths), (n + bool(deaths)) // 2
        breaches = [_round(folder / str(deaths) / str(i), chance, 4, deaths) for i in range(rounds)]
        bad = [breach for breach in breaches if breach]
        what = "4 processes, one store, 6 runs" + (f", {deaths} of them killed" if deaths else "")
        best = "each run computed once, none lost, no lock left"
        if deaths:
            best = "none lost, no lock left, each done over only where its process was killed"
        rows.append(Row(what, rounds, rounds - len(bad), bad[0] if bad else best))
    return rows

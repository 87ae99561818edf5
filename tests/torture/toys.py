"""A small but real run to break: the TINY profile on toy faces, in child processes that start in no time.

Children come from a fork server that has loaded torch once and never trains itself.
"""

import multiprocessing
import os
from dataclasses import replace
from pathlib import Path

import torch

from fasnb import training
from fasnb.running import run_missing
from fasnb.runs import Source, Store
from tests import test_training

CORPUS = test_training.CORPUS
TINY = replace(test_training.TINY, batch=4, samples=32, labelled=8)
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.torture.preload"])
TRAIN = "tests.torture.toys:train"


def store(folder: Path) -> Store:
    """The results store in `folder`/results."""
    return Store(folder / "results", TINY, Source("simulated", "toys"), ("fasnb.metrics",))


def note(log: Path, line: str) -> None:
    """Append a line to a log that several processes write: one system call, so that none is torn."""
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.write(handle, (line + "\n").encode())
    os.close(handle)


def notes(log: Path) -> list[list[str]]:
    """The words of each line of a log; none where there is no log."""
    return [line.split() for line in log.read_text().splitlines()] if log.exists() else []


def train(experiment, profile, data, folder, report):
    """Real training on the toy faces. `data`: "log", where its start and each step are noted; "stop", the
    step at which the process ends without a word.
    """
    log, stop = (data or {}).get("log"), (data or {}).get("stop")
    steps = profile.steps if experiment.branch == "rgb" else profile.plgf_steps

    def told(part, message):
        step = round(part / 0.95 * steps)
        if log and step <= steps:
            note(log, f"step {step}")
        if stop == step:
            os._exit(0)
        report(part, message)

    if log:
        note(log, f"start {experiment.name} {os.getpid()}")
    return training.train(experiment, profile, CORPUS, folder, told)


def run(folder: Path, experiments, data=None, workers: int = 1, threads: int = 1, train: str = TRAIN) -> None:
    """`run_missing` into `folder`: results/, checkpoints/; for child processes."""
    torch.set_num_threads(threads)
    given = {"progress": lambda line: None, "checkpoints": folder / "checkpoints", "workers": workers}
    run_missing(experiments, train, store(folder), data, **given)


def outcome(folder: Path, experiment) -> tuple[bytes, bytes, list]:
    """What a run has come to, as bytes: its weights, its scores; and its learning curve."""
    where = store(folder)
    result = where.get(experiment)
    weights = folder / "checkpoints" / where.stem(experiment) / training.WEIGHTS
    return weights.read_bytes(), result.path.with_suffix(".csv").read_bytes(), result.extra["curve"]


def child(target, *arguments) -> multiprocessing.Process:
    """A started process of `target(*arguments)`."""
    process = CONTEXT.Process(target=target, args=arguments)
    process.start()
    return process


def finish(process: multiprocessing.Process, within_s: float = 300) -> int | None:
    """The exit code of a process that is given so long; None (and it is killed) where it takes longer."""
    process.join(within_s)
    code = process.exitcode
    if code is None:
        process.kill()
        process.join()
    return code

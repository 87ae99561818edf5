"""Run what the store lacks: one by one or several at a time, each run once, resumable at any moment."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from fasnb import atomic, locks, paths
from fasnb.errors import FasnbError
from fasnb.experiments import Experiment
from fasnb.runs import Result, Store

#: (fraction done 0..1, message) from inside a run.
Report = Callable[[float, str], None]
#: train(experiment, profile, data, checkpoint folder, report) -> scores, or (what else to record, scores).
Train = Callable[..., "pd.DataFrame | tuple[dict[str, Any], pd.DataFrame]"]

#: What a run costs relative to plain supervised training of the same steps, until measured times say better:
#: passes over the networks per step.
COSTS = {
    **{"supervised": 1.0, "pl": 2.0, "pl_uda": 3.0, "mpl_uda": 6.0, "attvlad": 0.7, "attvlad_novlad": 0.6},
    **{"color_lbp": 0.2, "color_texture": 0.5, "cnn": 0.7, "auxiliary": 1.0, "despoofing": 1.0},
    **{"msr_mobilenet": 1.0, "drl_fas": 1.0},
}


@dataclass(frozen=True)
class Job:
    """Everything a run needs but the experiment; picklable where `train` is "module:function"."""

    store: Store
    train: str | Train
    data: Any
    checkpoints: Path

    def function(self) -> Train:
        """The training function; FasnbError where "module:function" names none."""
        if not isinstance(self.train, str):
            return self.train
        module, _, name = self.train.partition(":")
        try:
            return getattr(import_module(module), name)
        except (ImportError, AttributeError) as error:
            raise FasnbError(f"no training function {self.train}: {error}") from error

    def compute(self, experiment: Experiment, report: Report) -> bool:
        """Compute and record one run; False where another living process is at it.

        Whatever goes wrong in training becomes a FasnbError that names the run; Ctrl-C passes through.
        """
        stem = self.store.stem(experiment)
        with locks.held(self.store.folder / f".{stem}.lock") as mine:
            if not mine:
                return False
            if self.store.has(experiment):  # finished by another process meanwhile
                return True
            train, folder = self.function(), self.checkpoints / stem
            started, clock = datetime.now(UTC), time.monotonic()
            try:
                atomic.sweep(folder)
                outcome = train(experiment, self.store.profile, self.data, folder, report)
            except FasnbError as error:
                raise FasnbError(f"run {experiment.name}: {error}") from error
            except Exception as error:
                reason = " ".join(f"{type(error).__name__}: {error}".split())
                raise FasnbError(f"run {experiment.name} failed: {reason}") from error
            extra, table = outcome if isinstance(outcome, tuple) else ({}, outcome)
            self.store.put(experiment, table, extra, started, time.monotonic() - clock)
            with suppress(OSError):  # recorded: nobody goes on from it any more
                (folder / paths.CHECKPOINT).unlink(missing_ok=True)
            return True


def duration(seconds: float) -> str:
    """Seconds for people: 45 s, 4 min, 2.1 h."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5970 else f"{seconds / 3600:.1f} h"


class Progress:
    """Says where a list of runs stands, and guesses what is left from the runs done so far."""

    def __init__(
        self, waiting: Iterable[Experiment], say: Callable[[str], None], every_s: float = 10.0
    ) -> None:
        """`say` gets each line; running ones at most every `every_s` seconds."""
        self.left = {experiment: COSTS[experiment.method] for experiment in waiting}
        self.total, self.say, self.every_s = len(self.left), say, every_s
        self.number = {experiment: i for i, experiment in enumerate(self.left, 1)}
        self.begun = self.said = time.monotonic()
        self.cost_done = 0.0
        self.part: dict[Experiment, float] = {}
        self.starts: dict[Experiment, float] = {}

    def start(self, experiment: Experiment) -> None:
        """A run begins."""
        self.starts[experiment], self.part[experiment] = time.monotonic(), 0.0

    def running(self, experiment: Experiment, fraction: float, message: str = "") -> None:
        """A run is under way."""
        self.part[experiment] = min(max(float(fraction), 0.0), 1.0)
        if time.monotonic() - self.said >= self.every_s:
            self._line(
                experiment, f"{100 * self.part[experiment]:.0f} %" + (f", {message}" if message else "")
            )

    def done(self, experiment: Experiment, how: str = "done") -> None:
        """A run has ended."""
        self.part.pop(experiment, None)
        if how == "done":
            self.cost_done += self.left[experiment]
        self.left.pop(experiment, None)
        self._line(experiment, how)

    def remaining(self) -> float | None:
        """Seconds left at the pace so far; None before anything is known."""
        parts = sum(self.left.get(experiment, 0) * part for experiment, part in self.part.items())
        done = self.cost_done + parts
        if not done:
            return None
        return (sum(self.left.values()) - parts) * (time.monotonic() - self.begun) / done

    def _line(self, experiment: Experiment, state: str) -> None:
        self.said = time.monotonic()
        took = duration(self.said - self.starts.get(experiment, self.said))
        left = self.remaining()
        rest = "" if left is None or not self.left else f", about {duration(left)} left"
        number = self.number[experiment]
        self.say(f"run {number}/{self.total} {experiment.name}: {state}, {took}{rest}")


def run_missing(
    experiments: Iterable[Experiment],
    train: str | Train,
    store: Store,
    data: Any = None,
    workers: int = 1,
    progress: Callable[[str], None] = print,
    checkpoints: Path | None = None,
    scheduler: str | None = None,
) -> list[Result]:
    """Compute the experiments that the store lacks and return the results of all, in order.

    `train` is a function or "module:function" (imported only when a run needs it); `data` is passed on to
    it. With several workers, each is a process of its own with its share of the processor's threads, and
    `train` must be importable and `data` picklable. With the address of a Dask `scheduler`, its workers
    compute instead. A run that another process is computing is waited for. Ctrl-C leaves the store intact;
    the same call then goes on from there. A failed run does not stop the others, two do: FasnbError then
    (or at the end) names them.
    """
    wanted = list(dict.fromkeys(experiments))
    atomic.sweep(store.folder, atomic.LEFT_S)
    locks.sweep(store.folder)
    waiting = store.missing(wanted)
    if waiting:
        from fasnb.workers import here, spread  # workers and cluster build on this module

        job = Job(store, train, data, checkpoints or paths.checkpoints(store.profile.name))
        state = Progress(waiting, progress)
        if have := len(wanted) - len(waiting):
            progress(f"{have} of {len(wanted)} runs are in {store.folder}; {len(waiting)} to compute")
        many = min(workers, len(waiting))
        if scheduler:
            from fasnb import cluster

            failures = cluster.spread(job, waiting, state, scheduler)
        else:
            failures = spread(job, waiting, state, many) if many > 1 else here(job, waiting, state)
        if failures:
            more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
            raise FasnbError(f"{failures[0]}{more}; the other results are kept, run again to go on")
    found = [store.get(experiment) for experiment in wanted]
    return [result for result in found if result is not None]

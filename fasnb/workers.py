"""How a list of runs is carried out: in this process, or by worker processes that report through pipes."""

import multiprocessing
import os
import pickle
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import wait
from typing import Any

from fasnb import locks
from fasnb.errors import FasnbError, UsageError
from fasnb.experiments import Experiment
from fasnb.running import Job, Progress

#: One failure may be a run's bad luck; two are a pattern, and the rest would only waste time.
ENOUGH_FAILURES = 2
_POLL_S = 1.0
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def here(job: Job, waiting: list[Experiment], state: Progress) -> list[FasnbError]:
    """One run after another in this process; returns what failed."""
    queue = deque(waiting)
    failures: list[FasnbError] = []
    busy: set[Experiment] = set()
    while queue and len(failures) < ENOUGH_FAILURES:
        experiment = queue.popleft()
        state.start(experiment)
        try:
            mine = job.compute(experiment, partial(state.running, experiment))
        except FasnbError as error:
            failures.append(error)
            state.done(experiment, "failed")
        else:
            if mine:
                state.done(experiment)
            else:
                _postpone(job, experiment, queue, busy, state)
    return failures


def _postpone(
    job: Job, experiment: Experiment, queue: deque[Experiment], busy: set[Experiment], state: Progress
) -> None:
    """Another process has this run: come back to it after the others, and wait once only such runs are
    left.
    """
    state.part.pop(experiment, None)
    if experiment not in busy:
        busy.add(experiment)
        owner = locks.owner_of(job.store.folder / f".{job.store.stem(experiment)}.lock")
        state.say(
            f"run {experiment.name} is being computed by {owner or 'another process'}; coming back to it"
        )
    queue.append(experiment)
    if busy.issuperset(queue):
        time.sleep(_POLL_S)


def spread(job: Job, waiting: list[Experiment], state: Progress, workers: int) -> list[FasnbError]:
    """Several runs at a time, each worker process taking the next; returns what failed.

    Workers are ended with this call, also by Ctrl-C; the locks of killed ones are taken over by the next
    call. UsageError where the job cannot be sent to another process.
    """
    try:
        pickle.dumps(job)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise UsageError(f"several workers need an importable training function and data: {error}") from error
    queue = deque(waiting)
    failures: list[FasnbError] = []
    busy: set[Experiment] = set()
    at_work: dict[Any, Experiment] = {}  # pipe -> run
    with _crew(job, workers) as crew:
        idle: list[Any] = list(crew)
        while True:
            # a run that another process has is tried again only when there is nothing else to wait for
            while idle and queue and len(failures) < ENOUGH_FAILURES and not (at_work and queue[0] in busy):
                pipe, experiment = idle.pop(), queue.popleft()
                at_work[pipe] = experiment
                state.start(experiment)
                with suppress(OSError):  # a worker that died while idle shows below as end of file
                    pipe.send(experiment)
            if not at_work:
                return failures
            for pipe in wait(list(at_work)):
                experiment = at_work[pipe]
                what, content = _hear(pipe, crew)
                if what == "part":
                    state.running(experiment, *content)
                    continue
                del at_work[pipe]
                if what != "died":
                    idle.append(pipe)
                if what == "done":
                    state.done(experiment)
                elif what == "busy":
                    _postpone(job, experiment, queue, busy, state)
                else:
                    failures.append(
                        FasnbError(f"run {experiment.name}: {content}" if what == "died" else content)
                    )
                    state.done(experiment, what)


def _hear(pipe: Any, crew: dict[Any, Any]) -> tuple[str, Any]:
    """The next word from a worker: part, done, busy or failed; died where its process is gone."""
    try:
        return pipe.recv()
    except (EOFError, OSError):
        crew[pipe].join()
        return "died", f"its process died with exit code {crew[pipe].exitcode} (out of memory?)"


@contextmanager
def _crew(job: Job, workers: int) -> Iterator[dict[Any, Any]]:
    """Worker processes by their pipe; ended with the block."""
    context = multiprocessing.get_context("spawn")
    crew: dict[Any, Any] = {}
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ |= dict.fromkeys(_THREADS, str(max(1, (os.cpu_count() or 1) // workers)))
    try:
        for _ in range(workers):
            pipe, theirs = context.Pipe()
            process = context.Process(target=_work, args=(job, theirs), daemon=True)
            process.start()
            theirs.close()  # so that a dead worker reads as end of file
            crew[pipe] = process
        yield crew
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        for process in crew.values():
            process.terminate()
        for pipe, process in crew.items():
            process.join(5)
            if process.is_alive():
                process.kill()
            pipe.close()


def _work(job: Job, pipe: Any) -> None:
    """A worker: take experiments from the pipe until it closes, report back. Ctrl-C is the parent's
    business.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # unwinds: the lock is released, half files go

    def report(part: float, message: str = "") -> None:
        pipe.send(("part", (part, message)))

    with suppress(
        EOFError, BrokenPipeError, ConnectionResetError
    ):  # the parent is gone, or has no more to do
        while True:
            experiment = pipe.recv()
            try:
                mine = job.compute(experiment, report)
            except FasnbError as error:
                pipe.send(("failed", str(error)))
            else:
                pipe.send(("done" if mine else "busy", None))

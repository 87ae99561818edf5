"""How a list of runs is carried out on an existing Dask cluster, whose workers share the store's folder."""

import logging
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from fasnb import locks
from fasnb.errors import FasnbError, UsageError
from fasnb.experiments import Experiment
from fasnb.running import Job, Progress
from fasnb.runs import Store
from fasnb.workers import ENOUGH_FAILURES

_CONNECT_S = 10
_POLL_S = 1.0
#: How long a network file system may take to show here what another machine wrote.
_VISIBLE_S = 60.0


def connect(address: str) -> Any:
    """A client of the scheduler; UsageError where Dask is not installed, FasnbError where nobody answers."""
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError("--scheduler needs Dask: pip install 'fasnb[cluster]'") from error
    for name in ("distributed", "distributed.client"):  # an error is one line, and it is ours
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        return Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise FasnbError(f"no Dask scheduler answers at {address}; start one, or mend the address") from error


def spread(job: Job, waiting: list[Experiment], state: Progress, address: str) -> list[FasnbError]:
    """Every run as a task of the cluster at this address; returns what failed.

    The run of a worker that dies goes to another one. Whatever ends this call, also Ctrl-C, ends the runs
    under way at their next report; their checkpoints stay.
    """
    runs = {experiment.name: experiment for experiment in waiting}
    topic = f"fasnb {job.store.folder}"
    news: SimpleQueue[dict[str, Any]] = SimpleQueue()
    at_work: dict[str, Any] = {}  # run -> its future
    held: set[str] = set()  # runs whose lock another process has
    failures: list[FasnbError] = []
    with connect(address) as client, _token(job.store.folder) as token:

        def submit(name: str) -> None:
            key, arguments = f"{name}-{uuid.uuid4().hex}", (job, runs[name], job.store.key(runs[name]))
            at_work[name] = client.submit(_work, *arguments, topic, token, key=key)
            at_work[name].add_done_callback(lambda future: news.put({"run": name, "future": future}))

        # whoever was seen at work on this store and is no worker any more is dead
        known = {tuple(event["owner"]) for _, event in client.get_events(topic)}
        client.subscribe_topic(topic, lambda event: news.put(event[1]))
        if not client.nthreads():
            state.say("no worker has joined the cluster yet; waiting")
        for name in runs:
            submit(name)
        look = 0.0
        while (at_work or held) and len(failures) < ENOUGH_FAILURES:
            if held and time.monotonic() >= look:
                for name in [name for name in held if _free(_lock(job, runs[name]), client, known)]:
                    held.remove(name)
                    submit(name)
                look = time.monotonic() + _POLL_S
            try:
                new = news.get(timeout=_POLL_S)
            except Empty:
                continue
            name, future = new["run"], new.get("future")
            if future is None:
                known.add(tuple(new["owner"]))
                if new["token"] == token.name and name in at_work:
                    _show(new, runs[name], state)
                continue
            del at_work[name]
            outcome, reason = _outcome(future, name)
            if outcome == "busy":
                held.add(name)
                lock = _lock(job, runs[name])
                state.say(f"run {name} is being computed by {reason}; waiting (if it is dead, delete {lock})")
                continue
            if outcome == "failed":
                failures.append(FasnbError(reason))
            state.done(runs[name], outcome)
    return failures or _invisible(job.store, waiting)


def _show(event: dict[str, Any], experiment: Experiment, state: Progress) -> None:
    """A worker's word for people."""
    if event["part"] is not None:
        state.running(experiment, event["part"], event["message"])
        return
    host, pid, _ = event["owner"]
    how = "goes on" if experiment in state.starts else "started"
    state.start(experiment)
    state.say(f"run {experiment.name}: {how} in process {pid} on {host}")


def _work(job: Job, experiment: Experiment, key: str, topic: str, token: Path) -> tuple[str, str]:
    """One run in a worker: done, busy (and who has it) or failed (and why)."""
    from distributed import get_worker

    worker, name = get_worker(), experiment.name
    # torch's settings and random numbers belong to the process
    if worker.state.nthreads > 1:
        return "failed", f"run {name}: {worker.address} has several threads; start it with --nthreads 1"
    if not token.exists():
        return "failed", f"run {name}: {worker.address} does not see {token.parent}; it must be shared"
    store = Store(job.store.folder, job.store.profile, job.store.source, job.store.roots)
    if store.key(experiment) != key:
        return "failed", f"run {name}: {worker.address} has other code or another torch; install the same"

    def tell(part: float | None = None, message: str = "") -> None:
        news = {"run": name, "token": token.name, "owner": _me(), "part": part, "message": message}
        worker.log_event(topic, news)

    def report(part: float, message: str = "") -> None:
        if not token.exists():
            raise FasnbError("stopped, since nobody waits for it any more")
        tell(float(part), message)

    tell()
    try:
        if job.compute(experiment, report):
            return "done", ""
        return "busy", str(locks.owner_of(_lock(job, experiment)) or "another process")
    except FasnbError as error:
        return "failed", str(error)


def _id(owner: locks.Owner) -> tuple[str, int, str]:
    """What tells a process from every other one on any machine."""
    return owner.host, owner.pid, owner.started


def _me() -> tuple[str, int, str]:
    return _id(locks.myself())


def _lock(job: Job, experiment: Experiment) -> Path:
    return job.store.folder / f".{job.store.stem(experiment)}.lock"


def _free(lock: Path, client: Any, known: set[tuple[str, int, str]]) -> bool:
    """Whether a run can be taken; the lock of a dead process is removed, for no other machine can tell."""
    with locks.held(lock) as mine:
        if mine:
            return True
    owner = locks.owner_of(lock)
    with suppress(OSError):  # a worker that dies while it is asked: ask again later
        if owner and _id(owner) in known and _id(owner) not in client.run(_me).values():
            lock.unlink(missing_ok=True)
            return True
    return False


def _outcome(future: Any, name: str) -> tuple[str, str]:
    """What a task has come to: done, busy or failed, and why."""
    try:
        return future.result()
    except Exception as error:
        reasons = {
            "KilledWorker": "the workers that had it died one after another (out of memory?)",
            "FutureCancelledError": "the connection to the scheduler is lost",
        }
        kind = type(error).__name__
        return "failed", f"run {name}: {reasons.get(kind, f'{kind}: {error}')}"


@contextmanager
def _token(folder: Path) -> Iterator[Path]:
    """A file that workers see if the folder is shared, and as long as somebody waits for their runs."""
    token = folder / f".cluster-{uuid.uuid4().hex}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        token.touch()
        yield token
    finally:
        token.unlink(missing_ok=True)


def _invisible(store: Store, done: list[Experiment]) -> list[FasnbError]:
    """The finished runs whose results do not show up in the store from here."""
    until = time.monotonic() + _VISIBLE_S
    while (lost := store.missing(done)) and time.monotonic() < until:
        time.sleep(_POLL_S)
    return [FasnbError(f"run {run.name}: its result does not show up in {store.folder}") for run in lost]

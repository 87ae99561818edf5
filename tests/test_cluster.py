"""Runs on a Dask cluster of separate processes: the same results, and a worker that dies loses nothing."""

import json
import os
import platform
import signal
import sys
import time
from contextlib import nullcontext
from dataclasses import asdict, replace
from threading import Timer

import dask
import pytest
from distributed import Client, LocalCluster

from fasnb import cluster, locks, provenance
from fasnb.__main__ import main
from fasnb.errors import FasnbError, UsageError
from fasnb.experiments import make
from fasnb.running import run_missing
from tests.test_runs import MPL, some_scores, store

EXPERIMENTS = [make("pl", "casia"), MPL, make("attvlad", "casia")]


def train(experiment, profile, data, folder, report):
    """Stands in for training: five steps with a checkpoint each; `data` says what goes wrong."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "step"
    first = int(file.read_text()) if file.exists() else 0
    for step in range(first, 5):
        report(step / 5, f"step {step}")
        if step == 3 and data.get("die") == experiment.method and (first == 0 or data.get("always")):
            os.kill(os.getpid(), signal.SIGKILL)
        if data.get("fail") == experiment.method:
            raise ValueError("loss is not\na number")
        if wait := data.get("wait"):
            time.sleep(wait)
        file.write_text(str(step + 1))
    return {"resumed_at": first, "pid": os.getpid()}, some_scores(len(experiment.name))


@pytest.fixture(scope="module")
def address():
    settings = {"processes": True, "n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    # a run may kill one worker, not two
    with dask.config.set({"distributed.scheduler.allowed-failures": 1}), LocalCluster(**settings) as local:
        yield local.scheduler_address


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(cluster, "_POLL_S", 0.1)


def run(folder, address, experiments=EXPERIMENTS, lines=None, **data):
    say = (lambda _: None) if lines is None else lines.append
    one = store(folder / "store")
    return run_missing(experiments, train, one, data, 1, say, folder / "checkpoints", address)


def test_results_are_those_of_one_process(tmp_path, address):
    lines = []
    found = run(tmp_path / "many", address, lines=lines, wait=0.05)
    alone = run(tmp_path / "one", None)
    assert [r.experiment for r in found] == EXPERIMENTS
    assert [r.key for r in found] == [r.key for r in alone]
    assert [r.record["scores_sha256"] for r in found] == [r.record["scores_sha256"] for r in alone]
    pids = {r.extra["pid"] for r in found}
    assert len(pids) == 2
    assert os.getpid() not in pids
    for experiment in EXPERIMENTS:
        assert any(line.startswith(f"run {experiment.name}: started in process") for line in lines)
        assert any(f"{experiment.name}: done" in line for line in lines)
    assert {p.name for p in (tmp_path / "many/store").glob(".*")} == {".guard"}


def test_a_killed_workers_run_goes_on_where_it_was(tmp_path, address):
    lines = []
    found = run(tmp_path, address, lines=lines, die="mpl_uda")
    assert [r.extra["resumed_at"] for r in found] == [0, 3, 0]
    assert (
        len({line for line in lines if line.startswith(f"run {MPL.name}: ") and " in process" in line}) == 2
    )
    assert found[1].scores.equals(run(tmp_path / "one", None, [MPL])[0].scores)


def rename_machines(address):
    """Let every worker there is believe that its machine is another one."""

    def rename():
        name = f"machine{os.getpid()}"
        platform.node = lambda: name

    with Client(address, set_as_default=False) as client:
        client.run(rename)


def test_a_worker_killed_on_another_machine_is_known_to_be_dead(tmp_path, address):
    """Its process cannot be looked up, so its lock counts as alive until the scheduler tells otherwise."""
    rename_machines(address)
    lines = []
    (found,) = run(tmp_path, address, [MPL], lines, die="mpl_uda")
    assert found.extra["resumed_at"] == 3
    assert "is being computed by process" in "".join(lines)


def test_a_process_killed_here_is_known_to_be_dead_on_other_machines(tmp_path, address):
    rename_machines(address)
    lock = tmp_path / "store" / f".{store(tmp_path / 'store').stem(MPL)}.lock"
    lock.parent.mkdir()
    lock.write_text(json.dumps(asdict(replace(locks.myself(), started="1"))))
    assert len(run(tmp_path, address, [MPL])) == 1


def test_a_strangers_run_is_waited_for(tmp_path, address):
    one = store(tmp_path / "store")
    lock = tmp_path / "store" / f".{one.stem(MPL)}.lock"
    lock.parent.mkdir()
    lock.write_text(json.dumps(asdict(replace(locks.myself(), host="elsewhere"))))

    class Freeing(list):
        """The stranger is done once it was told of; on a busy machine a timer alone would come too early."""

        def append(self, line):
            super().append(line)
            if "on elsewhere since" in line:
                lock.unlink()

    lines, late = Freeing(), Timer(30, lambda: lock.unlink(missing_ok=True))
    late.start()
    assert len(run(tmp_path, address, [MPL], lines)) == 1
    late.cancel()
    assert "on elsewhere since" in "".join(lines)


def test_failures_are_one_line_and_two_end_it(tmp_path, address):
    with pytest.raises(
        FasnbError, match=r"run pl-casia.*failed: ValueError: loss is not a number; the other"
    ):
        run(tmp_path, address, fail="pl")
    assert store(tmp_path / "store").missing(EXPERIMENTS) == EXPERIMENTS[:1]
    many = [make("pl", "casia", seed=seed) for seed in range(6)]
    with pytest.raises(FasnbError, match=r"\(and 1 more\)"):
        run(tmp_path, address, many, fail="pl", wait=0.05)


def test_a_run_that_kills_every_worker_is_given_up(tmp_path, address):
    with pytest.raises(FasnbError, match="workers that had it died one after another"):
        run(tmp_path, address, [MPL], die="mpl_uda", always=True)


def test_ctrl_c_ends_the_runs_under_way(tmp_path, address):
    def say(line):
        if "started" in line:
            time.sleep(0.2)  # into the first step
            raise KeyboardInterrupt

    one = store(tmp_path / "store")
    with pytest.raises(KeyboardInterrupt):
        run_missing([MPL], train, one, {"wait": 0.3}, 1, say, tmp_path / "checkpoints", address)
    until = time.monotonic() + 10
    while list((tmp_path / "store").glob(".*.lock")) and time.monotonic() < until:
        time.sleep(0.05)
    assert one.missing([MPL]) == [MPL]
    assert run(tmp_path, address, [MPL])[0].extra["resumed_at"] > 0


def test_a_worker_that_differs_or_does_not_see_the_store_computes_nothing(tmp_path, address, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(cluster, "_token", lambda folder: nullcontext(folder / "unseen"))
        with pytest.raises(FasnbError, match=r"does not see .*store; it must be shared"):
            run(tmp_path, address, [MPL])
    monkeypatch.setattr(provenance, "code_digest", lambda *_: "another")
    with pytest.raises(FasnbError, match="has other code or another torch"):
        run(tmp_path, address, [MPL])
    assert not list((tmp_path / "store").glob("*.json"))


@pytest.mark.parametrize("where", ["127.0.0.1:9", "nonsense://x", "nowhere"])
def test_unreachable_scheduler_is_one_line(capsys, monkeypatch, where):
    monkeypatch.setattr(cluster, "_CONNECT_S", 0.5)
    assert main(["run", "--scheduler", where]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"fasnb: no Dask scheduler answers at {where}")
    assert len(err.strip().splitlines()) == 1


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'fasnb\[cluster\]'"):
        cluster.connect("127.0.0.1:8786")


def test_numbers_do_not_depend_on_this_code():
    assert "fasnb.cluster" not in provenance.modules_behind()

"""Running what is missing: once each, in order, resumable, several at a time, failures kept to one line."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from fasnb import atomic, locks, paths, running
from fasnb.errors import FasnbError, UsageError
from fasnb.experiments import make
from fasnb.running import Progress, run_missing
from tests.test_runs import MPL, put, some_scores, store

EXPERIMENTS = [make("pl", "casia"), make("pl_uda", "casia"), MPL, make("attvlad", "casia")]
ROOT = Path(__file__).resolve().parent.parent


def train(experiment, profile, data, folder, report):
    """Stands in for training: notes that it ran, reports, scores by name; `data` says what goes wrong."""
    data = data or {}
    if log := data.get("log"):
        with open(log, "a") as out:
            out.write(f"{experiment.name} {os.getpid()} {os.environ.get('OMP_NUM_THREADS')}\n")
    report(0.5, "half way")
    if data.get("die") == experiment.method:
        os._exit(9)
    if data.get("fail") in (experiment.method, "all"):
        raise ValueError("loss is not\na number")
    if data.get("interrupt") == experiment.method:
        raise KeyboardInterrupt
    time.sleep(data.get("sleep", 0))
    return {"folder": str(folder), "profile": profile.name}, some_scores(len(experiment.name))


def ran(log):
    return [line.split()[0] for line in Path(log).read_text().splitlines()] if Path(log).exists() else []


def test_runs_what_is_missing_once(tmp_path):
    one, log, lines = store(tmp_path / "s"), tmp_path / "log", []
    put(one)
    results = run_missing(
        [*EXPERIMENTS, MPL], train, one, {"log": log}, progress=lines.append, checkpoints=tmp_path
    )
    assert [r.experiment for r in results] == EXPERIMENTS
    assert ran(log) == [e.name for e in EXPERIMENTS if e != MPL]
    assert results[0].extra == {"folder": str(tmp_path / one.stem(EXPERIMENTS[0])), "profile": "smoke"}
    assert lines[0].startswith("1 of 4 runs are in")
    assert re.match(r"run 1/3 pl-casia-tau0.6-sigma0.15-seed0: done, \d+ s, about", lines[1])
    assert re.fullmatch(r"run 3/3 attvlad-casia-seed0: done, \d+ s", lines[-1])
    run_missing(EXPERIMENTS, train, one, {"log": log}, progress=lines.append)
    assert len(ran(log)) == 3  # the second time nothing is left to do
    assert not list((tmp_path / "s").glob("*.lock"))


def test_scores_alone_are_enough_and_names_are_imported_when_needed(tmp_path):
    results = run_missing([MPL], lambda *_: some_scores(), store(tmp_path), progress=lambda _: None)
    assert results[0].extra == {}
    assert run_missing([MPL], "no.such:function", store(tmp_path))  # nothing to run, nothing imported
    with pytest.raises(FasnbError, match=r"no training function no\.such:function"):
        run_missing(EXPERIMENTS, "no.such:function", store(tmp_path), progress=lambda _: None)


def test_a_failure_is_one_line_and_the_others_are_kept(tmp_path):
    one = store(tmp_path)
    with pytest.raises(
        FasnbError, match=r"run pl_uda-casia.*failed: ValueError: loss is not a number; the other results"
    ):
        run_missing(EXPERIMENTS, train, one, {"fail": "pl_uda"}, progress=lambda _: None)
    assert one.missing(EXPERIMENTS) == [make("pl_uda", "casia")]
    assert len(run_missing(EXPERIMENTS, train, one, progress=lambda _: None)) == 4


def test_two_failures_end_it(tmp_path):
    log = tmp_path / "log"
    with pytest.raises(FasnbError, match=r"\(and 1 more\)"):
        run_missing(EXPERIMENTS, train, store(tmp_path), {"fail": "all", "log": log}, progress=lambda _: None)
    assert len(ran(log)) == 2


def test_interrupted_the_store_is_intact_and_the_next_call_goes_on(tmp_path):
    one = store(tmp_path / "s")
    with pytest.raises(KeyboardInterrupt):
        run_missing(EXPERIMENTS, train, one, {"interrupt": "mpl_uda"}, progress=lambda _: None)
    assert one.missing(EXPERIMENTS) == EXPERIMENTS[2:]
    assert not list((tmp_path / "s").glob(".*.lock"))
    assert len(run_missing(EXPERIMENTS, train, one, progress=lambda _: None)) == 4


def test_dead_owners_run_is_taken_over(tmp_path):
    one = store(tmp_path)
    lock = tmp_path / f".{one.stem(MPL)}.lock"
    lock.write_text(json.dumps(asdict(replace(locks.myself(), started="1"))))
    assert len(run_missing([MPL], train, one, progress=lambda _: None)) == 1
    assert not lock.exists()


def test_another_processs_run_is_waited_for(tmp_path):
    """A child holds the lock of the first run and finishes it: this process does the other one alone."""
    one, log, lines = store(tmp_path / "s"), tmp_path / "log", []
    code = (
        "from tests.test_running import *\n"
        f"data = {{'sleep': 1.5, 'log': {str(log)!r}}}\n"
        f"run_missing([MPL], train, store(Path({str(tmp_path / 's')!r})), data)"
    )
    child = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    while not ran(log):
        assert child.poll() is None
        time.sleep(0.02)
    results = run_missing([MPL, EXPERIMENTS[0]], train, one, {"log": log}, progress=lines.append)
    assert child.wait() == 0
    assert len(results) == 2
    assert ran(log) == [MPL.name, EXPERIMENTS[0].name]
    assert "is being computed by process" in lines[0]


def test_several_workers_share_the_runs(tmp_path):
    one, log, lines = store(tmp_path / "s"), tmp_path / "log", []
    data = {"log": str(log), "sleep": 0.2}
    results = run_missing(EXPERIMENTS, train, one, data, workers=2, progress=lines.append)
    assert [r.experiment for r in results] == EXPERIMENTS
    assert sorted(ran(log)) == sorted(e.name for e in EXPERIMENTS)
    rows = [line.split() for line in log.read_text().splitlines()]
    assert len({pid for _, pid, _ in rows}) == 2
    assert {threads for *_, threads in rows} == {str(max(1, (os.cpu_count() or 1) // 2))}
    assert lines[-1].startswith("run ")


def test_workers_that_fail_or_die_lose_only_their_run(tmp_path):
    one = store(tmp_path)
    with pytest.raises(FasnbError, match=r"run pl_uda-casia.*process died with exit code 9"):
        run_missing(EXPERIMENTS, train, one, {"die": "pl_uda"}, workers=2, progress=lambda _: None)
    assert one.missing(EXPERIMENTS) == [make("pl_uda", "casia")]
    with pytest.raises(FasnbError, match="failed: ValueError: loss is not a number"):
        run_missing(
            [*EXPERIMENTS, make("pl", "msu")],
            train,
            one,
            {"fail": "pl_uda"},
            workers=2,
            progress=lambda _: None,
        )
    assert one.missing(EXPERIMENTS) == [make("pl_uda", "casia")]
    assert len(run_missing(EXPERIMENTS, train, one, workers=2, progress=lambda _: None)) == 4


def test_all_workers_dead_ends_it(tmp_path):
    pair = [make("pl_uda", "casia"), make("pl_uda", "msu"), make("pl_uda", "replay")]
    with pytest.raises(FasnbError, match="process died"):
        run_missing(pair, train, store(tmp_path), {"die": "pl_uda"}, workers=2, progress=lambda _: None)


def test_workers_need_an_importable_function(tmp_path):
    with pytest.raises(UsageError, match="importable"):
        run_missing(
            EXPERIMENTS, lambda *_: some_scores(), store(tmp_path), workers=2, progress=lambda _: None
        )


def test_ctrl_c_ends_the_workers_too(tmp_path):
    """The signal reaches the parent only, as when another program sends it."""
    log, folder = tmp_path / "log", tmp_path / "s"
    code = (
        "from tests.test_running import *\n"
        # a background job of a shell starts with the signal ignored
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"data = {{'sleep': 60, 'log': {str(log)!r}}}\n"
        f"run_missing(EXPERIMENTS, train, store(Path({str(folder)!r})), data, workers=2)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True
    )
    while len(ran(log)) < 2:
        assert child.poll() is None
        time.sleep(0.05)
    pids = [int(line.split()[1]) for line in log.read_text().splitlines()]
    child.send_signal(signal.SIGINT)
    assert child.wait(20) != 0
    assert all(locks.started(pid) is None for pid in pids)
    assert store(folder).missing(EXPERIMENTS) == EXPERIMENTS
    assert len(run_missing(EXPERIMENTS[:2], train, store(folder), progress=lambda _: None)) == 2


def trained_once(experiment, profile, data, folder, report):
    """Like training: a checkpoint, then reports while scoring."""
    checkpoint = folder / "checkpoint.safetensors"
    if not checkpoint.exists():
        data.append("trained")
        atomic.write_text(checkpoint, "all steps")
    report(0.95, "last step")
    report(0.97, "scored a set")
    report(1.0, "scored the other set")
    return some_scores()


def test_a_result_that_cannot_be_written_does_not_cost_the_training(tmp_path, monkeypatch):
    one, steps = store(tmp_path / "s"), []
    more = {"data": steps, "checkpoints": tmp_path / "c", "progress": lambda line: None}

    def full(*_, **__):
        raise FasnbError("cannot write x.json: No space left on device; free space")

    with monkeypatch.context() as patch:
        patch.setattr(one, "put", full)
        with pytest.raises(FasnbError, match="No space left"):
            run_missing([MPL], trained_once, one, **more)
    assert len(run_missing([MPL], trained_once, one, **more)) == 1
    assert steps == ["trained"]
    assert list((tmp_path / "c" / one.stem(MPL)).iterdir()) == []


def test_a_checkpoint_that_cannot_be_removed_does_not_cost_the_result(tmp_path, monkeypatch):
    unlink = Path.unlink

    def refused(path, **options):
        if path.name == paths.CHECKPOINT:
            raise OSError("not yours")
        unlink(path, **options)

    one = store(tmp_path / "s")
    more = {"data": [], "checkpoints": tmp_path / "c", "progress": lambda line: None}
    with monkeypatch.context() as patch:
        patch.setattr(one, "put", lambda *_: patch.setattr(Path, "unlink", refused))
        assert running.Job(one, trained_once, [], tmp_path / "c").compute(MPL, lambda part, message: None)
    assert (tmp_path / "c" / one.stem(MPL) / paths.CHECKPOINT).exists()
    assert len(run_missing([MPL], trained_once, one, **more)) == 1


def test_what_kills_left_half_written_is_swept(tmp_path):
    one = store(tmp_path / "s")
    folder = tmp_path / "c" / one.stem(MPL)
    folder.mkdir(parents=True)
    one.folder.mkdir()
    half, other, old = (
        folder / f"{atomic.PART}checkpoint-x.safetensors",
        one.folder / f"{atomic.PART}another-run-x.csv",
        one.folder / f"{atomic.PART}another-run-y.csv",
    )
    for path in (half, other, old):
        path.write_text("half")
    os.utime(old, (1e9, 1e9))
    run_missing([MPL], train, one, checkpoints=tmp_path / "c", progress=lambda line: None)
    assert [path.exists() for path in (half, other, old)] == [False, True, False]


def test_the_lock_of_a_process_killed_after_its_record_goes(tmp_path):
    one = store(tmp_path)
    put(one)
    lock = tmp_path / f".{one.stem(MPL)}.lock"
    lock.write_text(json.dumps(asdict(replace(locks.myself(), started="1"))))
    run_missing([MPL], train, one, progress=lambda line: None)
    assert not lock.exists()


def test_durations_for_people():
    shown = [running.duration(s) for s in (0.2, 45, 99.4, 100, 240, 5969, 7560)]
    assert shown == ["0 s", "45 s", "99 s", "2 min", "4 min", "99 min", "2.1 h"]


def test_time_left_follows_the_pace(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(running.time, "monotonic", lambda: now[0])
    lines = []
    pl, mpl = make("pl", "casia"), make("mpl_uda", "casia")  # cost 2 and 6
    state = Progress([pl, mpl], lines.append)
    assert state.remaining() is None
    state.start(pl)
    now[0] = 20.0
    state.running(pl, 0.5, "step 75")  # 20 s for a cost of 1: 7 are left
    assert lines[-1] == f"run 1/2 {pl.name}: 50 %, step 75, 20 s, about 2 min left"
    assert state.remaining() == pytest.approx(140)
    state.running(pl, 0.6)  # too soon to say again
    assert len(lines) == 1
    now[0] = 40.0
    state.done(pl)
    assert lines[-1].endswith("done, 40 s, about 2 min left")
    state.start(mpl)
    now[0] = 160.0
    state.done(mpl)
    assert lines[-1] == f"run 2/2 {mpl.name}: done, 120 s"[:-5] + "2 min"

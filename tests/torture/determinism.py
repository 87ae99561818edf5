"""determinism: the same seed twice, in this process or by workers, with one thread or two: the same bits."""

from pathlib import Path

import torch

from fasnb import experiments, paths, reproduce
from fasnb.session import Session
from tests.torture import toys
from tests.torture.report import Row

N = 4
METHODS = ("supervised", "pl", "mpl_uda", "attvlad")


def _session(folder: Path, wanted: list) -> None:
    """The runs as a notebook asks for them, one by one; for child processes, whose paths it changes."""
    torch.set_num_threads(1)
    paths.BUILD = folder / "build"
    session = Session(toys.TINY, folder / "results", None)
    vars(session)["_opened"] = (None, toys.store(folder).source)  # the toy faces need no corpus
    session.store.roots = toys.store(folder).roots
    reproduce.TRAIN = toys.TRAIN
    for experiment in wanted:
        session.result(experiment)
    paths.checkpoints(toys.TINY.name).rename(folder / "checkpoints")


def run(n: int, folder: Path, seed: int) -> list[Row]:
    """The runs of `n` methods in each way; a row a way, held where weights, scores and curve are the same."""
    wanted = [experiments.make(method, "casia", seed) for method in METHODS[:n]]
    ways = {
        "first": (toys.run, (wanted,)),
        "the same again": (toys.run, (wanted,)),
        "by 2 workers in place of 1": (toys.run, (wanted, None, 2)),
        "by `session.result` in place of `run_missing`": (_session, (wanted,)),
        "with 2 threads in place of 1": (toys.run, (wanted, None, 1, 2)),
    }
    found, rows = {}, []
    for i, (way, (target, arguments)) in enumerate(ways.items()):
        where = folder / str(i)
        where.mkdir()
        code = toys.finish(toys.child(target, where, *arguments), 900)
        found[way] = [toys.outcome(where, one) for one in wanted] if code == 0 else [f"exit code {code}"] * n
    whole = found.pop("first")
    for way, outcomes in found.items():
        differ = [one.name for one, a, b in zip(wanted, whole, outcomes, strict=True) if a != b]
        text = (
            f"other bits: {', '.join(differ)}" if differ else "weights, scores and learning curves the same"
        )
        rows.append(Row(way, len(wanted), len(wanted) - len(differ), text))
    return rows

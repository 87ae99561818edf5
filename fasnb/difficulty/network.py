"""How hard the databases are for a network: a plain supervised WideResNet with every label, trained long.

At least 300,000 patches pass, so that the figures say something of the data and not of a short training.
"""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from fasnb import metrics, paths, profiles
from fasnb.corpus import Corpus
from fasnb.evaluation import part, threshold_of
from fasnb.experiments import TRAIN_DATABASES, Experiment
from fasnb.intervals import bootstrap_interval
from fasnb.profiles import PAPER_SAMPLES
from fasnb.running import run_missing
from fasnb.runs import Result, Store
from fasnb.scores import answered

STEPS, BATCH = 5_000, 64  # 320,000 patches
EXPERIMENTS = tuple(
    Experiment("supervised", train, (("labelled", PAPER_SAMPLES),)) for train in TRAIN_DATABASES
)


def profile(base: profiles.Profile) -> profiles.Profile:
    """`base` with its network and faces, trained long on all labels."""
    made = profiles.scaled(profiles.PAPER, f"{base.name}-long", STEPS, base.plgf_steps, PAPER_SAMPLES)
    kept = ("scale", "rgb_network", "plgf_network", "train_faces", "test_faces", "plgf_batch", "ema",
            "bn_momentum", "allow_partial")  # fmt: skip
    sizes = {name: getattr(base, name) for name in kept}
    return replace(made, batch=BATCH, mu=1, checkpoint_every=500, seeds=1, **sizes)


def rows(corpus: Corpus, workers: int, say: Callable[[str], None]) -> dict[str, pd.DataFrame]:
    """ "network", "network-media" and "network-curve", from three runs that are computed where missing."""
    found = results(corpus, workers, say)
    return {"network": rates(found), "network-media": media(found), "network-curve": curves(found)}


def results(corpus: Corpus, workers: int, say: Callable[[str], None]) -> list[Result]:
    """The three runs; they and their checkpoints lie below build/."""
    long = profile(corpus.profile)
    store = Store(paths.build(long.name) / "runs", long, corpus.source())
    data = replace(corpus, profile=long)
    checkpoints = paths.checkpoints(long.name)
    return run_missing(EXPERIMENTS, "fasnb.training:train", store, data, workers, say, checkpoints)


def rates(found: list[Result]) -> pd.DataFrame:
    """One row per training and test database: rates per video, each with its 95 % interval over subjects.

    `hter` is at the threshold of the training database (its development or training split), `eer` is of the
    test videos alone.
    """
    out = []
    for result in found:
        train, table = result.experiment.train, result.scores
        threshold = threshold_of(table, train)
        for test in TRAIN_DATABASES:
            seen = answered(part(table, test, "test"))
            s, y, who = (seen[name].to_numpy() for name in ("score", "label", "subject"))
            row = {"train": train, "test": test, "threshold": str(threshold), "videos": len(seen)}
            row |= {"eer": metrics.eer(s, y, f"{test} test")[0], "auc": metrics.auc(s, y)}
            row |= {"hter": metrics.hter(s, y, threshold)}
            for name in ("eer", "hter", "auc"):
                fixed = threshold if name == "hter" else None
                low, high = bootstrap_interval(name, s, y, who, fixed)
                row |= {f"{name}_low": low, f"{name}_high": high}
            out.append(row)
    return pd.DataFrame(out)


def media(found: list[Result]) -> pd.DataFrame:
    """One row per run and attack type of its own database: FAR at its threshold, AUC against live videos."""
    out = []
    for result in found:
        train, table = result.experiment.train, result.scores
        threshold = threshold_of(table, train)
        seen = answered(part(table, train, "test"))
        live = seen[seen["label"] == 1]
        for attack, kind in seen[seen["label"] == 0].groupby("attack"):
            both = pd.concat([live, kind])
            value = metrics.auc(both["score"], both["label"])
            low, high = bootstrap_interval("auc", both["score"], both["label"], both["subject"])
            rate = metrics.far(kind["score"], kind["label"], threshold)
            out.append((train, attack, len(kind), rate, value, low, high))
    return pd.DataFrame(out, columns=["database", "medium", "videos", "far", "auc", "low", "high"])


def curves(found: list[Result]) -> pd.DataFrame:
    """The loss as it fell: database, step, patches, loss."""
    return pd.concat(
        [
            pd.DataFrame(result.extra["curve"])[["step", "loss"]].assign(database=result.experiment.train)
            for result in found
        ],
        ignore_index=True,
    ).assign(patches=lambda frame: frame["step"] * BATCH)

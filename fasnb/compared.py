"""The compared methods beside the paper's own: where a curve runs, what a decision costs, what it gets wrong.

Rows are those of Table 6, the only one that has all methods. Label convention: 1 = live, 0 = attack; a score
is the probability of live; thresholds come from the training database.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fasnb import evaluation, metrics, scores, tables
from fasnb.errors import FasnbError
from fasnb.experiments import OTHERS, TITLES, Experiment
from fasnb.grid import TABLES, Arm
from fasnb.metrics import Threshold
from fasnb.runs import Result, Store

if TYPE_CHECKING:  # a notebook that shows stored numbers need not load them
    from fasnb.faces import FaceSet
    from fasnb.session import Session

#: By title, the paper's own first.
ARMS: dict[str, Arm] = {
    arm.title: arm for arm in sorted(TABLES["t6"].arms, key=lambda arm: arm.key in OTHERS)
}

#: Faces (n, 256, 256, 3) uint8 RGB -> p(live) (n,).
Scorer = Callable[[NDArray[np.uint8]], NDArray[np.floating]]


def scored(store: Store, train: str, seed: int) -> dict[str, pd.DataFrame]:
    """The scores per video of every method trained on `train`, by title, the paper's own first.

    Fused where a row is of two runs. Without the methods that the store lacks; empty where it has none.
    """
    runs = tables.Runs(store)
    found = {title: runs.of_arm(arm, train, seed) for title, arm in ARMS.items()}
    return {title: tables.fused_scores(own) for title, own in found.items() if own}


def det_points(methods: Mapping[str, pd.DataFrame], database: str) -> pd.DataFrame:
    """The DET curves of several methods on a database's test videos: columns curve, apcer, bpcer, threshold.

    `methods` are scores per video by title. FasnbError where one has no test video of it, or of one class.
    """
    parts = []
    for title, table in methods.items():
        seen = scores.answered(evaluation.part(table, database, "test"))
        parts.append(metrics.det_points(seen["score"], seen["label"]).assign(curve=title))
    return pd.concat(parts, ignore_index=True)


def losses(methods: Mapping[str, pd.DataFrame], train: str, test: str) -> pd.DataFrame:
    """Where the error across databases comes from, a row a method, in percent, the largest HTER first.

    Columns: method; within (EER on the training database's test videos); separation (EER on the other's: what
    even the best threshold for it, which nobody has, could not avoid); shift (hter - separation: the price
    of a threshold from home); hter (at the training database's threshold).
    """
    rows = []
    for title, table in methods.items():
        rates = {}
        for short in (train, test):
            seen = scores.answered(evaluation.part(table, short, "test"))
            rates[short] = metrics.eer(seen["score"], seen["label"], f"{short} test")[0]
        hter = metrics.hter(seen["score"], seen["label"], evaluation.threshold_of(table, train))
        rows.append((title, *(100 * rate for rate in (rates[train], rates[test], hter - rates[test], hter))))
    columns = ["method", "within", "separation", "shift", "hter"]
    return pd.DataFrame(rows, columns=columns).sort_values("hter", ascending=False, ignore_index=True)


def mistakes(videos: pd.DataFrame, threshold: Threshold, database: str, count: int) -> pd.DataFrame:
    """The test videos of a database on the wrong side of the threshold, the furthest first.

    At most `count` of each kind: live rejected, then attacks accepted. The columns of scores, and kind and
    distance (from the threshold, > 0, or 0 for an attack that lies on it). Empty where nothing is wrong.
    """
    seen = scores.answered(evaluation.part(videos, database, "test"))
    live, accepted = seen["label"] == 1, seen["score"] >= threshold.value
    seen = seen.assign(distance=(seen["score"] - threshold.value).abs())
    rejected = seen[live & ~accepted].assign(kind="live rejected")
    passed = seen[~live & accepted].assign(kind="attack accepted")
    worst = [part.sort_values("distance", ascending=False, kind="stable") for part in (rejected, passed)]
    return pd.concat([part.head(count) for part in worst], ignore_index=True)


def middle_faces(found: "FaceSet") -> dict[int, int]:
    """The place of each clip's middle face by the clip's number, of clips that have a face."""
    own = {number: np.flatnonzero(found.clip_index == number) for number in range(len(found.clips))}
    return {number: int(faces[len(faces) // 2]) for number, faces in own.items() if len(faces)}


def faces_at(found: "FaceSet", paths: Iterable[str]) -> list[NDArray[np.uint8]]:
    """The middle face (256, 256, 3) of the clips with these paths; FasnbError where one has no face here."""
    place = {found.clips[number].path: middle for number, middle in middle_faces(found).items()}
    wanted = list(paths)
    if lost := [path for path in wanted if path not in place]:
        raise FasnbError(f"{lost[0]}: no face of this clip is kept; run `fasnb run` on these data again")
    return list(found.batch([place[path] for path in wanted])) if wanted else []


def scorer(lab: "Session", arm: Arm, train: str, seed: int) -> Scorer:
    """A row's trained weights as one function, on the processor; two runs are fused by weight (eq. 31).

    A run whose weights are gone is trained again. FasnbError where they are of another version of the method.
    """
    parts = [(_scorer(lab, one), weight) for one, weight in arm.experiments(train, seed)]
    return lambda pictures: np.sum([weight * score(pictures) for score, weight in parts], axis=0)


def _scorer(lab: "Session", experiment: Experiment) -> Scorer:
    import torch

    from fasnb import checkpoints, weights

    path, facts = lab.weights(experiment), {"profile": lab.profile.name, "seed": experiment.seed}
    tensors, name = checkpoints.read(path)[0], experiment.network(lab.profile)
    try:
        return weights.scorer(experiment.branch, name, tensors, torch.device("cpu"), facts)
    except (FasnbError, KeyError, RuntimeError) as error:
        raise FasnbError(f"{path} does not fit {experiment.method}: {error}; delete it, run again") from error


def times(scorers: Mapping[str, Scorer], face: NDArray[np.uint8], runs: int = 20) -> pd.DataFrame:
    """Milliseconds from one stored face (256, 256, 3) to its score: method, ms (median), low, high.

    low and high are quartiles. The methods take turns, so that a change of the machine's speed meets all;
    the first turn is not counted.
    """
    from fasnb import latency

    def once(score: Scorer) -> float:
        begun = time.perf_counter()
        score(face[None])
        return 1000 * (time.perf_counter() - begun)

    timers = {title: partial(once, score) for title, score in scorers.items()}
    for timer in timers.values():
        timer()
    return latency.in_turns(timers, runs, "method")


def training_costs(results: Mapping[str, Iterable[Result]]) -> pd.DataFrame:
    """What training took, a row a method: method, runs, seconds (sum over its runs), parameters, device.

    A fused method's runs count together. Seconds of a run that was stopped and resumed are of its last part.
    """
    rows: list[dict[str, Any]] = []
    for title, own in results.items():
        records = [result.record for result in own]
        extras = [record["extra"] for record in records]
        rows.append(
            {
                "method": title,
                "runs": " + ".join(TITLES[record["settings"]["method"]] for record in records),
                "seconds": sum(extra["seconds"]["train"] for extra in extras),
                "parameters": sum(extra["parameters"] for extra in extras),
                "device": "; ".join(dict.fromkeys(record["device"] for record in records)),
            }
        )
    return pd.DataFrame(rows)

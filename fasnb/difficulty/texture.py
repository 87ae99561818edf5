"""Color-LBP as the reference detector: trained on one database, judged on all three, by medium and camera.

It learns from a training split in seconds and sees nothing but micro-texture, so its errors say more of the
data than of training. Its threshold is the EER's on the development set where there is one; else on the
training split, each video scored by a fit that lacks the video's subject. Rates are fractions.
"""

from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fasnb import metrics, pools
from fasnb.baselines.color_lbp import BINS, PLANES, ColorLbp, histograms
from fasnb.corpus import Corpus
from fasnb.errors import FasnbError
from fasnb.experiments import HAS_DEVEL, TRAIN_DATABASES
from fasnb.faces import FaceSet
from fasnb.intervals import Statistic, bootstrap, bootstrap_interval, interval
from fasnb.metrics import Threshold

FOLDS = 5
RESAMPLES = 1000
OF_ATTACK: tuple[Statistic, ...] = ("far", "auc")
OF_CAMERA: tuple[Statistic, ...] = ("far", "frr", "auc")
_CHUNK = 16  # clips a worker takes at a time

Say = Callable[[str], None]


@dataclass(frozen=True)
class Split:
    """A split as the detector sees it: `x` (N, 354) float32, a row a video, and `videos`, N rows.

    Columns of `videos`: database (short name), split, path, subject, label, attack ("" for live), camera.
    `lost`: clips without a face, of which there is nothing to score.
    """

    x: NDArray[np.float32]
    videos: pd.DataFrame
    lost: int = 0


@dataclass(frozen=True)
class Scored:
    """What a detector trained on `train` says: `tests` as Split.videos of every test split, with score.

    `own`: the videos that set the threshold, with score and fold (-1: not of the training split).
    """

    train: str
    threshold: Threshold
    own: pd.DataFrame
    tests: pd.DataFrame
    lost: dict[str, int]


def features(found: FaceSet, workers: int = 1) -> NDArray[np.float32]:
    """The mean histograms of every clip's faces, (clips, 354) float32; a few clips are held at a time.

    FasnbError where the cache was removed meanwhile or a worker died.
    """
    chunks = np.split(np.arange(len(found.clips)), range(_CHUNK, len(found.clips), _CHUNK))
    if workers == 1 or len(chunks) < 2:
        return np.concatenate([_means(found, chunk) for chunk in chunks])
    try:
        with pools.pool(min(workers, len(chunks))) as pool:
            return np.concatenate(list(pool.map(partial(_means, found), chunks)))
    except BrokenProcessPool as error:
        raise FasnbError("a worker died, perhaps for want of memory; use fewer workers") from error


def _means(found: FaceSet, clips: NDArray) -> NDArray[np.float32]:
    out = np.empty((len(clips), BINS * PLANES), dtype=np.float32)
    for row, clip in enumerate(clips):
        pictures = found.batch(np.flatnonzero(found.clip_index == clip))
        out[row] = np.mean([histograms(picture) for picture in pictures], axis=0)
    return out


def read(corpus: Corpus, workers: int = 1, say: Say | None = None) -> dict[tuple[str, str], Split]:
    """Every split that is trained on, sets a threshold or is tested on, by (database, split)."""
    wanted = [(short, "train", corpus.training_faces(short)) for short in TRAIN_DATABASES]
    for train in sorted(HAS_DEVEL):
        wanted += corpus.scored_faces(train)
    out = {}
    for short, split, found in wanted:
        if say:
            say(f"Color-LBP: {short} {split}, {len(found.clips)} clips")
        rows = [(short, split, c.path, c.subject, c.label, c.attack, c.camera) for c in found.clips]
        names = ["database", "split", "path", "subject", "label", "attack", "camera"]
        out[short, split] = Split(
            features(found, workers), pd.DataFrame(rows, columns=names), len(found.failures)
        )
    return out


def folds(subjects: NDArray, count: int = FOLDS) -> NDArray[np.int64]:
    """The fold of each video, (N,) int64: all videos of a subject share one. Deterministic.

    FasnbError with fewer than two subjects, which leave nothing to fit on.
    """
    from sklearn.model_selection import GroupKFold

    people = len(np.unique(subjects))
    if people < 2:
        raise FasnbError("a threshold from the training split needs two subjects; complete the database")
    out = np.empty(len(subjects), dtype=np.int64)
    for number, (_, rest) in enumerate(GroupKFold(min(count, people)).split(subjects, groups=subjects)):
        out[rest] = number
    return out


def held_out(x: NDArray, labels: NDArray, fold: NDArray) -> NDArray[np.float64]:
    """(N,) scores, each from a fit on the other folds alone."""
    out = np.empty(len(labels))
    for number in np.unique(fold):
        rest = fold == number
        out[rest] = ColorLbp().fit(x[~rest], labels[~rest]).score(x[rest])
    return out


def judge(splits: dict[tuple[str, str], Split], train: str) -> Scored:
    """Fit on one training split, set the threshold without any test video, score every test split."""
    learned = splits[train, "train"]
    labels = learned.videos["label"].to_numpy()
    detector = ColorLbp().fit(learned.x, labels)
    if train in HAS_DEVEL:
        devel = splits[train, "devel"]
        own, where = devel.videos.assign(score=detector.score(devel.x), fold=-1), f"{train} devel"
    else:
        fold = folds(learned.videos["subject"].to_numpy())
        own = learned.videos.assign(score=held_out(learned.x, labels, fold), fold=fold)
        where = f"{train} train, {fold.max() + 1} folds"
    threshold = metrics.eer(own["score"], own["label"], where)[1]
    tests = [part for (_, split), part in splits.items() if split == "test"]
    scored = pd.concat([part.videos.assign(score=detector.score(part.x)) for part in tests])
    lost = {str(part.videos["database"].iloc[0]): part.lost for part in tests}
    return Scored(train, threshold, own, scored.reset_index(drop=True), lost)


@lru_cache(maxsize=1)  # `groups` judges the same scores as `texture`
def scored(corpus: Corpus, workers: int = 1, say: Say | None = None) -> tuple[Scored, ...]:
    """The detectors of all three training databases."""
    splits = read(corpus, workers, say)
    return tuple(judge(splits, train) for train in TRAIN_DATABASES)


def within_and_across(found: tuple[Scored, ...] | list[Scored]) -> pd.DataFrame:
    """One row per training and test database, each rate with its 95 % interval over subjects (_low, _high).

    eer: the least error that any threshold could reach there: separation alone. hter, far, frr: at the
    training database's threshold. shift = hter - eer: what that threshold costs. auc; threshold and where it
    comes from; subjects, videos, without_face.
    """
    rows = []
    for one in found:
        for test, videos in one.tests.groupby("database", sort=False):
            about = {"without_face": one.lost[str(test)]}
            rows.append({"train": one.train, "test": test} | rates(videos, one.threshold) | about)
    return pd.DataFrame(rows)


def rates(videos: pd.DataFrame, threshold: Threshold, n: int = RESAMPLES) -> dict[str, float | str]:
    """The numbers of a row of `within_and_across`; FasnbError where a class is missing."""
    s, y, who = (videos[name].to_numpy() for name in ("score", "label", "subject"))
    eer = metrics.eer(s, y, threshold.where)[0]
    hter = metrics.hter(s, y, threshold)
    values = {"eer": eer, "hter": hter, "auc": metrics.auc(s, y)}
    values |= {"far": metrics.far(s, y, threshold), "frr": metrics.frr(s, y, threshold)}
    out: dict[str, float | str] = {}
    statistics: tuple[Statistic, ...] = ("eer", "hter", "far", "frr", "auc")
    samples: dict[str, NDArray] = {name: bootstrap(name, s, y, who, threshold, n) for name in statistics}
    values["shift"], samples["shift"] = hter - eer, samples["hter"] - samples["eer"]  # the same resamples
    for name in ("eer", "hter", "shift", "far", "frr", "auc"):
        out[name] = values[name]
        out[f"{name}_low"], out[f"{name}_high"] = interval(samples[name])
    out |= {"threshold": threshold.value, "where": threshold.where}
    return out | {"subjects": len(np.unique(who)), "videos": len(videos)}


def by_medium(found: tuple[Scored, ...] | list[Scored], n: int = RESAMPLES) -> pd.DataFrame:
    """One row per training and test database and kind of attack, and per camera.

    by: "attack" (its videos against all live ones) or "camera" (all that it filmed); value: which. far and,
    of a camera, frr at the training database's threshold, and auc, each with _low and _high; subjects,
    videos (of the attack or camera). NaN where a class is missing.
    """
    rows = []
    for one in found:
        for test, videos in one.tests.groupby("database", sort=False):
            live = videos[videos["label"] == 1]
            attacks = videos[videos["label"] == 0].groupby("attack")
            parts = [("attack", value, pd.concat([live, part])) for value, part in attacks]
            parts += [("camera", value, part) for value, part in videos.groupby("camera")]
            for by, value, part in parts:
                kinds = OF_ATTACK if by == "attack" else OF_CAMERA
                about = {"train": one.train, "test": test, "by": by, "value": value}
                counted = part[part["label"] == 0] if by == "attack" else part
                sizes = {"subjects": counted["subject"].nunique(), "videos": len(counted)}
                rows.append(about | _with_intervals(kinds, part, one.threshold, n) | sizes)
    return pd.DataFrame(rows)


def _with_intervals(
    kinds: tuple[Statistic, ...], part: pd.DataFrame, threshold: Threshold, n: int
) -> dict[str, float]:
    s, y, who = (part[name].to_numpy() for name in ("score", "label", "subject"))
    whole = {
        "far": metrics.far(s, y, threshold),
        "frr": metrics.frr(s, y, threshold),
        "auc": metrics.auc(s, y),
    }
    out: dict[str, float] = {}
    for kind in kinds:
        low, high = bootstrap_interval(kind, s, y, who, threshold, n)
        out |= {kind: whole[kind], f"{kind}_low": low, f"{kind}_high": high}
    return out


def rows(corpus: Corpus, workers: int = 1, say: Say | None = None) -> dict[str, pd.DataFrame]:
    """The tables "texture" (within and across) and "media"."""
    found = scored(corpus, workers, say)
    return {"texture": within_and_across(found), "media": by_medium(found)}

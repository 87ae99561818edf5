"""The table of a run's scores: one row per video, kept as CSV beside the run's record.

Columns: database (short name), path (official, below the database's root), split, subject, label (1 live, 0
attack), attack, camera, light, n_frames (frames with a face), score (mean of the frames' scores, empty
without a face), frames (those scores, space separated).
"""

import io
from pathlib import Path

import numpy as np
import pandas as pd

from fasnb.errors import FasnbError

COLUMNS = (
    "database",
    "path",
    "split",
    "subject",
    "label",
    "attack",
    "camera",
    "light",
    "n_frames",
    "score",
    "frames",
)
_TEXT = ("database", "path", "split", "attack", "camera", "light", "frames")
_REMEDY = "delete the run's files and it will be computed again"


def check(table: pd.DataFrame, source: str = "scores") -> pd.DataFrame:
    """The table with typed columns in order; FasnbError names the clip whose row cannot be right.

    A video without a face (n_frames 0) has no score: it is a non-response, kept but not an error.
    """
    lacking = [name for name in COLUMNS if name not in table]
    if lacking:
        raise FasnbError(f"{source}: column {lacking[0]} is missing; {_REMEDY}")
    table = table.loc[:, list(COLUMNS)].reset_index(drop=True)
    for name in _TEXT:
        table[name] = table[name].fillna("").astype(str)
    try:
        table = table.astype({"subject": "int64", "label": "int64", "n_frames": "int64", "score": "float64"})
    except (TypeError, ValueError, OverflowError) as error:
        raise FasnbError(f"{source}: a row holds what is no number ({error}); {_REMEDY}") from error
    twice = table.duplicated(["database", "path"])
    bad = table["score"].isna() & (table["n_frames"] > 0)
    for wrong, what in (
        (twice, "appears twice"),
        (~table["label"].isin((0, 1)), "has a label that is neither 1 (live) nor 0 (attack)"),
        (bad, "has a score that is not a number"),
        (np.isinf(table["score"]), "has a score that is not a number"),
        (table["n_frames"] < 0, "has fewer than no frames"),
        ((table["n_frames"] == 0) & table["score"].notna(), "has a score but no frames"),
    ):
        if wrong.any():
            clip = table.iloc[int(wrong.to_numpy().argmax())]
            raise FasnbError(f"{source}: {clip['database']}/{clip['path']} {what}; {_REMEDY}")
    return table


def to_csv(table: pd.DataFrame, source: str = "scores") -> str:
    """The table as CSV text; scores keep 9 significant digits (float32 exactly). Errors as in `check`."""
    return check(table, source).to_csv(index=False, float_format="%.9g", lineterminator="\n")


def from_csv(content: bytes, path: Path) -> pd.DataFrame:
    """The table back from CSV; FasnbError names the file where it is damaged."""
    try:
        table = pd.read_csv(io.BytesIO(content), dtype=dict.fromkeys(_TEXT, str), keep_default_na=False,
                            na_values={"score": [""]})  # fmt: skip
    except (ValueError, UnicodeDecodeError) as error:  # pandas' parser errors are ValueErrors
        raise FasnbError(f"{path} is damaged ({str(error).splitlines()[0]}); {_REMEDY}") from error
    table = check(table, str(path))
    per_frame(table, str(path))  # the scores of its frames are read later, far from the file's name
    return table


def answered(table: pd.DataFrame) -> pd.DataFrame:
    """The videos in which a face was found; the others are non-responses, to be reported apart."""
    return table[table["n_frames"] > 0]


def per_frame(table: pd.DataFrame, source: str = "scores") -> pd.DataFrame:
    """One row per frame: the video's columns, its frame's score, `frame` counting from 0.

    FasnbError names source and clip where frames do not agree with n_frames or are no numbers.
    """
    rows = answered(check(table, source))
    values = [np.array(text.split(), dtype=str) for text in rows["frames"]]
    for (_, clip), found in zip(rows.iterrows(), values):
        if len(found) != clip["n_frames"]:
            name = f"{source}: {clip['database']}/{clip['path']}"
            raise FasnbError(
                f"{name}: {len(found)} frame scores where n_frames is {clip['n_frames']}; {_REMEDY}"
            )
    long = rows.loc[rows.index.repeat(rows["n_frames"])].drop(columns="frames").reset_index(drop=True)
    text = np.concatenate(values) if values else np.array([], dtype=str)
    long["score"] = pd.to_numeric(pd.Series(text), errors="coerce").astype(float)
    long["frame"] = np.concatenate([np.arange(len(v)) for v in values]) if values else np.array([], dtype=int)
    none = ~np.isfinite(long["score"].to_numpy())
    if none.any():
        clip = long.iloc[int(none.argmax())]
        name = f"{source}: {clip['database']}/{clip['path']}"
        raise FasnbError(f"{name}: frame {clip['frame']} has no number; {_REMEDY}")
    return long


def per_video(frames: pd.DataFrame) -> pd.DataFrame:
    """One row per video from one per frame (columns database ... light, score): the mean of its frames."""
    if frames["score"].isna().any():
        clip = frames.iloc[int(frames["score"].isna().to_numpy().argmax())]
        raise FasnbError(
            f"{clip['database']}/{clip['path']}: a frame's score is not a number; score it again"
        )
    keys = ["database", "path"]
    kept = [name for name in COLUMNS if name not in (*keys, "n_frames", "score", "frames")]
    groups = frames.groupby(keys, sort=False)
    videos = groups[kept].first()
    videos["n_frames"] = groups.size()
    videos["score"] = groups["score"].mean()
    videos["frames"] = groups["score"].agg(lambda s: " ".join(f"{v:.9g}" for v in s))
    return videos.reset_index()[list(COLUMNS)]


def fuse(tables: list[tuple[pd.DataFrame, float]]) -> pd.DataFrame:
    """Eq. 31 per video: the weighted sum of the scores of several runs over the same videos.

    Joined by database and path. A video that one run could not score is a non-response of the fusion. Frame
    scores are fused where the frames agree in number, else left out. FasnbError where the runs scored
    different videos.
    """
    first = check(tables[0][0]).set_index(["database", "path"])
    total = first["score"] * tables[0][1]
    frames = [first["frames"]]
    for table, weight in tables[1:]:
        other = check(table).set_index(["database", "path"])
        if len(lone := first.index.symmetric_difference(other.index)):
            raise FasnbError(
                f"cannot fuse: {len(lone)} videos were scored by one branch only, first {'/'.join(lone[0])}; "
                "run both branches on the same data"
            )
        total = total + other["score"].reindex(first.index) * weight
        frames.append(other["frames"].reindex(first.index))
    fused = first.assign(score=total)
    fused.loc[total.isna(), "n_frames"] = 0
    weights = [weight for _, weight in tables]
    fused["frames"] = [_fused_frames(texts, weights) for texts in zip(*frames)]
    return fused.reset_index()[list(COLUMNS)]


def _fused_frames(texts: tuple[str, ...], weights: list[float]) -> str:
    parts = [np.array(text.split(), dtype=float) for text in texts]
    if len({len(part) for part in parts}) > 1:
        return ""
    return " ".join(f"{v:.9g}" for v in np.tensordot(weights, np.stack(parts), axes=1))

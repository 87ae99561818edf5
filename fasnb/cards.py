"""Writes weights folders: a pair of trained networks, what they are, how well they do, what they are not for.

The store's runs are the source. Of a method of the paper the folder holds the RGB network and AttVLAD's,
fused as in eq. 31; of AttVLAD, or of a compared method, its one network.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fasnb import (
    atomic,
    card_text,
    detector,
    evaluation,
    layouts,
    metrics,
    paths,
    scores,
    video,
    weights,
)
from fasnb.errors import FasnbError
from fasnb.experiments import TITLES, Experiment
from fasnb.grid import FUSION
from fasnb.intervals import bootstrap_interval
from fasnb.runs import Result, Store

#: Scores of weights kept as float16 may differ by this much from those of float32.
SAME = 1e-3
_CHECKED = 24  # faces that float16 is checked on
_ENOUGH = 8  # fewer prove nothing


@dataclass(frozen=True)
class Made:
    """A card before it is written: its facts, and the tensors of each of its files."""

    facts: dict[str, Any]
    files: dict[str, bytes]


def parts(method: str, train: str, seed: int) -> list[tuple[Experiment, float]]:
    """The runs behind a method's weights, each with its share of p(live); UsageError for unknown names."""
    one = Experiment(method, train, (), seed)
    if one.branch != "rgb":
        return [(one, 1.0)]
    return list(zip((one, Experiment("attvlad", train, (), seed)), FUSION))


def weights_of(result: Result, store: Store) -> Path:
    """Where the network of a run was left."""
    return paths.trained(store.profile.name, result.path.stem)


def _kept(store: Store, wanted: list[Experiment]) -> list[Result]:
    """The newest results, all of the same data, whose networks are still there; the current ones first."""
    found = []
    for one in wanted:
        current = store.get(one) if store.source else None
        there = [r for r in [current, *store.find(one)] if r is not None and weights_of(r, store).exists()]
        if not there:
            raise FasnbError(
                f"no trained network of {one.name} lies in {paths.checkpoints(store.profile.name)}; "
                f"run `fasnb run --profile {store.profile.name}` (delete the result first, if it is there)"
            )
        found.append(there)
    for first in found[0]:
        same = [[r for r in there if r.record["data"] == first.record["data"]] for there in found]
        if all(same):
            return [there[0] for there in same]
    raise FasnbError(f"the networks of {' and '.join(map(str, wanted))} saw different data; run both again")


def make(store: Store, method: str, train: str, seed: int = 0, root: Path | None = None) -> Made:
    """The card and files of a method's networks, from the results of a store.

    `root` holds the databases, for the faces on which float16 is checked (default: the profile's; where it
    has none, weights stay float32). UsageError for unknown names; FasnbError where a run or its network is
    missing.
    """
    both = parts(method, train, seed)
    results = _kept(store, [one for one, _ in both])
    table = scores.fuse([(result.scores, share) for result, (_, share) in zip(results, both)])
    faces = some_faces(table, train, root or paths.data_root(store.profile.scale))
    branches, files = [], {}
    for result, (one, share) in zip(results, both):
        source = weights_of(result, store)
        content, dtype, difference = compact(one, store, source, faces)
        file = f"{one.branch}.safetensors"
        files[file] = content
        branches.append(
            _branch(result, share, store)
            | {"file": file, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            | {"dtype": dtype, "float16_changes_scores_by": difference}
        )
    flags = f"--profile {store.profile.name}"
    again = [f"fasnb run {flags}", f"fasnb card {flags} --train {train} --method {method} --seed {seed}"]
    return Made(facts_of(table, branches, store, again), files)


def write(made: Made, out: Path) -> Path:
    """Write the folder, the card last: where it is, the rest is. Returns the folder."""
    for name, content in made.files.items():
        atomic.write_bytes(out / name, content)
    atomic.write_text(out / "card.md", card_text.markdown(made.facts))
    atomic.write_text(out / weights.CARD, json.dumps(made.facts, indent=1, allow_nan=False) + "\n")
    return out


def beside(store: Store, results: list[Result]) -> list[Path]:
    """Write card.json and card.md beside the weights of single runs that lack them; the new cards.

    Runs whose network is not on this machine are passed over, and committed networks.
    """
    new = []
    for result in results:
        file = paths.left(store.profile.name, result.path.stem)
        if not file.exists() or _newer(file.parent / weights.CARD, file):
            continue
        content = file.read_bytes()
        branch = _branch(result, 1.0, store) | {"file": file.name, "bytes": len(content), "dtype": "float32"}
        branch |= {"sha256": hashlib.sha256(content).hexdigest(), "float16_changes_scores_by": None}
        again = [f"fasnb run --profile {store.profile.name}"]
        write(Made(facts_of(result.scores, [branch], store, again), {}), file.parent)
        new.append(file.parent / weights.CARD)
    return new


def _newer(card: Path, file: Path) -> bool:
    return card.exists() and card.stat().st_mtime >= file.stat().st_mtime


def _branch(result: Result, share: float, store: Store) -> dict[str, Any]:
    record, one = result.record, result.experiment
    return {
        "branch": one.branch,
        "network": one.network(store.profile),
        "weight": share,
        "parameters": record["extra"].get("parameters"),
        "experiment": one.name,
        "key": record["key"],
        "data": record["data"],
        **{name: record.get(name) for name in ("device", "finished", "torch", "code", "settings")},
        "precision": record["extra"].get("precision"),
    }


def facts_of(
    table: pd.DataFrame, branches: list[dict[str, Any]], store: Store, reproduce: list[str]
) -> dict[str, Any]:
    """card.json's content: what was trained on what, its threshold, how well it does within and across.

    `table`: the (fused) scores per video of these networks; `branches`: one entry a network.
    """
    first = branches[0]
    settings, data = first["settings"], first["data"]
    method, train, seed = settings["method"], settings["train"], settings["seed"]
    titles = [TITLES[one["settings"]["method"]] for one in branches]
    threshold = evaluation.threshold_of(table, train)
    return {
        "schema": weights.SCHEMA,
        "title": f"{' + '.join(titles)}, trained on {train}, {data['source']} data, profile "
        f"{store.profile.name}, seed {seed}",
        **{"method": method, "train": train, "profile": store.profile.name, "seed": seed, "data": data},
        "branches": branches,
        "threshold": {"value": threshold.value, "where": threshold.where, "rule": threshold.rule},
        "faces": {"detector": detector.CASCADE, "margin": detector.MARGIN, "size": detector.SIZE},
        "metrics": [
            measured(table, train, test, threshold) for test in layouts.SHORT if _tested(table, test)
        ],
        "intended_use": card_text.INTENDED,
        "limits": card_text.limits(data["source"], train, store.profile.name),
        "reproduce": reproduce,
    }


def _tested(table: pd.DataFrame, test: str) -> bool:
    return bool(((table["database"] == test) & (table["split"] == "test") & (table["n_frames"] > 0)).any())


def measured(table: pd.DataFrame, train: str, test: str, threshold: metrics.Threshold) -> dict[str, Any]:
    """Rates in percent on a test split at the training database's threshold, with 95 % intervals over
    subjects; None for what cannot be counted.
    """
    rows = evaluation.part(table, test, "test")
    seen = scores.answered(rows)
    s, y, who, kinds = (seen[name].to_numpy() for name in ("score", "label", "subject", "attack"))
    values: dict[str, Any] = {"test": test, "within": test == train}
    values |= {"videos": len(seen), "subjects": len(np.unique(who)), "without_face": len(rows) - len(seen)}
    if len(np.unique(y)) == 2:
        values["eer"] = [100 * metrics.eer(s, y)[0], *_percent(bootstrap_interval("eer", s, y, who))]
    for name in ("hter", "far", "frr"):
        rate = {"hter": metrics.hter, "far": metrics.far, "frr": metrics.frr}[name](s, y, threshold)
        values[name] = [100 * rate, *_percent(bootstrap_interval(name, s, y, who, threshold))]
    values["auc"] = [metrics.auc(s, y), *bootstrap_interval("auc", s, y, who)]
    rates = metrics.apcer_by_type(s, y, kinds, threshold)
    values["apcer_by_type"] = {str(kind): round(100 * float(rate), 2) for kind, rate in rates.items()}
    return {name: _plain(value) for name, value in values.items()}


def _percent(interval: tuple[float, float]) -> list[float]:
    return [100 * end for end in interval]


def _plain(value: Any) -> Any:
    """Lists rounded, with None for NaN, which JSON does not have."""
    if isinstance(value, list):
        return [None if np.isnan(x) else round(float(x), 4) for x in value]
    return value


def some_faces(table: pd.DataFrame, train: str, root: Path) -> NDArray[np.uint8] | None:
    """Faces (n, 256, 256, 3) of videos of the split that sets the threshold, as many live as attack where
    they are there; None where `root` has too few of them.
    """
    rows = evaluation.part(table, train, evaluation.threshold_split(train))
    halves = [rows[rows["label"] == label]["path"].head(_CHECKED // 2) for label in (1, 0)]
    faces = []
    for path in pd.concat(halves):
        file = root / layouts.SHORT[train] / path
        if file.exists():
            for _, picture in video.frames(file, 1):
                if (box := detector.detect(picture)) is not None:
                    faces.append(detector.crop(picture, box))
    return np.stack(faces) if len(faces) >= _ENOUGH else None


def compact(
    one: Experiment, store: Store, source: Path, faces: NDArray[np.uint8] | None
) -> tuple[bytes, str, float | None]:
    """A network's file as small as its scores allow: (content, dtype, largest change of a score by float16).

    Tensors of two or more dimensions become float16 where no score of `faces` changes by more than SAME;
    else, without faces, and for compared methods, the file stays as it is, with None for a change not looked
    for. FasnbError where the file is damaged.
    """
    import torch
    from safetensors.torch import save

    from fasnb import checkpoints

    tensors, numbers = checkpoints.read(source)
    content = source.read_bytes()
    if faces is None or one.branch == "other":
        return content, "float32", None
    small = {name: t.half() if t.dim() >= 2 and t.is_floating_point() else t for name, t in tensors.items()}
    network, where = one.network(store.profile), torch.device("cpu")
    before, after = (
        weights.scorer(one.branch, network, which, where, {})(faces) for which in (tensors, small)
    )
    change = float(np.abs(before - after).max())
    if not change <= SAME:  # NaN too
        return content, "float32", round(change, 6)
    return save(small, {"fasnb": json.dumps(numbers)}), "float16", round(change, 6)

"""The committed results of other profiles, to be shown beside a profile's own."""

import hashlib
from collections.abc import Iterable

import pandas as pd

from fasnb import paths, tables
from fasnb.experiments import Experiment
from fasnb.grid import Arm
from fasnb.profiles import PROFILES
from fasnb.runs import Result, Store


def stores(own: Store) -> list[Store]:
    """A profile's own store, then the committed one of every other profile that has results.

    The others are read without their data: their numbers are shown, not checked.
    """
    others = [name for name in PROFILES if name not in (own.profile.name, "smoke")]
    found = [Store(paths.store(name), PROFILES[name]) for name in others]
    return [own, *(store for store in found if store.files())]


def build(name: str, several: list[Store]) -> list[pd.DataFrame]:
    """A table of each store (`tables.build`): the first always, the others where a number is there."""
    frames = [tables.build(name, store) for store in several]
    return frames[:1] + [frame for frame in frames[1:] if frame["value"].notna().any()]


def digest() -> str:
    """A digest of all committed records, of every profile, and of how hard the databases are.

    Of their names and contents; a record holds the checksum of its scores.
    """
    total = hashlib.sha256()
    for path in sorted((paths.ROOT / "results").rglob("*.json")):
        total.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def scores(own: Store, arm: Arm, train: str, seed: int) -> dict[str, tuple[pd.DataFrame, str]]:
    """The scores per video of one arm and where they are from ("simulated data, profile lite"), by profile.

    Of the other profiles only, and of those that have the arm's runs; fused where it is of two.
    """
    found = {}
    for store in stores(own)[1:]:
        if runs := tables.Runs(store).of_arm(arm, train, seed):
            where = _caption({run.record["data"]["source"] for run, _ in runs}, store.profile.name)
            found[store.profile.name] = (tables.fused_scores(runs), where)
    return found


def trained(own: Store, wanted: Iterable[Experiment]) -> tuple[Store, list[Result]] | None:
    """The results of several runs whose trained networks (`paths.trained`) are here, and their store.

    The own store's current ones, else those of the first committed profile that has them all, else None.
    """
    runs = list(wanted)
    for store in stores(own):
        found = [store.get(one) if store.source else store.best(one) for one in runs]
        there = [one for one in found if one and paths.trained(store.profile.name, one.path.stem).exists()]
        if len(there) == len(runs):
            return store, there
    return None


def origin(frame: pd.DataFrame) -> str:
    """Where a table's numbers are from, for a caption: "simulated data, profile lite"."""
    kinds = {kind for text in frame["source"].dropna() for kind in text.split()}
    return _caption(kinds, frame["profile"].iloc[0])


def _caption(kinds: set[str], profile: str) -> str:
    return f"{' and '.join(sorted(kinds)) or 'no'} data, profile {profile}"

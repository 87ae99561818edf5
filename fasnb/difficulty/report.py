"""The parts of the difficulty report: computed where missing, kept as CSV with where they come from.

A part's tables are computed again when the data or the code behind them changed. `provenance.json` beside
them holds, for each part, its key and what it hangs on.
"""

import hashlib
import importlib
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from fasnb import atomic, paths, provenance
from fasnb.corpus import Corpus
from fasnb.difficulty import NotOfThese
from fasnb.errors import FasnbError, UsageError
from fasnb.runs import Source

Say = Callable[[str], None]
Tables = dict[str, pd.DataFrame]
#: Name -> module, and its function of (corpus, workers, say) that returns the tables by file name.
PARTS: dict[str, tuple[str, str]] = {
    "leaks": ("fasnb.difficulty.clues", "rows"),
    "texture": ("fasnb.difficulty.texture", "rows"),
    "groups": ("fasnb.difficulty.groups", "rows"),
    "stages": ("fasnb.difficulty.stages", "rows"),
    "clear": ("fasnb.difficulty.clear", "rows"),
    "network": ("fasnb.difficulty.network", "rows"),
}
#: The parts that take minutes at most.
QUICK = ("leaks", "texture", "groups")
RECORD = "provenance.json"
_LIBRARIES = ("scikit-image", "scipy")


def folder_of(profile: str) -> Path:
    """Where a profile's tables lie: committed, but for smoke."""
    return paths.store(profile).parent / "difficulty" / profile


@dataclass(frozen=True)
class Report:
    """The report of one profile's data in a folder."""

    folder: Path
    corpus: Corpus
    source: Source

    def key(self, name: str) -> str:
        """The hash of what a part's numbers depend on: data, profile, the code behind it."""
        module = PARTS[name][0]
        parts = (name, self.source.kind, self.source.digest, self.corpus.profile.name)
        return hashlib.sha256("\n".join([*parts, provenance.code_digest((module,))]).encode()).hexdigest()

    def kept(self, name: str) -> Tables | None:
        """A part's tables where they are there and of the present data and code, else None."""
        record = record_of(self.folder).get(name)
        if record is None or record["key"] != self.key(name):
            return None
        if not all((self.folder / f"{stem}.csv").exists() for stem in record["tables"]):
            return None
        return {stem: read(self.folder / f"{stem}.csv") for stem in record["tables"]}

    def compute(self, name: str, workers: int, say: Say) -> Tables:
        """A part's tables, computed and kept."""
        module, function = PARTS[name]
        begun = time.monotonic()
        found: Tables = getattr(importlib.import_module(module), function)(self.corpus, workers, say)
        for stem, table in found.items():
            text = table.to_csv(index=False, float_format="%.6g", lineterminator="\n")
            atomic.write_text(self.folder / f"{stem}.csv", text)
        record = {"key": self.key(name), "tables": list(found), **self.origin}
        record["finished"] = datetime.now(UTC).isoformat(timespec="seconds")
        record["wall_s"] = round(time.monotonic() - begun, 1)
        everything = record_of(self.folder) | {name: record}
        atomic.write_text(self.folder / RECORD, json.dumps(everything, indent=1, sort_keys=True) + "\n")
        return {stem: read(self.folder / f"{stem}.csv") for stem in found}

    @cached_property
    def origin(self) -> dict[str, Any]:
        """What the numbers come from besides the part itself."""
        markers = {short: database.marker for short, database in self.corpus.databases.items()}
        return {
            "profile": self.corpus.profile.name,
            "data": {"source": self.source.kind, "digest": self.source.digest},
            "seeds": {short: marker["seed"] if marker else None for short, marker in markers.items()},
            "versions": provenance.versions() | {name: provenance.version(name) for name in _LIBRARIES},
            "processor": provenance.processor(),
            "revision": provenance.revision(),
        }


def chosen(only: Iterable[str]) -> tuple[str, ...]:
    """These parts' names; UsageError for an unknown one."""
    only = tuple(only)
    for name in only:
        if name not in PARTS:
            raise UsageError(f"unknown part {name!r}; choose from {', '.join(PARTS)}")
    return only


def run(
    report: Report,
    only: Iterable[str] = (),
    workers: int = 1,
    again: bool = False,
    say: Say = lambda line: None,
    lenient: bool = False,
) -> Tables:
    """The tables of the QUICK parts, or of `only` these, by file name; what is kept is not computed again.

    UsageError for an unknown part. A part that cannot be had of these data is left out, and said so, if none
    was named or `lenient`; else it is a FasnbError.
    """
    only = chosen(only)
    out: Tables = {}
    for name in only or [name for name in PARTS if name in QUICK]:
        found = None if again else report.kept(name)
        try:
            say(f"{name}: {'kept' if found is not None else 'computing'}")
            out |= report.compute(name, workers, say) if found is None else found
        except NotOfThese as error:
            if only and not lenient:
                raise
            say(f"{name} is left out: {error}")
    return out


def record_of(folder: Path) -> dict[str, Any]:
    """The record of every part in a folder; empty where there is none. FasnbError where it is damaged."""
    path = folder / RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if not all({"key", "tables"} <= set(part) for part in record.values()):
            raise ValueError("a part lacks its key or tables")
        return record
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise FasnbError(f"{path} is damaged ({error}); delete it, it will be computed again") from error


def read(path: Path) -> pd.DataFrame:
    """A kept table; FasnbError where it is damaged."""
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:  # pandas' parser errors are ValueErrors
        told = str(error).splitlines()[0]
        raise FasnbError(f"{path} is damaged ({told}); delete it, it will be computed again") from error
    return table.assign(stage=table["stage"].fillna("")) if "stage" in table else table


#: The columns that a short print of a table keeps.
_SHORT = {
    "leaks-single": ["database", "medium", "statistic", "auc", "low", "high"],
    "texture": ["train", "test", "eer", "hter", "hter_low", "hter_high", "shift", "far", "frr", "auc"],
    "media": ["train", "test", "by", "value", "far", "far_low", "far_high", "frr", "auc", "videos"],
}


def as_text(tables: Tables, goals: pd.DataFrame) -> str:
    """The tables in short, for reading, and the goals that they decide; of single leaks the ten largest."""
    parts = []
    for name, table in tables.items():
        shown = table[_SHORT.get(name, list(table))]
        if name == "leaks-single":
            shown = shown.sort_values("auc", key=lambda auc: -(auc - 0.5).abs()).head(10)
        parts.append(f"{name}\n{shown.round(3).to_string(index=False)}")
    if len(goals):
        parts.append(f"goals\n{goals.round(3).to_string(index=False)}")
    return "\n\n".join(parts)


def as_json(tables: Tables, folder: Path) -> str:
    """{"tables": {name: rows}, "provenance": {part: record}}; a missing number is null."""
    rows = {name: json.loads(table.to_json(orient="records")) for name, table in tables.items()}
    return json.dumps({"tables": rows, "provenance": record_of(folder)}, indent=1)


def load(profile: str, folder: Path | None = None) -> Tables:
    """Every kept table of a profile by file name, whatever data and code it is of; {} where there is none."""
    return {path.stem: read(path) for path in sorted((folder or folder_of(profile)).glob("*.csv"))}

"""The results store: one JSON per run and its per-video scores as CSV beside it.

A run's file is `<experiment name>-<first 8 digits of its key>.json`. The key is the SHA-256 of everything
that can change the number: the experiment's settings, the profile's sizes, the data and their source, the
code that computes it, torch's version. So results of other code or data stand beside, never in place of,
the current ones.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from fasnb import atomic, provenance, scores
from fasnb.errors import FasnbError, UsageError
from fasnb.experiments import METHODS, Experiment, parse
from fasnb.profiles import Profile

SCHEMA = 1
_TEXTS = ("experiment", "key", "profile", "code", "torch", "device", "finished", "scores_sha256")
_FIELDS = {"schema": int, **dict.fromkeys(_TEXTS, str), "settings": dict, "data": dict, "wall_s": int | float}
_REMEDY = "delete it (.json and .csv) and it will be computed again"


@dataclass(frozen=True)
class Source:
    """The data of a run: `kind` simulated | real | mixed, `digest` of everything read from them.

    Simulated databases may go by the digest of another copy of the same recipe (fasnb.recipes); `copy` is
    then the digest of the one that is read here. It is recorded, and is no part of a run's key.
    """

    kind: str
    digest: str
    copy: str = ""

    def __post_init__(self) -> None:
        """Raise UsageError for an unknown kind."""
        if self.kind not in ("simulated", "real", "mixed"):
            raise UsageError(f"unknown data source {self.kind!r}; choose simulated, real or mixed")


@dataclass(frozen=True)
class Result:
    """A finished run: its record (the JSON's content) and where it lies."""

    record: dict[str, Any]
    path: Path

    @cached_property
    def experiment(self) -> Experiment:
        """The experiment it is a result of."""
        return parse(self.record["experiment"])

    @property
    def key(self) -> str:
        """The hash of everything that can change the number."""
        return self.record["key"]

    @cached_property
    def scores(self) -> pd.DataFrame:
        """The scores per video (columns in `fasnb.scores`); FasnbError where the CSV is damaged."""
        return scores.from_csv(_scores_of(self.path, self.record), self.path.with_suffix(".csv"))

    @property
    def extra(self) -> dict[str, Any]:
        """What training reported beside the scores: losses, steps per second ..."""
        return self.record.get("extra", {})


def _scores_of(path: Path, record: dict[str, Any]) -> bytes:
    """The CSV's bytes, checked against the record."""
    file = path.with_suffix(".csv")
    try:
        content = file.read_bytes()
    except OSError as error:
        raise FasnbError(f"{file} cannot be read ({error.strerror}); {_REMEDY}") from error
    if hashlib.sha256(content).hexdigest() != record["scores_sha256"]:
        raise FasnbError(f"{file} is damaged: it does not belong to {path.name}; {_REMEDY}")
    return content


def read(path: Path) -> Result:
    """A result from its JSON; FasnbError names the file, what is wrong, and the remedy."""
    try:
        record = json.loads(path.read_bytes())
        for name, kind in _FIELDS.items():
            if not isinstance(record, dict) or name not in record:
                raise ValueError(f"{name} is missing")
            if not isinstance(record[name], kind):
                raise ValueError(f"{name} is {str(record[name])[:40]!r}")
        for name in ("source", "digest"):
            if not isinstance(record["data"][name], str):
                raise ValueError(f"data {name} is {str(record['data'][name])[:40]!r}")
        if not isinstance(record.get("extra", {}), dict):
            raise ValueError("extra holds no names")
        if record["schema"] != SCHEMA:
            raise ValueError(f"it has layout {record['schema']}, not {SCHEMA}")
        if path.stem != f"{parse(record['experiment']).name}-{record['key'][:8]}":
            raise ValueError(f"it holds the run {record['experiment']}, key {record['key'][:8]}")
    except OSError as error:
        raise FasnbError(f"{path} cannot be read ({error.strerror}); {_REMEDY}") from error
    except KeyError as error:
        raise FasnbError(f"{path} is damaged: {error.args[0]} is missing; {_REMEDY}") from error
    except (ValueError, TypeError, RecursionError, UsageError) as error:
        raise FasnbError(f"{path} is damaged: {error}; {_REMEDY}") from error
    return Result(record, path)


class Store:
    """The results in a folder, seen from one profile and (where known) one data source and the present code.

    Without a source nothing can be computed or looked up by key, but everything can be read: `best`,
    `results`.
    """

    def __init__(
        self,
        folder: Path,
        profile: Profile,
        source: Source | None = None,
        roots: tuple[str, ...] = (),
    ) -> None:
        """`roots`: the modules whose code numbers depend on, in place of the experiments' own."""
        self.folder, self.profile, self.source, self.roots = Path(folder), profile, source, roots
        self._digests: dict[tuple[str, ...], str] = {}

    def code(self, experiment: Experiment) -> str:
        """The digest of the code behind an experiment's numbers."""
        roots = self.roots or experiment.code
        if roots not in self._digests:
            self._digests[roots] = provenance.code_digest(roots)
        return self._digests[roots]

    def settings(self, experiment: Experiment) -> dict[str, Any]:
        """Every setting of a run that can change its number, resolved for the profile."""
        sizes: dict[str, Any] = self.profile.settings(experiment.branch)
        sizes["network"] = experiment.network(self.profile)
        if experiment.branch == "rgb":
            sizes["labelled"] = experiment.labelled(self.profile)
        choices = {
            name: experiment.setting(name) for name in METHODS[experiment.method] if name != "labelled"
        }
        who = {"branch": experiment.branch, "method": experiment.method, "train": experiment.train}
        return who | choices | sizes | {"seed": experiment.seed}

    def _inputs(self, experiment: Experiment) -> dict[str, Any]:
        if self.source is None:
            raise UsageError(f"no data source is known for {self.folder}; open the databases first")
        return {
            "settings": self.settings(experiment),
            "data": {"source": self.source.kind, "digest": self.source.digest},
            "code": self.code(experiment),
            "torch": ".".join(provenance.version("torch").split("+")[0].split(".")[:2]),
        }

    def key(self, experiment: Experiment) -> str:
        """SHA-256 of everything that can change the number; UsageError without a data source."""
        return hashlib.sha256(json.dumps(self._inputs(experiment), sort_keys=True).encode()).hexdigest()

    def stem(self, experiment: Experiment) -> str:
        """The file name of a run without its suffix."""
        return f"{experiment.name}-{self.key(experiment)[:8]}"

    def get(self, experiment: Experiment) -> Result | None:
        """The current result: this key exactly, scores unharmed; None if there is none. FasnbError if
        damaged, or where the folder may not be looked into.
        """
        path = self.folder / f"{self.stem(experiment)}.json"
        try:
            path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise FasnbError(
                f"{path} cannot be read ({error.strerror}); see to the folder's permissions, then run again"
            ) from error
        result = read(path)
        if result.key != self.key(experiment):
            raise FasnbError(f"{path} is damaged: its key is not that of its name; {_REMEDY}")
        _scores_of(path, result.record)
        return result

    def has(self, experiment: Experiment) -> bool:
        """Whether the current result is there; FasnbError if it is damaged."""
        return self.get(experiment) is not None

    def find(self, experiment: Experiment) -> list[Result]:
        """Every result of this experiment and profile, of whatever data and code; the newest first."""
        found = [read(path) for path in self.files(experiment.name)]
        found = [result for result in found if result.record["profile"] == self.profile.name]
        return sorted(found, key=lambda result: result.record["finished"], reverse=True)

    def best(self, experiment: Experiment) -> Result | None:
        """The current result where it is known and there, else the newest other one (tables mark it), else
        None.
        """
        current = self.get(experiment) if self.source else None
        return current or next(iter(self.find(experiment)), None)

    def is_current(self, result: Result) -> bool | None:
        """Whether a result has today's key; None where no data source is known."""
        return None if self.source is None else result.key == self.key(result.experiment)

    def results(self) -> list[Result]:
        """Every result in the folder, by name."""
        return [read(path) for path in self.files()]

    def files(self, name: str = "*") -> list[Path]:
        """The JSON files of all results, or of one experiment's, by name."""
        return sorted(self.folder.glob(f"{name}-{'[0-9a-f]' * 8}.json"))

    def missing(self, experiments: Iterable[Experiment]) -> list[Experiment]:
        """The experiments without a current result, each once, in order; FasnbError if one is damaged."""
        return [experiment for experiment in dict.fromkeys(experiments) if not self.has(experiment)]

    def put(
        self,
        experiment: Experiment,
        table: pd.DataFrame,
        extra: dict[str, Any],
        started: datetime,
        wall_s: float,
    ) -> Result:
        """Record a run. The CSV goes first: a JSON that is there has its scores.

        `extra` (JSON values) is kept; its "device" names where the run was computed. FasnbError names a
        clip with an impossible row, or the file that cannot be written.
        """
        path = self.folder / f"{self.stem(experiment)}.json"
        text = scores.to_csv(table, f"run {experiment.name}").encode()
        extra = dict(extra)
        inputs = self._inputs(experiment)
        if self.source and self.source.copy:
            inputs["data"]["copy"] = self.source.copy
        record = {
            "schema": SCHEMA,
            "experiment": experiment.name,
            "key": self.key(experiment),
            "profile": self.profile.name,
            **inputs,
            "device": extra.pop("device", provenance.processor()),
            "versions": provenance.versions(),
            "git": provenance.revision(),
            "started": started.isoformat(timespec="seconds"),
            "finished": datetime.now(UTC).isoformat(timespec="microseconds"),
            "wall_s": round(wall_s, 2),
            "videos": len(table),
            "without_face": int((table["n_frames"] == 0).sum()),
            "scores_sha256": hashlib.sha256(text).hexdigest(),
            "extra": extra,
        }
        try:
            content = json.dumps(record, indent=1, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise FasnbError(f"run {experiment.name} reported what JSON cannot hold: {error}") from error
        atomic.write_bytes(path.with_suffix(".csv"), text)
        atomic.write_text(path, content + "\n")
        return Result(record, path)

"""Kept measurements, the files that `fasnb bench --json` wrote, one a device, as a data frame."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pandas as pd

from fasnb import paths
from fasnb.bench.row import Row
from fasnb.errors import FasnbError, UsageError

#: Where the committed ones are.
FOLDER = paths.ROOT / "results" / "bench"

_NUMBERS = ["ours", "reference", "ratio", "low", "high", "goal"]
_COSTS = r"(?P<cost>time|memory), (?P<factor>\d+)x (?P<axis>.+)"
_FITS = r"(?P<cost>time|memory) by (?P<axis>.+)"


def load(folder: Path = FOLDER) -> pd.DataFrame:
    """The rows of every *.json in `folder`: a column for each field of a Row, `device` too, and four more.

    file: the file's stem; torch: its version; threads: torch's on the CPU; verdict: see `verdicts`.
    UsageError where there is no file, FasnbError for a damaged one.
    """
    files = sorted(Path(folder).glob("*.json"))
    if not files:
        raise UsageError(f"{folder} holds no measurements; write one there with fasnb bench --json")
    frame = pd.DataFrame([row for file in files for row in _rows(file)])
    return frame.astype(dict.fromkeys(_NUMBERS, float)).assign(verdict=lambda f: verdicts(f))


def _rows(file: Path) -> list[dict[str, Any]]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        origin = content["provenance"]
        about = {"file": file.stem, "torch": origin["versions"]["torch"], "threads": origin["threads"]}
        found = [vars(Row(**row)) | about for row in content["rows"]]
        if not found:
            raise ValueError("no rows")
        pd.DataFrame(found, columns=[f.name for f in fields(Row)])[_NUMBERS].astype(float)
    except OSError as error:
        raise FasnbError(f"cannot read {file}: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise FasnbError(f"{file} is damaged ({reason}); measure again with fasnb bench --json") from error
    return found


def verdicts(frame: pd.DataFrame) -> pd.Series:
    """ "met", "missed" (the median ratio is below the goal) or "no goal", from columns ratio and goal."""
    known = pd.Series("no goal", frame.index).mask(frame["ratio"] >= frame["goal"], "met")
    return known.mask(frame["ratio"] < frame["goal"], "missed")


def growth(frame: pd.DataFrame) -> pd.DataFrame:
    """What the `scale` rows say; empty without any.

    Columns file, cost (time or memory), axis (what grew), device, factor, times (the cost as a multiple of
    that at 1x), exponent (fitted), low and high (its quartiles).
    """
    rows = frame[frame["bench"] == "scale"]
    keys = ["file", "device", "cost", "axis"]
    costs = rows[["file", "device", "ratio"]].join(rows["what"].str.extract(f"^{_COSTS}$")).dropna()
    fits = rows[["file", "device", "ours", "low", "high"]].join(rows["what"].str.extract(f"^{_FITS}$"))
    fits = fits.dropna().rename(columns={"ours": "exponent"})
    costs = costs.assign(factor=costs["factor"].astype(int), times=1 / costs["ratio"])
    both = costs.merge(fits, on=keys)
    return both[["file", "cost", "axis", "device", "factor", "times", "exponent", "low", "high"]]

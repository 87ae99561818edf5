"""One measured line, and lines as a table or as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Row:
    """One measurement. `ours` and `reference` are costs (time, memory): medians in `unit`, less is better.

    ratio: reference / ours, the median over the rounds; above 1 ours is the better one. low, high: quartiles
    of the ratio where there is a reference, else of `ours`. goal: the least ratio that was aimed for.
    """

    bench: str
    what: str
    ours: float
    reference: float | None
    ratio: float | None
    low: float
    high: float
    unit: str
    goal: float | None
    device: str
    note: str = ""


def _shown(value: float | str | None) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def table(rows: Sequence[Row]) -> str:
    """Rows in columns for reading, each device named once above its rows, notes last."""
    names = [f.name for f in fields(Row) if f.name != "device"]
    lines: list[str] = []
    for device in dict.fromkeys(row.device for row in rows):
        cells = [names] + [[_shown(getattr(r, n)) for n in names] for r in rows if r.device == device]
        widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
        lines.append(device)
        lines += ["  ".join(c.ljust(w) for c, w in zip(line, widths)).rstrip() for line in cells]
    return "\n".join(lines)


def as_json(rows: Sequence[Row], provenance: dict[str, Any]) -> str:
    """{"rows": [...], "provenance": {...}}."""
    return json.dumps({"rows": [asdict(row) for row in rows], "provenance": provenance}, indent=1)


def provenance() -> dict[str, Any]:
    """What the figures hang on besides the device: libraries, processor, threads, revision."""
    import torch

    from fasnb import provenance

    return {
        "versions": provenance.versions(),
        "processor": provenance.processor(),
        "threads": torch.get_num_threads(),
        "revision": provenance.revision(),
    }

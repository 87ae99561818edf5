"""What a torture found, as rows; kept as JSON, and gathered into the table of docs/reliability.md."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from fasnb import atomic, provenance
from fasnb.errors import FasnbError

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "reliability.md"
_BEGIN, _END = "<!-- table: python -m tests.torture report -->", "<!-- end of table -->"
_HEAD = ["| torture | what was tried | times | held | worst case seen |", "|---|---|---|---|---|"]


@dataclass(frozen=True)
class Row:
    """One line of the table: `what` was done, how often it was `tried` and `held`, and the `worst` seen.

    `held` counts the tries in which everything promised was so; `worst` is a measured figure in words, or
    the first breach.
    """

    what: str
    tried: int
    held: int
    worst: str = ""


def save(folder: Path, name: str, rows: Sequence[Row], seconds: float) -> Path:
    """Write `<name>.json`: the rows, when and on what they were measured, and in how many seconds."""
    record = {
        "name": name,
        "date": datetime.now(UTC).date().isoformat(),
        "processor": f"{provenance.processor()}, {platform.system()}",
        "versions": provenance.versions(),
        "seconds": round(seconds, 1),
        "rows": [asdict(row) for row in rows],
    }
    path = folder / f"{name}.json"
    atomic.write_text(path, json.dumps(record, indent=1) + "\n")
    return path


def markdown(folder: Path) -> str:
    """The table of every `<name>.json` in a folder, and below it where and when they were measured.

    FasnbError where there is none, or one cannot be read.
    """
    lines, measured = list(_HEAD), {}
    for path in sorted(folder.glob("*.json")):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            rows = [Row(**row) for row in record["rows"]]
            versions = ", ".join(
                f"{name} {record['versions'][name]}" for name in ("python", "torch", "numpy")
            )
            place = f"{record['date']}, {record['processor']}, {versions}"
        except (ValueError, TypeError, KeyError) as error:
            raise FasnbError(f"{path} is damaged: {error!r}; delete it and torture again") from error
        lines += [
            f"| {record['name']} | {row.what} | {row.tried:,} | {row.held:,} | {row.worst} |" for row in rows
        ]
        measured.setdefault(place, []).append(f"{record['name']} {record['seconds']:.0f} s")
    if not measured:
        raise FasnbError(f"nothing was measured in {folder}; run python -m tests.torture NAME first")
    notes = [f"Measured {place}: {', '.join(names)}." for place, names in measured.items()]
    return "\n".join([*lines, "", *notes])


def refresh(folder: Path, page: Path = PAGE) -> None:
    """Put the table into the page, between its two marks; FasnbError where they are missing."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise FasnbError(f"{page} has no place for the table; it wants the lines {_BEGIN} and {_END}")
    atomic.write_text(page, f"{before}{_BEGIN}\n\n{markdown(folder)}\n\n{_END}{after}")

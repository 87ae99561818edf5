"""The paper's own numbers, from published.yaml, each with how sure its reading is."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from fasnb.errors import FasnbError, UsageError

FILE = Path(__file__).with_name("published.yaml")
#: No printed number is larger: Table 14 counts parameters and multiply-accumulates one by one.
LARGEST = 1e12
CERTAINTIES = ("read", "inferred", "illegible")


@dataclass(frozen=True)
class Cell:
    """One printed number (percent; Table 14 in its own units); None where it is empty or illegible."""

    value: float | None
    certainty: str  # read | inferred | illegible
    note: str = ""


@dataclass(frozen=True)
class PublishedTable:
    """A table as printed: column keys, and row key -> cells in column order; titles of rows that are not
    ours.
    """

    columns: tuple[str, ...]
    rows: dict[str, tuple[Cell, ...]]
    titles: dict[str, str]

    def cell(self, row: str, column: str) -> Cell:
        """The cell of these keys; UsageError names the known ones."""
        if row not in self.rows or column not in self.columns:
            raise UsageError(
                f"the paper has no cell {row!r}, {column!r}; rows {', '.join(self.rows)}; "
                f"columns {', '.join(self.columns)}"
            )
        return self.rows[row][self.columns.index(column)]


@cache
def load(path: Path = FILE) -> dict[str, PublishedTable]:
    """Every table, by name (`t5` to `t14`). FasnbError names the file and the row that is not as it should
    be.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return {name: _table(name, table) for name, table in content.items()}
    except OSError as error:
        raise FasnbError(f"cannot read {path}: {error.strerror}; reinstall fasnb") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FasnbError(f"{path} is no YAML: {' '.join(str(error).split())}; restore it") from error
    except (AttributeError, KeyError, IndexError, TypeError, ValueError, RecursionError) as error:
        reason = f"{error.args[0]} is missing" if isinstance(error, KeyError) else error
        raise FasnbError(f"{path} is not valid: {reason}; restore it") from error


def _table(name: str, content: dict[str, Any]) -> PublishedTable:
    columns = tuple(content["columns"])
    rows = {str(key): _row(f"{name} {key}", row, len(columns), name) for key, row in content["rows"].items()}
    titles = {str(key): row["title"] for key, row in content["rows"].items() if "title" in row}
    return PublishedTable(columns, rows, titles)


def _row(where: str, row: dict[str, Any], count: int, table: str) -> tuple[Cell, ...]:
    values, certainty = row["values"], row["certainty"]
    if unknown := set(row) - {"title", "values", "certainty", "note"}:
        raise ValueError(f"{where} has an unknown entry {sorted(unknown)[0]!r}")
    if certainty not in CERTAINTIES:
        raise ValueError(f"{where} is {certainty!r} and not one of {', '.join(CERTAINTIES)}")
    if len(values) != count:
        raise ValueError(f"{where} has {len(values)} values for {count} columns")
    for value in values:
        if value is None:
            continue
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value <= LARGEST:  # NaN is neither
            raise ValueError(f"{where} holds {value!r}, which is no number")
        if table != "t14" and value > 100:
            raise ValueError(f"{where} holds {value}, which is no percentage")
    note = " ".join(row.get("note", "").split())
    return tuple(
        Cell(None if value is None else float(value), "illegible" if value is None else certainty, note)
        for value in values
    )

"""Tables 9 to 13: which profile's is drawn, and what a table says in a sentence."""

import pandas as pd

from fasnb.grid import TABLES

#: The tables that vary one setting of the method.
NAMES = tuple(name for name, one in TABLES.items() if one.ablation)


def fullest(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """The table to draw: the one with the most numbers; of equals the first."""
    return max(frames, key=lambda frame: int(frame["value"].notna().sum()))


def summary(frame: pd.DataFrame) -> str:
    """The rows of the lowest and highest mean over the table's columns, ours and the paper's, in words.

    A row with a missing column has no mean. Means say nothing about how sure they are; claims do.
    """
    rows = {
        row: cells[["value", "paper"]].mean(skipna=False) for row, cells in frame.groupby("row", sort=False)
    }
    means = pd.DataFrame(rows).T
    titles = frame.drop_duplicates("row").set_index("row")["title"]
    whole, profile = means["value"].dropna(), frame["profile"].iloc[0]
    columns, paper = frame["column"].nunique(), _extremes(means["paper"].dropna(), titles)
    lead = f"Mean over {columns} columns, profile {profile}:"
    if len(whole) < 2:
        return f"{lead} {len(whole)} of {len(means)} rows complete, nothing to compare. The paper: {paper}."
    lacking = f" {len(means) - len(whole)} incomplete rows left out." if len(whole) < len(means) else ""
    return f"{lead} {_extremes(whole, titles)}.{lacking} The paper: {paper}."


def _extremes(means: pd.Series, titles: pd.Series) -> str:
    low, high = str(means.idxmin()), str(means.idxmax())
    return f"lowest {titles[low]} ({means[low]:.1f} %), highest {titles[high]} ({means[high]:.1f} %)"

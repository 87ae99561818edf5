"""A built table as text: Markdown, LaTeX, HTML or CSV, each with a caption that says what the numbers are."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from fasnb.errors import UsageError
from fasnb.grid import table

FORMATS = ("md", "csv", "latex", "html")
#: What a number of a profile can tell.
WARNINGS = {
    "smoke": "SMOKE profile: a few subjects and a few steps; these numbers prove the chain, not the method.",
    "lite": "Lite profile: small network, brief training; compare arms with each other, not with the paper.",
    "brief": "Brief profile: the paper's networks, a thirtieth of its steps; compare arms with each other.",
}
NAMES = {"casia": "CASIA", "replay": "Replay", "msu": "MSU"}
MEASURES = {"eer": "EER", "eer_devel": "EER (devel)", "hter": "HTER"}
OTHER = "‡"  # a number of other code or data than the present


def heading(column: str, measure: str) -> str:
    """A column's heading: "CASIA EER", "CASIA → Replay HTER"."""
    databases = [NAMES[name] for name in column.split("_")[0].split(">")]
    return f"{' → '.join(databases)} {MEASURES[measure]}"


def _number(value: float) -> str:
    return f"{value:.1f}"


def ours(cell: pd.Series) -> tuple[str, str]:
    """Our number and its interval, "2.7" and "[1.0, 5.2]"; "missing" where there is none, never 0."""
    if pd.isna(cell["value"]):
        return "missing", ""
    span = "" if pd.isna(cell["low"]) else f"[{_number(cell['low'])}, {_number(cell['high'])}]"
    return _number(cell["value"]) + (OTHER if cell["current"] is False else ""), span


def papers(cell: pd.Series) -> str:
    """The paper's number; an inferred digit has a question mark, an illegible one is a dash."""
    if pd.isna(cell["paper"]):
        return "–"
    return _number(cell["paper"]) + ("?" if cell["certainty"] == "inferred" else "")


def mixtures(frame: pd.DataFrame) -> list[str]:
    """One sentence per way in which a table's numbers do not belong together; empty where they do."""
    found = []
    there = frame[frame["value"].notna()]
    for name, what in (
        ("source", "data sources"),
        ("data", "data sets (digests)"),
        ("code", "versions of the code"),
        ("torch", "versions of torch"),
        ("device", "devices"),
    ):
        split = "; " if name == "device" else " "
        kinds = sorted({kind for text in there[name] for kind in str(text).split(split)})
        if len(kinds) > 1:
            found.append(f"MIXED: numbers of several {what}: {', '.join(kinds)}.")
    other = sum(current is False for current in there["current"])  # None: not known
    if other:
        found.append(f"{OTHER} {other} of {len(frame)} numbers are of other code or data than the present.")
    if any(current is None for current in there["current"]):
        found.append("Read from the store; not checked against the data and the code that are here.")
    short = sum(
        len(has.split()) < len(want.split()) for has, want in zip(there["seeds"], there["wanted_seeds"])
    )
    if short:
        found.append(f"{short} of {len(frame)} numbers lack some of their seeds.")
    lacking = int(frame["value"].isna().sum())
    if lacking:
        run = f"fasnb run --profile {frame['profile'].iloc[0]} --only {frame['table'].iloc[0]}"
        found.append(f"{lacking} of {len(frame)} numbers are missing: run `{run}`.")
    return found


def caption(frame: pd.DataFrame) -> list[str]:
    """What a reader must know beside the numbers, one sentence or two per line."""
    there = frame[frame["value"].notna()]
    profile = frame["profile"].iloc[0]
    lines = [f"Percent. Reading: {frame['reading'].iloc[0]}."]
    if len(there):
        sources = sorted({kind for text in there["source"] for kind in text.split()})
        seeds = sorted({int(seed) for text in there["seeds"] for seed in text.split()})
        many = f"mean of seeds {', '.join(map(str, seeds))}" if len(seeds) > 1 else f"seed {seeds[0]}"
        devices = "; ".join(dict.fromkeys(there["device"]))
        lines.append(f"Data: {' and '.join(sources)}; profile: {profile}; {many}; device: {devices}.")
        people = there.drop_duplicates("test")[["test", "subjects", "videos"]]
        counted = ", ".join(f"{NAMES[test]} {n} with {v} videos" for test, n, v in people.to_numpy())
        lines.append(
            "HTER at the EER threshold of the training database (its development set, or training split); in "
            f"brackets the 95 % bootstrap interval over test subjects, threshold fixed ({counted})."
        )
        faceless = int(there.drop_duplicates(["train", "test", "measure"])["without_face"].max())
        if faceless:
            lines.append(f"Up to {faceless} videos of a test set show no detectable face and have no score.")
        if sources != ["real"]:
            lines.append(
                "The paper's numbers are of the real databases; simulated faces cannot be set against them."
            )
    if profile in WARNINGS:
        lines.append(WARNINGS[profile])
    if (frame["certainty"] == "inferred").any():
        lines.append("? a digit restored from a poor scan of the paper.")
    return lines + mixtures(frame)


@dataclass(frozen=True)
class Shown:
    """A cell as text: our number, its interval ("" without one) and the paper's number."""

    value: str
    span: str
    paper: str

    @property
    def ours(self) -> str:
        """Our number with its interval, "2.7 [1.0, 5.2]"."""
        return f"{self.value} {self.span}".rstrip()


@dataclass(frozen=True)
class Sheet:
    """A table as text, before it has a format: rows of a title and cells, and notes below them.

    `what` says what stands in brackets behind our number; a heading is broken in LaTeX before its last word,
    or before a bracket.
    """

    title: str
    what: str
    headings: list[str]
    rows: list[tuple[str, list[Shown]]]
    notes: list[str]


def sheet(frame: pd.DataFrame) -> Sheet:
    """A built table (`tables.build`) as text."""
    first = frame.drop_duplicates("column")
    rows = []
    for _, cells in frame.groupby("row", sort=False):
        shown = [Shown(*ours(cell), papers(cell)) for _, cell in cells.iterrows()]
        rows.append((str(cells["title"].iloc[0]), shown))
    headings = [heading(c, m) for c, m in zip(first["column"], first["measure"])]
    title = table(frame["table"].iloc[0]).title
    return Sheet(title, "95 % interval", headings, rows, caption(frame))


def render(frame: pd.DataFrame, format: str = "md") -> str:
    """The table as text: rows of the paper's table, cells "ours [interval] / paper", and the caption.

    `csv` is the frame itself, one line per cell. UsageError for an unknown format.
    """
    if format == "csv":
        shown = frame.assign(value=[f"{v:.6g}" if pd.notna(v) else "missing" for v in frame["value"]])
        return shown.to_csv(index=False, float_format="%.6g", lineterminator="\n")
    return formatted(sheet(frame), format)


def formatted(shown: Sheet, format: str) -> str:
    """A sheet as Markdown, LaTeX or HTML; UsageError for another format."""
    kinds: dict[str, Callable[[Sheet], str]] = {"md": _md, "latex": _latex, "html": _html}
    if format not in kinds:
        raise UsageError(f"unknown format {format!r}; choose one of {', '.join(FORMATS)}")
    return kinds[format](shown)


def _md(shown: Sheet) -> str:
    lines = [f"**{shown.title}** (ours [{shown.what}] / paper)", ""]
    lines.append("| | " + " | ".join(shown.headings) + " |")
    lines.append("|---|" + "---|" * len(shown.headings))
    for title, cells in shown.rows:
        lines.append(f"| {title} | " + " | ".join(f"{c.ours} / {c.paper}" for c in cells) + " |")
    return "\n".join([*lines, "", *(f"{line}  " for line in shown.notes)]) + "\n"


def _html(shown: Sheet) -> str:
    lines = ['<table class="fasnb">', f"<caption>{html.escape(shown.title)}</caption>"]
    lines += ["<thead><tr><th></th>"]
    lines += [f"<th>{html.escape(text)}</th>" for text in shown.headings] + ["</tr></thead>", "<tbody>"]
    for name, cells in shown.rows:
        lines.append(f"<tr><th>{html.escape(name)}</th>")
        lines += [f"<td>{html.escape(c.ours)}<br><small>paper {c.paper}</small></td>" for c in cells]
        lines.append("</tr>")
    notes = "<br>\n".join(html.escape(line) for line in shown.notes)
    return "\n".join([*lines, "</tbody></table>", f"<p><small>{notes}</small></p>"]) + "\n"


_TEX = {"→": r"$\rightarrow$", "–": "--", "‡": r"\ddag{}", "<": r"\textless{}", ">": r"\textgreater{}"}
_TEX |= {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "`": "'"}
_TEX |= {"|": r"\textbar{}", '"': "''"}
_TEX |= {sign: "\\" + sign for sign in "&%$#_{}"}


def tex(text: str) -> str:
    """Plain text for LaTeX."""
    return re.sub("|".join(map(re.escape, _TEX)), lambda found: _TEX[found[0]], text)


def _latex(shown: Sheet) -> str:
    """A table environment without packages; the paper's numbers stand in italics under ours."""
    lines = [r"\begin{table}", r"\centering\footnotesize\setlength{\tabcolsep}{3pt}"]
    lines.append(rf"\caption{{{tex(shown.title)}. Ours, and the paper's in italics.}}")
    lines += [rf"\begin{{tabular}}{{l{'c' * len(shown.headings)}}}", r"\hline"]
    words = [text.rsplit(" ", 1) if "(" not in text else text.split(" ", 1) for text in shown.headings]
    lines += [" & ".join(["", *(tex(word[i]) for word in words)]) + r" \\" for i in range(2)]
    lines.append(r"\hline")
    for title, cells in shown.rows:
        lines.append(" & ".join([tex(title), *(tex(cell.value) for cell in cells)]) + r" \\")
        spans = [rf"{{\tiny {tex(cell.span)}}}" if cell.span else "" for cell in cells]
        lines.append(" & ".join(["", *spans]) + r" \\")
        lines.append(" & ".join(["", *(rf"\textit{{{tex(cell.paper)}}}" for cell in cells)]) + r" \\")
    lines += [r"\hline", r"\end{tabular}", r"\par\smallskip\raggedright"]
    lines += [f"{tex(line)} " for line in shown.notes]
    return "\n".join([*lines, r"\end{table}"]) + "\n"

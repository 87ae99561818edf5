"""Every table as LaTeX: balanced without TeX, and it compiles where there is one."""

import re
import shutil
import subprocess

import pandas as pd
import pytest

from fasnb import grid, rendering, table14, tables
from fasnb.profiles import SMOKE
from fasnb.runs import Store
from tests.test_runs import put, store

NAMES = (*grid.TABLES, "t14")


def cost() -> pd.DataFrame:
    """Table 14 with made-up times: only its text matters here."""
    one = {
        **{"row": "attvlad", "network": "attvlad", "title": "AttVLAD", "params": 95_958, "macs": 44_119_482},
        **{"paper_params": 96_000, "paper_macs": 44_120_000, "paper_ms": 1.98, "certainty": "inferred"},
        **{"ms": 3.0, "low": 2.0, "high": 4.0, "runs": 3, "device": r"a 100% odd_name #1 {x} & C:\y ~^"},
    }
    return pd.DataFrame([one])


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """LaTeX of every table: of a store with all its runs, and of an empty one."""
    folder = tmp_path_factory.mktemp("store")
    full, empty = store(folder), Store(folder / "none", SMOKE)
    for i, experiment in enumerate(grid.grid(grid.TABLES, [0])):
        put(full, experiment, seed=i % 5, device="CPU_1 & 100% of {it} #2")
    found = {}
    for name in grid.TABLES:
        for kind, one in (("full", full), ("empty", empty)):
            found[name, kind] = tables.render(tables.build(name, one, resamples=50), "latex")
    return found | {("t14", "full"): table14.render(cost(), "latex")}


def test_braces_and_environments_are_balanced_and_rows_are_of_one_width(texts):
    assert {name for name, _ in texts} == set(NAMES)
    for text in texts.values():
        assert text.isascii()
        bare = re.sub(r"\\[\\{}&%$#_]", "", text)
        assert bare.count("{") == bare.count("}")
        assert not re.search("[%#_]", bare)
        stack = []
        for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", text):
            assert stack.append(name) is None if kind == "begin" else stack.pop() == name
        assert stack == []
        body = text.split(r"\begin{tabular}")[1].split(r"\end{tabular}")[0]
        rows = [re.sub(r"\\&", "", line) for line in body.splitlines() if line.endswith(r"\\")]
        assert len({row.count("&") for row in rows}) == 1


def test_a_device_with_odd_signs_is_escaped():
    text = table14.render(cost(), "latex")
    assert r"a 100\% odd\_name \#1 \{x\} \& C:\textbackslash{}y \textasciitilde{}\textasciicircum{}" in text
    assert rendering.tex('a|b "c"') == r"a\textbar{}b ''c''"


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="no pdflatex here: install texlive-latex-base")
def test_every_table_compiles_within_the_page(texts, tmp_path):
    pages = "\n\\clearpage\n".join(texts.values())
    (tmp_path / "all.tex").write_text(
        "\\documentclass{article}\\usepackage[landscape,margin=1in]{geometry}\\begin{document}\n"
        f"{pages}\n\\end{{document}}\n"
    )
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"],
        cwd=tmp_path, capture_output=True, text=True, errors="replace",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    assert f"({len(texts)} pages" in done.stdout
    assert "Overfull \\hbox" not in done.stdout, done.stdout

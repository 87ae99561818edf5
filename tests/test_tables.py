"""Tables from a store: our number beside the paper's; what is missing or mixed is said."""

import io
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from fasnb import grid, paths, tables
from fasnb.__main__ import main
from fasnb.errors import FasnbError, UsageError
from fasnb.evaluation import evaluate
from fasnb.experiments import make
from fasnb.intervals import interval
from fasnb.profiles import LITE, SMOKE
from fasnb.runs import Source, Store
from fasnb.scores import fuse
from tests.test_runs import CODE, put, some_scores, store


@pytest.fixture
def full(tmp_path):
    """A store with every run of Tables 7 and 8, seed 0."""
    one = store(tmp_path)
    for i, experiment in enumerate(grid.grid(["t7", "t8"], [0])):
        put(one, experiment, seed=i)
    return one


def cell(frame, row, column):
    found = frame[(frame["row"] == row) & (frame["column"] == column)]
    assert len(found) == 1
    return found.iloc[0]


def test_every_cell_of_table_8(full):
    frame = tables.build("t8", full)
    assert list(frame.columns) == list(tables.COLUMNS)
    assert len(frame) == 4 * 7
    assert list(frame["row"].unique()) == ["pl_uda", "mpl_uda", "pl_uda_attvlad", "mpl_uda_attvlad"]
    assert list(frame["column"][:7]) == [c.key for c in grid.SEVEN]
    one = cell(frame, "mpl_uda", "replay>casia")
    result = full.get(make("mpl_uda", "replay"))
    expected = evaluate(result.scores, grid.SEVEN[3])
    assert one["value"] == pytest.approx(100 * expected.value)
    assert (one["low"], one["high"]) == pytest.approx(tuple(100 * x for x in interval(expected.samples)))
    assert one["paper"] == 27.5
    assert one["certainty"] == "read"
    assert one["keys"] == result.key[:8]
    assert one["current"]
    assert (one["source"], one["profile"], one["seeds"], one["subjects"]) == ("simulated", "smoke", "0", 3)


def test_fused_arms_fuse_videos(full):
    one = cell(tables.build("t8", full), "mpl_uda_attvlad", "casia>replay")
    rgb, plgf = (full.get(make(m, "casia")) for m in ("mpl_uda", "attvlad"))
    expected = evaluate(fuse([(rgb.scores, 0.8), (plgf.scores, 0.2)]), grid.SEVEN[1])
    assert one["value"] == pytest.approx(100 * expected.value)
    assert one["keys"] == f"{rgb.key[:8]} {plgf.key[:8]}"


def test_tables_share_their_runs(full):
    seven, eight = tables.build("t7", full), tables.build("t8", full)
    for column in grid.SEVEN:
        a, b = cell(seven, "pl_uda", column.key), cell(eight, "pl_uda", column.key)
        assert (a["value"], a["keys"]) == (b["value"], b["keys"])
    own = tables.build("t6", full).query("row == 'paper'")
    assert own["value"].tolist() == [cell(eight, "mpl_uda_attvlad", c)["value"] for c in own["column"]]


def test_seeds_are_averaged_and_their_people_paired(tmp_path):
    one = Store(tmp_path, LITE, Source("simulated", "d1"), CODE)
    for seed in range(3):
        put(one, make("pl", "casia", seed=seed), seed=seed)
    got = cell(tables.build("t7", one), "pl", "casia>replay")
    cells = [evaluate(some_scores(seed), grid.SEVEN[1]) for seed in range(3)]
    values = np.array([c.value for c in cells])
    assert got["value"] == pytest.approx(100 * values.mean())
    assert got["spread"] == pytest.approx(100 * values.std(ddof=1))
    low, high = interval(np.mean([c.samples for c in cells], axis=0))
    assert (got["low"], got["high"]) == pytest.approx((100 * low, 100 * high))
    assert (got["seeds"], got["wanted_seeds"]) == ("0 1 2", "0 1 2")
    assert cell(tables.build("t7", one, seeds=(1,)), "pl", "casia")["seeds"] == "1"


def test_missing_cells_say_so_and_never_show_zero(full, tmp_path):
    for suffix in (".json", ".csv"):
        (tmp_path / f"{full.stem(make('attvlad', 'msu'))}{suffix}").unlink()
    frame = tables.build("t8", full)
    one = cell(frame, "mpl_uda_attvlad", "msu")
    assert np.isnan(one["value"])
    assert one["seeds"] == ""
    assert not np.isnan(cell(frame, "mpl_uda", "msu")["value"])  # the RGB branch alone is there
    for kind in ("md", "latex", "html", "csv"):
        text = tables.render(frame, kind)
        assert text.count("missing") >= 4
        assert "0.0 / 1.1" not in text
    assert "4 of 28 numbers are missing: run `fasnb run --profile smoke --only t8`" in tables.render(frame)
    assert "missing / 1.1" in tables.render(frame)


def test_an_empty_store_gives_a_table_of_missing_cells(tmp_path):
    frame = tables.build("t7", Store(tmp_path / "nothing", SMOKE))
    assert frame["value"].isna().all()
    for kind in ("md", "latex", "html", "csv"):
        assert tables.render(frame, kind).count("missing") >= 28


def test_caption_says_what_the_numbers_are(full):
    text = tables.render(tables.build("t8", full))
    assert "Table 8" in text
    assert "Data: simulated; profile: smoke; seed 0; device: " in text
    assert "95 % bootstrap interval over test subjects, threshold fixed (CASIA 3 with 15 videos" in text
    assert "SMOKE profile" in text
    assert "prove the chain, not the method" in text
    assert "simulated faces cannot be set against them" in text
    assert "tau 0.6, sigma 0.15" in text
    assert "MIXED" not in text
    assert "‡" not in text


def test_real_data_need_no_such_warning(tmp_path):
    one = store(tmp_path, source=Source("real", "d1"))
    for experiment in grid.grid(["t10"], [0]):
        put(one, experiment)
    text = tables.render(tables.build("t10", one))
    assert "Data: real" in text
    assert "simulated" not in text


def test_other_data_and_code_are_marked_and_mixtures_said(full, tmp_path):
    old = store(tmp_path, source=Source("real", "old"))
    put(old, make("attvlad_novlad", "casia"))
    frame = tables.build("t10", full)
    assert bool(cell(frame, "baseline", "casia")["current"]) is False
    text = tables.render(frame)
    assert "‡ [" in text
    assert "MIXED: numbers of several data sources: real, simulated." in text
    assert "2 of 14 numbers are of other code or data than the present." in text
    latex = tables.render(frame, "latex")
    assert r"\ddag{}" in latex
    assert "‡" not in latex


def test_every_format_says_that_a_table_is_mixed(full, tmp_path):
    put(store(tmp_path, source=Source("simulated", "old")), make("attvlad_novlad", "casia"))
    for experiment in grid.grid(["t10"], [0])[1:]:
        put(full, experiment)
    frame = tables.build("t10", full)
    said = {kind: tables.render(frame, kind) for kind in ("md", "html", "latex")}
    marks = {"md": "‡", "html": "‡", "latex": r"\ddag{}"}
    for kind, text in said.items():
        assert text.count(marks[kind]) == 2 + 1, kind  # two numbers, and the note that explains the sign
        assert "MIXED: numbers of several data sets (digests): d1, old." in text, kind
    read = pd.read_csv(io.StringIO(tables.render(frame, "csv")))
    assert read[["row", "column"]][~read["current"]].to_numpy().tolist() == [
        ["baseline", "casia"],
        ["baseline", "casia>replay"],
    ]
    assert set(read["data"]) == {"d1", "old"}
    alone = tables.render(frame[frame["train"] != "casia"])
    assert "MIXED" not in alone
    assert "‡" not in alone


def test_committed_results_are_read_without_data_and_said_to_be_unchecked(tmp_path, monkeypatch, capsys):
    """A fresh clone: results/lite is there, no database and no cache is."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "DATA", tmp_path / "data")
    committed = Store(paths.store("lite"), LITE, Source("simulated", "d1"), CODE)
    assert committed.folder == tmp_path / "results" / "lite"
    put(committed, make("mpl_uda", "casia"), seed=1)
    assert main(["table", "t8", "--profile", "lite"]) == 0
    text = capsys.readouterr().out
    value = 100 * evaluate(some_scores(1), grid.SEVEN[1]).value
    assert f"{value:.1f} [" in text
    assert "profile: lite" in text
    assert "not checked against the data and the code that are here" in text
    assert "26 of 28 numbers are missing" in text
    assert not (tmp_path / "data").exists()
    assert "not checked" not in tables.render(tables.build("t8", committed))


def test_lacking_seeds_are_said(tmp_path):
    one = Store(tmp_path, LITE, Source("simulated", "d1"), CODE)
    for experiment in grid.grid(["t7"], [0]):
        put(one, experiment)
    put(one, make("pl", "casia", seed=1), seed=1)
    text = tables.render(tables.build("t7", one))
    assert "28 of 28 numbers lack some of their seeds." in text
    assert "mean of seeds 0, 1" in text


def test_a_store_can_be_read_without_data(full, tmp_path):
    blind = tables.build("t8", Store(tmp_path, SMOKE))
    known = tables.build("t8", full)
    pd.testing.assert_series_equal(blind["value"], known["value"])
    assert blind["current"].isna().all()


def test_inferred_digits_are_marked(full):
    text = tables.render(tables.build("t5", full))
    assert "/ 1.9?" in text
    assert "? a digit restored" in text
    assert "Replay EER (devel)" in text


def test_markdown_is_a_table(full):
    lines = tables.render(tables.build("t8", full)).splitlines()
    assert lines[2].startswith("| | CASIA EER | CASIA → Replay HTER | Replay HTER | Replay → CASIA HTER |")
    assert {line.count("|") for line in lines[2:8]} == {9}


def test_latex_is_well_formed(full):
    text = tables.render(tables.build("t8", full), "latex")
    assert text.isascii()
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")
    body = text.split(r"\hline")
    rows = [line for part in body[1:3] for line in part.strip().splitlines()]
    assert {line.count("&") for line in rows} == {7}
    assert all(line.endswith(r"\\") for line in rows)
    assert "%" not in text.replace(r"\%", "")
    assert "_" not in text.replace(r"\_", "")
    for name in ("table", "tabular"):
        assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}") == 1


def test_latex_escapes():
    from fasnb.rendering import tex

    assert tex(r"50 % of a_b & {c} \d ~ → –") == (
        r"50 \% of a\_b \& \{c\} \textbackslash{}d \textasciitilde{} $\rightarrow$ --"
    )


def test_html_parses(full):
    from html.parser import HTMLParser

    depth = []

    class Checker(HTMLParser):
        def handle_starttag(self, tag, attributes):
            if tag != "br":
                depth.append(tag)

        def handle_endtag(self, tag):
            assert depth.pop() == tag

    text = tables.render(tables.build("t8", full), "html")
    Checker().feed(text)
    assert depth == []
    assert text.count("<td>") == 28
    assert "paper 27.5" in text


def test_csv_reads_back(full):
    frame = tables.build("t8", full)
    again = pd.read_csv(io.StringIO(tables.render(frame, "csv")))
    assert list(again.columns) == list(tables.COLUMNS)
    assert np.allclose(again["value"], frame["value"], rtol=1e-5)


def test_every_table_can_be_drawn(full):
    for name, table in grid.TABLES.items():
        frame = tables.build(name, full)
        assert len(frame) == len(table.arms) * len(table.columns)
        assert table.title in tables.render(frame)


def test_bad_requests(full):
    with pytest.raises(UsageError, match="unknown table"):
        tables.build("t77", full)
    with pytest.raises(UsageError, match="unknown format 'pdf'; choose one of md, csv, latex, html"):
        tables.render(tables.build("t8", full), "pdf")


def test_branches_that_scored_other_videos_are_not_fused(full):
    extra = some_scores(people=4)
    plgf = make("attvlad", "casia")
    full.put(plgf, extra, {}, datetime.now(UTC), 1)
    with pytest.raises(FasnbError, match="cannot fuse"):
        tables.build("t8", full)


def test_damage_is_not_taken_for_missing(full, tmp_path):
    path = tmp_path / f"{full.stem(make('mpl_uda', 'msu'))}.json"
    path.write_text("{")
    with pytest.raises(FasnbError, match="is damaged"):
        tables.build("t8", full)

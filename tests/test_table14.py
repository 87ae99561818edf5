"""Table 14: counts meet the paper's digits, times are measured, every format says both."""

import io

import pandas as pd
import pytest
import torch

from fasnb import networks, published, table14
from fasnb.errors import UsageError


@pytest.fixture(scope="module")
def frame():
    return table14.build(runs=2)


def test_counts_meet_the_papers_digits(frame):
    assert frame["row"].tolist() == list(published.load()["t14"].rows)
    for one in frame.to_dict("records"):
        assert table14.short(one["params"]) == table14.short(one["paper_params"])
        if one["row"] != "mobilenetv2":  # no final pooling: 320.30 for 320.24 M, docs/deviations.md
            assert table14.short(one["macs"]) == table14.short(one["paper_macs"])
        assert one["macs"] == pytest.approx(one["paper_macs"], rel=5e-3)
    assert frame["paper_ms"].tolist() == [1.95, 2.15, 1.94, 2.30, 4.55, 1.98]


def test_times_are_medians_with_quartiles_on_a_named_device(frame):
    assert (frame["low"] > 0).all()
    assert (frame["low"] <= frame["ms"]).all()
    assert (frame["ms"] <= frame["high"]).all()
    assert (frame["runs"] == 2).all()
    assert frame["device"].str.len().min() > 2


def test_every_network_of_the_table_has_a_row():
    assert set(table14.ROWS) == set(networks.TABLE14)


def test_some_networks_alone_and_the_number_of_threads_is_left_as_it_was():
    threads = torch.get_num_threads()
    one = table14.build(1, {"attvlad": networks.build("attvlad")})
    assert one["title"].tolist() == ["AttVLAD"]
    assert torch.get_num_threads() == threads


def test_counts_are_short():
    assert [table14.short(n) for n in (10_573_488_386, 1_466_578, 95_958)] == ["10.57 G", "1.47 M", "96 K"]


def test_every_format_shows_ours_beside_the_papers(frame):
    md = table14.render(frame)
    assert "| WideResNet-28-2 | 1.47 M / 1.47 M | 10.57 G / 10.57 G |" in md
    assert "| DenseNet-121 | 7.98 M / 7.98 M? |" in md
    assert "median of 2 passes" in md
    assert {line.count("|") for line in md.splitlines()[2:10]} == {5}
    html = table14.render(frame, "html")
    assert html.count("<td>") == 18
    assert "paper 4.55" in html
    latex = table14.render(frame, "latex")
    assert r"\textit{10.57 G}" in latex
    assert latex.isascii()
    again = pd.read_csv(io.StringIO(table14.render(frame, "csv")))
    assert again["params"].tolist() == frame["params"].tolist()
    with pytest.raises(UsageError, match="unknown format 'pdf'"):
        table14.render(frame, "pdf")

"""The paper's numbers: complete for our grid, consistent with themselves, validated when read."""

import pytest

from fasnb import grid, published
from fasnb.errors import FasnbError, UsageError
from fasnb.experiments import OTHERS


def values(table, row):
    return [cell.value for cell in published.load()[table].rows[row]]


def test_every_cell_of_the_grid_has_its_number():
    for table in grid.TABLES.values():
        printed = published.load()[table.name]
        for arm in table.arms:
            for column in table.columns:
                cell = printed.cell(arm.key, column.key)
                if not {part[0] for part in arm.parts} & set(OTHERS):  # of those, some are illegible
                    assert cell.value is not None
                    assert cell.certainty in ("read", "inferred")


def test_columns_are_in_the_papers_order():
    for table in grid.TABLES.values():
        assert published.load()[table.name].columns == tuple(c.key for c in table.columns)
    assert set(published.load()) == {f"t{n}" for n in range(5, 15)}


def test_rows_printed_twice_agree():
    assert values("t7", "pl_uda") == values("t8", "pl_uda") == [1.8, 7.1, 0.1, 32.7, 22.7, 0.1, 12.1]
    assert values("t7", "pl_uda_attvlad") == values("t8", "pl_uda_attvlad")
    assert values("t7", "attvlad") == values("t10", "attvlad")
    last = values("t8", "mpl_uda_attvlad")
    assert values("t6", "paper") == [last[i] for i in (1, 3, 4, 6)]
    assert values("t5", "paper") == [last[0], last[2], 0.4, last[5]]
    assert values("t11", "4000") == values("t9", "tau=0.6,sigma=0.15")[:4] == values("t8", "mpl_uda")[:4]
    assert values("t12", "improved_loss") == values("t9", "tau=0.5,sigma=0.1")[:4]


def test_contradiction_of_tables_8_and_9_is_kept():
    assert values("t8", "mpl_uda")[4:] == [22.8, 0.1, 11.8]
    assert values("t9", "tau=0.6,sigma=0.15")[4:] == [22.7, 0.7, 16.6]
    assert "differ" in published.load()["t8"].cell("mpl_uda", "msu").note


def test_illegible_cells_have_no_number():
    cell = published.load()["t5"].cell("msr_mobilenet", "msu_eer")
    assert cell.value is None
    assert cell.certainty == "illegible"
    assert published.load()["t5"].cell("msr_mobilenet", "casia_eer").certainty == "inferred"
    assert published.load()["t5"].titles["drl_fas"] == "DRL-FAS (Cai 2020)"


def test_table_14_is_in_its_own_units():
    assert values("t14", "wideresnet") == [1.47e6, 10.57e9, 4.55]


def test_unknown_cell_names_the_known():
    with pytest.raises(UsageError, match="rows pl, attvlad"):
        published.load()["t7"].cell("mpl", "casia")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "t7: {columns: [a], rows: {x: {values: [1, 2], certainty: read}}}",
            "t7 x has 2 values for 1 columns",
        ),
        ("t7: {columns: [a], rows: {x: {values: [1], certainty: sure}}}", "'sure' and not one of read"),
        ("t7: {columns: [a], rows: {x: {values: [101], certainty: read}}}", "no percentage"),
        ("t7: {columns: [a], rows: {x: {values: [-1], certainty: read}}}", "no number"),
        ("t7: {columns: [a], rows: {x: {values: ['2'], certainty: read}}}", "no number"),
        ("t14: {columns: [a], rows: {x: {values: [.nan], certainty: read}}}", "no number"),
        ("t14: {columns: [a], rows: {x: {values: [.inf], certainty: read}}}", "no number"),
        ("t14: {columns: [a], rows: {x: {values: [1" + "0" * 400 + "], certainty: read}}}", "no number"),
        ("t7: {columns: [a], rows: {x: {values: [!!int ''], certainty: read}}}", "not valid"),
        ("[" * 100_000, "not valid"),
        ("t7: {columns: [a], rows: {x: {values: [true], certainty: read}}}", "no number"),
        (
            "t7: {columns: [a], rows: {x: {values: [1], certainty: read, remark: y}}}",
            "unknown entry 'remark'",
        ),
        ("t7: {columns: [a], rows: {x: {values: [1]}}}", "certainty is missing"),
        ("t7: {rows: {}}", "columns is missing"),
        ("t7: 3", "not valid"),
        ("", "not valid"),
        ("t7: [", "no YAML"),
    ],
)
def test_damaged_files_are_named(tmp_path, text, message):
    path = tmp_path / "published.yaml"
    path.write_text(text)
    with pytest.raises(FasnbError, match=message) as caught:
        published.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FasnbError, match=r"none\.yaml"):
        published.load(tmp_path / "none.yaml")

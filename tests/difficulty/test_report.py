import json

import pandas as pd
import pytest

from fasnb.corpus import Corpus
from fasnb.difficulty import NotOfThese, clues, goals, report
from fasnb.errors import FasnbError, UsageError
from fasnb.leaks import FACE, FILE
from fasnb.runs import Source
from tests.test_corpus import PROFILE, root  # noqa: F401  (root: a small tree of the three databases)


@pytest.fixture
def one(root, tmp_path, monkeypatch):  # noqa: F811
    """A report of two parts of which one cannot be had; `calls` counts how often the other is computed."""
    calls = []

    def rows(corpus, workers, say):
        calls.append(workers)
        return {"media": pd.DataFrame({"value": ["print"], "far": [0.25], "frr": [float("nan")]})}

    def refused(corpus, workers, say):
        raise NotOfThese("not of these data")

    monkeypatch.setattr(
        report, "PARTS", {"leaks": (clues.__name__, "good"), "groups": (clues.__name__, "bad")}
    )
    monkeypatch.setattr(clues, "good", rows, raising=False)
    monkeypatch.setattr(clues, "bad", refused, raising=False)
    made = report.Report(tmp_path / "out", Corpus(root, PROFILE, tmp_path / "cache"), Source("real", "ab"))
    return made, calls


def test_what_is_kept_is_not_computed_again(one):
    made, calls = one
    first = report.run(made, ["leaks"], workers=2)
    second = report.run(made, ["leaks"])
    pd.testing.assert_frame_equal(first["media"], second["media"])
    assert calls == [2]
    report.run(made, ["leaks"], again=True)
    assert len(calls) == 2
    (made.folder / "media.csv").unlink()
    report.run(made, ["leaks"])
    assert len(calls) == 3


def test_other_data_or_other_code_is_computed_again(one, monkeypatch):
    made, calls = one
    report.run(made, ["leaks"])
    report.run(report.Report(made.folder, made.corpus, Source("real", "cd")), ["leaks"])
    assert len(calls) == 2
    monkeypatch.setattr(report.provenance, "code_digest", lambda roots: "changed")
    report.run(made, ["leaks"])
    assert len(calls) == 3


def test_the_record_says_where_numbers_come_from(one):
    made, _ = one
    report.run(made, ["leaks"])
    record = json.loads((made.folder / report.RECORD).read_text())["leaks"]
    assert record["data"] == {"source": "real", "digest": "ab"}
    assert record["profile"] == PROFILE.name
    assert {"versions", "processor", "revision", "finished", "seeds"} <= set(record)
    assert "scikit-image" in record["versions"]


def test_a_part_that_cannot_be_had_is_left_out_unless_asked_for(one):
    made, _ = one
    lines = []
    assert set(report.run(made, say=lines.append)) == {"media"}
    assert any("left out" in line for line in lines)
    assert report.run(made, ["groups"], lenient=True) == {}
    with pytest.raises(FasnbError, match="not of these data"):
        report.run(made, ["groups"])


def test_unknown_parts_and_damaged_files_are_named(one):
    made, _ = one
    with pytest.raises(UsageError, match="unknown part 'x'"):
        report.run(made, ["x"])
    report.run(made, ["leaks"])
    (made.folder / "media.csv").write_text("")
    with pytest.raises(FasnbError, match=r"media\.csv is damaged"):
        report.run(made, ["leaks"])
    (made.folder / report.RECORD).write_text("[1]")
    with pytest.raises(FasnbError, match=r"provenance\.json is damaged"):
        report.run(made, ["leaks"])


def test_printed_and_as_json(one):
    made, _ = one
    tables = report.run(made, ["leaks"])
    content = json.loads(report.as_json(tables, made.folder))
    assert content["tables"]["media"] == [{"value": "print", "far": 0.25, "frr": None}]
    assert list(content["provenance"]) == ["leaks"]
    assert report.load("smoke", made.folder).keys() == {"media"}
    assert report.load("smoke", made.folder / "none") == {}


def table(pairs):
    rows = [(a, b, eer, hter) for (a, b), (eer, hter) in pairs.items()]
    return pd.DataFrame(rows, columns=["train", "test", "eer", "hter"])


def test_goals_are_decided_by_the_worst_value():
    within = {("casia", "casia"): (0.08, 0.1), ("replay", "replay"): (0.02, 0.1), ("msu", "msu"): (0.19, 0.2)}
    across = {("casia", "msu"): (0.2, 0.3), ("msu", "casia"): (0.2, 0.4)}
    control = pd.DataFrame({"database": ["casia", "msu"], "auc": [0.58, 0.5]})
    assert not goals.check({"control-network": control})["met"].any()
    found = goals.check({"texture": table(within | across)}).set_index("goal")
    assert list(found["met"]) == [True, False, True, True]
    assert found.iloc[1]["where"] == "msu"
    assert found.iloc[2]["value"] == pytest.approx(0.35)
    assert goals.check({}).empty


def control(*rows):
    columns = ["database", "variant", "medium", "auc", "low", "high"]
    return {"stages": pd.DataFrame([("casia", "control", *row) for row in rows], columns=columns)}


def test_the_control_is_decided_by_a_database_and_by_the_intervals_of_its_media():
    chance = goals.check(control(("all", 0.56, 0.5, 0.62), ("cut", 0.6, 0.55, 0.65)))
    assert list(chance["met"]) == [True, True]
    leak = goals.check(control(("all", 0.6, 0.5, 0.62), ("cut", 0.5, 0.4, 0.6), ("print", 0.3, 0.2, 0.42)))
    assert list(leak["met"]) == [False, False]
    assert list(leak["where"]) == ["casia", "casia, print"]


def test_statistics_of_faces_and_files_have_their_own_bands():
    rows = [("msu", "print", name, 0.8, "face") for name in FACE]
    rows += [("msu", "print", name, 0.5, "file") for name in FILE]
    single = pd.DataFrame(rows, columns=["database", "medium", "statistic", "auc", "kind"])
    single.loc[len(FACE), "auc"] = 0.42
    together = pd.DataFrame({"database": "msu", "medium": ["print", "pooled"], "auc": [0.89, 0.87]})
    found = goals.check({"leaks-single": single, "leaks-together": together})
    assert list(found["met"]) == [True, False, True, False]
    assert found.iloc[1]["where"] == f"msu, print, {FILE[0]}"
    assert list(goals.outside(single, goals.FILE)["auc"]) == [0.8] * len(FACE) + [0.42]

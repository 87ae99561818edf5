"""The store: round trip, keys, damage, what is missing."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from fasnb import runs
from fasnb.errors import FasnbError, UsageError
from fasnb.experiments import make
from fasnb.profiles import LITE, SMOKE
from fasnb.runs import Source, Store

CODE = ("fasnb.metrics",)
DATA = Source("simulated", "d1")
MPL = make("mpl_uda", "casia")


def some_scores(seed=0, databases=("casia", "replay", "msu"), people=3):
    """Test clips of the databases, devel of replay, train of the others: two live and three attacks per
    person.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for database in databases:
        for split in ("devel", "test") if database == "replay" else ("train", "test"):
            for subject in range(people):
                for i in range(5):
                    label = int(i < 2)
                    frames = np.clip(rng.normal(0.35 + 0.3 * label, 0.15, 2), 0, 1)
                    rows.append(
                        {
                            "database": database,
                            "path": f"{split}/{subject}/{i}.avi",
                            "split": split,
                            "subject": subject + 50 * (split == "test"),
                            "label": label,
                            "attack": "" if label else ("print", "video")[i % 2],
                            "camera": "low",
                            "light": "",
                            "n_frames": 2,
                            "score": frames.mean(),
                            "frames": " ".join(f"{v:.9g}" for v in frames),
                        }
                    )
    return pd.DataFrame(rows)


def store(folder, profile=SMOKE, source=DATA, roots=CODE):
    return Store(folder, profile, source, roots)


def put(where, experiment=MPL, seed=0, **extra):
    return where.put(experiment, some_scores(seed), extra, datetime(2026, 1, 2, tzinfo=UTC), 12.345)


def _with(text, **changes):
    return json.dumps(json.loads(text) | changes)


def test_round_trip(tmp_path):
    one = store(tmp_path)
    assert one.get(MPL) is None
    put(one, device="a GPU", losses=[1.0, 0.5])
    result = one.get(MPL)
    assert result.experiment == MPL
    assert result.key == one.key(MPL)
    assert result.extra == {"losses": [1.0, 0.5]}
    pd.testing.assert_frame_equal(result.scores.drop(columns="score"), some_scores().drop(columns="score"))
    assert np.allclose(result.scores["score"], some_scores()["score"], atol=1e-8)
    assert one.has(MPL)
    assert {p.name for p in tmp_path.iterdir()} == {f"{one.stem(MPL)}.json", f"{one.stem(MPL)}.csv"}


def test_record_says_where_the_number_comes_from(tmp_path):
    record = put(store(tmp_path)).record
    assert record["experiment"] == MPL.name
    assert record["data"] == {"source": "simulated", "digest": "d1"}
    assert record["profile"] == "smoke"
    assert record["settings"]["steps"] == SMOKE.steps
    assert record["settings"]["tau"] == 0.6
    assert record["settings"]["loss"] == "improved"
    assert record["settings"]["labelled"] == SMOKE.labelled
    assert record["settings"]["seed"] == 0
    assert record["started"] == "2026-01-02T00:00:00+00:00"
    assert record["wall_s"] == 12.35 or record["wall_s"] == 12.34
    assert record["videos"] == 90
    assert record["without_face"] == 0
    assert record["versions"]["numpy"] == np.__version__
    assert record["device"]


@pytest.mark.parametrize(
    ("experiment", "change"),
    [
        (MPL, {"profile": replace(SMOKE, steps=151)}),
        (MPL, {"profile": replace(SMOKE, labelled=300)}),
        (MPL, {"source": Source("simulated", "d2")}),
        (MPL, {"source": Source("real", "d1")}),
        (MPL, {"roots": ("fasnb.intervals",)}),
        (make("attvlad", "casia"), {"profile": replace(SMOKE, plgf_steps=301)}),
    ],
)
def test_key_changes_with_what_changes_the_number(tmp_path, experiment, change):
    assert store(tmp_path, **change).key(experiment) != store(tmp_path).key(experiment)


@pytest.mark.parametrize(
    ("experiment", "profile"),
    [
        (MPL, replace(SMOKE, seeds=3, checkpoint_every=7, allow_partial=False)),
        (MPL, replace(SMOKE, plgf_steps=301)),
        (make("attvlad", "casia"), replace(SMOKE, steps=151)),
    ],
)
def test_key_stays_where_the_number_cannot_change(tmp_path, experiment, profile):
    assert store(tmp_path, profile).key(experiment) == store(tmp_path).key(experiment)


def test_every_experiment_has_its_own_key(tmp_path):
    one = store(tmp_path)
    many = [MPL, make("mpl_uda", "msu"), make("mpl_uda", "casia", seed=1), make("mpl_uda", "casia", tau=0.5),
            make("mpl_uda", "casia", loss="original"), make("pl_uda", "casia"), make("attvlad", "casia"),
            make("attvlad_novlad", "casia"), make("mpl_uda", "casia", labelled=3000)]  # fmt: skip
    assert len({one.key(e) for e in many}) == len(many)


def test_missing_lists_what_is_not_current(tmp_path):
    one = store(tmp_path)
    put(one)
    other = make("pl", "casia")
    assert one.missing([MPL, other, other]) == [other]
    assert store(tmp_path, source=Source("simulated", "new")).missing([MPL]) == [MPL]


def test_other_data_and_code_stand_beside(tmp_path):
    old, new = store(tmp_path, source=Source("simulated", "old")), store(tmp_path)
    first = put(old)
    assert new.get(MPL) is None
    assert new.best(MPL).key == first.key
    assert new.is_current(new.best(MPL)) is False
    second = put(new)
    assert new.best(MPL).key == second.key
    assert new.is_current(second) is True
    assert [r.key for r in new.find(MPL)] == [second.key, first.key]  # newest first
    assert store(tmp_path, LITE).best(MPL) is None  # another profile's result is never shown for this one
    assert len(new.results()) == 2


def test_seed_1_is_not_seed_10(tmp_path):
    one = store(tmp_path)
    put(one, make("pl", "casia", seed=10))
    assert one.find(make("pl", "casia", seed=1)) == []


def test_without_a_source_the_store_can_be_read(tmp_path):
    put(store(tmp_path))
    blind = Store(tmp_path, SMOKE)
    assert blind.best(MPL).experiment == MPL
    assert blind.is_current(blind.best(MPL)) is None
    with pytest.raises(UsageError, match="no data source"):
        blind.key(MPL)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda text: text[: len(text) // 2], "is damaged"),
        (lambda text: "", "is damaged"),
        (lambda text: "[1]", "schema is missing"),
        (lambda text: "[" * 100_000, "recursion"),
        (lambda text: _with(text, experiment=None), "experiment is 'None'"),
        (lambda text: _with(text, finished=5), "finished is '5'"),
        (lambda text: _with(text, data={"source": [], "digest": "d"}), r"data source is '\[\]'"),
        (lambda text: _with(text, data={"source": "real"}), "digest is missing"),
        (lambda text: _with(text, extra=[1]), "extra holds no names"),
        (lambda text: text.replace('"key"', '"kee"'), "key is missing"),
        (lambda text: text.replace('"schema": 1', '"schema": 9'), "layout 9"),
        (lambda text: text.replace("seed0", "seed1"), "it holds the run"),
        (lambda text: text.replace("mpl_uda-casia", "mpl_oda-casia"), "unknown method"),
    ],
)
def test_damaged_json_names_file_and_remedy(tmp_path, harm, message):
    one = store(tmp_path)
    path = put(one).path
    path.write_text(harm(path.read_text()))
    for look in (one.get, one.best, lambda e: one.missing([e])):
        with pytest.raises(FasnbError, match=message) as caught:
            look(MPL)
        assert str(path) in str(caught.value)
        assert "delete it" in str(caught.value)
        assert "\n" not in str(caught.value)
    path.unlink()
    assert one.missing([MPL]) == [MPL]  # the remedy works


def test_changed_key_is_noticed(tmp_path):
    one = store(tmp_path)
    path = put(one).path
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"key": record["key"][:8] + "0" * 56}))
    with pytest.raises(FasnbError, match="its key is not that of its name"):
        one.get(MPL)


def test_damaged_or_missing_scores_are_noticed(tmp_path):
    one = store(tmp_path)
    csv = put(one).path.with_suffix(".csv")
    whole = csv.read_bytes()
    csv.write_bytes(whole[:-20])
    with pytest.raises(FasnbError, match=r"\.csv is damaged"):
        one.get(MPL)
    csv.unlink()
    with pytest.raises(FasnbError, match=r"\.csv cannot be read"):
        one.has(MPL)


def test_impossible_scores_and_records_are_refused_and_nothing_is_written(tmp_path):
    one = store(tmp_path)
    table = some_scores()
    table.loc[3, "score"] = float("nan")
    with pytest.raises(FasnbError, match=rf"run {MPL.name}: casia/train/0/3\.avi has a score"):
        one.put(MPL, table, {}, datetime.now(UTC), 1)
    with pytest.raises(FasnbError, match="JSON cannot hold"):
        one.put(MPL, some_scores(), {"loss": float("nan")}, datetime.now(UTC), 1)
    with pytest.raises(FasnbError, match="JSON cannot hold"):
        one.put(MPL, some_scores(), {"network": object()}, datetime.now(UTC), 1)
    assert list(tmp_path.iterdir()) == []


def test_unknown_source_is_refused():
    with pytest.raises(UsageError, match="choose simulated, real or mixed"):
        Source("invented", "d")


def test_missing_json_beside_csv_is_just_missing(tmp_path):
    """Interrupted between its two files, a run is not there."""
    one = store(tmp_path)
    put(one).path.unlink()
    assert one.missing([MPL]) == [MPL]
    assert one.find(MPL) == []
    assert put(one).record["schema"] == runs.SCHEMA


def test_a_folder_one_may_not_look_into_is_one_line_and_not_an_empty_store(tmp_path, monkeypatch):
    one = store(tmp_path)
    path = put(one).path
    with monkeypatch.context() as patch:

        def forbidden(self, **_):
            raise PermissionError(13, "Permission denied")

        patch.setattr(runs.Path, "stat", forbidden)
        with pytest.raises(
            FasnbError, match=r"\.json cannot be read \(Permission denied\); see to the folder"
        ):
            one.missing([MPL])
    assert one.get(MPL).path == path
    path.unlink()
    assert one.get(MPL) is None

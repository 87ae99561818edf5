import json
import os

import numpy as np
import pytest
import torch

from fasnb import cards, checkpoints, metrics, paths, scores, weights
from fasnb.errors import FasnbError, UsageError
from fasnb.evaluation import evaluate, threshold_of
from fasnb.experiments import make
from fasnb.grid import SEVEN
from fasnb.runs import Source
from tests.pair import PAIR, leave_weights, network, pair_store
from tests.test_runs import put, some_scores, store


def test_a_pair_is_fused_by_eq_31_and_other_methods_stand_alone():
    assert cards.parts("mpl_uda", "casia", 0) == [(PAIR[0], 0.8), (PAIR[1], 0.2)]
    assert cards.parts("attvlad", "msu", 1) == [(make("attvlad", "msu", 1), 1.0)]
    assert cards.parts("color_lbp", "casia", 0) == [(make("color_lbp", "casia"), 1.0)]
    with pytest.raises(UsageError, match="unknown method"):
        cards.parts("magic", "casia", 0)


def test_a_card_says_what_the_store_says(tmp_path, monkeypatch):
    one = pair_store(tmp_path, monkeypatch)
    out = cards.write(cards.make(one, "mpl_uda", "casia"), tmp_path / "w")
    assert sorted(p.name for p in out.iterdir()) == [
        "card.json",
        "card.md",
        "plgf.safetensors",
        "rgb.safetensors",
    ]
    facts = json.loads((out / "card.json").read_text())
    fused = scores.fuse([(one.get(e).scores, share) for e, share in zip(PAIR, (0.8, 0.2))])
    assert facts["threshold"]["value"] == pytest.approx(threshold_of(fused, "casia").value)
    assert facts["threshold"]["where"] == "casia train"
    assert facts["data"] == {"source": "simulated", "digest": "d1"}
    assert [b["weight"] for b in facts["branches"]] == [0.8, 0.2]
    assert [b["key"] for b in facts["branches"]] == [one.get(e).key for e in PAIR]
    rows = {row["test"]: row for row in facts["metrics"]}
    assert [row["within"] for row in rows.values()] == [True, False, False]
    expected = evaluate(fused, SEVEN[1])  # casia to replay, HTER
    assert rows["replay"]["hter"][0] == pytest.approx(100 * expected.value, abs=1e-3)
    low, high = (100 * end for end in np.percentile(expected.samples, [2.5, 97.5]))
    assert rows["replay"]["hter"][1:] == pytest.approx([low, high], abs=1e-3)
    test = scores.answered(fused[(fused["database"] == "msu") & (fused["split"] == "test")])
    at = threshold_of(fused, "casia")
    by_type = metrics.apcer_by_type(test["score"], test["label"], test["attack"], at)
    assert rows["msu"]["apcer_by_type"] == {k: pytest.approx(100 * v, abs=0.01) for k, v in by_type.items()}


def test_the_page_says_plainly_what_the_weights_are_not_fit_for(tmp_path, monkeypatch):
    one = pair_store(tmp_path, monkeypatch)
    page = (cards.write(cards.make(one, "mpl_uda", "casia"), tmp_path / "w") / "card.md").read_text()
    assert "Trained on simulated faces" in page
    assert "Not fit for any real door" in page
    for word in (
        "casia (within)",
        "msu (across)",
        "EER on casia train",
        "fasnb card --profile smoke",
        "0.8",
        "d1",
    ):
        assert word in page
    assert "nan" not in page.lower().replace("provenance", "")


def test_weights_stay_float32_without_faces_to_check_on(tmp_path, monkeypatch):
    one = pair_store(tmp_path, monkeypatch)
    made = cards.make(one, "mpl_uda", "casia", root=tmp_path)
    assert [b["dtype"] for b in made.facts["branches"]] == ["float32", "float32"]
    assert [b["float16_changes_scores_by"] for b in made.facts["branches"]] == [None, None]


def test_float16_is_kept_only_where_it_changes_no_score(tmp_path, monkeypatch):
    one = pair_store(tmp_path, monkeypatch)
    source = cards.weights_of(one.get(PAIR[1]), one)
    faces = np.random.default_rng(0).integers(0, 255, (8, 256, 256, 3)).astype(np.uint8)
    content, dtype, change = cards.compact(PAIR[1], one, source, faces)
    assert dtype == "float16"
    assert 0 <= change <= cards.SAME
    assert len(content) < 0.75 * source.stat().st_size
    tensors = network(PAIR[1]).state_dict()
    tensors["fc.weight"] = tensors["fc.weight"] * 1e6  # beyond the largest float16
    checkpoints.write(source, tensors, {})
    content, dtype, _ = cards.compact(PAIR[1], one, source, faces)
    assert (dtype, content) == ("float32", source.read_bytes())


def test_what_is_missing_is_named(tmp_path, monkeypatch):
    one = pair_store(tmp_path, monkeypatch)
    with pytest.raises(
        FasnbError, match=r"no trained network of mpl_uda-msu-.*run `fasnb run --profile smoke`"
    ):
        cards.make(one, "mpl_uda", "msu")
    cards.weights_of(one.get(PAIR[1]), one).unlink()
    with pytest.raises(FasnbError, match="no trained network of attvlad-casia-seed0"):
        cards.make(one, "mpl_uda", "casia")


def test_networks_of_different_data_are_not_fused(tmp_path, monkeypatch):
    one = pair_store(tmp_path, monkeypatch)
    cards.weights_of(one.get(PAIR[1]), one).unlink()
    new = store(one.folder, source=Source("simulated", "d2"))
    leave_weights(new, put(new, PAIR[1]), network(PAIR[1]).state_dict())
    with pytest.raises(FasnbError, match="saw different data"):
        cards.make(one, "mpl_uda", "casia")


def test_older_runs_serve_where_both_networks_are_there(tmp_path, monkeypatch):
    one = pair_store(tmp_path, monkeypatch)
    new = store(one.folder, source=Source("simulated", "d2"))
    leave_weights(new, put(new, PAIR[0]), network(PAIR[0]).state_dict())  # newer, without its partner
    assert cards.make(new, "mpl_uda", "casia").facts["data"]["digest"] == "d1"


def test_a_run_gets_its_card_beside_its_weights_once(tmp_path, monkeypatch):
    one = pair_store(tmp_path, monkeypatch)
    gone = put(one, make("pl", "casia"))  # computed elsewhere: no weights here
    results = [*map(one.get, PAIR), gone]
    new = cards.beside(one, results)
    assert [path.parent for path in new] == [cards.weights_of(one.get(e), one).parent for e in PAIR]
    card = weights.read(new[0].parent)
    assert (card.method, card.branches[0].weight) == ("mpl_uda", 1.0)
    assert card.threshold == threshold_of(one.get(PAIR[0]).scores, "casia")
    assert cards.beside(one, results) == []
    # Trained again, with other weights: the card follows.
    file = leave_weights(one, one.get(PAIR[0]), network(PAIR[0]).state_dict() | {"more": torch.ones(1)})
    os.utime(new[0], ns=(0, 0))
    assert cards.beside(one, results) == [new[0]]
    assert file.parent == new[0].parent


def test_committed_networks_get_no_card_beside_them(tmp_path, monkeypatch):
    one = pair_store(tmp_path, monkeypatch)
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    results = [*map(one.get, PAIR)]
    for result in results:
        left = cards.weights_of(result, one)
        kept = paths.kept("smoke", result.path.stem)
        kept.parent.mkdir(parents=True, exist_ok=True)
        left.rename(kept)
    assert cards.beside(one, results) == []
    assert cards.make(one, "mpl_uda", "casia").files.keys() == {"rgb.safetensors", "plgf.safetensors"}


def test_a_class_that_is_missing_leaves_its_rates_out():
    table = some_scores()
    live = table[(table["database"] != "msu") | (table["label"] == 1)]
    row = cards.measured(live, "casia", "msu", threshold_of(table, "casia"))
    assert row["hter"][0] is None
    assert row["auc"][0] is None
    assert "eer" not in row
    assert row["apcer_by_type"] == {}
    assert row["frr"][0] is not None
    json.dumps(row, allow_nan=False)


def test_no_weights_folder_is_written_by_a_failure(tmp_path, monkeypatch):
    one = pair_store(tmp_path, monkeypatch)
    cards.weights_of(one.get(PAIR[0]), one).write_bytes(b"damaged")
    with pytest.raises(FasnbError, match="not a readable checkpoint"):
        cards.make(one, "mpl_uda", "casia")
    assert not paths.WEIGHTS.exists()

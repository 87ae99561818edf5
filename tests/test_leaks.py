import numpy as np
import pandas as pd
import pytest

from fasnb import leaks
from fasnb.corpus import Corpus
from fasnb.errors import FasnbError
from tests.test_corpus import PROFILE, root  # noqa: F401  (root: a small tree of the three databases)


def made(n=12, seed=0):
    """Clips of n people: brightness tells the print, nothing tells the screen."""
    rng, rows = np.random.default_rng(seed), []
    for subject in range(n):
        for label, medium in ((1, "live"), (0, "print"), (0, "screen")):
            row = {name: rng.normal() for name in (*leaks.FACE, *leaks.FILE)}
            row["brightness"] += 8 * (medium == "print")
            rows.append({"subject": subject, "label": label, "medium": medium} | row)
    return pd.DataFrame(rows)


def test_statistics_of_a_known_picture():
    picture = np.zeros((4, 4, 3), np.uint8)
    picture[:, 2:, 0] = 200  # half black, half red
    found = leaks.of_face(picture)
    grey = 0.299 * 200
    assert found["brightness"] == pytest.approx(grey / 2, abs=0.5)
    assert found["contrast"] == pytest.approx(grey / 2, abs=0.5)
    assert found["saturation"] == pytest.approx(0.5)  # red has 1, black 0
    assert found["redness"] == pytest.approx(3)
    assert found["blueness"] == 0
    assert found["gradient"] == pytest.approx(grey / 3, abs=0.5)  # one edge in three steps


def test_a_leak_shows_at_its_medium_and_not_at_another():
    table = leaks.single(made()).set_index(["medium", "statistic"])
    assert table.loc[("print", "brightness"), "auc"] == 0  # prints are brighter than every live face
    assert 0.2 < table.loc[("screen", "brightness"), "auc"] < 0.8
    assert set(table.index.get_level_values(0)) == {"print", "screen", "pooled"}
    assert (table["low"] <= table["auc"] + 1e-9).all()
    assert (table["auc"] <= table["high"] + 1e-9).all()


def test_the_regression_finds_the_leak_on_people_it_has_not_seen():
    table = leaks.together(made(20)).set_index("medium")
    assert table.loc["print", "auc"] > 0.95
    assert table.loc["screen", "auc"] < 0.8


def test_a_class_that_is_missing_is_said():
    with pytest.raises(FasnbError, match="live and attack"):
        leaks.single(made()[lambda t: t["label"] == 0])


def test_files_are_measured_by_clip(root, tmp_path):  # noqa: F811
    corpus = Corpus(root, PROFILE, tmp_path / "cache")
    found = corpus.training_faces("msu")
    table = leaks.measure(corpus.databases["msu"], found)
    assert len(table) == len(found.clips)
    assert set(table["pixels"]) == {64 * 48}
    assert set(table["frames"]) == {3}
    assert table["box size"].between(0, 1).all()
    assert set(table["medium"]) == {clip.attack or "live" for clip in found.clips}

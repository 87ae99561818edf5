"""Results of other profiles: which stores are shown beside the own one, and which of their tables."""

import numpy as np
import pandas as pd
import pytest

from fasnb import committed, grid, paths, recipes, tables
from fasnb.experiments import make
from fasnb.profiles import LITE, SMOKE
from fasnb.runs import Source, Store
from tests.test_runs import CODE, put


def two_stores(tmp_path, monkeypatch):
    """An empty smoke store, and a lite one with Tables 9 and 12, as committed."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    lite = Store(paths.store("lite"), LITE, Source("simulated", "d1"), CODE)
    for i, experiment in enumerate(grid.grid(["t9", "t12"], [0])):
        put(lite, experiment, seed=i)
    return Store(tmp_path / "own", SMOKE), lite


@pytest.fixture
def both(tmp_path, monkeypatch):
    return two_stores(tmp_path, monkeypatch)


def test_committed_stores_stand_beside_the_own_one(both):
    own, lite = both
    found = committed.stores(own)
    assert [one.profile.name for one in found] == ["smoke", "lite"]
    assert found[0] is own
    assert found[1].folder == lite.folder
    assert found[1].source is None  # its numbers are shown, not checked
    assert committed.stores(lite) == [lite]


def test_a_store_that_only_names_its_data_is_not_shown(both):
    folder = paths.store("paper")
    folder.mkdir(parents=True)
    (folder / recipes.FILE).write_text("{}")
    assert [one.profile.name for one in committed.stores(both[0])] == ["smoke", "lite"]


def test_a_table_without_numbers_is_shown_of_the_own_store_alone(both):
    several = committed.stores(both[0])
    nine, ten = committed.build("t9", several), committed.build("t10", several)
    assert [frame["profile"].iloc[0] for frame in nine] == ["smoke", "lite"]
    assert [frame["profile"].iloc[0] for frame in ten] == ["smoke"]
    assert ten[0]["value"].isna().all()


def test_a_caption_says_where_numbers_are_from(both):
    own, lite = both
    assert committed.origin(tables.build("t12", lite)) == "simulated data, profile lite"
    assert committed.origin(tables.build("t12", own)) == "no data, profile smoke"
    mixed = tables.build("t12", lite)
    mixed.loc[0, "source"] = "real"
    assert committed.origin(mixed) == "real and simulated data, profile lite"


def test_scores_of_an_arm_are_fused_of_the_profiles_that_have_it(both):
    own, lite = both
    alone, fused = (one for one in grid.table("t8").arms if one.title.startswith("MPL"))
    found = committed.scores(own, alone, "casia", 0)
    assert list(found) == ["lite"]
    table, where = found["lite"]
    assert where == "simulated data, profile lite"
    ((run, _),) = alone.experiments("casia", 0)
    pd.testing.assert_frame_equal(table, lite.get(run).scores)
    assert committed.scores(own, fused, "casia", 0) == {}  # there is no AttVLAD
    assert committed.scores(lite, alone, "casia", 0) == {}
    light = put(lite, make("attvlad", "casia"), seed=9)
    table, _ = committed.scores(own, fused, "casia", 0)["lite"]
    np.testing.assert_allclose(
        table["score"], 0.8 * lite.get(run).scores["score"] + 0.2 * light.scores["score"]
    )


def test_the_digest_is_of_every_committed_record(both):
    _, lite = both
    before = committed.digest()
    assert committed.digest() == before
    added = put(lite, make("attvlad", "msu"))
    after = committed.digest()
    assert after != before
    added.path.write_bytes(added.path.read_bytes() + b" ")
    assert committed.digest() not in (before, after)
    added.path.unlink()
    assert committed.digest() == before
    folder = paths.ROOT / "results" / "difficulty" / "lite"
    folder.mkdir(parents=True)
    (folder / "provenance.json").write_text("{}")
    assert committed.digest() != before


def test_trained_networks_are_the_own_ones_else_those_of_the_first_profile_that_has_all(
    both, monkeypatch, tmp_path
):
    own, lite = both
    monkeypatch.setattr(paths, "BUILD", tmp_path / "build")
    wanted = [make("mpl_uda", train, tau=0.5, sigma=0.1) for train in ("casia", "replay")]
    assert committed.trained(own, wanted) is None  # scores without networks
    for i, one in enumerate(wanted):
        kept = paths.kept("lite", lite.stem(one))
        kept.parent.mkdir(parents=True, exist_ok=True)
        assert committed.trained(own, wanted[i:]) is None  # not all of them
        kept.touch()
    store, results = committed.trained(own, wanted)
    assert (store.profile.name, [one.experiment for one in results]) == ("lite", wanted)
    own = Store(own.folder, SMOKE, Source("simulated", "d2"), CODE)
    for one in wanted:
        left = paths.trained("smoke", put(own, one).path.stem)
        left.parent.mkdir(parents=True)
        left.touch()
    store, results = committed.trained(own, wanted)
    assert store is own
    # Networks of the own store that are of other data are not taken for the present ones.
    other = Store(own.folder, SMOKE, Source("simulated", "d3"), CODE)
    assert committed.trained(other, wanted)[0].profile.name == "lite"

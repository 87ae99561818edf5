import json

import pytest

from fasnb import paths, publish
from fasnb.errors import FasnbError, UsageError
from fasnb.experiments import make
from fasnb.runs import Source
from tests.pair import PAIR, pair_store
from tests.test_runs import put, store


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """Two drawn figures of every profile; returns the folder of the committed ones."""
    monkeypatch.setattr(paths, "BUILD", tmp_path / "build")
    for profile in ("smoke", "lite"):
        folder = paths.figures(profile)
        folder.mkdir(parents=True)
        for name in ("a.png", "a.csv", "b.png", "b.csv"):
            (folder / name).write_text(f"{profile} {name}")
    return tmp_path / "figures"


def test_figures_and_their_data_are_copied_with_their_origin(drawn):
    publish.publish("smoke", "simulated", "abc", drawn)
    assert (drawn / "a.csv").read_text() == "smoke a.csv"
    assert json.loads((drawn / "PROVENANCE.json").read_text()) == {
        "profile": "smoke",
        "data": "simulated",
        "digest": "abc",
        "figures": ["a", "b"],
    }


def test_a_better_profile_replaces_and_is_not_replaced(drawn):
    publish.publish("smoke", "simulated", "abc", drawn)
    (drawn / "old.png").write_text("drawn by a notebook that is gone")
    publish.publish("lite", "simulated", "abc", drawn)
    assert (drawn / "b.png").read_text() == "lite b.png"
    assert not (drawn / "old.png").exists()
    with pytest.raises(UsageError, match="better than smoke"):
        publish.publish("smoke", "simulated", "abc", drawn)


@pytest.mark.parametrize("source", ["real", "mixed"])
def test_figures_of_licensed_faces_stay_where_they_are(drawn, source):
    with pytest.raises(FasnbError, match="licensed faces"):
        publish.publish("smoke", source, "abc", drawn)
    assert not drawn.exists()


def test_nothing_drawn_and_a_damaged_record_say_so(drawn):
    with pytest.raises(FasnbError, match="holds no figures"):
        publish.publish("paper", "simulated", "abc", drawn)
    drawn.mkdir()
    for content in ("{", "[]", "[" * 100_000, '{"profile": []}'):
        (drawn / "PROVENANCE.json").write_text(content)
        with pytest.raises(FasnbError, match=r"PROVENANCE\.json (is damaged|names an unknown profile)"):
            publish.publish("smoke", "simulated", "abc", drawn)


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """A store with two runs whose weights are where training left them; results/ lies below `tmp_path`."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    return pair_store(tmp_path, monkeypatch)


def test_networks_that_pictures_look_into_are_kept_and_stale_ones_go(trained):
    scored = put(trained, make("pl", "casia"))  # its weights are not here
    left = {one: paths.trained("smoke", trained.stem(one)) for one in PAIR}
    old = paths.kept("smoke", "mpl_uda-casia-seed0-00000000")
    old.parent.mkdir(parents=True)
    old.touch()
    kept = publish.networks(trained)
    assert {file.stem for file in kept} == {path.parent.name for path in left.values()}
    for one, path in left.items():
        assert paths.kept("smoke", trained.stem(one)).read_bytes() == path.read_bytes()
        path.unlink()
    assert not old.exists()
    assert not paths.kept("smoke", scored.path.stem).exists()
    assert publish.networks(trained) == kept  # what is committed stays where training's own are gone
    new = store(trained.folder, source=Source("simulated", "d2"))
    assert publish.networks(new) == []  # none of them belongs to these data


def test_large_weights_are_trained_again_instead(trained, monkeypatch):
    sizes = [paths.trained("smoke", trained.stem(one)).stat().st_size for one in PAIR]
    monkeypatch.setattr(publish, "LARGEST", min(sizes))
    assert len(publish.networks(trained)) == 1


@pytest.mark.parametrize("source", [None, Source("real", "d1"), Source("mixed", "d1")])
def test_networks_of_licensed_faces_are_not_kept(trained, source):
    with pytest.raises(FasnbError, match="licensed faces"):
        publish.networks(store(trained.folder, source=source))
    assert not paths.kept("smoke", "any").parent.exists()

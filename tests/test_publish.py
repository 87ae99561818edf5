import json

import pytest

from fasnb import paths, publish
from fasnb.errors import FasnbError, UsageError


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

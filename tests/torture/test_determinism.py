"""The same seed gives the same bits, however a run is carried out."""

from tests.torture import determinism


def test_the_same_bits_in_every_way(tmp_path):
    rows = determinism.run(2, tmp_path, seed=0)  # two runs, or there is nothing for a second worker
    assert [(row.tried, row.held) for row in rows] == [(2, 2)] * 4, rows


def test_another_seed_is_told_apart(tmp_path, monkeypatch):
    """The comparison can fail: two outcomes that differ are not held to be the same."""
    outcomes = iter([(b"a", b"", []), (b"a", b"", []), (b"b", b"", []), (b"a", b"x", []), (b"a", b"", [0])])
    monkeypatch.setattr(determinism.toys, "child", lambda *_: None)
    monkeypatch.setattr(determinism.toys, "finish", lambda *_: 0)
    monkeypatch.setattr(determinism.toys, "outcome", lambda *_: next(outcomes))
    assert [row.held for row in determinism.run(1, tmp_path, seed=0)] == [1, 0, 0, 0]

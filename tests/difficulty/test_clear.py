"""The control by a network: the faces it learns from and is asked about."""

import numpy as np
import pytest

from fasnb import layouts
from fasnb.difficulty import clear
from fasnb.simfas import cast
from tests.simfas import plain


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cheap people, and of MSU-MFSD one subject a split."""
    monkeypatch.setattr(cast, "Person", plain.Person)
    kept = [c for c in layouts.official_clips("msu") if c.subject in (1, 2) and c.camera == "laptop"]
    monkeypatch.setattr(clear, "subset", lambda database, scale: kept)


def test_a_split_gives_its_own_people_with_their_labels() -> None:
    train, test = (clear.captured("msu-mfsd", split, "smoke", cast.Cast(0)) for split in ("train", "test"))
    assert {clip.subject for clip in train.clips} == {2}
    assert {clip.subject for clip in test.clips} == {1}
    for held in (train, test):
        assert held.pictures.shape == (4 * clear.FRAMES, clear.SIZE, clear.SIZE, 3)
        assert list(held.labels) == [c.label for c in held.clips for _ in range(clear.FRAMES)]
        np.testing.assert_array_equal(held.batch([3, 0]), held.pictures[[3, 0]])
        assert list(held.clip_index) == [0, 0, 1, 1, 2, 2, 3, 3]

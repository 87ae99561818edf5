"""People and their kept poses."""

from pathlib import Path

import numpy as np
import pytest

from fasnb.simfas import cast
from fasnb.simfas.people import Pose
from tests.simfas import plain


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cast, "Person", plain.Person)


def test_a_kept_pose_is_the_rendered_one(tmp_path: Path) -> None:
    pose = Pose(yaw=3.0, blink=0.5)
    plainly = cast.Cast(0).person("msu-mfsd/2")(pose)
    first, again = (cast.Cast(0, tmp_path).person("msu-mfsd/2")(pose) for _ in range(2))
    for layers in (first, again):
        assert layers.box == plainly.box
        assert layers.eyes == plainly.eyes
        for name in cast.PICTURES:
            assert getattr(layers, name).dtype == np.float16
            np.testing.assert_array_equal(getattr(layers, name), getattr(plainly, name))


def test_what_is_kept_is_not_rendered_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cast.Cast(0, tmp_path).person("msu-mfsd/2")(Pose())
    monkeypatch.setattr(plain.Person, "render", lambda self, pose: pytest.fail("rendered again"))
    cast.Cast(0, tmp_path).person("msu-mfsd/2")(Pose())


@pytest.mark.parametrize(
    "other", [(1, "msu-mfsd/2", Pose()), (0, "msu-mfsd/3", Pose()), (0, "msu-mfsd/2", Pose(1.0))]
)
def test_another_seed_person_or_pose_has_a_file_of_its_own(
    other: tuple[int, str, Pose], tmp_path: Path
) -> None:
    cast.Cast(0, tmp_path).person("msu-mfsd/2")(Pose())
    seed, key, pose = other
    cast.Cast(seed, tmp_path).person(key)(pose)
    assert len(list(tmp_path.rglob("*.npz"))) == 2


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04 torn"])
def test_a_damaged_file_is_rendered_again(content: bytes, tmp_path: Path) -> None:
    whole = cast.Cast(0, tmp_path).person("msu-mfsd/2")(Pose())
    (path,) = tmp_path.rglob("*.npz")
    path.write_bytes(content)
    again = cast.Cast(0, tmp_path).person("msu-mfsd/2")(Pose())
    np.testing.assert_array_equal(again.key, whole.key)
    assert path.stat().st_size > 1000

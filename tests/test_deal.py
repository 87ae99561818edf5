"""The wide database's deal: counts, balance between the classes, unseen devices."""

from collections import Counter, defaultdict

import pytest

from fasnb import deal, layouts
from fasnb.layouts import official_clips, subset

CLIPS = official_clips("wide")


def test_it_is_no_official_database() -> None:
    assert deal.NAME not in layouts.DATABASES
    assert deal.NAME not in layouts.SHORT
    assert layouts.database_name("wide") == layouts.WIDE == "wide"
    assert layouts.default_protocol("wide") == "grandtest"
    assert layouts.SPLITS["wide"] == ("train", "devel", "test")


def test_counts() -> None:
    assert len(CLIPS) == len({clip.path.rsplit(".", 1)[0] for clip in CLIPS}) == 1080
    assert [clip.path for clip in CLIPS] == sorted(clip.path for clip in CLIPS)
    assert Counter((clip.split, clip.kind) for clip in CLIPS) == layouts.OFFICIAL_COUNTS["wide"]
    assert layouts.OFFICIAL_COUNTS["wide"]["train", "attack"] == 36 * 12
    subjects = {split: {c.subject for c in CLIPS if c.split == split} for split in layouts.SPLITS["wide"]}
    assert {split: len(found) for split, found in subjects.items()} == {"train": 36, "devel": 12, "test": 12}
    assert subjects == {split: set(found) for split, found in layouts.SUBJECTS["wide"].items()}
    assert set.union(*subjects.values()) == set(range(1, 61))


def test_neither_camera_nor_light_tells_the_class() -> None:
    live, attacks = defaultdict(Counter), defaultdict(Counter)
    for clip in CLIPS:
        (live if clip.is_live else attacks)[clip.subject][clip.camera, clip.light] += 1
    for subject, sessions in live.items():
        assert len(sessions) == 6
        assert attacks[subject] == {session: 2 for session in sessions}
    recorders = {(clip.camera, clip.path.rsplit(".", 1)[1]) for clip in CLIPS}
    assert len(recorders) == deal.CAMERAS


def test_every_subject_meets_three_media_of_each_kind_half_of_them_by_hand() -> None:
    for subject in range(1, 61):
        mine = [clip for clip in CLIPS if clip.subject == subject and not clip.is_live]
        assert Counter(clip.attack.split("-")[0] for clip in mine) == dict.fromkeys(deal.KINDS, 3)
        assert len({clip.attack for clip in mine}) == 12
        assert Counter(clip.support for clip in mine) == {"fixed": 6, "hand": 6}


@pytest.mark.parametrize(("split", "seen"), [("train", True), ("devel", False), ("test", False)])
def test_devices_of_the_test_are_unseen_and_all_are_used_alike(split: str, seen: bool) -> None:
    mine = [clip for clip in CLIPS if clip.split == split]
    cameras = Counter(clip.camera for clip in mine)
    attacks = Counter(clip.attack for clip in mine if not clip.is_live)
    lights = Counter(clip.light for clip in mine)
    numbers = range(1, 19) if seen else range(19, 25)
    media = range(1, 10) if seen else range(10, 13)
    assert set(cameras) == {deal.camera_name(number) for number in numbers}
    assert set(attacks) == {deal.attack_name(kind, number) for kind in deal.KINDS for number in media}
    assert set(lights) == {deal.light_name(number) for number in range(1, 9)}
    for found in (cameras, attacks, lights):
        assert len(set(found.values())) == 1


def test_smoke_keeps_whole_subjects_and_every_device() -> None:
    smoke = subset("wide", "smoke")
    assert len(smoke) == 16 * 18
    assert subset("wide", "lite") == subset("wide", "full") == CLIPS
    for part in ("camera", "attack", "light"):
        assert {getattr(clip, part) for clip in smoke} == {getattr(clip, part) for clip in CLIPS}


def test_the_deal_is_fixed() -> None:
    live = [clip.path for clip in CLIPS if clip.subject == 1 and clip.is_live]
    places = ("01_1.mp4", "07_1.mp4", "09_1.mov", "11_1.avi", "12_1.mov", "13_1.mp4")
    assert live == [f"train/live/s01_c{place}" for place in places]
    assert list(deal.rows()) == list(deal.rows())

from collections import Counter
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fasnb import layouts
from fasnb.errors import UsageError
from fasnb.layouts import DATABASES, official_clips, select, subset


def counts(clips):
    return Counter((clip.split, clip.kind) for clip in clips)


@pytest.mark.parametrize(("name", "total"), [("casia-fasd", 600), ("replay-attack", 1200), ("msu-mfsd", 280)])
def test_published_totals(name, total):
    clips = official_clips(name)
    assert len(clips) == len({clip.path for clip in clips}) == total
    assert [clip.path for clip in clips] == sorted(clip.path for clip in clips)
    assert counts(clips) == layouts.OFFICIAL_COUNTS[name]
    assert sum(layouts.OFFICIAL_COUNTS[name].values()) == total


def test_published_subjects():
    subjects = {name: Counter() for name in DATABASES}
    for name in DATABASES:
        for split, members in layouts.SUBJECTS[name].items():
            subjects[name][split] = len(members)
            assert members == tuple(sorted(set(members)))
    assert subjects["casia-fasd"] == {"train": 20, "test": 30}
    assert subjects["replay-attack"] == {"train": 15, "devel": 15, "test": 20}
    assert subjects["msu-mfsd"] == {"train": 15, "test": 20}


@pytest.mark.parametrize("name", DATABASES)
def test_no_subject_is_in_two_splits(name):
    splits = {}
    for clip in official_clips(name):
        splits.setdefault(clip.subject, set()).add(clip.split)
    assert all(len(found) == 1 for found in splits.values())


# (train, devel, test), live then attack, as published.
REPLAY = {
    "grandtest": (300, 300, 400),
    "print": (60, 60, 80),
    "mobile": (120, 120, 160),
    "highdef": (120, 120, 160),
    "photo": (180, 180, 240),
    "video": (120, 120, 160),
    "digitalphoto": (120, 120, 160),
}


@pytest.mark.parametrize("protocol", REPLAY)
def test_replay_protocols(protocol):
    train, devel, test = REPLAY[protocol]
    assert counts(select(official_clips("replay"), protocol)) == {
        ("train", "real"): 60,
        ("devel", "real"): 60,
        ("test", "real"): 80,
        ("train", "attack"): train,
        ("devel", "attack"): devel,
        ("test", "attack"): test,
    }
    assert set(layouts.PROTOCOLS["replay-attack"]) == set(REPLAY)


CASIA = {
    "low": ({"2"}, {"4", "6", "8"}),
    "normal": ({"1"}, {"3", "5", "7"}),
    "high": ({"HR_1"}, {"HR_2", "HR_3", "HR_4"}),
    "warped": ({"1", "2", "HR_1"}, {"3", "4", "HR_2"}),
    "cut": ({"1", "2", "HR_1"}, {"5", "6", "HR_3"}),
    "video": ({"1", "2", "HR_1"}, {"7", "8", "HR_4"}),
    "overall": ({"1", "2", "HR_1"}, {"3", "4", "5", "6", "7", "8", "HR_2", "HR_3", "HR_4"}),
}


@pytest.mark.parametrize("protocol", CASIA)
def test_casia_protocols_take_the_published_codes(protocol):
    real, attack = CASIA[protocol]
    clips = select(official_clips("casia"), protocol)
    code = {kind: {c.path.split("/")[2][:-4] for c in clips if c.kind == kind} for kind in ("real", "attack")}
    assert code == {"real": real, "attack": attack}
    assert counts(clips) == {
        ("train", "real"): 20 * len(real),
        ("train", "attack"): 20 * len(attack),
        ("test", "real"): 30 * len(real),
        ("test", "attack"): 30 * len(attack),
    }
    assert set(layouts.PROTOCOLS["casia-fasd"]) == set(CASIA)


def test_casia_test_folders_restart_at_one():
    clips = {clip.path: clip for clip in official_clips("casia")}
    assert clips["train_release/1/1.avi"].subject == 1
    assert clips["test_release/1/1.avi"].subject == 21
    assert clips["test_release/30/HR_1.avi"].subject == 50
    assert clips["test_release/30/HR_1.avi"].is_live
    assert clips["test_release/30/HR_1.avi"].camera == "high"
    assert "test_release/31/1.avi" not in clips


@pytest.mark.parametrize(
    "path",
    [
        "train/real/client001_session01_webcam_authenticate_adverse_1.mov",
        "test/attack/fixed/attack_highdef_client009_session01_highdef_photo_adverse.mov",
        "devel/attack/hand/attack_print_client119_session01_highdef_photo_controlled.mov",
        "devel/attack/fixed/attack_mobile_client003_session01_mobile_video_controlled.mov",
    ],
)
def test_replay_names(path):
    assert path in {clip.path for clip in official_clips("replay")}


def test_replay_attacks_of_a_client():
    found = Counter(
        (clip.attack, clip.support, clip.light)
        for clip in official_clips("replay")
        if clip.subject == 117 and not clip.is_live
    )
    assert len(found) == 20
    assert set(found.values()) == {1}


def test_enrolment_belongs_to_no_protocol():
    everything = official_clips("replay", enroll=True)
    enrolment = [clip for clip in everything if clip.split == "enroll"]
    assert (len(everything), len(enrolment)) == (1300, 100)
    assert "enroll/test/client009_session01_webcam_enroll_adverse.mov" in {clip.path for clip in enrolment}
    assert select(enrolment) == []
    assert len(select(everything, "grandtest")) == 1200


def test_msu_names_and_rotated_clips():
    clips = {clip.path: clip for clip in official_clips("msu")}
    assert clips["scene01/real/real_client003_android_SD_scene01.mp4"].split == "train"
    assert clips["scene01/attack/attack_client051_laptop_SD_ipad_video_scene01.mov"].split == "test"
    rotated = {clips[path].subject for path in layouts.MSU_ROTATED_180}
    assert rotated == {3, 5, 6, 7, 8, 9}
    assert all(clips[path].is_live and clips[path].camera == "android" for path in layouts.MSU_ROTATED_180)


@pytest.mark.parametrize("name", DATABASES)
def test_scales_are_nested(name):
    smoke, lite, full = (subset(name, scale) for scale in layouts.SCALES)
    assert set(smoke) < set(lite)
    assert lite == full == official_clips(name)
    assert [clip.path for clip in smoke] == sorted(clip.path for clip in smoke)
    assert {clip.attack for clip in smoke} == {clip.attack for clip in full}
    assert {clip.camera for clip in smoke} == {clip.camera for clip in full}


@pytest.mark.parametrize(
    ("name", "subjects", "clips"),
    [
        ("casia", {"train": 9, "test": 7}, 16 * 12),
        ("replay", {"train": 7, "devel": 4, "test": 6}, 17 * 7),
        ("msu", {"train": 12, "test": 8}, 20 * 8),
    ],
)
def test_smoke_keeps_the_first_subjects(name, subjects, clips):
    smoke = subset(name, "smoke")
    assert len(smoke) == clips
    for split, keep in subjects.items():
        kept = {clip.subject for clip in smoke if clip.split == split}
        assert kept == set(layouts.SUBJECTS[layouts.SHORT[name]][split][:keep])


def test_smoke_replay_is_thinned_evenly():
    smoke = subset("replay", "smoke")
    for subject in {clip.subject for clip in smoke}:
        mine = [clip for clip in smoke if clip.subject == subject]
        assert sorted(clip.attack for clip in mine) == ["", "", *sorted(layouts.REPLAY_ATTACKS)]
        assert {clip.light for clip in mine if clip.is_live} == {"adverse", "controlled"}
    for split in ("train", "devel", "test"):
        setups = {(c.support, c.light) for c in smoke if c.split == split and not c.is_live}
        assert len(setups) == 4


def test_frames_of_each_scale_are_prefixes():
    assert [layouts.FRAMES[scale] for scale in layouts.SCALES] == [6, 12, 48]


@given(st.sampled_from(DATABASES), st.data())
def test_a_protocol_keeps_order_and_only_its_own(name, data):
    protocol = data.draw(st.sampled_from(list(layouts.PROTOCOLS[name])))
    clips = data.draw(st.lists(st.sampled_from(official_clips(name)), max_size=30))
    kept = select(clips, protocol)
    assert kept == [clip for clip in clips if clip in set(select(official_clips(name), protocol))]
    assert select(clips) == clips


def test_default_protocols_take_everything():
    assert [layouts.default_protocol(name) for name in DATABASES] == ["overall", "grandtest", "grandtest"]


def test_unknown_names_are_usage_errors():
    with pytest.raises(UsageError, match="unknown database 'oulu'"):
        official_clips("oulu")
    with pytest.raises(UsageError, match="unknown scale 'huge'"):
        subset("casia", "huge")
    with pytest.raises(UsageError, match="casia-fasd has no protocol 'grandtest'; choose from overall"):
        select(official_clips("casia"), "grandtest")


def test_clips_are_frozen():
    with pytest.raises(FrozenInstanceError):
        official_clips("casia")[0].label = 0

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from fasnb import databases, layouts
from fasnb.databases import databases_report, open_all, open_database, problems, survey
from fasnb.errors import FasnbError, UsageError
from fasnb.layouts import DATABASES, MSU_TEST, MSU_TRAIN, official_clips, subset
from tests.tiny import number, ramp, touch_tree, two_tone, write_lists, write_video


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """The complete official tree of the three databases, as empty files, enrolment included."""
    root = tmp_path_factory.mktemp("whole")
    for name in DATABASES:
        touch_tree(root / name, official_clips(name, enroll=True))
    return root


def counts(clips):
    return Counter((clip.split, clip.kind) for clip in clips)


@pytest.mark.parametrize("name", DATABASES)
def test_whole_tree_has_the_published_counts(whole, name):
    database = open_database(name, whole)
    assert database.regular
    assert database.problem() is None
    assert (database.source, database.marker) == ("real", None)
    assert database.clips == official_clips(name)
    assert counts(database.clips) == layouts.OFFICIAL_COUNTS[name]
    assert all(database.file(clip).is_file() for clip in database.clips)
    boxes = [database.face_file(clip) for clip in database.clips]
    assert all(path is None for path in boxes) if name == "casia-fasd" else all(boxes)


def test_every_protocol_and_split(whole):
    replay = open_database("replay", whole)
    assert len(replay.clips_in("test", "print")) == 80 + 80
    assert len(replay.clips_in("devel")) == 360
    assert len(replay.clips_in(None, "video")) == 200 + 400
    assert len(open_database("casia", whole).clips_in("train", "low")) == 20 + 60
    with pytest.raises(UsageError, match="casia-fasd has no split 'devel'"):
        open_database("casia", whole).clips_in("devel")


def test_fasnb_data_is_the_default_root(whole, monkeypatch):
    monkeypatch.setenv("FASNB_DATA", str(whole))
    assert set(open_all()) == set(DATABASES)
    monkeypatch.delenv("FASNB_DATA")
    with pytest.raises(UsageError, match="set FASNB_DATA"):
        open_database("casia")


def test_report_is_set_beside_the_official_counts(whole, tmp_path):
    rows = databases_report(whole)
    assert all(row.found == row.official for row in rows)
    assert {row.protocol for row in rows if row.database == "replay-attack"} == set(
        layouts.PROTOCOLS["replay-attack"]
    )
    official = {(row.split, row.kind): row.official for row in rows if row.protocol == "overall"}
    assert official == layouts.OFFICIAL_COUNTS["casia-fasd"]
    assert problems(whole) == []
    touch_tree(tmp_path / "casia-fasd", official_clips("casia")[:-1])
    rows = databases_report(tmp_path)
    assert {row.source for row in rows if row.database != "casia-fasd"} == {"absent"}
    assert sum(row.found for row in rows if row.database == "msu-mfsd") == 0
    assert sum(row.found for row in rows if row.protocol == "overall") == 599
    lines = problems(tmp_path)
    assert "599 of 600 clips; 1 missing (train_release/9/HR_4.avi)" in lines[0]
    assert ["holds no replay-attack/" in lines[1], "holds no msu-mfsd/" in lines[2]] == [True, True]


def test_missing_and_surplus_are_named_and_refused(tmp_path):
    clips = official_clips("casia")
    folder = touch_tree(tmp_path / "casia-fasd", clips[5:])
    (folder / "train_release" / "1" / "9.avi").touch()
    with pytest.raises(FasnbError) as caught:
        open_database("casia", tmp_path)
    line = str(caught.value)
    assert "595 of 600 clips; 5 missing (test_release/1/1.avi, " in line
    assert ", ...); 1 surplus (train_release/1/9.avi); complete it from the release, or allow" in line
    assert "\n" not in line
    database = open_database("casia", tmp_path, allow_partial=True)
    assert database.clips == clips[5:]
    assert database.missing == [clip.path for clip in clips[:5]]
    with pytest.raises(FasnbError, match=r"has no test_release/1/1\.avi"):
        database.file(clips[0])


def test_absent_roots_and_databases(tmp_path):
    with pytest.raises(FasnbError, match="no such folder; set FASNB_DATA"):
        open_database("casia", tmp_path / "none")
    with pytest.raises(FasnbError, match="holds no casia-fasd/"):
        open_database("casia", tmp_path)
    (tmp_path / "casia-fasd").mkdir()
    for allowed in (False, True):
        with pytest.raises(FasnbError, match="0 of 600 clips"):
            open_database("casia", tmp_path, allow_partial=allowed)
    with pytest.raises(UsageError, match="unknown database"):
        open_database("oulu", tmp_path)


def test_a_root_that_no_folder_can_have_is_one_line():
    with pytest.raises(FasnbError, match=r"^x{200} cannot be read \(File name too long\); set FASNB_DATA"):
        survey("casia", "x" * 5000)


def test_replay_archives_unpacked_side_by_side(tmp_path):
    for split in ("train", "devel", "test"):
        clips = [clip for clip in official_clips("replay") if clip.split == split]
        touch_tree(tmp_path / "replay-attack", clips, faces=False, prefix=f"replayattack-{split}")
    some = official_clips("replay")[0]
    faces = tmp_path / "replay-attack" / "replayattack-faces" / databases.face_path(some)
    faces.parent.mkdir(parents=True)
    faces.write_text("0 1 2 3 4\n")
    database = open_database("replay", tmp_path)
    assert len(database.clips) == 1200
    assert "replayattack-devel" in str(database.file(some))
    assert database.boxes(some) == {0: (1, 2, 3, 4)}


def test_msu_below_its_publish_folder_and_another_case(tmp_path):
    touch_tree(tmp_path / "MSU-MFSD", official_clips("msu"), prefix="MSU-MFSD-Publish")
    database = open_database("msu", tmp_path)
    assert database.regular
    assert database.root == tmp_path / "MSU-MFSD"
    assert open_database("msu", tmp_path / "MSU-MFSD").clips == database.clips


def test_letter_case_and_hidden_files_do_not_matter(tmp_path):
    folder = tmp_path / "CASIA-FASD"
    for clip in official_clips("casia"):
        file = folder / clip.path.upper()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    (folder / "TRAIN_RELEASE" / "1" / "._1.avi").touch()
    (folder / "readme.txt").touch()
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "1.avi").touch()
    assert open_database("casia", tmp_path).regular


def test_linked_folders_are_followed_once(tmp_path, whole):
    (tmp_path / "casia-fasd").mkdir()
    (tmp_path / "casia-fasd" / "CASIA").symlink_to(whole / "casia-fasd", target_is_directory=True)
    (tmp_path / "casia-fasd" / "loop").symlink_to(tmp_path / "casia-fasd", target_is_directory=True)
    assert open_database("casia", tmp_path).regular


def test_second_copies_are_surplus(tmp_path):
    folder = touch_tree(tmp_path / "casia-fasd", official_clips("casia"))
    touch_tree(folder, official_clips("casia")[:1], prefix="backup")
    database = survey("casia", tmp_path)
    assert database.surplus == ["backup/test_release/1/1.avi"]
    assert database.file(database.clips[0]) == folder / "test_release/1/1.avi"


@pytest.mark.parametrize("above", [True, False])
def test_casia_repackaged_by_class_is_not_guessed_at(tmp_path, above):
    for clip in official_clips("casia"):
        release, person, name = clip.path.split("/")
        # The copies that go about take every HR_ clip for an attack.
        kind = "live" if name in ("1.avi", "2.avi") else "spoof"
        parts = (kind, release, person, name) if above else (release, kind, f"{person}_{name}")
        file = (tmp_path / "casia-fasd").joinpath(*parts)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    for allowed in (False, True):
        with pytest.raises(FasnbError, match="such repackaged copies file the live HR_1 under spoof"):
            open_database("casia", tmp_path, allow_partial=allowed)


def test_casia_test_folder_1_is_subject_21(whole):
    database = open_database("casia", whole)
    by_path = {clip.path: clip for clip in database.clips}
    assert by_path["test_release/1/HR_1.avi"].subject == 21
    assert database.file(by_path["test_release/1/HR_1.avi"]).parent.name == "1"
    train, test = ({clip.subject for clip in database.clips_in(split)} for split in ("train", "test"))
    assert not train & test


def test_msu_lists_on_disk_win(tmp_path):
    folder = touch_tree(tmp_path / "msu-mfsd", official_clips("msu"))
    write_lists(folder, [1, *MSU_TRAIN[1:]], [2, *MSU_TEST[1:]])
    database = open_database("msu", tmp_path)
    split = {clip.subject: clip.split for clip in database.clips}
    assert (split[1], split[2]) == ("train", "test")
    assert b"\r\n" in (folder / "train_sub_list.txt").read_bytes()


def test_msu_lists_that_upset_the_counts_are_refused(tmp_path):
    folder = touch_tree(tmp_path / "msu-mfsd", official_clips("msu"))
    write_lists(folder, [1, *MSU_TRAIN], MSU_TEST[1:])
    with pytest.raises(FasnbError, match="test attack: 114 instead of 120"):
        open_database("msu", tmp_path)
    assert len(open_database("msu", tmp_path, allow_partial=True).clips_in("train")) == 16 * 8


def test_msu_without_lists_has_the_published_splits(tmp_path):
    folder = touch_tree(tmp_path / "msu-mfsd", official_clips("msu"))
    for name in layouts.MSU_LISTS.values():
        (folder / name).unlink()
    assert counts(open_database("msu", tmp_path).clips) == layouts.OFFICIAL_COUNTS["msu-mfsd"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"02\r\nxx\r\n", "'xx' is not a client"),
        (b"02\r\n04\r\n", "'04' is not a client"),
        (b"02\r\n" + b"9" * 5000, "'99999999999999999999' is not a client"),
        (b"\r\n", "is empty"),
        (b"\xff\xfe", "cannot be read"),
        (b"02\r\n01\r\n", "client 01 is listed twice"),
        (b"02\r\n03\r\n", "client 05 is missing from"),
        (None, "stands alone"),
    ],
)
def test_malformed_msu_lists(tmp_path, content, message):
    folder = touch_tree(tmp_path / "msu-mfsd", official_clips("msu"))
    path = folder / "train_sub_list.txt"
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(FasnbError, match=message) as caught:
        open_database("msu", tmp_path, allow_partial=True)
    assert content is None or "train_sub_list.txt" in str(caught.value)
    assert "from the release" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("scale", layouts.SCALES)
@pytest.mark.parametrize("name", DATABASES)
def test_simulated_tree_is_known_and_held_to_its_scale(tmp_path, name, scale):
    folder = touch_tree(tmp_path / name, subset(name, scale))
    (folder / "SIMULATED.json").write_text(json.dumps({"scale": scale, "seed": 3, "complete": True}))
    database = open_database(name, tmp_path)
    assert (database.source, database.marker["seed"]) == ("simulated", 3)
    assert database.clips == subset(name, scale)
    database.file(database.clips[0]).unlink()
    with pytest.raises(FasnbError, match=r"1 missing .* run the same `fasnb simulate` again"):
        open_database(name, tmp_path)


@pytest.mark.parametrize(
    ("name", "complete"), [("SIMULATING.json", False), ("SIMULATED.json", False), ("SIMULATING.json", True)]
)
def test_unfinished_simulation_is_simulated_and_refused(tmp_path, name, complete):
    folder = touch_tree(tmp_path / "casia-fasd", subset("casia", "smoke"))
    (folder / name).write_text(json.dumps({"scale": "smoke", "complete": complete}))
    with pytest.raises(FasnbError, match="its simulation has not finished; run the same `fasnb simulate`"):
        open_database("casia", tmp_path)
    assert open_database("casia", tmp_path, allow_partial=True).source == "simulated"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"scale": "huge"}', '{"scale": []}', "[" * 100_000])
def test_damaged_marker(tmp_path, content):
    folder = touch_tree(tmp_path / "casia-fasd", subset("casia", "smoke"))
    (folder / "SIMULATED.json").write_text(content)
    with pytest.raises(FasnbError, match=r"SIMULATED\.json is damaged .* simulate it again"):
        open_database("casia", tmp_path, allow_partial=True)


def test_frames_and_the_six_rotated_clips(tmp_path):
    clips = {clip.path: clip for clip in official_clips("msu")}
    rotated = "scene01/real/real_client003_android_SD_scene01.mp4"
    upright = "scene01/real/real_client002_android_SD_scene01.mp4"
    stored = two_tone()
    for path in (rotated, upright):
        write_video(tmp_path / "msu-mfsd" / path, [stored, stored])
    database = open_database("msu", tmp_path, allow_partial=True)
    _, turned = next(database.read_frames(clips[rotated], 1))
    _, kept = next(database.read_frames(clips[upright], 1))
    assert abs(kept.astype(int) - stored).max() < 20
    assert abs(turned.astype(int) - stored[::-1, ::-1]).max() < 20
    assert {clip.path for clip in clips.values() if databases.stored_upside_down(clip)} == (
        layouts.MSU_ROTATED_180
    )


def test_read_frames_samples_evenly(tmp_path):
    clip = official_clips("casia")[0]
    write_video(tmp_path / "casia-fasd" / clip.path, ramp(12))
    database = open_database("casia", tmp_path, allow_partial=True)
    read = list(database.read_frames(clip, 3))
    assert [n for n, _ in read] == [number(picture) for _, picture in read] == [2, 6, 10]
    assert all(picture.dtype == np.uint8 for _, picture in read)
    assert database.boxes(clip) is None


def test_empty_video_is_named(whole):
    database = open_database("casia", whole)
    with pytest.raises(FasnbError, match=r"test_release/1/1\.avi is empty; replace it"):
        next(database.read_frames(database.clips[0], 3))

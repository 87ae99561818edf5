import pytest
from hypothesis import given
from hypothesis import strategies as st

from fasnb.boxes import box_at, face_path, read_face_file
from fasnb.errors import FasnbError
from fasnb.layouts import official_clips


def test_replay_rows_are_x_y_w_h_and_zero_sizes_are_invalid(tmp_path):
    file = tmp_path / "a.face"
    file.write_text("0 0 0 0 0\n1 10 20 30 40\n3 11 21 0 40\n4 12 22 32 42\n")
    assert read_face_file(file, corners=False) == {1: (10, 20, 30, 40), 4: (12, 22, 32, 42)}


def test_msu_rows_are_corners_with_eyes(tmp_path):
    file = tmp_path / "a.face"
    file.write_bytes(b"0, 10, 20, 40, 60, 18.5, 35.0, 31.5, 35.0\r\n1,5,5,5,5,0,0,0,0\r\n\r\n")
    assert read_face_file(file, corners=True) == {0: (10, 20, 30, 40)}


def test_empty_file_has_no_boxes(tmp_path):
    file = tmp_path / "a.face"
    file.touch()
    assert read_face_file(file, corners=False) == {}


@pytest.mark.parametrize("row", ["1 2 3 4", "0 a b c d", "-1 1 1 1 1", "0 nan 1 1 1", "0 1 inf 1 1"])
def test_malformed_row_names_file_and_line(tmp_path, row):
    file = tmp_path / "bad.face"
    file.write_text(f"0 1 2 3 4\n{row}\n")
    with pytest.raises(FasnbError, match=r"bad\.face: line 2 is not a face box; restore it") as caught:
        read_face_file(file, corners=False)
    assert "\n" not in str(caught.value)


def test_binary_or_missing_file(tmp_path):
    file = tmp_path / "bad.face"
    file.write_bytes(b"\xff\xfe\x80\x81")
    with pytest.raises(FasnbError, match=r"bad\.face: cannot be read"):
        read_face_file(file, corners=False)
    with pytest.raises(FasnbError, match=r"none\.face: cannot be read"):
        read_face_file(tmp_path / "none.face", corners=False)


def test_last_valid_box_is_carried_forward_and_the_first_one_back():
    boxes = {2: (1.0, 1.0, 2.0, 2.0), 5: (5.0, 5.0, 2.0, 2.0)}
    assert [box_at(boxes, frame)[0] for frame in (0, 1, 2, 3, 4, 5, 6, 99)] == [1, 1, 1, 1, 1, 5, 5, 5]
    assert box_at({}, 3) is None


@given(st.dictionaries(st.integers(0, 50), st.just((0.0, 0.0, 1.0, 1.0)), min_size=1), st.integers(0, 60))
def test_box_at_is_the_nearest_earlier_row(rows, frame):
    boxes = {known: (float(known), 0.0, 1.0, 1.0) for known in rows}
    earlier = [known for known in boxes if known <= frame]
    assert box_at(boxes, frame)[0] == (max(earlier) if earlier else min(boxes))


def test_official_places_of_face_files():
    first = {name: official_clips(name)[0] for name in ("casia", "replay", "msu")}
    assert face_path(first["casia"]) is None
    assert face_path(first["replay"]) == "face-locations/" + first["replay"].path.replace(".mov", ".face")
    assert face_path(first["msu"]) == "scene01/attack/attack_client001_android_SD_ipad_video_scene01.face"

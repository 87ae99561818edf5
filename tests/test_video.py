import struct
import tracemalloc

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fasnb import video
from fasnb.errors import FasnbError, UsageError
from fasnb.video import even_indices, frame_count, frames
from tests.tiny import number, ramp, two_tone, write_video


def test_even_indices_by_hand():
    assert even_indices(20, 4) == [2, 7, 12, 17]
    assert even_indices(8, 8) == list(range(8))
    assert even_indices(3, 8) == [0, 1, 2]
    assert even_indices(9, 1) == [4]
    with pytest.raises(UsageError, match="at least 1"):
        even_indices(10, 0)


@given(st.integers(1, 10_000), st.integers(1, 200))
def test_even_indices_are_increasing_inside_and_even(count, n):
    indices = even_indices(count, n)
    assert len(indices) == min(n, count)
    assert indices[0] >= 0
    assert indices[-1] < count
    gaps = np.diff(indices)
    assert (gaps >= 1).all()
    assert len(gaps) == 0 or gaps.max() - gaps.min() <= 1


@pytest.mark.parametrize("suffix", [".avi", ".mov", ".mp4"])
def test_frames_come_in_order_with_their_numbers(tmp_path, suffix):
    path = write_video(tmp_path / f"a{suffix}", ramp(20))
    assert frame_count(path) == 20
    read = list(frames(path, 5))
    assert [n for n, _ in read] == even_indices(20, 5)
    assert [number(picture) for _, picture in read] == even_indices(20, 5)
    assert all(picture.shape == (48, 64, 3) and picture.dtype == np.uint8 for _, picture in read)
    again = list(frames(path, 5))
    assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(read, again))
    assert [n for n, _ in frames(path, indices=[7, 3, 3])] == [3, 7]
    assert [n for n, _ in frames(path, 99)] == list(range(20))


def test_colours_are_rgb(tmp_path):
    red = np.zeros((48, 64, 3), np.uint8)
    red[..., 0] = 200
    path = write_video(tmp_path / "red.avi", [red, red])
    _, picture = next(frames(path, 1))
    assert picture[..., 0].mean() > 180
    assert picture[..., 1:].mean() < 30


def test_a_damaged_frame_in_mid_stream_is_not_the_end(tmp_path):
    path = write_video(tmp_path / "a.avi", ramp(20))
    content = bytearray(path.read_bytes())
    starts = [i for i in range(len(content) - 3) if content[i : i + 3] == b"\xff\xd8\xff"]
    assert len(starts) == 20
    hole = slice(starts[10], starts[11] - 16)
    content[hole] = bytes(hole.stop - hole.start)
    path.write_bytes(content)
    read = list(frames(path, 20))
    assert [n for n, _ in read] == [n for n in range(20) if n != 10]
    assert [number(picture) for _, picture in read] == [n for n, _ in read]
    # The next good frame stands in for a damaged one that was wanted.
    assert [n for n, _ in frames(path, indices=[4, 10, 15])] == [4, 11, 15]
    assert [n for n, _ in frames(path, indices=[4, 10, 11])] == [4, 11]


class Stub:
    """A capture of `count` declared frames of which `bad` ones fail and none follows `end`."""

    def __init__(self, count, bad=(), end=None, declared=None):
        self.bad, self.at = set(bad), -1
        self.end = count if end is None else end
        self.declared = count if declared is None else declared

    def __call__(self, *_):
        self.at = -1
        return self

    def isOpened(self):
        return True

    def set(self, *_):
        return True

    def get(self, prop):
        return float(self.declared) if prop == cv2.CAP_PROP_FRAME_COUNT else 0.0

    def grab(self):
        self.at += 1
        return self.at < self.end and self.at not in self.bad

    def retrieve(self):
        return True, np.full((4, 4, 3), self.at % 256, np.uint8)

    def release(self):
        pass


@pytest.fixture
def stubbed(monkeypatch, tmp_path):
    file = tmp_path / "stub.mov"
    file.write_bytes(b"x")

    def use(**how):
        stub = Stub(**how)
        monkeypatch.setattr(video.cv2, "VideoCapture", stub)
        return file, stub

    return use


def test_runs_of_failed_reads_are_survived_and_bounded(stubbed):
    file, _ = stubbed(count=200, bad=range(60, 60 + video.MAX_FAILURES - 1))
    assert [n for n, _ in frames(file, indices=[10, 60, 199])] == [10, 109, 199]
    file, _ = stubbed(count=200, bad=[*range(20, 60), *range(100, 140)])
    assert [n for n, _ in frames(file, indices=[10, 199])] == [10, 199]
    file, stub = stubbed(count=10_000, end=100)
    assert [n for n, _ in frames(file, indices=[10, 5000])] == [10]
    assert stub.at < 100 + video.MAX_FAILURES


@pytest.mark.parametrize("declared", [0, -1, 9e18])
def test_a_header_without_a_count_makes_it_counted(stubbed, declared):
    file, _ = stubbed(count=30, bad=[3, 4], declared=declared)
    assert frame_count(file) == 30
    assert [n for n, _ in frames(file, 3)] == [5, 15, 25]


def test_nothing_readable_is_an_error(stubbed):
    file, _ = stubbed(count=30, end=0)
    with pytest.raises(FasnbError, match=r"stub\.mov is damaged"):
        list(frames(file, 3))
    file, _ = stubbed(count=30, end=0, declared=0)
    with pytest.raises(FasnbError, match=r"stub\.mov is damaged"):
        frame_count(file)


def tag_upside_down(path):
    """Set the rotation matrix of the track header (tkhd, version 0) to 180 degrees."""
    content = bytearray(path.read_bytes())
    at = content.find(b"tkhd") + 4 + 40
    one, half = 1 << 16, 1 << 30
    assert struct.unpack(">9i", content[at : at + 36]) == (one, 0, 0, 0, one, 0, 0, 0, half)
    content[at : at + 36] = struct.pack(">9i", -one, 0, 0, 0, -one, 0, 64 << 16, 48 << 16, half)
    path.write_bytes(content)


@pytest.mark.parametrize(("tagged", "stated"), [(False, False), (False, True), (True, False), (True, True)])
def test_rotated_clips_are_turned_exactly_once(tmp_path, tagged, stated):
    path = write_video(tmp_path / "a.mp4", [two_tone()] * 3)
    if tagged:
        tag_upside_down(path)
    _, picture = next(frames(path, 1, upside_down=stated))
    turned = picture[:20].mean() < picture[28:].mean()
    assert turned == (tagged or stated)


@pytest.mark.parametrize("content", [b"", b"junk" * 500])
def test_unreadable_files_are_named(tmp_path, content):
    path = tmp_path / "a.mov"
    path.write_bytes(content)
    with pytest.raises(FasnbError, match=r"a\.mov is (empty|damaged or not a video); replace it") as caught:
        list(frames(path, 2))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "head", ["ffconcat version 1.0\nfile 'other.avi'", "#EXTM3U\nother.avi", "<?xml ?><MPD/>"]
)
def test_a_list_of_other_files_is_not_followed(tmp_path, head):
    write_video(tmp_path / "other.avi", ramp(3))
    path = tmp_path / "clip.avi"
    path.write_text(head)
    with pytest.raises(FasnbError, match=r"clip\.avi is a list of other files"):
        list(frames(path, 2))


def test_truncated_file_is_named(tmp_path):
    path = write_video(tmp_path / "a.mp4", ramp(20))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(FasnbError, match=r"a\.mp4 is damaged"):
        list(frames(path, 2))


def test_bad_requests(tmp_path):
    path = write_video(tmp_path / "a.avi", ramp(3))
    with pytest.raises(FasnbError, match="no such video"):
        frame_count(tmp_path / "none.avi")
    with pytest.raises(UsageError, match="either"):
        list(frames(path))
    with pytest.raises(UsageError, match="start at 0"):
        list(frames(path, indices=[-1]))
    assert list(frames(path, indices=[])) == []


def test_memory_does_not_grow_with_length(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (240, 320, 3)).astype(np.uint8)
    peaks = []
    for length in (8, 80):
        path = write_video(tmp_path / f"{length}.avi", [picture] * length)
        tracemalloc.start()
        for _ in frames(path, length):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[0] >= picture.nbytes
    assert peaks[1] < 1.1 * peaks[0]

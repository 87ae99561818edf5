import os
import struct
import tracemalloc
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from fasnb import sources
from fasnb.errors import FasnbError, UsageError
from fasnb.sources import Source, expand, picture, read
from tests.tiny import number, ramp, two_tone, write_video

RAMP = np.arange(64 * 48, dtype=np.uint16).reshape(48, 64)


def saved(path, image, **options):
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(path, **options)
    return path


def test_names_become_sources_and_what_leads_nowhere_stays_in_the_list(tmp_path):
    (tmp_path / "b" / "deep").mkdir(parents=True)
    saved(tmp_path / "b" / "deep" / "Two.PNG", two_tone())
    saved(tmp_path / "b" / "one.jpg", two_tone())
    (tmp_path / "b" / "notes.txt").write_text("no picture")
    (tmp_path / "empty").mkdir()
    found = list(expand([str(tmp_path / "b"), str(tmp_path / "empty"), str(tmp_path / "none.jpg"), "7"]))
    assert [s.path and s.path.name for s in found] == ["one.jpg", "Two.PNG", None, None, None]
    assert "holds no picture and no video" in found[2].problem
    assert "no such file or folder" in found[3].problem
    assert (found[4].camera, found[4].name) == (7, "camera 7")


def test_a_name_that_no_file_can_have_does_not_stop_the_others(tmp_path):
    saved(tmp_path / "one.jpg", two_tone())
    found = list(expand(["x" * 300 + ".jpg", str(tmp_path / "one.jpg")]))
    assert "File name too long" in found[0].problem
    assert found[1].path == tmp_path / "one.jpg"


def test_a_file_named_like_a_number_is_no_camera(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    saved(tmp_path / "0", two_tone(), format="PNG")
    (source,) = expand(["0"])
    assert source.camera is None
    assert len(list(read(source, 4))) == 1


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    (source,) = expand([str(tmp_path / "pipe.mp4")])
    with pytest.raises(FasnbError, match="neither a file nor a folder"):
        list(read(source, 1))


def test_a_name_that_is_no_text_can_be_printed(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff.png"
    saved(tmp_path / "a.png", two_tone()).rename(os.fsdecode(path))
    (source,) = expand([str(tmp_path)])
    assert source.name.encode("utf-8").endswith(b"\\xff.png")
    assert len(list(read(source, 1))) == 1


def test_a_video_gives_even_frames_and_a_picture_one(tmp_path):
    clip = write_video(tmp_path / "a.avi", ramp(20))
    frames = list(read(Source("a", clip), 4))
    assert [f.number for f in frames] == [number(f.picture) for f in frames] == [2, 7, 12, 17]
    still = saved(tmp_path / "a.png", two_tone())
    (frame,) = read(Source("a", still), 4)
    assert (frame.number, frame.note) == (None, "")
    assert np.array_equal(frame.picture, two_tone())
    with pytest.raises(UsageError, match="at least 1"):
        next(read(Source("a", still), 0))


def test_memory_does_not_grow_with_the_video(tmp_path):
    peaks = []
    for length in (40, 400):
        clip = write_video(tmp_path / f"{length}.avi", ramp(20, 240, 320) * (length // 20))
        tracemalloc.start()
        assert sum(1 for _ in read(Source("a", clip), 16)) == 16
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


def test_grey_palette_and_16_bit_pictures_keep_their_levels(tmp_path):
    grey = (RAMP // 12).astype(np.uint8)
    for name, image in (
        ("l.png", Image.fromarray(grey)),
        ("p.png", Image.fromarray(grey).convert("P")),
        ("deep.png", Image.fromarray(grey.astype(np.uint16) * 257)),
        ("deep.tif", Image.fromarray(grey.astype(np.uint16) * 257)),
    ):
        found, note = picture(saved(tmp_path / name, image))
        assert found.shape == (48, 64, 3)
        assert found.dtype == np.uint8
        assert np.array_equal(found, np.repeat(grey[:, :, None], 3, axis=2)), name
        assert note == ""


def test_cmyk_is_converted_and_transparent_parts_are_white(tmp_path):
    red = Image.new("RGB", (32, 32), (220, 30, 30))
    found, _ = picture(saved(tmp_path / "cmyk.jpg", red.convert("CMYK"), quality=95))
    assert np.abs(found.astype(int) - (220, 30, 30)).max() < 12
    clear = Image.new("RGBA", (32, 32), (0, 0, 0, 0))
    found, _ = picture(saved(tmp_path / "clear.png", clear))
    assert (found == 255).all()


def test_exif_turns_the_picture_upright(tmp_path):
    tag = Image.Exif()
    tag[0x0112] = 6  # stored lying on its left side: turn it by 90 degrees to the right
    found, _ = picture(saved(tmp_path / "turned.jpg", two_tone(), exif=tag, quality=95))
    assert found.shape == (64, 48, 3)
    assert found[:, :20].mean() < 40 < 210 < found[:, -20:].mean()


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_of_an_animation_the_first_picture_is_taken_and_said(tmp_path, suffix):
    first, second = Image.new("RGB", (32, 32), "white"), Image.new("RGB", (32, 32), "black")
    path = saved(tmp_path / f"moves.{suffix}", first, save_all=True, append_images=[second])
    found, note = picture(path)
    assert found.mean() > 250
    assert "first of several" in note


def test_one_pixel_is_a_picture(tmp_path):
    found, _ = picture(saved(tmp_path / "a.png", np.full((1, 1, 3), 9, np.uint8)))
    assert found.tolist() == [[[9, 9, 9]]]


@pytest.mark.parametrize("side", [10_100, 20_000, 60_000])  # below, between and above Pillow's own limits
def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path, side):
    content = bytearray(saved(tmp_path / "bomb.png", Image.new("1", (8, 8))).read_bytes())
    content[16:24] = struct.pack(">II", side, side)  # the header's width and height, and its checksum
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    (tmp_path / "bomb.png").write_bytes(content)
    with pytest.raises(FasnbError, match=r"bomb\.png: more than 100 million pixels"):
        list(read(Source("a", tmp_path / "bomb.png"), 1))


def test_a_truncated_picture_says_so(tmp_path):
    path = saved(
        tmp_path / "cut.jpg", np.random.default_rng(0).integers(0, 255, (96, 96, 3)).astype(np.uint8)
    )
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(FasnbError, match=r"cut\.jpg: cannot be decoded \(.*truncated"):
        list(read(Source("a", path), 1))


def test_floating_point_pixels_are_refused(tmp_path):
    path = saved(tmp_path / "f.tif", Image.fromarray(np.ones((8, 8), np.float32)))
    with pytest.raises(FasnbError, match="save it with 8 bits"):
        picture(path)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("words.mp4", b"these are words, no video\n" * 50, "damaged or not a video"),
        ("words.jpg", b"these are words, no picture", "damaged or not a picture"),
        ("nothing.png", b"", "is empty"),
        ("nothing.mp4", b"", "is empty"),
        ("notes.txt", b"words", "damaged or not a video"),
        ("phone.heic", b"\0\0\0\x18ftypheic" + bytes(40), "HEIC"),
        ("figure.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a video"),
    ],
)
def test_what_is_no_picture_and_no_video_says_so(tmp_path, name, content, reason):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FasnbError, match=reason) as error:
        list(read(Source(name, path), 2))
    assert "\n" not in str(error.value)


class Camera:
    """A camera that gives `pictures` dark frames, then none."""

    released = 0

    def __init__(self, pictures):
        self.left = pictures

    def isOpened(self):
        return self.left is not None

    def read(self):
        self.left -= 1
        return (self.left >= 0, np.full((4, 6, 3), (9, 0, 0), np.uint8) if self.left >= 0 else None)

    def release(self):
        Camera.released += 1


def test_a_camera_gives_as_many_frames_as_asked_for_after_its_warm_up(monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", lambda index: Camera(1000))
    frames = list(read(Source("camera 0", camera=0), 5))
    assert [f.number for f in frames] == list(range(sources.WARM_UP, sources.WARM_UP + 5))
    assert frames[0].picture[0, 0].tolist() == [0, 0, 9]
    assert Camera.released == 1


def test_a_camera_that_falls_silent_gives_what_it_had(monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", lambda index: Camera(sources.WARM_UP + 3))
    assert len(list(read(Source("camera 0", camera=0), 16))) == 3
    monkeypatch.setattr(cv2, "VideoCapture", lambda index: Camera(2))
    with pytest.raises(FasnbError, match="camera 0 gives no picture"):
        list(read(Source("camera 0", camera=0), 16))


def test_an_absent_camera_says_so(monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", lambda index: Camera(None))
    with pytest.raises(FasnbError, match="camera 3 is absent or in use"):
        list(read(Source("camera 3", camera=3), 1))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read all")
def test_a_folder_that_may_not_be_read_is_not_lost(tmp_path):
    (tmp_path / "locked").mkdir(mode=0)
    (source,) = expand([str(tmp_path)])
    assert "Permission denied" in source.problem

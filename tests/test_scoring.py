import tracemalloc

import cv2
import numpy as np
import pytest
from PIL import Image

from fasnb import detector, scoring, sources
from fasnb.errors import FasnbError, UsageError
from fasnb.metrics import Threshold
from fasnb.scoring import Scorer, find
from fasnb.weights import Branch, Card
from tests.pair import face_picture, no_face
from tests.tiny import drawn_face, write_video

CARD = Card(
    None,  # type: ignore[arg-type]
    {"method": "mpl_uda", "title": "toy"},
    (Branch("rgb", "toy", 0.8, "", ""), Branch("plgf", "toy", 0.2, "", "")),
    Threshold(0.5, "casia train", "EER"),
)


@pytest.fixture
def loaded(monkeypatch):
    """Networks that give the mean brightness (rgb) and 0.25 (plgf); how many faces came at a time."""
    batches = []

    def load(card):
        def probabilities(faces):
            assert faces.shape[1:] == (256, 256, 3)
            batches.append(len(faces))
            return {"rgb": faces.mean(axis=(1, 2, 3)) / 255, "plgf": np.full(len(faces), 0.25)}

        return probabilities

    monkeypatch.setattr(scoring, "load", load)
    return batches


def rows(*names, **options):
    return list(Scorer(CARD, options.pop("threshold", None)).rows([str(name) for name in names], **options))


def test_a_picture_is_cut_as_in_training_and_fused_by_eq_31(tmp_path, loaded):
    path = face_picture(tmp_path / "a.png")
    (row,) = rows(path)
    picture = drawn_face()
    face = detector.crop(picture, detector.detect(picture), detector.MARGIN, detector.SIZE)
    assert row.p_rgb == pytest.approx(face.mean() / 255, abs=1e-6)
    assert row.p_plgf == 0.25
    assert row.p_live == pytest.approx(0.8 * row.p_rgb + 0.2 * 0.25, abs=2e-6)
    assert (row.path, row.frames, row.faces, row.threshold, row.reason) == (str(path), 1, 1, 0.5, "")


def test_the_decision_is_live_at_the_threshold_and_above(tmp_path, loaded):
    path = face_picture(tmp_path / "a.png")
    (at,) = rows(path)
    exact = at.p_live
    assert rows(path, threshold=exact - 1e-4)[0].decision == "live"
    assert rows(path, threshold=exact + 1e-4)[0].decision == "attack"
    scorer = Scorer(CARD, 0.25)
    assert scorer.threshold.where == "no data"  # a given threshold does not pass for the card's
    assert Scorer(CARD).threshold.where == "casia train"


def test_frames_without_a_face_are_counted_and_said(tmp_path, loaded):
    face = np.zeros((240, 320, 3), np.uint8)
    face[:, 40:280] = drawn_face()
    clip = write_video(tmp_path / "a.avi", [face, no_face()] * 10)
    (row,) = rows(clip, frames=20)
    assert (row.frames, row.faces) == (20, 10)
    assert row.reason == "no face found in 10 of 20 frames"
    assert row.p_live is not None
    assert max(loaded) <= 8
    assert sum(loaded) == 10


def test_a_source_without_any_face_has_a_row_and_loads_no_network(tmp_path, monkeypatch):
    monkeypatch.setattr(scoring, "load", lambda card: pytest.fail("loaded for nothing"))
    clip = write_video(tmp_path / "a.avi", [no_face()] * 4)
    Image.fromarray(no_face()).save(tmp_path / "b.png")
    video, still = rows(clip, tmp_path / "b.png")
    assert (video.frames, video.faces, video.p_live, video.decision) == (4, 0, None, "")
    assert video.reason == "no face found in 4 of 4 frames"
    assert (still.reason, still.texts()[3:7]) == ("no face found", ["", "", "", ""])


def test_what_cannot_be_read_is_a_row_without_its_path_in_the_reason(tmp_path, loaded):
    (tmp_path / "words.mp4").write_text("words")
    (tmp_path / "empty").mkdir()
    good = face_picture(tmp_path / "z.jpg")
    found = rows(tmp_path / "words.mp4", tmp_path / "empty", tmp_path / "none", good)
    assert [row.reason.split(";")[0] for row in found] == [
        "is damaged or not a video",
        "holds no picture and no video",
        "no such file or folder",
        "",
    ]
    assert [row.frames for row in found] == [0, 0, 0, 1]


def test_a_note_on_the_picture_is_kept_beside_its_score(tmp_path, loaded):
    image = Image.fromarray(drawn_face())
    image.save(tmp_path / "a.webp", save_all=True, append_images=[image.rotate(180)], quality=90)
    (row,) = rows(tmp_path / "a.webp")
    assert row.p_live is not None
    assert row.reason == "the first of several pictures in the file"


def test_any_error_of_a_decoder_is_a_reason(tmp_path, loaded, monkeypatch):
    path = face_picture(tmp_path / "a.png")

    def broken(source, n):
        yield sources.Frame(0, drawn_face())
        raise cv2.error("OpenCV: out\nof memory")

    monkeypatch.setattr(scoring.sources, "read", broken)
    (row,) = rows(path)
    assert (row.frames, row.faces) == (1, 1)
    assert row.p_live is not None
    assert row.reason == "cannot be read (OpenCV: OpenCV: out of memory)"


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (19, 300), (25, 40_000), (30, 30)])
def test_pictures_too_small_or_thin_for_a_face_are_searched_without_harm(shape):
    assert find(np.zeros((*shape, 3), np.uint8)) is None


def test_networks_that_give_no_number_say_so(tmp_path, monkeypatch):
    nothing = {"rgb": np.array([np.nan]), "plgf": np.array([0.5])}
    monkeypatch.setattr(scoring, "load", lambda card: lambda faces: nothing)
    (row,) = rows(face_picture(tmp_path / "a.png"))
    assert (row.p_live, row.p_rgb, row.decision) == (None, None, "")
    assert "gave no number" in row.reason


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_a_threshold_outside_0_to_1_is_bad_usage(threshold):
    with pytest.raises(UsageError, match=r"in \[0, 1\]"):
        Scorer(CARD, threshold)
    with pytest.raises(UsageError, match="at least 1"):
        rows("a.png", frames=0)


def test_weights_that_cannot_be_loaded_stop_everything(tmp_path, monkeypatch):
    def load(card):
        raise FasnbError("rgb.safetensors does not fit")

    monkeypatch.setattr(scoring, "load", load)
    with pytest.raises(FasnbError, match="does not fit"):
        rows(face_picture(tmp_path / "a.png"))


def test_memory_does_not_grow_with_the_frames_asked_for(tmp_path, loaded, monkeypatch):
    monkeypatch.setattr(scoring, "find", lambda picture: (60.0, 60.0, 120.0, 120.0))  # searching takes long
    clip = write_video(tmp_path / "a.avi", [drawn_face()] * 120)
    peaks = []
    for frames in (16, 120):
        tracemalloc.start()
        rows(clip, frames=frames)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]

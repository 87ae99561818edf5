"""Stages on and off: what changes is what they do; the spectrum by hand."""

from dataclasses import replace

import numpy as np
import pytest

from fasnb import explore_simulator as es
from fasnb.errors import UsageError
from fasnb.explore_simulator import Setup
from fasnb.simfas import clips as sim
from fasnb.simfas.cast import Cast
from fasnb.simfas.domains import DOMAINS

PHOTO = Setup("replay-attack", 1, "webcam", "mobile_photo")


@pytest.fixture(scope="module")
def studio():
    return es.Studio()


def test_with_every_stage_on_it_is_the_databases_own_clip(studio):
    subject = sim.Subject(DOMAINS["replay-attack"], 1, Cast(0, es.paths.kept_poses()))
    (frame,) = sim.frames(es.clip_of(PHOTO), subject, 1)
    assert np.array_equal(studio.shot(PHOTO).picture, frame.picture)


@pytest.mark.parametrize("stage", ["grid", "glare", "noise", "compression", "tilt"])
def test_a_stage_changes_the_picture_and_leaves_no_trace(studio, stage):
    assert stage in es.stages_of(PHOTO)
    reading = es.read(studio, replace(PHOTO, off=frozenset({stage})))
    assert reading.change > 0
    assert not np.array_equal(reading.shot.picture, reading.whole.picture)
    again = studio._shot(PHOTO)  # captured again, not the kept one
    assert np.array_equal(again.picture, reading.whole.picture)


def test_the_grid_is_in_the_spectrum(studio):
    on, off = (es.spectrum(studio.shot(replace(PHOTO, off=frozenset(off))).part) for off in ((), ("grid",)))
    frequency, power = es.radial(on)
    near = (frequency > 0.17) & (frequency < 0.22)
    assert (power - es.radial(off)[1])[near].max() > 0.3  # twice the power


def test_stages_are_those_that_do_something():
    live = es.stages_of(replace(PHOTO, attack=""))
    assert "noise" in live
    assert not {"grid", "halftone", "second camera"} & set(live)
    assert "defocus" in live
    photo = es.stages_of(PHOTO)
    assert {"second camera", "grid", "glare"} <= set(photo)
    assert not {"halftone", "bend", "holes"} & set(photo)
    assert "compression" not in es.stages_of(Setup("casia-fasd", 1, "high"))  # its file alone compresses
    assert {"bend", "gamut"} <= set(es.stages_of(Setup("casia-fasd", 1, "high", "warped")))


def test_a_print_is_kept_until_one_of_its_own_stages_changes():
    paper = Setup("replay-attack", 1, "webcam", "print")
    for stage, other in (("gamut", True), ("editing", True), ("second camera", True), ("noise", False)):
        assert (stage in es.kept_apart(paper)) is other
    assert es.kept_apart(PHOTO) == {"second camera"}


def test_the_part_is_cut_in_the_pictures_own_pixels():
    picture = np.random.default_rng(0).integers(0, 255, (240, 320, 3), np.uint8)
    part = es.face_part(picture, (100.0, 60.0, 96.0, 90.0))
    assert part.shape == (120, 120, 3)
    assert np.array_equal(part, picture[45:165, 88:208])


def test_a_wave_is_one_place_of_the_spectrum():
    wave = 128 + 40 * np.sin(2 * np.pi * 0.25 * np.arange(64))
    part = np.repeat(np.broadcast_to(wave, (64, 64))[..., None], 3, axis=2).astype(np.uint8)
    found = np.unravel_index(es.spectrum(part).argmax(), (64, 64))
    assert found in ((32, 48), (32, 16))  # 0 down, +-0.25 across
    frequency, power = es.radial(es.spectrum(part))
    assert frequency[np.nanargmax(power)] == pytest.approx(0.25, abs=0.5 / es.BINS)


def test_noise_of_a_grey_level_has_power_1():
    noise = np.random.default_rng(0).normal(128, 10, (128, 128, 1)).round().astype(np.uint8)
    _, power = es.radial(es.spectrum(np.repeat(noise, 3, axis=2)))
    assert power[4:] == pytest.approx(2.0, abs=0.25)  # ten levels: a hundred times the power


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"attack": "warped"}, "replay-attack has no clip of subject, camera and attack"),
        ({"off": frozenset({"mist"})}, "unknown stage 'mist'"),
        ({"database": "oulu"}, "unknown database 'oulu'"),
    ],
)
def test_what_is_not_there_is_one_line(change, match):
    with pytest.raises(UsageError, match=match):
        replace(PHOTO, **change)

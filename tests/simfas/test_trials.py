"""Faces of clips without files."""

import numpy as np
import pytest

from fasnb import layouts
from fasnb.simfas import cast, trials
from fasnb.simfas import clips as sim
from fasnb.simfas.domains import DOMAINS
from tests.simfas import plain


def test_shots_are_the_faces_of_the_frames_that_a_database_would_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cast, "Person", plain.Person)
    clips = [
        c for c in layouts.official_clips("replay") if c.subject == 1 and c.attack in ("", "mobile_video")
    ][:3]
    domain = DOMAINS["replay-attack"]
    found = list(trials.shots(domain, clips, cast.Cast(0), 2, 48, every=3))
    assert [shot.clip for shot in found] == clips
    subject = sim.Subject(domain, 1, cast.Cast(0))
    frames = list(sim.frames(clips[0], subject, 4))
    for face, frame in zip(found[0].faces, (frames[0], frames[3])):
        np.testing.assert_array_equal(face, trials.crop(frame.picture, frame.box, size=48))

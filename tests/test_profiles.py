"""The profiles: the paper's sizes, and smaller ones that keep its method."""

from dataclasses import replace

import pytest

from fasnb import profiles
from fasnb.errors import UsageError


@pytest.mark.parametrize("profile", profiles.PROFILES.values(), ids=lambda p: p.name)
def test_every_profile_keeps_the_method(profile):
    paper = profiles.PAPER
    assert profile.labelled * 4 == profile.samples
    assert profile.wait / profile.steps == pytest.approx(paper.wait / paper.steps, abs=0.01)
    assert profile.warmup / profile.steps == pytest.approx(paper.warmup / paper.steps, abs=0.01)
    for name in ("lambda_u", "temperature", "weight_decay", "grad_clip", "plgf_network", "lr_plgf"):
        assert getattr(profile, name) == getattr(paper, name)


def test_paper_profile_is_section_4_2():
    p = profiles.get("paper")
    assert (p.steps, p.wait, p.warmup, p.lr_rgb) == (64_000, 3_000, 3_000, 0.05)
    assert (p.s1, p.s2, p.lr_plgf) == (200, 2_000, 0.01)
    assert (p.samples, p.labelled, p.rgb_network) == (16_000, 4_000, "wrn-28-2")
    assert (p.plgf_network, p.scale) == ("attvlad", "full")


def test_smaller_profiles_keep_the_fractions():
    paper = profiles.PAPER
    for p in (profiles.SMOKE, profiles.LITE, profiles.BRIEF):
        assert p.labelled / p.samples == pytest.approx(paper.labelled / paper.samples)
        assert p.wait / p.steps == pytest.approx(paper.wait / paper.steps, abs=1 / p.steps)
        assert p.warmup == p.wait
        assert p.lr_rgb == (paper.lr_rgb / 2 if p is profiles.SMOKE else paper.lr_rgb)
        assert p.lr_plgf == paper.lr_plgf


def test_scaled_keeps_fractions_exactly():
    p = profiles.scaled(profiles.PAPER, "mine", steps=6_400, plgf_steps=300, samples=1_600, batch=8)
    assert (p.wait, p.warmup, p.ramp, p.labelled, p.s1, p.s2, p.batch) == (300, 300, 500, 400, 20, 200, 8)


def test_settings_are_split_by_branch():
    rgb, plgf = profiles.SMOKE.settings("rgb"), profiles.SMOKE.settings("plgf")
    assert "steps" in rgb
    assert "steps" not in plgf
    assert "plgf_steps" in plgf
    assert "plgf_steps" not in rgb
    assert "s1" in plgf
    assert "s1" not in rgb
    assert "test_faces" in rgb
    assert "test_faces" in plgf
    for settings in (rgb, plgf):
        assert not {"name", "seeds", "checkpoint_every", "allow_partial", "scale"} & set(settings)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch": 0}, "batch must be at least 1"),
        ({"labelled": 10**6}, "labelled of"),
        ({"wait": 64_000}, "wait"),
        ({"warmup": -1}, "wait"),
        ({"s1": 5_000}, "s1"),
    ],
)
def test_contradicting_sizes_are_refused(changes, message):
    with pytest.raises(UsageError, match=message):
        replace(profiles.PAPER, **changes)


def test_unknown_profile_names_the_known():
    with pytest.raises(UsageError, match="unknown profile 'huge'; choose one of smoke, lite, brief, paper"):
        profiles.get("huge")

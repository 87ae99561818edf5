from dataclasses import replace

import pytest

from fasnb import profiles
from fasnb.errors import UsageError


def test_paper_has_the_papers_sizes():
    p = profiles.get("paper")
    assert (p.steps, p.samples, p.labelled, p.wait, p.warmup) == (64_000, 16_000, 4_000, 3_000, 3_000)
    assert (p.lr_rgb, p.lr_plgf, p.s1, p.s2) == (0.05, 0.01, 200, 2_000)
    assert (p.rgb_network, p.plgf_network, p.scale) == ("wrn-28-2", "attvlad", "full")


@pytest.mark.parametrize("profile", profiles.PROFILES.values(), ids=lambda p: p.name)
def test_every_profile_keeps_the_method(profile):
    paper = profiles.PAPER
    assert profile.labelled * 4 == profile.samples
    assert profile.wait / profile.steps == pytest.approx(paper.wait / paper.steps, abs=0.01)
    assert profile.warmup / profile.steps == pytest.approx(paper.warmup / paper.steps, abs=0.01)
    for name in ("lambda_u", "temperature", "weight_decay", "grad_clip", "plgf_network", "lr_plgf"):
        assert getattr(profile, name) == getattr(paper, name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch": 0}, "batch must be at least 1"),
        ({"labelled": 10, "samples": 9}, "10 labelled of 9 samples"),
        ({"wait": 5, "warmup": 5, "steps": 10}, "wait \\+ warmup must lie below"),
        ({"s1": 3, "s2": 2}, "0 < s1 <= s2"),
    ],
)
def test_sizes_that_contradict_each_other_are_refused(change, message):
    with pytest.raises(UsageError, match=message):
        replace(profiles.SMOKE, **change)


def test_a_branch_knows_the_settings_that_can_change_its_numbers():
    rgb, plgf = (profiles.SMOKE.settings(branch) for branch in ("rgb", "plgf"))
    assert "steps" in rgb
    assert "steps" not in plgf
    assert "s1" in plgf
    assert "s1" not in rgb
    assert not {"name", "seeds", "checkpoint_every"} & (rgb.keys() | plgf.keys())

"""Light on a face by hand, and what PLGF promises: a gain cancels."""

import numpy as np
import pytest

from fasnb import explore_light
from fasnb.errors import UsageError
from fasnb.explore_light import Light
from tests.tiny import drawn_face

#: Bright enough that no shade of it falls below PLGF's epsilon.
FACE = np.maximum(drawn_face(64), 40)


def test_light_by_hand():
    picture = np.full((2, 3, 3), 51, np.uint8)  # 0.2
    assert explore_light.lit(picture, Light()) == pytest.approx(0.2)
    assert explore_light.lit(picture, Light(gain=2, gamma=2)) == pytest.approx(0.08)
    sides = explore_light.lit(picture, Light(side=0.5))[0, :, 0]
    assert sides == pytest.approx([0.1, 0.2, 0.3])
    assert explore_light.lit(picture, Light(gain=9)).max() == 1  # full


@pytest.mark.parametrize("k", [3, 5, 7])
@pytest.mark.parametrize("variant", ["quadrant", "literal"])
def test_a_gain_without_clipping_changes_the_picture_and_not_the_map(k, variant):
    r = explore_light.read(FACE, Light(gain=0.5, k=k, variant=variant))
    assert r.rgb_change == pytest.approx(0.5 * r.rgb_mean, rel=1e-5)
    assert r.map_change < 1e-5
    assert r.clipped == 0


def test_clipping_gamma_and_a_masks_size_change_the_map():
    assert explore_light.read(FACE, Light(gain=1.5)).clipped > 0
    for light in (Light(gain=1.5), Light(gamma=2.0)):
        assert explore_light.read(FACE, light).map_change > 1e-3
    small, large = (explore_light.read(FACE, Light(k=k)) for k in (3, 7))
    assert small.map_change == large.map_change == 0
    assert not np.allclose(small.map_before, large.map_before)


def test_side_light_changes_the_map_of_a_textured_face_less_than_the_picture():
    grain = np.random.default_rng(0).integers(-30, 30, FACE.shape)
    r = explore_light.read(np.clip(FACE + grain, 40, 255).astype(np.uint8), Light(side=0.4))
    assert 0 < r.map_change / r.map_mean < 0.5 * r.rgb_change / r.rgb_mean


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"gain": 0}, "must be above 0"),
        ({"gamma": float("nan")}, "must be above 0"),
        ({"side": 1.2}, r"must lie in \[-1, 1\], not 1.2"),
        ({"k": 4}, "no PLGF with a quadrant mask of size 4"),
        ({"variant": "other"}, "no PLGF with a other mask"),
    ],
)
def test_a_light_out_of_range_is_refused(change, match):
    with pytest.raises(UsageError, match=match):
        Light(**change)

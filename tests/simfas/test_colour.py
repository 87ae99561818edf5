import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fasnb.simfas import colour


def test_srgb_meets_the_standard():
    assert colour.encode(np.array(0.5)) == pytest.approx(0.7354, abs=1e-4)
    assert colour.decode(np.array([128], np.uint8))[0] == pytest.approx(0.2159, abs=1e-4)


@given(st.floats(0, 1))
def test_decode_undoes_encode(x):
    assert float(colour.decode(colour.encode(np.array(x)))) == pytest.approx(x, abs=1e-5)


def test_daylight_is_neutral_a_lamp_red_and_the_sky_blue():
    assert colour.kelvin(6504) == pytest.approx([1, 1, 1], abs=0.06)
    lamp, sky = colour.kelvin(2800), colour.kelvin(12000)
    assert lamp[0] > 1 > lamp[2]
    assert sky[2] > 1 > sky[0]
    for light in (lamp, sky):
        assert light @ colour.LUMA == pytest.approx(1, abs=1e-5)
    with pytest.raises(ValueError, match="outside"):
        colour.kelvin(500)


@given(st.floats(0, 3), st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_saturation_keeps_luminance_and_grey(amount, rgb):
    m, x = colour.saturation_matrix(amount), np.array(rgb, np.float32)
    assert (m @ x) @ colour.LUMA == pytest.approx(x @ colour.LUMA, abs=1e-4)
    assert m @ np.ones(3) == pytest.approx([1, 1, 1], abs=1e-5)

"""The basis and its geometry: refinement, shapes, turns, and a clear word where the file is broken."""

import numpy as np
import pytest

from fasnb.errors import FasnbError
from fasnb.simfas import heads

CUBE = np.array(
    [[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)]
)  # vertex index = 4 x + 2 y + z
FACES = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])


def test_catmull_clark_of_a_cube_by_hand():
    fine = heads.Refined.of(FACES, 8).smooth(CUBE)
    assert fine.shape == (8 + 12 + 6, 3)
    np.testing.assert_allclose(np.abs(fine[:8]), 5 / 9)  # (F + 2 R + 0 P) / 3 with F = 1/3, R = 2/3
    np.testing.assert_allclose(np.sort(np.abs(fine[8:20]), axis=1), [[0, 0.75, 0.75]] * 12)
    np.testing.assert_allclose(np.sort(np.abs(fine[20:]), axis=1), [[0, 0, 1]] * 6)


def test_refinement_keeps_borders_and_straight_values():
    refined = heads.Refined.of(np.array([[0, 1, 2, 3]]), 4)
    square = np.array([[0.0, 0, 0], [2, 0, 0], [2, 2, 0], [0, 2, 0]])
    np.testing.assert_allclose(refined.smooth(square), refined.linear(square))
    np.testing.assert_allclose(refined.linear(square)[-1], [1, 1, 0])


def test_normals_of_a_cube_point_outwards():
    triangles = np.concatenate([FACES[:, [0, 1, 2]], FACES[:, [0, 2, 3]]])
    n = heads.normals(CUBE, triangles)
    np.testing.assert_allclose(np.linalg.norm(n, axis=1), 1)
    assert (np.sign(n) == np.sign(CUBE)).all()


def test_rotation_is_proper_and_signed_as_promised():
    for angles in ((30, 0, 0), (0, 20, 0), (0, 0, 10), (7, -5, 3)):
        r = heads.rotation(*angles)
        np.testing.assert_allclose(r @ r.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(r) == pytest.approx(1)
    nose = np.array([0.0, 0.0, 1.0])
    assert (heads.rotation(30, 0, 0) @ nose)[0] == pytest.approx(0.5)  # to the viewer's right
    assert (heads.rotation(0, 30, 0) @ nose)[1] == pytest.approx(-0.5)  # down
    assert (heads.rotation(0, 0, 30) @ np.array([0.0, 1.0, 0.0]))[0] == pytest.approx(0.5)  # clockwise


def test_macro_weights_blend_age_and_descent():
    w = heads.macro_weights(1.0, 25, 0.5, 0.0, np.array([0.2, 0.3, 0.5]))
    assert w["male-young-maxweight"] == pytest.approx(0.5)
    assert w["male-young-averageweight"] == pytest.approx(0.5)
    assert w["asian-male-young"] == pytest.approx(0.3)
    assert sum(v for k, v in w.items() if "female" in k) == 0
    old = heads.macro_weights(0.0, 90, 0.0, 0.0, np.array([1.0, 0, 0]))
    assert old["african-female-old"] == 1
    assert old["african-female-young"] == 0


def test_turning_leaves_the_shoulders():
    b = heads.basis()
    s = heads.shape(heads.macro_weights(1, 30, 0, 0, np.array([0, 0, 1.0])), np.zeros(len(b.raised)))
    still = heads.posed(s, {}, np.eye(3))
    turned = heads.posed(s, {}, heads.rotation(12, 0, 0))
    moved = np.linalg.norm(turned - still, axis=1)
    assert moved[b.rest[:, 1] < 5.2].max() < 0.02
    assert moved[b.rest[:, 1] > 7].max() > 0.2
    jaw = heads.posed(s, {"jawOpen": 1.0}, np.eye(3)) - still
    assert np.linalg.norm(jaw, axis=1).max() > 0.1


def test_a_blink_is_scaled_to_the_eyes():
    b = heads.basis()
    macro = heads.macro_weights(0, 30, 0, 0, np.array([0, 0, 1.0]))
    wide = np.zeros(len(b.raised))
    wide[b.local_names.index("eyes/eye-height2")] = 1.0
    narrow = heads.shape(macro, -wide).lid_travel
    assert heads.shape(macro, wide).lid_travel > heads.shape(macro, 0 * wide).lid_travel > narrow


def test_the_basis_is_small_and_says_its_licence():
    assert heads.BASIS.stat().st_size < 5e6
    assert "CC0" in heads.BASIS.with_name("LICENSE-basis.txt").read_text()


@pytest.mark.parametrize("content", [b"", b"not an archive", heads.BASIS.read_bytes()[:5000]])
def test_a_broken_basis_is_named(tmp_path, content):
    path = tmp_path / "basis.npz"
    path.write_bytes(content)
    with pytest.raises(FasnbError, match=r"basis\.npz.*reinstall") as caught:
        heads.Basis(path)
    assert "\n" not in str(caught.value)

"""Baking reads targets as written, pairs what belongs together, and says where its data are missing."""

import gzip

import numpy as np
import pytest

from fasnb.errors import FasnbError
from fasnb.simfas import bake


def test_read_target_places_displacements(tmp_path):
    text = "# a comment\n2 .5 0 -1\n0 0 .25 0\n"
    (tmp_path / "a.target").write_text(text)
    (tmp_path / "a.target.gz").write_bytes(gzip.compress(text.encode()))
    expected = np.array([[0, 0.25, 0], [0, 0, 0], [0.5, 0, -1]])
    for name in ("a.target", "a.target.gz"):
        np.testing.assert_array_equal(bake.read_target(tmp_path / name, 3), expected)


def test_read_obj_keeps_known_groups(tmp_path):
    path = tmp_path / "m.obj"
    path.write_text(
        "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\n"
        "g joint-x\nf 1/1 2/2 3/3 4/4\ng body\nf 1/1 2/2 3/3 4/4\ng helper-tongue\nf 4/4 3/3 2/2 1/1\n"
    )
    vertices, texture, quads, uv_quads, part = bake.read_obj(path)
    assert vertices.shape == (4, 3)
    assert texture.shape == (4, 2)
    np.testing.assert_array_equal(quads, [[0, 1, 2, 3], [3, 2, 1, 0]])
    np.testing.assert_array_equal(uv_quads, quads)
    assert [bake.PARTS[p] for p in part] == ["body", "tongue"]


def test_local_pairs_join_opposites_and_sides(tmp_path):
    folder = tmp_path / "ears"
    folder.mkdir()
    for name in ("l-lobe-decr", "l-lobe-incr", "r-lobe-decr", "r-lobe-incr", "round"):
        (folder / f"{name}.target.gz").touch()
    assert bake.local_pairs(folder) == [
        ("lobe", ["l-lobe-decr", "r-lobe-decr"], ["l-lobe-incr", "r-lobe-incr"]),
        ("round", [], ["round"]),
    ]


def test_sparse_fields_survive_quantisation():
    field = np.zeros((5, 3))
    field[3] = [0.1, -0.2, 0.05]
    out = bake.sparse([field, np.zeros((5, 3))])
    assert out["index"].tolist() == [3]
    assert out["start"].tolist() == [0, 1, 1]
    np.testing.assert_allclose(out["value"][0] * out["scale"][0], field[3], atol=1e-4)


def test_a_folder_without_the_data_is_named(tmp_path):
    with pytest.raises(FasnbError, match=r"base\.obj.*--data"):
        bake.bake(tmp_path)

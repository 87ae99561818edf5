from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fasnb import samples
from fasnb.errors import FasnbError


def toy_faces(per_subject=(4, 4, 2), side=96, seed=0):
    """Subjects 0..n, each with that many faces, of which every second is live; pixels tell its index."""
    labels = np.concatenate([np.arange(k) % 2 for k in per_subject]).astype(np.int8)
    subjects = np.repeat(np.arange(len(per_subject)), per_subject)
    images = np.zeros((len(labels), side, side, 3), np.uint8)
    images += np.arange(len(labels), dtype=np.uint8)[:, None, None, None]
    images[..., 1] += np.arange(side, dtype=np.uint8)[None, :, None]  # green tells the row
    return SimpleNamespace(
        labels=labels,
        clips=[SimpleNamespace(subject=subject) for subject in range(len(per_subject))],
        clip_index=subjects,
        batch=lambda indices: images[np.asarray(indices)],
        images=images,
    )


@given(st.integers(2, 60), st.lists(st.integers(2, 7), min_size=2, max_size=5), st.integers(0, 3))
@settings(max_examples=40)
def test_every_prefix_is_even_over_classes_and_subjects(n, per_subject, seed):
    faces = toy_faces(per_subject, side=8)
    chosen = samples.order_by_strata(faces.labels, faces.clip_index, n, np.random.default_rng(seed))
    assert len(chosen) == n
    for k in range(1, n + 1):
        labels, subjects = faces.labels[chosen[:k]], faces.clip_index[chosen[:k]]
        assert abs(int((labels == 1).sum()) - int((labels == 0).sum())) <= 1
        for c in (0, 1):
            counts = np.bincount(subjects[labels == c], minlength=len(per_subject))
            assert counts.max() - counts.min() <= 1


def test_patches_come_from_the_face_and_label_they_claim():
    faces = toy_faces()
    drawn = samples.draw(faces, 20, 5, seed=3, patch=32)
    assert drawn.x.shape == (20, 3, 32, 32)
    for patch, label in zip(drawn.x.numpy(), drawn.y.numpy(), strict=True):
        face = patch[0, 0, 0]  # red holds the face's index
        assert (patch[0] == face).all()
        assert faces.labels[face] == label
        rows = patch[1, :, 0].astype(int) - face  # green holds the row: a contiguous window
        assert (np.diff(rows) == 1).all()
        assert 0 <= rows[0] <= 96 - 32


def test_the_record_counts_what_was_drawn():
    record = samples.draw(toy_faces(), 12, 6, seed=0, patch=8).record
    assert record["live"] == 6
    assert record["labelled_live"] == 3
    assert record["subjects"] == record["labelled_subjects"] == 3


def test_equal_seeds_draw_equal_bits_and_others_do_not():
    first, again, other = (samples.draw(toy_faces(), 16, 4, seed=s, patch=8) for s in (1, 1, 2))
    assert first.record == again.record
    assert (first.x == again.x).all()
    assert first.record["digest"] != other.record["digest"]


def test_one_class_is_refused():
    faces = toy_faces()
    faces.labels[:] = 1
    with pytest.raises(FasnbError, match="one class only"):
        samples.draw(faces, 4, 2, seed=0, patch=8)


def test_a_patch_larger_than_the_face_is_refused():
    with pytest.raises(FasnbError, match="do not fit"):
        samples.draw(toy_faces(side=32), 4, 2, seed=0, patch=64)

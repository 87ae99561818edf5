"""The gallery finds every face once, by database, person and kind."""

import numpy as np
import pytest

from fasnb.errors import UsageError
from fasnb.explore_faces import Pick
from tests.toy_gallery import gallery


def test_faces_are_found_by_person_and_kind_over_all_sets():
    g = gallery()
    assert g.databases == ["casia", "msu"]
    assert g.people("casia") == [3, 8]
    assert g.kinds("casia", 3) == ["live", "cut"]
    assert [g.count("casia", 3, kind) for kind in ("live", "cut", "video")] == [4, 2, 0]  # test and train
    assert g.first("casia") == Pick("casia", 3)
    assert g.first("msu") == Pick("msu", 6)  # person 5 has no live face


def test_a_face_says_where_it_comes_from():
    g = gallery()
    third = g.face(Pick("casia", 3, "live", 2))
    assert third.what == "casia train, live, person 3, frame 0"
    attack = g.face(Pick("msu", 5, "ipad_video", 1))
    assert (attack.what, attack.label) == ("msu test, ipad video, person 5, frame 7", 0)
    assert attack.picture.shape == (256, 256, 3)
    assert np.array_equal(attack.box, [10, 10, 100, 120])
    assert not np.array_equal(g.face(Pick("casia", 3, "live", 1)).picture, g.face(Pick("casia", 3)).picture)


@pytest.mark.parametrize(
    ("ask", "match"),
    [
        (lambda g: g.face(Pick("replay", 1)), "no faces of 'replay'; choose one of casia, msu"),
        (
            lambda g: g.face(Pick("casia", 3, "cut", 2)),
            "casia has 2 faces of person 3, cut; there is no number 2",
        ),
        (lambda g: g.face(Pick("casia", 4)), "casia has 0 faces of person 4"),
        (lambda g: g.first("casia", "print"), "casia has no face of kind 'print'"),
    ],
)
def test_what_is_not_there_is_one_line(ask, match):
    with pytest.raises(UsageError, match=match):
        ask(gallery())

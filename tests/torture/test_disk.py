"""Full, forbidden, without temporary space, with a clock going back: one line, and then it goes on."""

from tests.torture import disk


def test_trouble_is_one_line_and_nothing_is_lost(tmp_path):
    troubles = tuple(trouble for trouble in disk.TROUBLES if not trouble.memory_disk)
    rows = disk.run(1, tmp_path, 0, troubles)
    assert [(row.tried, row.held) for row in rows] == [(1, 1)] * len(troubles), rows

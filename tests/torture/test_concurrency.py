"""One store, several processes at once: nothing twice, nothing lost."""

from tests.torture import concurrency


def test_processes_share_a_store_and_survive_their_killed_fellows(tmp_path):
    rows = concurrency.run(2, tmp_path, seed=3)
    assert [(row.tried, row.held) for row in rows] == [(1, 1)] * 2, rows

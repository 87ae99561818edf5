"""Two papermill processes on one store, with notebooks of one cell."""

import nbformat

from tests.torture import chains

CELL = """
from fasnb import paths, running, runs
from tests.torture import concurrency, toys

store = runs.Store(paths.store("smoke"), toys.TINY, runs.Source("simulated", "toys"), ("fasnb.metrics",))
log = str(paths.ROOT / "log")
found = running.run_missing(concurrency.RUNS, {train!r}, store, log, checkpoints=paths.BUILD)
assert len(found) == len(concurrency.RUNS)
"""


def notebook(path, train):
    cell = nbformat.v4.new_code_cell(CELL.format(train=train))
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel}), path)
    return path


def test_two_chains_compute_each_run_once(tmp_path):
    made = [notebook(tmp_path / f"{n}.ipynb", "tests.torture.concurrency:train") for n in range(2)]
    assert chains.side_by_side(made, tmp_path / "home", within_s=120) == ""


def test_a_chain_that_fails_is_seen(tmp_path):
    made = [notebook(tmp_path / "0.ipynb", "no.such:train")]
    assert "chain 0 failed" in chains.side_by_side(made, tmp_path / "home", within_s=120, chains=1)


def test_one_that_hangs_is_seen(tmp_path):
    made = [notebook(tmp_path / "0.ipynb", "tests.torture.concurrency:train")]
    assert chains.side_by_side(made, tmp_path / "home", within_s=0.1, chains=1) == "not done within 0 s"

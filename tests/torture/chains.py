"""chains: papermill runs the same notebooks twice at once, on one store; what is missing they train."""

import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from fasnb import paths
from tests.torture.report import Row

N = 1
#: Those that train each of the paper's methods on one database.
NOTEBOOKS = tuple(
    paths.NOTEBOOKS / f"{name}.ipynb"
    for name in ("05_pseudo_labels_uda", "06_meta_pseudo_labels", "07_plgf_branch")
)
_CHAIN = """
import sys, papermill
out, *notebooks = sys.argv[1:]
for number, notebook in enumerate(notebooks):
    papermill.execute_notebook(notebook, f"{out}/{number}.ipynb", {"profile": "smoke"}, progress_bar=False)
"""


def side_by_side(notebooks: Sequence[Path], home: Path, within_s: float, chains: int = 2) -> str:
    """Run the notebooks in turn, in `chains` processes at once, all at home in `home`; the first breach.

    `home` is to hold or to link the databases that they want.
    """
    results = home / "build" / "smoke" / "results"
    crew = []
    for number in range(chains):
        out = home / f"chain-{number}"
        out.mkdir(parents=True)
        command = [sys.executable, "-c", _CHAIN, str(out), *map(str, notebooks)]
        with (out / "log").open("wb") as log:
            crew.append(
                subprocess.Popen(
                    command, env=os.environ | {"FASNB_HOME": str(home)}, stdout=log, stderr=subprocess.STDOUT
                )
            )
    written = defaultdict(set)  # a file that is written again is another file under the same name
    end = time.monotonic() + within_s
    while any(process.poll() is None for process in crew):
        if time.monotonic() > end:
            for process in crew:
                process.kill()
            return f"not done within {within_s:.0f} s"
        for path in results.glob("*.json"):
            written[path.name].add(path.stat().st_ino)
        time.sleep(0.02)
    for number, process in enumerate(crew):
        if process.returncode:
            lines = (home / f"chain-{number}" / "log").read_text(errors="replace").split("\n")
            return f"chain {number} failed: {' '.join(lines)[-300:]}"
        if len(list((home / f"chain-{number}").glob("*.ipynb"))) != len(notebooks):
            return f"chain {number} left a notebook out"
    again = [name for name, files in written.items() if len(files) > 1]
    if again or not written:
        return f"computed more than once: {again}" if again else "nothing was computed"
    left = [path.name for path in results.glob(".*.lock")]
    return f"left behind: {left}" if left else ""


def run(n: int, folder: Path, seed: int) -> list[Row]:
    """`n` times two chains on an empty store, with the smoke databases of this checkout."""
    breaches = []
    for number in range(n):
        home = folder / str(number)
        home.mkdir(parents=True)
        (home / "data").symlink_to(paths.DATA)
        breaches.append(side_by_side(NOTEBOOKS, home, within_s=1800))
    bad = [breach for breach in breaches if breach]
    what = f"papermill over {len(NOTEBOOKS)} notebooks, twice at once, one empty store"
    return [Row(what, n, n - len(bad), bad[0] if bad else "each run computed once, no lock left")]

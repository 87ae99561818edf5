"""Benchmarks: ours against a plain way of doing the same, in one process and in turns.

A benchmark is a module here with `rows(where, quick) -> list[Row]`; nothing heavy is loaded before it runs.
"""

import importlib
import os
from collections.abc import Callable

from fasnb.bench.row import Row
from fasnb.errors import UsageError

#: Name on the command line -> module of this package.
BENCHES = {
    "mpl-step": "mpl_step",
    "augmentation": "augmentation",
    "plgf": "plgf",
    "faces": "faces",
    "score": "score",
    "simulate": "simulate",
    "scale": "scale",
    "where": "where",
    "grid": "grid",
    "paper": "paper",
}


def run(name: str | None, quick: bool, say: Callable[[str], None] | None = None) -> list[Row]:
    """The rows of one benchmark, or of all of them; UsageError names the known ones.

    `quick` shrinks sizes and repetitions until figures mean nothing: it shows that all of it works.
    """
    if name is not None and name not in BENCHES:
        raise UsageError(f"unknown benchmark {name!r}; choose one of {', '.join(BENCHES)}")
    from fasnb import device

    where = device.choose()
    # On the CPU both sides use all cores, unless told otherwise; a run of the grid has one each.
    if where.type != "cpu" or "FASNB_THREADS" in os.environ:
        device.prepare(where)
    found: list[Row] = []
    for one in [name] if name else BENCHES:
        if say:
            say(f"bench {one}")
        found += importlib.import_module(f"fasnb.bench.{BENCHES[one]}").rows(where, quick)
    return found

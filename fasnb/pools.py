"""Pools of worker processes that do not outlive the process which started them."""

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial

SPAWN = multiprocessing.get_context("spawn")


def pool(workers: int, begin: Callable[[], object] | None = None) -> ProcessPoolExecutor:
    """A pool of spawned processes: the caller may hold threads (torch, a notebook's kernel).

    Each calls `begin` first. Killed, the caller takes them along: by themselves they would wait for work
    for ever.
    """
    return ProcessPoolExecutor(workers, SPAWN, initializer=partial(_follow, begin))


def _follow(begin: Callable[[], object] | None) -> None:
    parent = multiprocessing.parent_process()
    if parent:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    if begin:
        begin()


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)

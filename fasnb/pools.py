"""Pools of worker processes that do not outlive the process which started them."""

import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor


def pool(workers: int) -> ProcessPoolExecutor:
    """A pool of spawned processes: the caller may hold threads (torch, a notebook's kernel).

    Killed, the caller takes them along: by themselves they would wait for work for ever.
    """
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_follow)


def _follow() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)

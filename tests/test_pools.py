import os
import subprocess
import sys
import time

from fasnb import locks
from fasnb.pools import pool

PARENT = """
import os, sys, time
from fasnb.pools import pool

if __name__ == "__main__":
    with pool(1) as workers:
        print(workers.submit(os.getpid).result(), flush=True)
        time.sleep(600)
"""


def test_work_is_done_elsewhere():
    with pool(2) as workers:
        assert list(workers.map(abs, [-1, 2, -3])) == [1, 2, 3]
        assert workers.submit(os.getpid).result() != os.getpid()


def test_workers_end_with_the_process_that_started_them(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    worker = int(parent.stdout.readline())
    assert locks.started(worker) is not None
    parent.kill()
    parent.wait()
    end = time.monotonic() + 30
    while locks.started(worker) is not None and time.monotonic() < end:
        time.sleep(0.05)
    assert locks.started(worker) is None

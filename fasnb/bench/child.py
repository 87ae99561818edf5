"""A function of this package in a process of its own: fresh imports, its own peak of memory."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from fasnb.errors import FasnbError

_CODE = """
import importlib, json, sys
module, function, arguments = sys.argv[1:]
found = getattr(importlib.import_module(module), function)(*json.loads(arguments))
print(json.dumps(found))
"""


def call(module: str, function: str, *arguments: Any) -> Any:
    """What `module`.`function`(*arguments) returns there; arguments and result go as JSON.

    FasnbError with the last line of what it said where it fails.
    """
    command = [sys.executable, "-c", _CODE, module, function, json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise FasnbError(f"{module}.{function} failed in its own process: {said[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def peak_memory() -> float:
    """The most memory this process has held, MB (10^6 bytes)."""
    try:
        # Not getrusage: a child's figure starts from its parent's.
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    except OSError:
        pass
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6

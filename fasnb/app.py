"""The threshold explorer as a page of its own: Voila shows `app/thresholds.ipynb` over stored scores.

`python -m fasnb.app` serves it on this machine alone and prints its address with Voila's token. Nothing is
computed but the read-outs, so neither databases nor torch are needed.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from fasnb import paths
from fasnb.errors import FasnbError
from fasnb.profiles import PROFILES
from fasnb.runs import Store

IDLE = 600  # seconds after which the kernel of a closed page is ended
#: Voila, without a grammar of web addresses that takes two thirds of the start to compile
#: and checks nothing here.
_VOILA = "import sys; sys.modules['rfc3987_syntax'] = None; from voila.app import main; main()"
#: Served here alone; without what Voila would fetch from the network and an extension that is JupyterLab's.
SERVED = (
    "--no-browser",
    "--template=offline",
    "--Voila.ip=127.0.0.1",
    "--VoilaConfiguration.extension_denylist=jupyterlab-jupytext",
    f"--MappingKernelManager.cull_idle_timeout={IDLE}",
    f"--MappingKernelManager.cull_interval={IDLE // 10}",
)


def scores() -> Store:
    """The results of the most advanced profile that has any; FasnbError says what to run without any.

    The store knows no data source: it shows the newest scores, of whatever data and code.
    """
    for name, profile in reversed(PROFILES.items()):
        store = Store(paths.store(name), profile)
        if store.results():
            return store
    raise FasnbError("there are no scores to show yet; run `make reproduce` first")


def folder() -> Path:
    """Where the page and its template are."""
    return paths.ROOT / "app"


def command(options: Sequence[str] = ()) -> list[str]:
    """The command line that serves the page; `options` of Voila come last, so they win."""
    page = folder() / "thresholds.ipynb"
    if not page.exists():
        raise FasnbError(f"{page} is missing; run this from a checkout, or set FASNB_HOME to one")
    return [sys.executable, "-c", _VOILA, str(page), *SERVED, "--Voila.auto_token=True", *options]


def main(options: Sequence[str] | None = None) -> int:
    """Serve until interrupted: 0, or 1 with one line where there is nothing to show."""
    try:
        scores()
        arguments = command(sys.argv[1:] if options is None else options)
    except FasnbError as error:
        print(f"fasnb: {error}", file=sys.stderr)
        return error.exit_code
    try:
        return subprocess.run(arguments, env=os.environ | {"JUPYTER_PATH": str(folder())}).returncode
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tests.torture NAME [--n N] [--seed S] [--out DIR]`: break it on purpose, count what held.

NAME is a module of this folder with `run(n, folder, seed) -> list[Row]` and `N`, how often by default; what
it found goes to DIR/NAME.json. `python -m tests.torture report` gathers them into docs/reliability.md.
"""

import argparse
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from fasnb import paths
from fasnb.errors import FasnbError
from tests.torture import report


def names() -> list[str]:
    """The tortures there are: the modules of this folder with a `run`."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return [path.stem for path in files if "\ndef run(n" in path.read_text(encoding="utf-8")]


def main(arguments: list[str] | None = None) -> int:
    """Run one torture, print its rows; 0 if everything held, 1 if not, 2 for a bad request."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=[*names(), "report"])
    parser.add_argument("--n", type=int, help="how often; by default as for the table")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=paths.BUILD / "torture", metavar="DIR")
    wanted = parser.parse_args(arguments)
    try:
        if wanted.name == "report":
            report.refresh(wanted.out)
            return 0
        module = import_module(f"tests.torture.{wanted.name}")
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(prefix=f"torture-{wanted.name}-") as scratch:
            rows = module.run(module.N if wanted.n is None else wanted.n, Path(scratch), wanted.seed)
        path = report.save(wanted.out, wanted.name, rows, time.monotonic() - begun)
    except FasnbError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    for row in rows:
        print(f"{row.held}/{row.tried} {row.what}: {row.worst}")
    print(path)
    return 0 if all(row.held == row.tried for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())

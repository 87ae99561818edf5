"""Licensed faces stay in data/ and build/: after a whole tiny run, no pixel lies anywhere else."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fasnb import paths
from tests.safety.licensed import write_databases

PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x93NUMPY", b"RIFF", b"II*\0", b"MM\0*", b"PK\x03\x04")
#: What is written into the checkout by others than the run.
OTHERS = {".git", ".venv", "build", "data", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"}


def pictures(folder: Path) -> set[Path]:
    """The files of a checkout, outside data/ and build/, that begin as a picture or an array does."""
    found = set()
    for here, below, names in os.walk(folder):
        below[:] = [name for name in below if Path(here) != folder or name not in OTHERS]
        for name in names:
            with open(Path(here) / name, "rb") as file:
                if file.read(8).startswith(PICTURES):
                    found.add(Path(here) / name)
    return found


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The home of a finished run, what it printed, and that it drew no picture into the checkout."""
    folder = tmp_path_factory.mktemp("home")
    root = tmp_path_factory.mktemp("licensed")
    write_databases(root)
    before = pictures(paths.ROOT)
    environment = os.environ | {"FASNB_HOME": str(folder), "FASNB_DATA": str(root), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.safety.licensed"],
        **{"cwd": Path(__file__).parents[2], "env": environment, "umask": 0o022},
        **{"capture_output": True, "text": True, "timeout": 300},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert pictures(paths.ROOT) <= before
    return folder, done.stdout


def test_they_count_as_real_and_their_figures_are_not_published(home):
    folder, said = home
    *_, kind, refusal = said.splitlines()
    assert kind == "real"
    assert refusal.startswith("figures of real data stay in ")
    assert (folder / "build" / "lite" / "figures" / "faces.png").exists()
    assert not (folder / "figures").exists()


def test_no_pixel_lies_outside_data_and_build(home):
    folder, _ = home
    crops = [np.load(path) for path in (folder / "data" / "cache").rglob("*.npy")]
    assert len(crops) > 10
    rows = [crop[0, place].tobytes()[300:332] for crop in crops for place in (64, 128, 192)]
    held = [path.read_bytes() for path in (folder / "data").rglob("*.npy")]
    assert all(any(row in content for content in held) for row in rows)
    outside = [
        path
        for path in folder.rglob("*")
        if path.is_file() and path.relative_to(folder).parts[0] not in OTHERS
    ]
    assert {path.suffix for path in outside} == {".json", ".csv", ""}
    assert {path.name for path in outside if not path.suffix} == {".guard"}
    assert not pictures(folder)
    assert not [path for path in outside for row in rows if row in path.read_bytes()]


def test_cut_faces_are_their_owners_alone(home):
    folder, _ = home
    cache = folder / "data" / "cache" / "faces"
    assert {stat.S_IMODE(path.stat().st_mode) for path in [cache, *cache.iterdir()]} == {0o700}
    files = [path for path in cache.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}

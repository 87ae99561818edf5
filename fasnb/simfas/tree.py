"""A simulated database on disk: its marker, what is there already, and the small text files beside the clips.

While a tree is being written it carries SIMULATING.json, which says with what settings; when it is complete
this becomes SIMULATED.json, by which readers know that the clips are not real. A folder that holds anything
else is never touched.
"""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path, PurePosixPath

import numpy as np

from fasnb import atomic, layouts
from fasnb.errors import FasnbError
from fasnb.layouts import Clip
from fasnb.simfas.clips import Frame
from fasnb.simfas.photographs import Faces
from fasnb.simfas.registry import DOMAINS

VERSION = 1
DONE, PARTIAL = "SIMULATED.json", "SIMULATING.json"


def clips_of(database: str, scale: str) -> list[Clip]:
    """The clips that a scale writes: layouts.subset, and at full scale Replay-Attack's enrolment clips as
    well.
    """
    clips = layouts.subset(database, scale)
    if scale == "full" and database == "replay-attack":
        clips = layouts.official_clips(database, enroll=True)
    return clips


def config_hash(database: str, scale: str, seed: int, faces: Faces | None = None) -> str:
    """What every frame of a tree depends on: the domain's table, the simulator, scale, seed, faces."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted([*folder.glob("*.py"), *folder.glob("*.npz")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    table = json.dumps(asdict(DOMAINS[database]), sort_keys=True)
    digest.update(f"{table}\0{scale}\0{seed}".encode())
    if faces is not None:
        digest.update(faces.digest(database).encode())
    return digest.hexdigest()[:16]


def marker(
    database: str, scale: str, seed: int, complete: bool, faces: Faces | None = None
) -> dict[str, object]:
    """The content of a marker file; `faces`: the number of people photographed, 0 = rendered."""
    return {
        "simulator": VERSION,
        "database": database,
        "seed": seed,
        "scale": scale,
        "frames": layouts.FRAMES[scale],
        "config_hash": config_hash(database, scale, seed, faces),
        "faces": faces.count(database) if faces else 0,
        "complete": complete,
    }


def prepare(folder: Path, wanted: dict[str, object]) -> bool:
    """Makes a database's folder ready to be written; True where it is complete already.

    FasnbError where the folder holds something else: another simulation, or files that are not a
    simulation's.
    """
    found = next((folder / name for name in (DONE, PARTIAL) if (folder / name).exists()), None)
    if found is None:
        if folder.exists() and any(folder.iterdir()):
            raise FasnbError(f"{folder} is not empty and not a simulation; choose another output folder")
        atomic.write_text(folder / PARTIAL, json.dumps(wanted | {"complete": False}, indent=1) + "\n")
        return False
    try:
        here = json.loads(found.read_text())
        same = here["config_hash"] == wanted["config_hash"]
        told = f"scale {here['scale']}, seed {here['seed']}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FasnbError(f"{found} is damaged ({error}); remove {folder} and run again") from error
    if not same:
        raise FasnbError(
            f"{folder} holds another simulation ({told}, or of other faces, or made by another version); "
            "remove the folder or choose another output folder"
        )
    if found.name == PARTIAL:
        for leftover in folder.rglob(".*-*"):  # what a killed run was writing
            leftover.unlink(missing_ok=True)
        return False
    return True


def finish(folder: Path, wanted: dict[str, object]) -> None:
    """Marks a tree as complete."""
    if wanted["database"] == "msu-mfsd":
        for split, name in layouts.MSU_LISTS.items():
            ids = layouts.SUBJECTS["msu-mfsd"][split]
            atomic.write_bytes(folder / name, "".join(f"{n:02d}\r\n" for n in ids).encode())
    atomic.write_text(folder / DONE, json.dumps(wanted | {"complete": True}, indent=1) + "\n")
    (folder / PARTIAL).unlink(missing_ok=True)


def face_path(clip: Clip) -> str | None:
    """Where a clip's face boxes go, relative to its database; None for CASIA-FASD, which has none."""
    beside = PurePosixPath(clip.path).with_suffix(".face")
    return {
        "casia-fasd": None,
        "replay-attack": f"face-locations/{beside}",
        "msu-mfsd": str(beside),
        "wide": str(beside),
    }[clip.database]


def face_rows(clip: Clip, frames: list[Frame], rng: np.random.Generator) -> str:
    """A clip's face file, in upright coordinates, as its database writes it.

    Replay-Attack: `frame x y w h`; about one row in thirty is missing or of zero size, as where the detector
    failed (never the first). MSU-MFSD and wide: `frame, left, top, right, bottom, eye x, y, eye x, y`.
    """
    rows = []
    for number, frame in enumerate(frames):
        x, y, w, h = (round(v) for v in frame.box)
        fate = rng.random()
        if clip.database == "replay-attack":
            if number and fate < 0.02:
                continue
            rows.append(f"{number} 0 0 0 0" if number and fate < 0.035 else f"{number} {x} {y} {w} {h}")
        else:
            (ax, ay), (bx, by) = frame.eyes
            rows.append(f"{number}, {x}, {y}, {x + w}, {y + h}, {ax:.1f}, {ay:.1f}, {bx:.1f}, {by:.1f}")
    return "\n".join(rows) + "\n"

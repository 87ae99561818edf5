"""Every folder of the project, from one anchor, so that a notebook, a test and a command agree on them."""

import os
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parent.parent

#: The anchor: `FASNB_HOME`, else the checkout that holds this file, else (installed) the current folder.
ROOT = Path(
    os.environ.get("FASNB_HOME") or (_CHECKOUT if (_CHECKOUT / "pyproject.toml").exists() else Path.cwd())
)
DATA = ROOT / "data"
CACHE = DATA / "cache"
POSES = DATA / "poses"
BUILD = ROOT / "build"
NOTEBOOKS = ROOT / "notebooks"
#: Trained weights that are committed, a sub-folder each.
WEIGHTS = ROOT / "weights"
#: What a run keeps in its folder: what was learnt, and what it can go on from until it is recorded.
TRAINED, CHECKPOINT = "weights.safetensors", "checkpoint.safetensors"


def data_root(scale: str) -> Path:
    """The folder that holds casia-fasd/, replay-attack/ and msu-mfsd/.

    `FASNB_DATA` (the licensed copies) wins; otherwise the simulated databases of this scale.
    """
    real = os.environ.get("FASNB_DATA")
    return Path(real).expanduser() if real else simulated(scale)


def simulated(scale: str) -> Path:
    """The simulated databases of this scale."""
    return DATA / "simulated" / scale


def kept_poses() -> Path | None:
    """Where rendered poses are kept, if they are: `fasnb simulate --poses data/poses` makes the folder."""
    return POSES if POSES.exists() else None


def build(profile: str) -> Path:
    """What a profile makes and git ignores: executed notebooks, HTML, checkpoints, figures."""
    return BUILD / profile


def checkpoints(profile: str) -> Path:
    """Where a profile's runs keep their checkpoints and trained weights, a folder each."""
    return build(profile) / "checkpoints"


def left(profile: str, stem: str) -> Path:
    """Where a run (`Store.stem`) leaves its trained weights."""
    return checkpoints(profile) / stem / TRAINED


def kept(profile: str, stem: str) -> Path:
    """Where the trained weights of a run are kept beside its result, to be committed with it."""
    return store(profile) / "networks" / f"{stem}.safetensors"


def trained(profile: str, stem: str) -> Path:
    """Where the trained weights of a run are: as it left them, else the kept ones.

    Where neither is there, it is where the run will leave them.
    """
    own, committed = left(profile, stem), kept(profile, stem)
    return committed if committed.exists() and not own.exists() else own


def store(profile: str) -> Path:
    """The results store of a profile: committed for lite and paper, ignored for smoke."""
    return BUILD / profile / "results" if profile == "smoke" else ROOT / "results" / profile


def figures(profile: str) -> Path:
    """Where the notebooks of a profile draw: PNG and CSV, one stem each."""
    return BUILD / profile / "figures"


def real_faces() -> bool:
    """Whether pictures may show licensed faces (`FASNB_REAL_FACES`, set by `--allow-real-faces`)."""
    return bool(os.environ.get("FASNB_REAL_FACES"))


def real_data() -> bool:
    """Whether licensed databases are set (`FASNB_DATA`)."""
    return bool(os.environ.get("FASNB_DATA"))

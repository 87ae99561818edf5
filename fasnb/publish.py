"""What is committed of a profile's build folder: its figures, and the networks that pictures look into.

Figures are those of the best profile so far; of licensed data nothing is copied.
"""

import json
from pathlib import Path

from fasnb import atomic, grid, paths
from fasnb.errors import FasnbError, UsageError
from fasnb.profiles import PROFILES
from fasnb.runs import Store

_ORIGIN = "PROVENANCE.json"
#: Bytes. What is larger (a support-vector machine with its samples) is trained again in half a minute.
LARGEST = 4_000_000


def publish(profile: str, source: str, digest: str, to: Path | None = None) -> list[Path]:
    """Copy every figure (PNG and CSV) of a profile to figures/, with a record of where they come from.

    UsageError where figures/ holds those of a better profile. FasnbError where nothing was drawn yet, or
    the data are not simulated: licensed faces never enter the repository.
    """
    folder = to or paths.ROOT / "figures"
    if source != "simulated":
        here = paths.figures(profile)
        raise FasnbError(f"figures of {source} data stay in {here}: they may show licensed faces")
    rank = list(PROFILES).index
    there = _origin(folder / _ORIGIN)
    if there and rank(there) > rank(profile):
        raise UsageError(f"{folder} holds figures of profile {there}, better than {profile}")
    drawn = sorted(p for p in paths.figures(profile).glob("*.*") if p.suffix in (".png", ".csv"))
    if not drawn:
        here = paths.figures(profile)
        raise FasnbError(f"{here} holds no figures; run `fasnb reproduce --profile {profile}` first")
    for path in drawn:
        atomic.write_bytes(folder / path.name, path.read_bytes())
    for old in folder.glob("*.*"):
        if old.suffix in (".png", ".csv") and old.name not in {path.name for path in drawn}:
            old.unlink()
    stems = sorted({path.stem for path in drawn})
    record = {"profile": profile, "data": source, "digest": digest, "figures": stems}
    atomic.write_text(folder / _ORIGIN, json.dumps(record, indent=1) + "\n")
    return drawn


def networks(store: Store, seed: int = 0) -> list[Path]:
    """Copy the trained weights that the notebooks look into beside the store's results; the committed files.

    So a fresh clone draws its pictures without training again. Weights that are not on this machine or
    larger than LARGEST are passed over; those of results that are no longer current are deleted. FasnbError
    where the data are not simulated.
    """
    profile = store.profile.name
    if store.source is None or store.source.kind != "simulated":
        raise FasnbError(
            f"networks of {profile} stay in {paths.checkpoints(profile)}: they saw licensed faces"
        )
    there = [store.stem(one) for one in grid.pictured(store.profile, seed) if store.has(one)]
    for stem in there:
        left = paths.left(profile, stem)
        if left.exists() and left.stat().st_size <= LARGEST:
            atomic.write_bytes(paths.kept(profile, stem), left.read_bytes())
    files = sorted(paths.kept(profile, "any").parent.glob("*.safetensors"))
    for old in (file for file in files if file.stem not in there):
        old.unlink()
    return [file for file in files if file.exists()]


def _origin(path: Path) -> str | None:
    """The profile of the figures that are there."""
    try:
        profile = str(json.loads(path.read_text())["profile"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise FasnbError(f"{path} is damaged ({error}); delete it and run again") from error
    if profile not in PROFILES:
        raise FasnbError(f"{path} names an unknown profile {profile!r}; delete it and run again")
    return profile

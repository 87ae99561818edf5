"""The committed figures: copied from a profile's build folder, best profile so far, simulated data only."""

import json
from pathlib import Path

from fasnb import atomic, paths
from fasnb.errors import FasnbError, UsageError
from fasnb.profiles import PROFILES

_ORIGIN = "PROVENANCE.json"


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

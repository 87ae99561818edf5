"""The capture simulator: people, rooms, attack media and cameras, written as the three databases.

people (who is before the camera) -> scene (light, background) -> media (prints, displays) -> camera -> clips
-> writer.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from fasnb.layouts import DATABASES


def simulate(
    out: Path,
    scale: str,
    seed: int,
    databases: Sequence[str] = DATABASES,
    workers: int | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    poses: Path | None = None,
    faces: Path | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, int]:
    """Writes simulated databases below `out`: see fasnb.simfas.writer.simulate, which is imported when
    needed.
    """
    from fasnb.simfas import writer

    return writer.simulate(out, scale, seed, databases, workers, progress, poses, faces, say)


__all__ = ["simulate"]

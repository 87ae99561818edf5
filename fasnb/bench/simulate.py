"""simulate: where the time of a simulated frame goes."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch

from fasnb.bench import timing
from fasnb.bench.row import Row
from fasnb.layouts import Clip, official_clips
from fasnb.simfas import camera, cast, clips, media, scene, writer
from fasnb.simfas.domains import DOMAINS

_KINDS = {"live": "", "print": "print", "display": "mobile_video"}


def stages() -> dict[str, list[tuple[object, str]]]:
    """The functions of each stage; none calls another's."""
    return {
        "person": [(cast.Person, "render")],
        "room": [(scene, "background"), (scene, "figure"), (scene, "placed")],
        "medium": [(media, "printed"), (media, "show_print"), (media, "show_display")],
        "camera": [(camera, "capture")],
        "file": [(writer, "write_clip")],
    }


@contextmanager
def timed() -> Iterator[dict[str, float]]:
    """Inside, calls of the stages' functions add up in the dictionary: milliseconds by stage."""
    spent = dict.fromkeys(stages(), 0.0)

    def counted(stage: str, function: Callable) -> Callable:
        def call(*arguments, **options):
            begun = time.perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                spent[stage] += 1000 * (time.perf_counter() - begun)

        return call

    with ExitStack() as stack:
        for stage, functions in stages().items():
            for owner, name in functions:
                stack.enter_context(patch.object(owner, name, counted(stage, getattr(owner, name))))
        yield spent


def of_kind(kind: str) -> Clip:
    """A clip of Replay-Attack's first subject: live, a print, or a video on a telephone."""
    found = [clip for clip in official_clips("replay") if clip.attack == _KINDS[kind]]
    return min(found, key=lambda clip: (clip.subject, clip.path))


def one_clip(clip: Clip, frames: int, folder: Path) -> dict[str, float]:
    """ms a frame of a clip with a subject of its own, by stage; "other" is what no stage accounts for."""
    begun = time.perf_counter()
    with timed() as spent:
        subject = clips.Subject(DOMAINS[clip.database], clip.subject, cast.Cast(0))
        pictures = list(clips.frames(clip, subject, frames))
        writer.write_clip(folder, clip, pictures, 0)
    whole = 1000 * (time.perf_counter() - begun)
    parts = spent | {"other": whole - sum(spent.values()), "all": whole}
    return {stage: spent / frames for stage, spent in parts.items()}


def rows(where: torch.device, quick: bool) -> list[Row]:
    """ms a frame for each kind of clip and stage, on the CPU; no reference."""
    frames, rounds = (2, 1) if quick else (8, 5)
    found = []
    with tempfile.TemporaryDirectory() as name:
        for kind in _KINDS:
            clip = of_kind(kind)
            one_clip(clip, 1, Path(name))  # compiles, fills tables
            times = [one_clip(clip, frames, Path(name)) for _ in range(rounds)]
            note = f"{frames} frames of 320 x 240, a new subject"
            found += [
                timing.row("simulate", f"{kind}: {stage}", np.array([t[stage] for t in times]), None,
                           torch.device("cpu"), note=note)
                for stage in times[0]
                if any(t[stage] for t in times)
            ]  # fmt: skip
    return found

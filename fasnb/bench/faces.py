"""faces: from a video to kept crops, against holding the whole video; memory as the video grows."""

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fasnb import detector, video
from fasnb.bench import child
from fasnb.bench.row import Row
from fasnb.boxes import box_at, face_path, read_face_file
from fasnb.databases import open_database
from fasnb.faces import FaceSettings, extract
from fasnb.layouts import official_clips

if TYPE_CHECKING:  # a process that measures memory must not hold it
    import torch

_BOX = (110, 60, 96, 96)


def write_clips(root: Path, frames: int, count: int = 1) -> Path:
    """A Replay-Attack of `count` clips, 320 x 240, with their face files; the path of the first video."""
    folder = root / "replay-attack"
    clips = official_clips("replay")[:count]
    for number, clip in enumerate(clips):
        path, boxes = folder / clip.path, folder / str(face_path(clip))
        for file in (path, boxes):
            file.parent.mkdir(parents=True, exist_ok=True)
        boxes.write_text("".join(f"{n} {' '.join(map(str, _BOX))}\n" for n in range(frames)))
        # Each clip differs: those of the same content would be cut once.
        scene = np.random.default_rng(number).integers(0, 256, (60, 80, 3), np.uint8)
        scene = cv2.resize(scene, (320, 240), interpolation=cv2.INTER_CUBIC)
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 25, (320, 240))
        for n in range(frames):
            writer.write(np.roll(scene, n, axis=1))
        writer.release()
    return folder / clips[0].path


def whole_video(path: Path, boxes: Path, settings: FaceSettings) -> list[np.ndarray]:
    """The same crops as it is often done: read every frame into memory, then choose. Nothing is kept."""
    capture, pictures = cv2.VideoCapture(str(path)), []
    while True:
        good, picture = capture.read()
        if not good:
            break
        pictures.append(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
    known = read_face_file(boxes, corners=False)
    chosen = [(pictures[n], box_at(known, n)) for n in video.even_indices(len(pictures), settings.frames)]
    return [detector.crop(image, box, settings.margin, settings.size) for image, box in chosen if box]


def kept(root: str, cache: str) -> int:
    """Cut the faces of the clips below `root`; how many there are."""
    database = open_database("replay", root, allow_partial=True)
    return len(extract(database, database.clips, FaceSettings(), Path(cache)))


def measured(root: str) -> tuple[float, float]:
    """Seconds of `kept` with a new cache, and the peak memory of this process, MB."""
    with tempfile.TemporaryDirectory() as cache:
        begun = time.perf_counter()
        kept(root, cache)
        return time.perf_counter() - begun, child.peak_memory()


def rows(where: "torch.device", quick: bool) -> list[Row]:
    """ms a frame of the video (it is decoded on the CPU), and the peak memory of one ten times as long."""
    import torch

    from fasnb.bench import timing

    where = torch.device("cpu")
    frames, rounds = (16, 1) if quick else (250, 9)
    with tempfile.TemporaryDirectory() as name:
        short, long = f"{name}/short", f"{name}/long"
        caches = iter(f"{name}/cache{i}" for i in range(1000))
        path = write_clips(Path(short), frames)
        write_clips(Path(long), 10 * frames)
        boxes = Path(short) / "replay-attack" / str(face_path(official_clips("replay")[0]))
        ours, plainly = timing.alternate(
            lambda: kept(short, next(caches)),
            lambda: whole_video(path, boxes, FaceSettings()),
            rounds,
            where,
        )
        peaks = [
            [child.call(__name__, "measured", root)[1] for root in (long, short)]
            for _ in range(1 if quick else 3)
        ]
    high, low = np.array(peaks).T
    a, b = ours / frames, plainly / frames
    note = f"{1000 / np.median(a):.0f} frames/s, 16 crops of {frames} frames, kept; plain keeps none"
    ten = f"peak of a process; {10 * frames} frames against {frames}"
    return [
        timing.row("faces", "frame", a, b, where, note=note),
        timing.row("faces", "memory, 10x longer", high, low, where, "MB", round(1 / 1.05, 3), ten),
    ]

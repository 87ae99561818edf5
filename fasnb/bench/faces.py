"""faces: from a video to kept crops, against holding the whole video; memory as the video grows."""

import tempfile
from pathlib import Path

import cv2
import numpy as np
import torch

from fasnb import detector, video
from fasnb.bench import child, timing
from fasnb.bench.row import Row
from fasnb.boxes import box_at, face_path, read_face_file
from fasnb.databases import open_database
from fasnb.faces import FaceSettings, extract
from fasnb.layouts import official_clips

_BOX = (110, 60, 96, 96)


def write_clip(root: Path, frames: int) -> Path:
    """A Replay-Attack of one clip, 320 x 240, with its face file; the path of the video."""
    clip = official_clips("replay")[0]
    path, boxes = root / "replay-attack" / clip.path, root / "replay-attack" / str(face_path(clip))
    for file in (path, boxes):
        file.parent.mkdir(parents=True, exist_ok=True)
    boxes.write_text("".join(f"{n} {' '.join(map(str, _BOX))}\n" for n in range(frames)))
    scene = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    scene = cv2.resize(scene, (320, 240), interpolation=cv2.INTER_CUBIC)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 25, (320, 240))
    for n in range(frames):
        writer.write(np.roll(scene, n, axis=1))
    writer.release()
    return path


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
    """Cut the faces of the clip below `root`; how many there are."""
    database = open_database("replay", root, allow_partial=True)
    return len(extract(database, database.clips, FaceSettings(), Path(cache)))


def peak(root: str, cache: str) -> float:
    """The peak memory of `kept`, MB, for a process of its own."""
    kept(root, cache)
    return child.peak_memory()


def rows(where: torch.device, quick: bool) -> list[Row]:
    """ms a frame of the video (it is decoded on the CPU), and the peak memory of one ten times as long."""
    frames, rounds = (16, 1) if quick else (250, 9)
    where = torch.device("cpu")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        caches = iter(str(folder / f"cache{i}") for i in range(1000))
        path = write_clip(folder / "short", frames)
        write_clip(folder / "long", 10 * frames)
        boxes = folder / "short/replay-attack" / str(face_path(official_clips("replay")[0]))
        ours, plainly = timing.alternate(
            lambda: kept(str(folder / "short"), next(caches)),
            lambda: whole_video(path, boxes, FaceSettings()),
            rounds,
            where,
        )
        memory = [
            [child.call(__name__, "peak", str(folder / size), next(caches)) for size in ("long", "short")]
            for _ in range(1 if quick else 3)
        ]
    long, short = np.array(memory).T
    a, b = ours / frames, plainly / frames
    note = f"{1000 / np.median(a):.0f} frames/s, 16 crops of {frames} frames, kept; plain keeps none"
    ten = f"peak of a process; {10 * frames} frames against {frames}"
    return [
        timing.row("faces", "frame", a, b, where, note=note),
        timing.row("faces", "memory, 10x longer", long, short, where, "MB", round(1 / 1.05, 3), ten),
    ]

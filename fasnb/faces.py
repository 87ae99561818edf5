"""Clips to faces: evenly sampled frames, a box in each, a square picture of 256 x 256; kept on disk.

Boxes come from the database's face files where it has them (Replay-Attack, MSU-MFSD), else from a detector
(CASIA-FASD). A clip in which no face is found is a failure to acquire: it is counted and reported, not
dropped.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from tokenize import TokenError

import cv2
import numpy as np

from fasnb import atomic, databases, facecache, pools, video
from fasnb.boxes import Box, box_at, has_corners, read_face_file
from fasnb.detector import MARGIN, SIZE, crop, detect, usable
from fasnb.errors import FasnbError, UsageError
from fasnb.layouts import Clip
from fasnb.paths import CACHE

__all__ = ["FaceSet", "FaceSettings", "crop", "detect", "extract"]

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class FaceSettings:
    """How faces are cut. `frames` per clip; pictures of `size` pixels; `margin` around the box.

    `margin`, on each side, is a fraction of the box's longer side: 0.125 makes the square 1.25 times as wide
    as the box.
    """

    frames: int = 16
    size: int = SIZE
    margin: float = MARGIN

    def __post_init__(self) -> None:
        if self.frames < 1 or self.size < 1 or not 0 <= self.margin <= 2:
            raise UsageError(f"{self}: frames and size must be at least 1, margin between 0 and 2")


@dataclass(frozen=True)
class _Job:
    """All that a worker needs to make one clip's entry."""

    stem: Path
    video: Path
    face_file: Path | None
    corners: bool
    upside_down: bool
    settings: FaceSettings


class FaceSet:
    """Face pictures on disk, read in batches: memory does not grow with their number.

    Of N pictures: `labels` (N,) int8, 1 live, 0 attack; `clip_index` (N,) int32 into `clips`; `frame` (N,)
    int32 numbers in the video; `boxes` (N, 4) float32 x, y, w, h. `clips` are those with a face, in the order
    asked for, `failures` the others, each with its reason. `unreadable` counts frames that videos did not
    yield. `digest` is a hash of everything it holds.
    """

    def __init__(self, found: Sequence[tuple[Clip, Path, facecache.Entry]], settings: FaceSettings) -> None:
        self.settings = settings
        good = [(clip, stem, entry) for clip, stem, entry in found if not entry.failure]
        self.failures = [(clip, entry.failure) for clip, _, entry in found if entry.failure]
        self.clips = [clip for clip, _, _ in good]
        self._files = [stem.with_suffix(".npy") for _, stem, _ in good]
        counts = np.array([len(entry.frames) for _, _, entry in good], dtype=np.int64)
        self._starts = np.concatenate([[0], np.cumsum(counts)])[:-1].astype(np.int64)
        self.clip_index = np.repeat(np.arange(len(good), dtype=np.int32), counts)
        self.labels = np.array([clip.label for clip in self.clips], dtype=np.int8)[self.clip_index]
        self.frame = np.array([n for _, _, entry in good for n in entry.frames], dtype=np.int32)
        boxes = [box for _, _, entry in good for box in entry.boxes]
        self.boxes = np.array(boxes, dtype=np.float32).reshape(-1, 4)
        self.unreadable = sum(entry.unreadable for _, _, entry in good)
        self.digest = _digest(found, settings)

    def __len__(self) -> int:
        return len(self.clip_index)

    def batch(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """Pictures (n, size, size, 3) uint8 RGB at `indices`, in their order.

        IndexError beyond the end; FasnbError if the cache was removed meanwhile.
        """
        places = np.arange(len(self))[np.asarray(indices, dtype=np.int64)]
        side = self.settings.size
        pictures = np.empty((len(places), side, side, 3), dtype=np.uint8)
        for clip in np.unique(self.clip_index[places]):
            rows = np.flatnonzero(self.clip_index[places] == clip)
            try:
                kept = np.load(self._files[clip], mmap_mode="r", allow_pickle=False)
                pictures[rows] = kept[places[rows] - self._starts[clip]]
            except (OSError, ValueError, IndexError, TokenError) as error:
                raise FasnbError(f"{self._files[clip]} is gone or damaged; extract faces again") from error
        return pictures

    def iterate(self, batch_size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield (indices (n,) int64, pictures (n, size, size, 3) uint8), in order, n <= batch_size."""
        if batch_size < 1:
            raise UsageError(f"batch_size is {batch_size}; it must be at least 1")
        for start in range(0, len(self), batch_size):
            indices = np.arange(start, min(start + batch_size, len(self)))
            yield indices, self.batch(indices)


def _digest(found: Sequence[tuple[Clip, Path, facecache.Entry]], settings: FaceSettings) -> str:
    total = hashlib.blake2b(repr(settings).encode(), digest_size=20)
    for clip, _, entry in found:
        total.update(repr((clip, entry.failure, entry.frames, entry.checksum)).encode())
    return total.hexdigest()


def extract(
    db: databases.Database,
    clips: Sequence[Clip],
    settings: FaceSettings | None = None,
    cache: Path = CACHE,
    progress: Progress | None = None,
    workers: int = 1,
) -> FaceSet:
    """The faces of `clips`, taken from the cache (cache/faces, its owner's only) or made and kept there.

    `progress(done, total)` is called with clips; `workers` processes share the work. FasnbError, naming the
    file, for a video that is missing, empty or damaged, a malformed face file or a full disk; what is done
    stays done and the next call goes on from there.
    """
    settings = settings or FaceSettings()
    if workers < 1:
        raise UsageError(f"workers is {workers}; it must be at least 1")
    folder = facecache.private_folder(facecache.private_folder(cache / "faces") / db.name)
    atomic.sweep(folder, atomic.LEFT_S)
    with ThreadPoolExecutor(workers) as pool:
        jobs = list(pool.map(lambda clip: _job(db, clip, settings, folder), clips))
    shape = (settings.size, settings.size, 3)
    todo = {job.stem: job for job in jobs if facecache.load(job.stem, shape) is None}
    # Clips of the same content share an entry.
    clips_of = Counter(job.stem for job in jobs)
    done = len(jobs) - sum(clips_of[stem] for stem in todo)
    if progress:
        progress(done, len(jobs))
    for stem in _work(list(todo.values()), workers):
        done += clips_of[stem]
        if progress:
            progress(done, len(jobs))
    found = []
    for clip, job in zip(clips, jobs):
        entry = facecache.load(job.stem, shape)
        if entry is None:
            raise FasnbError(f"{job.stem}.npy was damaged while in use; run again")
        found.append((clip, job.stem, entry))
    return FaceSet(found, settings)


def _job(db: databases.Database, clip: Clip, settings: FaceSettings, folder: Path) -> _Job:
    path, face_file = db.file(clip), db.face_file(clip)
    upside_down = databases.stored_upside_down(clip)
    # The decoder is part of what the pictures depend on.
    name = facecache.key(
        path, face_file, {**asdict(settings), "upside_down": upside_down, "opencv": cv2.__version__}
    )
    return _Job(folder / name, path, face_file, has_corners(clip), upside_down, settings)


def _work(jobs: list[_Job], workers: int) -> Iterator[Path]:
    """Carry out jobs and yield each one's stem when it is done."""
    if workers == 1 or len(jobs) < 2:
        for job in jobs:
            yield _make(job)
        return
    pool = pools.pool(min(workers, len(jobs)), partial(cv2.setNumThreads, 1))
    try:
        for future in as_completed([pool.submit(_make, job) for job in jobs]):
            yield future.result()
    except BrokenProcessPool as error:
        raise FasnbError("a face worker died, perhaps for want of memory; use fewer workers") from error
    finally:
        pool.shutdown(cancel_futures=True)


def _make(job: _Job) -> Path:
    """Make and keep one clip's entry; its stem."""
    faces = _Faces(job)
    boxes = read_face_file(job.face_file, job.corners) if job.face_file else {}
    if boxes:
        faces.collect("face file", lambda number, image: box_at(boxes, number))
    if not faces.crops:
        faces.collect("detector", lambda number, image: detect(image))
    if not faces.crops:
        facecache.save_failure(job.stem, f"no face found in {faces.seen} frames")
        return job.stem
    numbers = sorted(faces.crops)
    facecache.save_faces(
        job.stem,
        np.stack([faces.crops[n] for n in numbers]),
        numbers,
        [faces.boxes[n] for n in numbers],
        boxes_from=faces.boxes_from,
        unreadable=faces.wanted - faces.seen,
    )
    return job.stem


@dataclass
class _Faces:
    """The crops of one clip as they are collected; one whole frame is held at a time."""

    job: _Job
    crops: dict[int, np.ndarray] = field(default_factory=dict)
    boxes: dict[int, Box] = field(default_factory=dict)
    boxes_from: str = ""
    seen: int = 0
    wanted: int = 0

    def collect(self, source: str, locate: Callable[[int, np.ndarray], Box | None]) -> None:
        """Cut every sampled frame at its box, at the last good box before it, or at the first one."""
        job, self.boxes_from, self.seen = self.job, source, 0
        self.wanted = min(job.settings.frames, video.frame_count(job.video))
        last: Box | None = None
        early = []
        for number, image in video.frames(job.video, job.settings.frames, upside_down=job.upside_down):
            self.seen += 1
            box = locate(number, image)
            last = box if box is not None and usable(box, image) else last
            if last is None:
                early.append(number)
            else:
                self._cut(number, image, last)
        if early and self.crops:
            first = self.boxes[min(self.boxes)]
            for number, image in video.frames(job.video, indices=early, upside_down=job.upside_down):
                self._cut(number, image, first)

    def _cut(self, number: int, image: np.ndarray, box: Box) -> None:
        self.crops[number] = crop(image, box, self.job.settings.margin, self.job.settings.size)
        self.boxes[number] = box

"""Writes simulated databases: real video files in the official layouts, one process per core.

Work is shared out by subject, since a subject's rendered poses serve all of its clips. Every file appears
whole or not at all, so a run that was stopped goes on where it stood; what is written does not depend on the
number of processes.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing.synchronize import Event
from pathlib import Path

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # a full disk is reported by our own line

import cv2
import numpy as np

from fasnb import atomic, pools
from fasnb.errors import FasnbError, UsageError
from fasnb.layouts import DATABASES, FRAMES, MSU_ROTATED_180, SCALES, Clip, database_name
from fasnb.simfas import clips as sim
from fasnb.simfas import tree
from fasnb.simfas.cast import Cast
from fasnb.simfas.photographs import look
from fasnb.simfas.registry import DOMAINS
from fasnb.simfas.session import keyed

Progress = Callable[[int, int, str], None]  # clips done, clips in all, the last one's path
Job = tuple[
    Path, str, int, list[Clip], Cast, int
]  # folder, database, subject, its clips, people, frames a clip


def simulate(
    out: Path,
    scale: str,
    seed: int,
    databases: Sequence[str] = DATABASES,
    workers: int | None = None,
    progress: Progress | None = None,
    poses: Path | None = None,
    faces: Path | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, int]:
    """Writes `databases` at a scale below `out`; returns how many clips each holds.

    `out`/<database>/ gets the official names of layouts.subset with FRAMES[scale] frames a clip, and the
    marker SIMULATED.json last. A complete tree of the same settings is left alone, an incomplete one is
    completed. `workers`: processes, None = the cores this process may use; 1 works in this process.
    `progress(done, total, path)` is called after every clip. `poses`: folder in which rendered poses are
    kept for other simulations of the same people. `faces`: folder of photographs (photographs.py) whose
    people play the subjects of these databases; `say` gets the lines about them. Databases simulated by
    separate calls share those people. UsageError: unknown scale or database, no such folder of photographs.
    FasnbError: photographs that do not suffice, a folder that holds something else, a full disk, no
    permission, Ctrl-C.
    """
    if scale not in SCALES:
        raise UsageError(f"unknown scale {scale!r}; choose from {', '.join(SCALES)}")
    names = [database_name(name) for name in databases]
    seen = look(faces, names, seed, say) if faces is not None else None
    wanted = {name: tree.marker(name, scale, seed, False, seen) for name in names}
    todo: list[tuple[str, int, list[Clip]]] = []
    counts, done, open_trees = {}, 0, []
    for name in names:
        folder, clips = Path(out) / name, tree.clips_of(name, scale)
        counts[name] = len(clips)
        if _ready(folder, wanted[name]):
            done += len(clips)
            continue
        open_trees.append(name)
        missing = [clip for clip in clips if not _written(folder, clip)]
        done += len(clips) - len(missing)
        by_subject = defaultdict(list)
        for clip in missing:
            by_subject[clip.subject].append(clip)
        todo += [(name, subject, found) for subject, found in by_subject.items()]
    total = sum(counts.values())

    def told(path: str) -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total, path)

    # The longest first, so that no process is left alone with a long one at the end.
    todo.sort(key=lambda item: -len(item[2]) * DOMAINS[item[0]].cost)
    cast = Cast(seed, poses, seen)
    jobs = [(Path(out) / name, name, subject, clips, cast, FRAMES[scale]) for name, subject, clips in todo]
    count = workers if workers is not None else _cores()
    try:
        if count <= 1 or len(jobs) <= 1:
            for job in jobs:
                _subject(*job, told=told)
        else:
            _spread(jobs, min(count, len(jobs)), told)
    except KeyboardInterrupt:
        raise FasnbError(
            f"simulation in {out} was interrupted; run the same command again to go on"
        ) from None
    for name in open_trees:
        tree.finish(Path(out) / name, wanted[name])
    return counts


def _cores() -> int:
    """Cores that this process may use; where the system does not say, all of them."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _ready(folder: Path, wanted: dict[str, object]) -> bool:
    """tree.prepare, with the system's refusals as FasnbError."""
    try:
        return tree.prepare(folder, wanted)
    except OSError as error:
        reason = error.strerror or str(error)
        raise FasnbError(f"cannot use {folder}: {reason}; choose another output folder") from error


def _written(folder: Path, clip: Clip) -> bool:
    """Whether a clip is there; its face file is written before it, so the video is the last sign."""
    return (folder / clip.path).exists()


def _subject(
    folder: Path,
    database: str,
    number: int,
    clips: list[Clip],
    cast: Cast,
    count: int,
    told: Callable[[str], None] = lambda path: None,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Writes the clips of one subject."""
    subject = sim.Subject(DOMAINS[database], number, cast)
    for clip in clips:
        if stopped():
            return
        frames = list(sim.frames(clip, subject, count))
        write_clip(folder, clip, frames, cast.seed)
        told(clip.path)


def write_clip(folder: Path, clip: Clip, frames: list[sim.Frame], seed: int) -> None:
    """Writes a clip's face file, where its database has one, and then its video."""
    faces = tree.face_path(clip)
    if faces is not None:
        rng = keyed(seed, clip.database, clip.path, "rows")
        atomic.write_text(folder / faces, tree.face_rows(clip, frames, rng))
    pictures = [frame.picture for frame in frames]
    if clip.path in MSU_ROTATED_180:
        pictures = [picture[::-1, ::-1] for picture in pictures]
    domain = DOMAINS[clip.database]
    codec = domain.codecs[clip.path.rsplit(".", 1)[1]]
    write_video(folder / clip.path, pictures, codec, domain.fps)


def write_video(path: Path, pictures: list[np.ndarray], codec: str, fps: float) -> None:
    """Encodes (H, W, 3) uint8 RGB pictures, atomically, and reads the file back.

    `codec`: fourcc; the OpenCV wheel's FFmpeg writes MJPG, mp4v and XVID, and no H.264. FasnbError where the
    encoder or the disk fails.
    """
    height, width = pictures[0].shape[:2]
    with atomic.writing(path) as temporary:
        fourcc = cv2.VideoWriter.fourcc(*codec)
        video = cv2.VideoWriter(str(temporary), cv2.CAP_FFMPEG, fourcc, fps, (width, height))
        try:
            for picture in pictures:
                video.write(np.ascontiguousarray(picture[..., ::-1]))
        finally:
            video.release()
        # The encoder says nothing of a full disk: count what can be read.
        if _readable(temporary) != len(pictures):
            raise FasnbError(
                f"cannot write {path}: the video came out incomplete; free space or choose another folder, "
                "then run again"
            )


def _readable(path: Path) -> int:
    reader = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    count = 0
    while reader.isOpened() and reader.grab():
        count += 1
    reader.release()
    return count


# --- worker processes

_state: dict[str, object] = {}


def _start(stop: Event, messages: object) -> None:
    """A worker's first act: one thread each, since the processes already fill the cores."""
    cv2.setNumThreads(1)
    _state["stop"], _state["messages"] = stop, messages


def _work(job: Job) -> None:
    stop: Event = _state["stop"]  # type: ignore[assignment]
    try:
        _subject(*job, told=_state["messages"].put, stopped=stop.is_set)  # type: ignore[attr-defined]
    except KeyboardInterrupt:
        stop.set()


def _spread(jobs: list[Job], count: int, told: Callable[[str], None]) -> None:
    stop, messages = pools.SPAWN.Event(), pools.SPAWN.SimpleQueue()
    pool = pools.pool(count, partial(_start, stop, messages))
    try:
        waiting: set[Future[None]] = {pool.submit(_work, job) for job in jobs}
        while waiting:
            finished, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
            while not messages.empty():
                told(messages.get())
            for future in finished:
                future.result()
        while not messages.empty():
            told(messages.get())
        if stop.is_set():
            raise KeyboardInterrupt
    except BrokenProcessPool as error:
        raise FasnbError(
            "a simulating process was killed (out of memory?); run again with fewer workers, it goes on"
        ) from error
    finally:
        stop.set()  # the others finish the clip they are at
        while not messages.empty():
            messages.get()
        pool.shutdown(wait=True, cancel_futures=True)

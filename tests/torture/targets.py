"""What is damaged and what then reads it: videos, pictures, face files, lists, markers, kept faces."""

import contextlib
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from fasnb import __main__, cards, databases, faces, paths
from fasnb.errors import FasnbError
from fasnb.layouts import MSU_LISTS, official_clips
from fasnb.runs import Store
from tests.pair import PAIR, leave_weights, network
from tests.test_runs import put, store
from tests.tiny import drawn_face, touch_tree, write_video
from tests.torture import mutations

Damage = Callable[[Path, bytes, np.random.Generator], None]


@dataclass
class Target:
    """Files that are damaged one at a time, the damage, and what reads them.

    `use` gets the damaged file and returns in one word what came of it; a refusal is a FasnbError, or an
    exit code with the text that was printed. Below `spare` the use may write; nowhere else.
    """

    files: Sequence[Path]
    damage: Damage
    use: Callable[[Path], str]
    spare: Path | None = None
    clean: dict[Path, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Remember what the files hold when whole."""
        self.clean = {path: path.read_bytes() for path in self.files}

    def restore(self) -> None:
        """Make every file whole again."""
        for path, content in self.clean.items():
            path.write_bytes(content)


class Wrong(Exception):
    """An outcome that is neither a legitimate result nor a clear refusal."""


def commanded(path: Path, *arguments: object) -> str:
    """Run a command over a damaged file: "done", or "refused" where its last line names file or folder.

    Wrong for another exit code, a traceback, or a failure that names nothing.
    """
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = __main__.main([str(part) for part in arguments])
    said = out.getvalue() + err.getvalue()
    if code == 0:
        return "done"
    if code not in (1, 2) or not err.getvalue().splitlines()[-1].startswith("fasnb: "):
        raise Wrong(f"exit code {code}: {said[-300:]}")
    named(said, path)
    return "refused"


def called(path: Path, function: Callable[[], object]) -> str:
    """Call a function that reads a damaged file: "done", or "refused" where the error names it."""
    try:
        function()
    except FasnbError as error:
        if len(str(error).splitlines()) != 1:
            raise Wrong(f"not one line: {error}") from error
        named(str(error), path)
        return "refused"
    return "done"


def named(said: str, path: Path) -> None:
    """Wrong unless the text names the file, or its stem."""
    if path.name not in said and path.stem not in said:
        raise Wrong(f"does not name {path.name}: {said[-300:]}")


def damaged_bytes(others: Sequence[Path] = ()) -> Damage:
    """Damage to bytes, with headers of `others`."""
    heads = [path.read_bytes()[:64] for path in others]
    return lambda path, content, rng: _write(path, mutations.of_bytes(content, rng, heads))


def damaged_lines(path: Path, content: bytes, rng: np.random.Generator) -> None:
    """Damage to a text file."""
    path.write_bytes(mutations.of_lines(content, rng))


def damaged_json(path: Path, content: bytes, rng: np.random.Generator) -> None:
    """Damage to a JSON file."""
    path.write_bytes(mutations.of_json(content, rng))


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def pair(folder: Path) -> Store:
    """A store with the runs of an untrained pair, below `folder`, where build/ lies too."""
    paths.BUILD = folder / "build"
    one = store(folder / "results")
    for experiment in PAIR:
        leave_weights(one, put(one, experiment, parameters=7), network(experiment).state_dict())
    return one


def weights(folder: Path) -> Path:
    """A weights folder of an untrained pair."""
    return cards.write(cards.make(pair(folder), "mpl_uda", "casia", root=folder), folder / "weights")


def videos(folder: Path) -> Target:
    """Three videos of a face in two codecs, scored by the command."""
    moving = [np.roll(drawn_face(160), 2 * i, axis=1) for i in range(6)]
    files = [write_video(folder / name, moving) for name in ("a.avi", "a.mov", "a.mp4")]
    own = weights(folder)
    return Target(
        files,
        damaged_bytes(files),
        lambda path: commanded(path, "score", path, "--weights", own, "--frames", 2),
    )


def pictures(folder: Path) -> Target:
    """A face in every format that is read, scored by the command."""
    face, files = Image.fromarray(drawn_face(120)), []
    for suffix in ("jpg", "png", "gif", "bmp", "tif", "webp", "ppm", "jp2"):
        files.append(folder / f"face.{suffix}")
        face.save(files[-1])
    tag = Image.Exif()
    tag[0x0112] = 6
    files.append(folder / "turned.jpg")
    face.save(files[-1], exif=tag)
    own = weights(folder)
    return Target(files, damaged_bytes(files), lambda path: commanded(path, "score", path, "--weights", own))


def _one_clip(folder: Path, name: str) -> tuple[databases.Database, Callable[[], faces.FaceSet]]:
    """A database of one clip with a face file, and the cutting of its faces into `folder`/cache."""
    clip = next(clip for clip in official_clips(name) if clip.is_live)
    touch_tree(folder / name, [clip])
    write_video(folder / name / clip.path, [drawn_face(160)] * 6)
    found = databases.open_database(name, folder, allow_partial=True)
    place = found.face_file(clip)
    assert place is not None
    rows = ["{0} 20 30 120 130", "{0},20,30,140,160,60,60,100,60"][name == "msu-mfsd"]
    place.write_text("\r\n".join(rows.format(frame) for frame in range(6)) + "\r\n")
    settings = faces.FaceSettings(frames=2, size=32)
    return found, lambda: faces.extract(found, [clip], settings, folder / "cache")


def face_files(folder: Path) -> Target:
    """The face files of Replay-Attack and MSU-MFSD, by which faces are cut."""
    made = [_one_clip(folder, name) for name in ("replay-attack", "msu-mfsd")]
    cut = {database.face_file(database.clips[0]): extract for database, extract in made}
    files = [path for path in cut if path]
    return Target(files, damaged_lines, lambda path: called(path, cut[path]), folder / "cache")


def subject_lists(folder: Path) -> Target:
    """MSU-MFSD's two lists, read by `fasnb databases`."""
    touch_tree(folder / "msu-mfsd", official_clips("msu-mfsd")[::10], faces=False)
    files = [folder / "msu-mfsd" / name for name in MSU_LISTS.values()]
    return Target(files, damaged_lines, lambda path: commanded(path, "databases", "--root", folder))


def markers(folder: Path) -> Target:
    """SIMULATED.json, read by `fasnb databases`."""
    touch_tree(folder / "casia-fasd", official_clips("casia-fasd")[:3])
    file = folder / "casia-fasd" / databases.MARKER
    file.write_text(json.dumps({"scale": "smoke", "complete": True, "seed": 0, "version": 1}))
    return Target([file], damaged_json, lambda path: commanded(path, "databases", "--root", folder))


def kept_faces(folder: Path) -> Target:
    """The cache of cut faces: what is damaged there is cut again, and never read."""
    _, extract = _one_clip(folder, "replay-attack")
    right = extract().batch([0, 1])
    files = sorted((folder / "cache").rglob("*.*"))

    def use(path: Path) -> str:
        found = extract()
        if path.suffix == ".npy" and not np.array_equal(found.batch(range(len(found))), right):
            raise Wrong("damaged pictures were believed")
        found.batch(range(len(found)))
        return "done"

    return Target(files, damaged_bytes(), use, folder / "cache")

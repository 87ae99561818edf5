"""Who stands before the camera: the people that play a database's subjects, and where their poses are kept.

Rendering a person is most of a simulation's time, and depends on neither camera nor medium. With a folder for
poses, another simulation of the same people costs the captures alone.
"""

import hashlib
import zipfile
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fasnb import atomic
from fasnb.simfas.people import Layers, Person, Pose
from fasnb.simfas.session import Render

if TYPE_CHECKING:  # it needs this module's users
    from fasnb.simfas.photographs import Faces

PICTURES = ("key", "fill", "ambient", "alpha", "eye_mask")
#: What a rendered pose depends on, beside the person and the pose.
_SOURCES = (
    "people.py", "identity.py", "heads.py", "hair.py", "kernels.py", "locks.py", "render.py", "shading.py",
    "skin.py",
)  # fmt: skip


@dataclass(frozen=True)
class Cast:
    """The people of a simulation. `poses`: folder that keeps rendered poses (3.2 MB each), None = none.

    `faces`: photographed people instead of rendered ones; their poses cost little and are never kept.
    """

    seed: int
    poses: Path | None = None
    faces: "Faces | None" = None

    def person(self, person_key: str, take: int = 0) -> Render:
        """Pose -> Layers (pictures in float16) of the person who plays a subject.

        `take`: photographed people may have a picture for each; rendered people are the same in all.
        """
        if self.faces is not None:
            return halved(self.faces.render(person_key, take))
        render = halved(Person(person_key, self.seed).render)
        if self.poses is None:
            return render
        return kept(
            render, self.poses / person_key.replace("/", "-"), f"{_version()} {self.seed} {person_key}"
        )


def halved(render: Render) -> Render:
    """The renderer with its pictures in half precision, as takes keep them."""

    def call(pose: Pose) -> Layers:
        layers = render(pose)
        return replace(layers, **{name: getattr(layers, name).astype(np.float16) for name in PICTURES})

    return call


def kept(render: Render, folder: Path, key: str) -> Render:
    """The renderer that first looks for its poses in `folder`; `key`: what they depend on beside the pose.

    A file that cannot be read is rendered again.
    """

    def call(pose: Pose) -> Layers:
        name = hashlib.blake2b(f"{key} {asdict(pose)}".encode(), digest_size=12).hexdigest()
        path = folder / f"{name}.npz"
        try:
            with np.load(path, allow_pickle=False) as file:
                places = file["places"]
                pictures = {name: file[name] for name in PICTURES}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            layers = render(pose)
            places = np.array([*layers.box, *layers.eyes[0], *layers.eyes[1]])
            with atomic.writing(path) as temporary, open(temporary, "wb") as out:
                np.savez(out, places=places, **{name: getattr(layers, name) for name in PICTURES})
            return layers
        x, y, w, h, *eyes = (float(value) for value in places)
        return Layers(**pictures, box=(x, y, w, h), eyes=((eyes[0], eyes[1]), (eyes[2], eyes[3])))

    return call


@lru_cache(maxsize=1)
def _version() -> str:
    folder = Path(__file__).parent
    digest = hashlib.sha256()
    for path in [*(folder / name for name in _SOURCES), *sorted(folder.glob("*.npz"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]

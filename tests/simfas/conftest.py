"""Photographs of rendered people: the repository holds no real face."""

from pathlib import Path

import numpy as np
import pytest

from fasnb import detector
from fasnb.simfas import colour, scene
from fasnb.simfas.people import Layers, Person, Pose
from fasnb.simfas.portrait import Portrait
from tests.simfas.pictures import LIGHT, save

SIZES = ((431, 517), (700, 380), (301, 300))


@pytest.fixture(scope="session")
def rendered() -> list[Layers]:
    return [Person(name, 0).render(Pose(), 192) for name in "abd"]


@pytest.fixture(scope="session")
def pictures(rendered: list[Layers]) -> list[np.ndarray]:
    """Pictures (H, W, 3) uint8 RGB of odd sizes."""
    found = []
    for layers, (width, height) in zip(rendered, SIZES):
        scale = min(width, height) / 192
        person = scene.figure(layers, LIGHT, scale, 100, 100)
        behind = np.full((height, width, 3), (0.5, 0.45, 0.4), np.float32)
        matrix = np.array(
            [[scale, 0, width / 2 - 96 * scale], [0, scale, height / 2 - 96 * scale], [0, 0, 1]]
        )
        found.append((colour.encode(scene.placed(person, matrix, behind)) * 255).astype(np.uint8))
    return found


@pytest.fixture(scope="session")
def portraits(pictures: list[np.ndarray]) -> list[Portrait]:
    found = []
    for picture in pictures:
        box = detector.detect(picture)
        assert box is not None
        found.append(Portrait(picture, box))
    return found


@pytest.fixture
def folder(pictures: list[np.ndarray], tmp_path: Path) -> Path:
    """Three people: a picture, a picture of another kind, and a sub-folder of two."""
    where = tmp_path / "faces"
    (where / "third").mkdir(parents=True)
    save(where / "first.PNG", pictures[0])
    save(where / "second.jpeg", pictures[1])
    save(where / "third/x.png", pictures[2])
    save(where / "third/y.bmp", pictures[2][:, ::-1])
    save(where / "third/z.png", pictures[0])
    (where / "notes.txt").write_text("not a picture")
    (where / ".first.png").write_bytes(b"hidden")
    return where

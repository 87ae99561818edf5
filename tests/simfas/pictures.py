"""What the tests of photographed people share."""

from pathlib import Path

import numpy as np
from PIL import Image

from fasnb.simfas import scene

LIGHT = scene.Light(*(np.full(3, v, np.float32) for v in (0.45, 0.4, 0.35, 0.5)), -0.4, 0.0, 100.0)


def save(path: Path, picture: np.ndarray) -> None:
    """(H, W, 3) uint8 RGB, in the format of its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)

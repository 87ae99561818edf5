"""A photographed person in place of a rendered one: from a picture and its face box to light layers.

The picture is cut and scaled so that its face lies where a rendered one would, and separated from what stood
behind it. Its own light stays in it; the simulated lights are laid over it as the shading of a smooth head. A
pose is an in-plane warp: the middle of the face moves more than its rim, the shoulders stay, and the skin of
the upper lids is drawn over the eyes. Gaze, smile and mouth are the photograph's own, whatever the pose says.
"""

from functools import cached_property

import cv2
import numpy as np

from fasnb import detector
from fasnb.boxes import Box
from fasnb.simfas import colour
from fasnb.simfas.people import SIZE, Layers, Pose

# Where rendered heads have their parts, in px of the SIZE x SIZE picture.
SIDE = 197.0  # of the face box
CENTRE = (192.0, 177.0)  # of the face box
APART, EYE_LINE = 69.5, 159.0  # distance of the eyes, and their row
NECK = (192.0, 262.0)  # what the head rolls about
DEPTH = 92.0  # of the face's middle before the axis it turns about

EYE = (0.27 * APART, 0.115 * APART)  # half width and half height of an open eye, with its lashes
LID = 0.13 * APART  # height of the strip of skin above an eye that is drawn over it
TONE = 0.2  # mean luminance of a face of middling complexion as an albedo, as the rendered people have it
LIGHTS = {"key": ((-0.62, -0.30, 0.72), 0.7), "fill": ((0.62, -0.15, 0.77), 0.6)}  # from where; facing it
WRAP = 0.25  # how far light reaches round a head
CUT = SIZE // 2  # side of the copy on which the person is separated from the background

_Y, _X = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)


class Portrait:
    """One photograph as a person. picture: (H, W, 3) uint8 RGB; box: its face, as by detector.detect."""

    def __init__(self, picture: np.ndarray, box: Box) -> None:
        self._square, inside = straightened(picture, box)
        self._alpha = silhouette(self._square, inside)

    @cached_property
    def _albedo(self) -> np.ndarray:
        """(SIZE, SIZE, 4) float32: the picture as an albedo, linear, then alpha."""
        linear = _spread(colour.decode(self._square), self._alpha)
        x, y, r = *CENTRE, SIDE / 4
        face = linear[int(y - r) : int(y + r), int(x - r) : int(x + r)]
        own = max(float(colour.luminance(face).mean()), 1e-3)
        # Half way (in stops) to the common tone: exposure is evened out, complexion is not lost.
        gain = np.sqrt(TONE / own)
        return np.dstack([np.clip(linear * gain, 0, 1), self._alpha]).astype(np.float32)

    def render(self, pose: Pose) -> Layers:
        """Layers (SIZE x SIZE) of this person in `pose`; see people.Layers."""
        x, y = moved(pose)
        source, lash, opening = blinked(x, y, pose.blink)
        warped = cv2.remap(self._albedo, x, source, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        albedo = warped[..., :3] * lash[..., None]
        key, fill, ambient = (shade[..., None] * albedo for shade in shading(x, y, pose))
        cx, cy = _place(pose, CENTRE)
        eyes = tuple(_place(pose, eye) for eye in _eyes())
        return Layers(
            key=key, fill=fill, ambient=ambient, alpha=np.clip(warped[..., 3], 0, 1),
            box=(cx - SIDE / 2, cy - SIDE / 2, SIDE, SIDE), eyes=(eyes[0], eyes[1]), eye_mask=opening,
        )  # fmt: skip


# --- the photograph


def straightened(picture: np.ndarray, box: Box) -> tuple[np.ndarray, np.ndarray]:
    """The picture (H, W, 3) uint8 moved, turned and scaled so that its eyes lie where rendered eyes do.

    Returns it, (SIZE, SIZE, 3) uint8 with its edge repeated where the cut leaves it, and where it does not
    leave it, (SIZE, SIZE) bool. Eyes that are not found are taken from the face box's proportions.
    """
    eyes = np.array(detector.eyes(picture, box), np.float64)
    across = eyes[1] - eyes[0]
    scale = APART / float(np.hypot(*across))
    if scale < 1:
        size = [max(1, round(n * scale)) for n in picture.shape[1::-1]]
        eyes = eyes * (np.array(size) / picture.shape[1::-1])
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        across = eyes[1] - eyes[0]
    zoom = APART / float(np.hypot(*across))
    angle = float(np.degrees(np.arctan2(across[1], across[0])))
    middle = eyes.mean(axis=0)
    matrix = cv2.getRotationMatrix2D((float(middle[0]), float(middle[1])), angle, zoom)
    matrix[:, 2] += np.array([CENTRE[0], EYE_LINE]) - middle
    whole = (SIZE, SIZE)
    square = cv2.warpAffine(picture, matrix, whole, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpAffine(np.ones(picture.shape[:2], np.uint8), matrix, whole, flags=cv2.INTER_NEAREST)
    return square, inside.astype(bool)


def silhouette(square: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Head, hair and shoulders of a straightened picture: (SIZE, SIZE) float32 in [0, 1].

    GrabCut on a copy of half the size: the face, the throat and the chest are surely the person, the corners
    above the shoulders surely not. Where the photograph ends the head is rounded off.
    """
    small = cv2.resize(square, (CUT, CUT), interpolation=cv2.INTER_AREA)
    whole = np.full((SIZE, SIZE), cv2.GC_PR_BGD, np.uint8)
    _ellipse(whole, (192, 168), (112, 140), cv2.GC_PR_FGD)
    _polygon(whole, [(110, 300), (274, 300), (384, 350), (384, 384), (0, 384), (0, 350)], cv2.GC_PR_FGD)
    possible = np.zeros_like(whole)
    _ellipse(possible, (192, 180), (128, 178), 1)
    _polygon(possible, [(80, 275), (304, 275), (384, 312), (384, 384), (0, 384), (0, 312)], 1)
    whole[possible == 0] = cv2.GC_BGD
    _ellipse(whole, (192, 165), (66, 106), cv2.GC_FGD)
    _polygon(whole, [(160, 260), (224, 260), (228, 330), (310, 384), (74, 384), (156, 330)], cv2.GC_FGD)
    head = np.zeros_like(whole)
    _ellipse(head, (192, 165), (85, 125), 1)
    whole[~inside & (_Y < 260) & (head == 0)] = cv2.GC_BGD
    mask = cv2.resize(whole, (CUT, CUT), interpolation=cv2.INTER_NEAREST)
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(small, mask, None, *models, 4, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    person = ((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)).astype(np.uint8)
    person = _hanging(person)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (11, 11))
    person = _whole(cv2.morphologyEx(person, cv2.MORPH_OPEN, disc))
    soft = cv2.GaussianBlur(person.astype(np.float32), (0, 0), 1.2)
    soft = cv2.resize(soft, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
    return np.clip((soft - 0.45) / 0.5, 0, 1).astype(np.float32)  # the rim's mixed colours stay outside


def _hanging(person: np.ndarray) -> np.ndarray:
    """A mask without what sticks out beside the face: hair hangs from above, shelves do not."""
    kept = person.copy()
    for row in range(150 // 2, 256 // 2):
        above = cv2.dilate(kept[row - 1 : row], np.ones((1, 1 + 2 * (row % 2)), np.uint8))[0]
        x = np.abs(_X[0, :CUT] * 2 - CENTRE[0]) / 88
        ears = x * x + ((row * 2 - 165) / 125) ** 2 < 1
        kept[row] &= (above > 0) | ears
    return kept


def _whole(person: np.ndarray) -> np.ndarray:
    """The connected part of a mask (uint8, 0 or 1) that holds the face, without holes."""
    _, labels = cv2.connectedComponents(person)
    person = (labels == labels[int(EYE_LINE) // 2, CUT // 2]).astype(np.uint8)
    edges, _ = cv2.findContours(person, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(person, edges, -1, 1, cv2.FILLED)


def _spread(linear: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The picture with the person's colours continued outwards: no rim of the old background shows."""
    sure = (alpha > 0.98).astype(np.float32)
    weight = cv2.GaussianBlur(sure, (0, 0), 3)[..., None]
    around = cv2.GaussianBlur(linear * sure[..., None], (0, 0), 3) / np.maximum(weight, 1e-4)
    return np.where(sure[..., None] > 0, linear, np.where(weight > 1e-4, around, linear))


def _ellipse(mask: np.ndarray, centre: tuple[int, int], axes: tuple[int, int], value: int) -> None:
    cv2.ellipse(mask, centre, axes, 0, 0, 360, value, cv2.FILLED)


def _polygon(mask: np.ndarray, corners: list[tuple[int, int]], value: int) -> None:
    cv2.fillPoly(mask, [np.array(corners, np.int32)], value)


# --- light


def shading(x: np.ndarray, y: np.ndarray, pose: Pose) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Share of each unit light, key, fill and ambient, that comes back from a smooth head: (SIZE, SIZE) each.

    x, y: for every pixel, the pixel of the unturned face that it shows. Lambert's law with light that wraps
    round; a surface that faces the camera gets what scene.Light.room counts with.
    """
    u = np.tanh(1.1 * (x - CENTRE[0]) / (0.42 * SIDE)) * 0.85 + np.float32(np.sin(np.radians(pose.yaw)))
    v = np.tanh(0.9 * (y - CENTRE[1]) / (0.6 * SIDE)) * 0.5 * _head(y) + np.float32(
        np.sin(np.radians(pose.pitch))
    )
    n = np.stack([u, v, np.ones_like(u)]) / np.sqrt(u * u + v * v + 1)
    out = []
    for direction, facing in LIGHTS.values():
        lit = np.tensordot(np.array(direction, np.float32), n, 1)
        lit = np.maximum(lit + WRAP, 0.05) / (direction[2] + WRAP)
        out.append((facing * lit).astype(np.float32))
    return out[0], out[1], (0.75 + 0.25 * n[2] - 0.15 * n[1]).astype(np.float32)


# --- motion


def moved(pose: Pose) -> tuple[np.ndarray, np.ndarray]:
    """For every pixel of the turned face, the pixel (x, y) of the unturned one: two (SIZE, SIZE) float32."""
    right, down = _turn(pose)
    head = _head(_Y)
    r2 = ((_X - CENTRE[0] - right) / (0.5 * SIDE)) ** 2 + ((_Y - CENTRE[1] - down) / (0.72 * SIDE)) ** 2
    middle = 0.35 * head + 0.65 * np.clip(1 - r2, 0, 1) ** 2
    x, y = _X - right * middle, _Y - down * middle
    angle = np.radians(np.float32(pose.roll)) * head
    dx, dy = x - NECK[0], y - NECK[1]
    cos, sin = np.cos(angle), np.sin(angle)
    return NECK[0] + cos * dx + sin * dy, NECK[1] - sin * dx + cos * dy


def blinked(x: np.ndarray, y: np.ndarray, blink: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draws the upper lids over the eyes. x, y: the pixels of the open-eyed face that are shown.

    Returns the rows to show instead, the darkness of the lashes' line (1 = none), and the eyes' openings,
    each (SIZE, SIZE) float32.
    """
    rows, lash, opening = y.copy(), np.ones_like(y), np.zeros_like(y)
    for ex, ey in _eyes():
        across = 1 - ((x - ex) / EYE[0]) ** 2
        half = EYE[1] * np.sqrt(np.clip(across, 0, 1))
        upper, lower = ey - half, ey + 0.8 * half
        edge = upper + blink * (lower - upper)
        strip = LID * np.clip(across * 3, 0, 1)  # no strip at the corners: nothing moves there
        top = upper - strip
        covered = (across > 0) & (y > top) & (y < edge)
        share = (y - top) / np.maximum(edge - top, 1e-3)
        rows = np.where(covered, top + share * strip, rows)
        line = np.exp(-(((y - edge) / 1.3) ** 2)) * np.clip(across * 2, 0, 1)
        lash = lash * (1 - 0.6 * blink * line)
        opening = np.maximum(opening, np.clip(np.minimum(y - edge, lower - y) + 0.5, 0, 1) * (across > 0))
    return rows.astype(np.float32), lash.astype(np.float32), opening.astype(np.float32)


def _turn(pose: Pose) -> tuple[float, float]:
    """How far the face's middle moves to the right and down, px."""
    return DEPTH * float(np.sin(np.radians(pose.yaw))), DEPTH * float(np.sin(np.radians(pose.pitch)))


def _head(y: np.ndarray) -> np.ndarray:
    """1 in the rows of the head, falling smoothly to 0 from the chin to the shoulders."""
    t = np.clip((NECK[1] + 75 - y) / 85, 0, 1)
    return t * t * (3 - 2 * t)


def _eyes() -> list[tuple[float, float]]:
    return [(CENTRE[0] - APART / 2, EYE_LINE), (CENTRE[0] + APART / 2, EYE_LINE)]


def _place(pose: Pose, point: tuple[float, float]) -> tuple[float, float]:
    """Where a point near the middle of the unturned face lies in the turned one, to a fraction of a px."""
    angle = np.radians(pose.roll)
    dx, dy = point[0] - NECK[0], point[1] - NECK[1]
    x = NECK[0] + np.cos(angle) * dx - np.sin(angle) * dy
    y = NECK[1] + np.sin(angle) * dx + np.cos(angle) * dy
    right, down = _turn(pose)
    r2 = ((x - CENTRE[0]) / (0.5 * SIDE)) ** 2 + ((y - CENTRE[1]) / (0.72 * SIDE)) ** 2
    middle = 0.35 + 0.65 * max(0.0, 1 - r2) ** 2
    return float(x + right * middle), float(y + down * middle)

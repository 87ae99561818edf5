"""Where things are in the picture: similarities for heads, homographies and bends for flat media.

Points are (x, y) in pixels, matrices 3x3 float64 acting on (x, y, 1). The pinhole has its axis at the point
that a transform turns about, and a focal length in pixels.
"""

import cv2
import numpy as np

# OpenCV takes both coordinates from one map when the second is empty.
_NO_MAP = np.empty(0, np.float32)
Box = tuple[float, float, float, float]
Points = tuple[tuple[float, float], tuple[float, float]]


def similarity(
    source: tuple[float, float], target: tuple[float, float], scale: float, roll: float
) -> np.ndarray:
    """(3, 3): scales by `scale` and turns by `roll` degrees (clockwise in the picture) about source ->
    target.
    """
    a = np.radians(roll)
    c, s = scale * np.cos(a), scale * np.sin(a)
    (x, y), (u, v) = source, target
    return np.array([[c, -s, u - c * x + s * y], [s, c, v - s * x - c * y], [0, 0, 1]])


def tilt(yaw: float, pitch: float, focal: float) -> np.ndarray:
    """(3, 3): the picture of a plane through the origin turned by `yaw` and `pitch` degrees, seen from
    `focal` px.

    Coordinates are relative to the point it turns about. Identity at 0, 0.
    """
    y, p = np.radians(yaw), np.radians(pitch)
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    r = about_y @ about_x
    return np.array([[r[0, 0], r[0, 1], 0], [r[1, 0], r[1, 1], 0], [r[2, 0] / focal, r[2, 1] / focal, 1]])


def shift(x: float, y: float) -> np.ndarray:
    """(3, 3) translation."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def apply(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Homography on points: (N, 2) -> (N, 2) float64."""
    p = np.column_stack([np.asarray(points, np.float64), np.ones(len(points))]) @ matrix.T
    return p[:, :2] / p[:, 2:]


def moved_box(matrix: np.ndarray, box: Box) -> Box:
    """A face's box after a homography: upright about its moved centre, of the area that the face has there.

    A face that is turned in the picture has, as by a detector, a box as large as one that is upright; the box
    about its four corners would grow by 2.6 % with each degree and a half.
    """
    x, y, w, h = box
    centre = np.array([x + w / 2, y + h / 2])
    (u, v), divisor = apply(matrix, centre[None])[0], float(matrix[2] @ [*centre, 1.0])
    side = float(np.sqrt(abs(np.linalg.det(matrix) / divisor**3)))  # the homography's local scale
    return float(u - w * side / 2), float(v - h * side / 2), w * side, h * side


def bounds(matrix: np.ndarray, box: Box) -> Box:
    """The smallest upright box about a box after a homography."""
    x, y, w, h = box
    p = apply(matrix, np.array([[x, y], [x + w, y], [x, y + h], [x + w, y + h]]))
    (x0, y0), (x1, y1) = p.min(0), p.max(0)
    return float(x0), float(y0), float(x1 - x0), float(y1 - y0)


def moved_points(matrix: np.ndarray, points: Points) -> Points:
    """Two points after a homography."""
    (a, b), (c, d) = apply(matrix, np.array(points))
    return (float(a), float(b)), (float(c), float(d))


def plane_maps(
    matrix: np.ndarray, width: int, height: int, bend: float, centre: tuple[float, float]
) -> np.ndarray:
    """For every pixel of a (height, width) picture, the point of a flat or bent sheet seen there: (H, W, 2)
    float32.

    `matrix`: sheet px -> picture px while it is flat. `bend`: curvature in radians per sheet px about a
    vertical axis through `centre` (sheet px); the sheet becomes a cylinder of radius 1 / bend, whose chord is
    what the camera sees: x' = sin(bend x) / bend. Points beyond the horizon of the cylinder get -1e4 (outside
    any sheet). 0 = flat.
    """
    m = np.linalg.inv(matrix)
    x = np.arange(width, dtype=np.float64)[None, :]
    y = np.arange(height, dtype=np.float64)[:, None]
    w = 1 / (m[2, 0] * x + m[2, 1] * y + m[2, 2])
    maps = np.empty((height, width, 2), np.float32)
    maps[..., 0] = (m[0, 0] * x + m[0, 1] * y + m[0, 2]) * w
    maps[..., 1] = (m[1, 0] * x + m[1, 1] * y + m[1, 2]) * w
    if bend:
        chord = (maps[..., 0] - np.float32(centre[0])) * np.float32(bend)
        inside = np.abs(chord) < 0.999
        around = np.arcsin(np.where(inside, chord, 0)) * np.float32(1 / bend) + np.float32(centre[0])
        maps[..., 0] = np.where(inside, around, np.float32(-1e4))
    return maps


def sample(texture: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Bilinear look-up of a texture (h, w, C) float32 at maps (H, W, 2); edges are repeated outside."""
    return cv2.remap(texture, maps, _NO_MAP, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def coverage(maps: np.ndarray, x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    """How much of each pixel lies inside a rectangle of the sheet: (H, W) float32 in [0, 1], about
    anti-aliased.
    """
    step = float(
        np.abs(
            maps[maps.shape[0] // 2, maps.shape[1] // 2 + 1, 0]
            - maps[maps.shape[0] // 2, maps.shape[1] // 2, 0]
        )
    )
    soft = 1 / min(max(step, 0.05), 20.0)
    u, v = maps[..., 0], maps[..., 1]
    inner = np.minimum(np.minimum(u - x0, x1 - u), np.minimum(v - y0, y1 - v))
    return np.clip(inner * soft + 0.5, 0, 1)


def frequency(matrix: np.ndarray, point: tuple[float, float], pitch: tuple[float, float]) -> np.ndarray:
    """(2, 2): cycles per picture px of a sheet's two gratings at a sheet point; row 0 the one across the
    sheet's x.

    `matrix`: sheet px -> picture px; `pitch`: sheet px per period along x and y. Row i is (fx, fy).
    """
    h = 0.5
    p = apply(matrix, np.array([point, (point[0] + h, point[1]), (point[0], point[1] + h)]))
    jacobian = np.column_stack([p[1] - p[0], p[2] - p[0]]) / h  # picture px per sheet px
    return np.linalg.inv(jacobian) / np.array(pitch)[:, None]

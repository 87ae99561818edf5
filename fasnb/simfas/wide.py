"""The wide domain: cameras, light, prints and displays drawn at random from what such devices can be.

domains.py describes a few devices each; here 24 cameras, 8 lights, 12 printers and 12 displays are drawn,
once and for all, from ranges that hold those devices and more. What a single clip varies stays modest, as
there. Which clip meets which device is in fasnb.deal.
"""

from dataclasses import replace

import numpy as np

from fasnb import deal
from fasnb.simfas.camera import Camera
from fasnb.simfas.display import SRGB, Display
from fasnb.simfas.domains import Attack, Domain, Range, Source
from fasnb.simfas.printing import Printer
from fasnb.simfas.scene import LightModel

SEED = 20231
#: Sizes of pictures, dealt in turn, so that train and test both have coarse and fine ones.
SIZES = (
    (640, 480), (480, 640), (320, 240), (720, 1280), (640, 360), (720, 480), (1280, 720), (352, 288),
    (480, 640), (800, 600), (640, 480), (540, 960),
)  # fmt: skip
LEAST_FACE = 84.0  # px
STYLES = ("curtain", "office", "window", "wall")
#: Kinds of display: width range as held, mm; height / width; pixel pitch, mm; bezel, mm; sources' shape.
PANELS = (
    ("telephone, upright", (58, 72), (1.6, 2.0), (0.055, 0.10), (3, 12)),
    ("tablet, lying", (190, 260), (0.62, 0.75), (0.09, 0.19), (8, 22)),
    ("laptop", (270, 345), (0.56, 0.66), (0.11, 0.23), (8, 20)),
    ("telephone, lying", (74, 150), (0.50, 0.67), (0.05, 0.16), (3, 15)),
    ("tablet, upright", (125, 190), (1.30, 1.60), (0.09, 0.19), (8, 22)),
    ("monitor", (430, 600), (0.56, 0.63), (0.18, 0.30), (8, 25)),
)


def _range(rng: np.random.Generator, low: float, high: float, width: float, most: float = np.inf) -> Range:
    """A range of a given width that begins somewhere in [low, high - width], and ends at `most` at most."""
    start = rng.uniform(low, high - width)
    return float(start), float(min(start + width, most))


def _log(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def camera(rng: np.random.Generator, width: int, height: int) -> Camera:
    """A webcam, telephone or camera of pictures of this size, px."""
    small = min(width, height) < 300
    blur = _log(rng, 0.28, 0.5) if small else _log(rng, 0.32, 1.15)
    electrons = _log(rng, 1800, 16000)
    return Camera(
        width,
        height,
        lens=(0.88 * blur, 1.15 * blur),
        defocus=(0.0, float(rng.uniform(0.4, 0.7 if small else 1.2))),
        # Soft lenses belong to small sensors that read every line; others may skip lines.
        aperture=float(rng.uniform(0.35, 0.95) if blur < 0.6 else rng.uniform(0.6, 1.0)),
        electrons=electrons,
        full_well=electrons * float(rng.uniform(1.2, 2.6)),
        read_noise=float(rng.uniform(4, 9)),
        crosstalk=float(rng.uniform(0.04, 0.10)),
        meter=_range(rng, 0.16, 0.27, 0.06),
        balance=_range(rng, 0.5, 0.94, 0.2),
        saturation=_range(rng, 0.75, 1.25, 0.18),
        contrast=_range(rng, 0.95, 1.25, 0.15),
        sharpen=_range(rng, 0.0, 1.2, 0.4),
        sharpen_radius=float(rng.uniform(0.8, 1.2)),
        denoise=float(rng.uniform(0.3, 0.7)),
        quality=None if rng.random() < 0.25 else int(rng.integers(58, 96)),
        longest=float(rng.choice([1 / 60, 1 / 30, 1 / 25])),
        readout=float(rng.uniform(0.014, 0.032)),
        veil=(0.008, float(rng.uniform(0.02, 0.07))),
    )


def face(rng: np.random.Generator, width: int, height: int) -> Range:
    """Width of the face box in pictures of this size, px: .30 to .47 of the shorter side."""
    middle = max(float(rng.uniform(0.33, 0.43)) * min(width, height), LEAST_FACE / 0.9)
    return 0.9 * middle, 1.1 * middle


def printer(rng: np.random.Generator, number: int) -> Printer:
    """A colour laser (odd numbers) or an inkjet printer with its paper."""
    laser = bool(number % 2)
    stop = rng.normal(1, 0.06, (4, 3))
    inks = np.array([[0.05, 0.41, 0.68], [0.75, 0.05, 0.29], [0.89, 0.81, 0.065], [0.036, 0.036, 0.036]])
    paper = rng.uniform(0.78, 0.91) * (1 + rng.uniform(-0.035, 0.035, 3))
    # Inkjets scatter their dots or lay them on a grid too fine to tell from that.
    lines = float(rng.uniform(2.5, 8)) if laser else float(rng.choice([0.0, 0.0, rng.uniform(6, 8)]))
    screens = ((15, 75, 0, 45), (15, 75, 30, 45), (18, 72, 0, 45), (75, 15, 0, 45))
    return Printer(
        f"{'laser' if laser else 'inkjet'} {number}",
        inks=_triples(np.clip(inks * stop, 0.02, 0.93)),
        paper=_triples(np.clip(paper, 0.75, 0.93)[None])[0],
        gain=float(rng.uniform(0.06, 0.20)),
        drift=_quad(rng.normal(1, 0.05, 4).clip(0.88, 1.12)),
        black=float(rng.uniform(0.3, 0.75)),
        lines=lines,
        angles=screens[int(rng.integers(len(screens)))] if lines else (0, 0, 0, 0),
        grain=_log(rng, 0.004, 0.028),
        banding=_log(rng, 0.003, 0.013),
        band=float(rng.uniform(1.2, 5)),
        texture=_log(rng, 0.004, 0.02),
        gloss=float(rng.uniform(0.012, 0.035) if laser else rng.uniform(0.02, 0.075)),
        mottle=_log(rng, 0.008, 0.04),
        streak=_log(rng, 0.04, 0.3) if laser else _log(rng, 0.15, 0.7),
        polish=float(rng.uniform(14, 30) if laser else rng.uniform(6, 14)),
    )


def _triples(values: np.ndarray) -> tuple[tuple[float, float, float], ...]:
    return tuple((float(a), float(b), float(c)) for a, b, c in values)


def _quad(values: np.ndarray) -> tuple[float, float, float, float]:
    a, b, c, d = (float(value) for value in values)
    return a, b, c, d


def panel(rng: np.random.Generator, number: int) -> Display:
    """A telephone's, tablet's, laptop's or monitor's display; the kinds of PANELS in turn."""
    name, widths, shapes, pitches, bezels = PANELS[(number - 1) % len(PANELS)]
    width = float(rng.uniform(*widths))
    # Handheld panels stand upright by nature: lying down turns their stripes.
    order = str(rng.choice(["rgb", "rgb", "bgr"])) + ("-y" if name.endswith("lying") else "")
    matt = name in ("laptop", "monitor") and rng.random() < 0.6
    return Display(
        f"{name} {number}",
        width=width,
        height=width * float(rng.uniform(*shapes)),
        pitch=float(rng.uniform(*pitches)),
        stripes=order,
        fill=(float(rng.uniform(0.65, 0.85)), float(rng.uniform(0.78, 0.88))),
        gamma=SRGB if rng.random() < 0.3 else float(rng.uniform(1.9, 2.4)),
        gamut=float(rng.uniform(0.72, 1.08)),
        white=float(rng.uniform(5800, 8800)),
        peak=float(rng.uniform(1.2, 2.4)),
        contrast=_log(rng, 150, 2500),
        gloss=float(rng.uniform(0.008, 0.02) if matt else rng.uniform(0.045, 0.10)),
        falloff=float(rng.uniform(0.08, 0.4)),
        flicker=float(rng.choice([0.0, rng.uniform(0.03, 0.15)])),
        hertz=float(rng.choice([200, 240, 300, 360, 480])),
        bezel=float(rng.uniform(*bezels)),
        bezel_albedo=float(rng.choice([0.03, 0.05, 0.12, 0.6])),
    )


def light(rng: np.random.Generator, middle: float, level: float, hard: float) -> LightModel:
    """A place's light of `middle` K and this level, flat at `hard` 0 and from the side at 1."""
    key, fill, ambient = 0.45 + 0.40 * hard, 0.35 - 0.22 * hard, 0.36 - 0.18 * hard
    lamp = middle < 5000
    return LightModel(
        key_kelvin=(max(middle * 0.93, 2700), min(middle * 1.07, 8000)),
        fill_kelvin=(max(middle * 0.95, 2700), min(middle * 1.3, 8000)),
        key=(key - 0.12, key + 0.12),
        fill=(fill - 0.08, fill + 0.08),
        ambient=(ambient - 0.06, ambient + 0.06),
        side=0.5,
        level=(0.8 * level, 1.13 * level),
        backdrop=(0.4, 0.9),
        flicker=float(rng.uniform(0.05, 0.18)) if lamp else 0.0,
        hertz=float(rng.choice([100, 120])),
    )


#: Shapes of the recordings that attackers make, and the share of the width that the face takes.
SHAPES = {"lying": (640, 480, 0.28), "upright": (480, 640, 0.40)}


def sources(rng: np.random.Generator) -> dict[str, Source]:
    """What attackers filmed with: four photographs and four videos, two of each lying and two upright.

    Photographs come from good cameras and are larger; every second one of each shape has 1.5 times the px.
    """
    found = {}
    for kind in ("photo", "video"):
        for shape, (width, height, share) in SHAPES.items():
            for number, scale in enumerate((1.0, 1.5), 1):
                size = round(width * scale), round(height * scale)
                drawn = camera(rng, *size)
                blur = _log(rng, 0.5, 0.85)
                drawn = replace(drawn, lens=(0.9 * blur, 1.1 * blur), aperture=1.0, longest=1 / 30)
                if kind == "photo":
                    drawn = replace(drawn, electrons=20000.0, full_well=24000.0, quality=90)
                found[f"{kind}-{shape}-{number}"] = Source(drawn, share * size[0], kind == "photo")
    return found


def attacks(rng: np.random.Generator) -> dict[str, Attack]:
    """Every kind of attack on every medium; prints and cut prints share printers, photo and video panels."""
    found = {}
    for number in range(1, deal.MEDIA + 1):
        paper, shown = printer(rng, number), panel(rng, number)
        shape = "upright" if rng.random() < 0.5 else "lying"
        width = _log(rng, 100, 290 if shape == "upright" else 410)
        bend = [(0.0, 0.0), (0.0, 8.0), (8.0, 30.0)][int(rng.integers(3))]
        edge = float(rng.choice([0.0, 0.06]))
        for kind in deal.KINDS:
            if kind in ("print", "cut"):
                source = f"photo-{shape}-{rng.integers(1, 3)}"
                bent = bend if kind == "print" else (0.0, 10.0)
                attack = Attack(source, paper, width, border=(0.0, edge), warp=bent, cut=kind == "cut")
            else:
                pose = "lying" if shown.width > shown.height else "upright"
                attack = Attack(f"{kind}-{pose}-{rng.integers(1, 3)}", shown, shown.width)
            found[deal.attack_name(kind, number)] = attack
    return found


def domain(seed: int = SEED) -> Domain:
    """The wide domain that a seed draws: every part from a generator of its own."""
    of_cameras, of_lights, of_sources, of_attacks = np.random.default_rng(seed).spawn(4)
    cameras, faces = {}, {}
    for number in range(1, deal.CAMERAS + 1):
        size = SIZES[(number - 1) % len(SIZES)]
        cameras[deal.camera_name(number)] = camera(of_cameras, *size)
        faces[deal.camera_name(number)] = face(of_cameras, *size)
    colours = np.geomspace(2750, 8000, deal.LIGHTS)
    levels = of_lights.permutation(np.geomspace(0.375, 1.15, deal.LIGHTS))
    hardness = of_lights.permutation(np.linspace(0, 1, deal.LIGHTS))
    lights = {
        deal.light_name(n): light(of_lights, *map(float, drawn))
        for n, drawn in enumerate(zip(colours, levels, hardness), 1)
    }
    return Domain(
        deal.NAME,
        cameras=cameras,
        face=faces,
        lights=lights,
        styles=dict.fromkeys(lights, STYLES),
        sources=sources(of_sources),
        attacks=attacks(of_attacks),
        codecs={"mov": "jpeg", "mp4": "mp4v", "avi": "XVID"},
        wander=(0.03, 0.025),
        tilt=6.0,
        sway=0.005,
        shake=0.008,
        cost=2.0,
    )


WIDE = domain()

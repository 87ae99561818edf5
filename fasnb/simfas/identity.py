"""Who a person is: traits drawn together, and the model built from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fasnb.simfas import heads

if TYPE_CHECKING:  # loading it starts warp
    from fasnb.simfas.render import Model

HAIR_COLOURS = {  # linear reflectance
    "black": (0.010, 0.009, 0.008),
    "dark": (0.022, 0.014, 0.010),
    "brown": (0.055, 0.031, 0.018),
    "fair": (0.15, 0.092, 0.046),
    "blond": (0.30, 0.20, 0.095),
    "red": (0.16, 0.050, 0.018),
}
IRISES = {
    "black": (0.030, 0.016, 0.009),
    "brown": (0.075, 0.036, 0.016),
    "hazel": (0.12, 0.085, 0.030),
    "green": (0.10, 0.13, 0.065),
    "blue": (0.10, 0.17, 0.26),
    "grey": (0.16, 0.18, 0.19),
}
CLOTHES = (
    (0.62, 0.62, 0.60), (0.03, 0.03, 0.035), (0.20, 0.20, 0.21), (0.03, 0.05, 0.14), (0.28, 0.04, 0.05),
    (0.06, 0.15, 0.09), (0.10, 0.22, 0.42), (0.45, 0.36, 0.22), (0.40, 0.16, 0.22), (0.33, 0.27, 0.05),
    (0.09, 0.05, 0.12), (0.48, 0.50, 0.56),
)  # fmt: skip
MEN = {
    "bald": 1.0,
    "shaved": 1.2,
    "crop": 3.2,
    "side": 2.6,
    "swept": 1.8,
    "fringe": 1.0,
    "curly": 0.8,
    "wavy": 0.25,
}
WOMEN = {
    "tied": 2.4,
    "bob": 2.4,
    "long": 2.6,
    "wavy": 2.2,
    "curly": 1.1,
    "crop": 0.4,
    "side": 0.6,
    "fringe": 0.4,
}


@dataclass(frozen=True)
class Traits:
    """An identity in numbers: sex "female" | "male", age in years, tone 0 light .. 1 dark, style of hair, and
    what heads.py, skin.py and hair.py are given; colours (3,) linear reflectance."""

    sex: str
    age: float
    tone: float
    style: str
    macro: dict[str, float]
    local: np.ndarray  # (K,)
    lids: float  # how far the relaxed upper lid hangs, as a share of a blink
    melanin: float
    blood: float
    mottle: float
    freckles: float
    gloss: float
    lipstick: float
    hair: np.ndarray
    grey: float
    hairline: float
    stubble: float
    beard: float  # dm of beard, 0 = none
    brow: tuple[float, float, float, float]  # density, thickness, arch, height
    iris: np.ndarray
    cloth: np.ndarray
    cloth_kind: int
    neckline: float
    vee: float


def _pick(rng: np.random.Generator, weights: dict[str, float]) -> str:
    p = np.array(list(weights.values()))
    return list(weights)[int(rng.choice(len(p), p=p / p.sum()))]


def draw_traits(rng: np.random.Generator) -> Traits:
    """One person's traits from a generator: the range of adults, not any population's shares."""
    male = bool(rng.random() < 0.5)
    age = float(np.clip(18 + rng.gamma(2.0, 11.0), 18, 75))
    main = int(rng.integers(0, 3))
    people = rng.dirichlet([0.45, 0.45, 0.45]) * 0.35
    people[main] += 0.65
    # Tone goes with descent, loosely: the ranges overlap, and the third kind of face has darker tones too.
    low, high = ((0.45, 1.0), (0.10, 0.62), (0.0, 0.38))[main]
    tone = float(rng.uniform(low, high))
    if main == 2 and rng.random() < 0.3:
        tone = float(rng.uniform(0.3, 0.75))
    dark = main != 2 or tone > 0.33
    colour = _pick(
        rng,
        {"black": 3.0, "dark": 1.5}
        if dark
        else {"black": 0.6, "dark": 1.6, "brown": 2.2, "fair": 1.5, "blond": 1.2, "red": 0.5},
    )
    eyes = _pick(
        rng,
        {"black": 2.0, "brown": 2.0}
        if dark
        else {"brown": 1.6, "hazel": 1.0, "green": 0.7, "blue": 1.8, "grey": 0.6},
    )
    weights = dict(MEN if male else WOMEN)
    if male:
        weights["receding"] = 0.06 * max(age - 28, 0)
        weights["bald"] += 0.03 * max(age - 35, 0)
    if people[0] > 0.5:
        weights = {
            "afro": 1.6,
            **(
                {"shaved": 2.0, "crop": 2.5, "bald": 1.0}
                if male
                else {"tied": 2.0, "curly": 1.5, "crop": 0.7}
            ),
        }
    style = _pick(rng, weights)
    grey = float(np.clip(rng.normal((age - 50) / 24, 0.2), 0, 1)) if age > 35 else 0.0
    reach = np.maximum(
        np.abs(heads.basis().raised).max(axis=(1, 2)), np.abs(heads.basis().lower).max(axis=(1, 2))
    )
    spread = np.clip(0.024 / np.maximum(reach, 1e-3), 0.05, 0.24)
    lopsided = (
        "asym/",
        "nose/nose-septumangle",
        "mouth/mouth-trans",
        "nose/nose-trans",
        "head/head-angle",
        "neck/neck-trans",
    )
    spread *= [0.4 if name.startswith(lopsided) else 1.0 for name in heads.basis().local_names]
    local = rng.normal(0, 1, len(reach)) * spread
    bearded = male and rng.random() < 0.28
    return Traits(
        sex="male" if male else "female",
        age=age,
        tone=tone,
        style=style,
        macro=heads.macro_weights(
            float(np.clip(rng.normal(0.95 if male else 0.05, 0.08), 0, 1)),
            age,
            float(np.clip(rng.normal(-0.05, 0.34), -0.8, 0.9)),
            float(np.clip(rng.normal(0.1 if male else -0.1, 0.3), -0.5, 0.8)),
            people,
        ),
        local=np.clip(local, -0.55, 0.55),
        lids=float(rng.uniform(0.0, 0.11)),
        melanin=0.06 + 1.5 * tone**1.15,
        blood=float(rng.uniform(0.30, 0.52)),
        mottle=float(rng.uniform(0.6, 1.25)),
        freckles=float(rng.uniform(0.3, 1.0))
        if tone < 0.35 and rng.random() < 0.35
        else float(rng.uniform(0, 0.15)),
        gloss=float(rng.uniform(0.45, 1.0)),
        lipstick=float(rng.uniform(0.2, 0.6)) if not male and rng.random() < 0.35 else 0.0,
        hair=np.array(HAIR_COLOURS[colour]) * rng.uniform(0.75, 1.3),
        grey=grey,
        hairline=float(rng.normal(0.0, 0.045)) + (0.04 if male and age > 45 else 0.0),
        stubble=float(rng.uniform(2.4, 3.4)) if bearded else float(rng.uniform(0.05, 0.8)) if male else 0.0,
        beard=float(rng.uniform(0.04, 0.13)) if bearded else 0.0,
        brow=(
            float(rng.uniform(0.8, 1.5) if male else rng.uniform(0.6, 1.15)),
            float(rng.uniform(0.055, 0.085) if male else rng.uniform(0.035, 0.06)),
            float(rng.uniform(0.3, 1.0) if male else rng.uniform(0.5, 1.15)),
            float(rng.normal(0.0, 0.015)),
        ),
        iris=np.array(IRISES[eyes]) * rng.uniform(0.75, 1.2),
        cloth=np.array(CLOTHES[int(rng.integers(len(CLOTHES)))]) * rng.uniform(0.8, 1.15),
        cloth_kind=int(rng.random() < 0.15),
        neckline=float(rng.uniform(0.94, 1.12)),
        vee=float(rng.uniform(0.4, 0.9)) if rng.random() < 0.3 else 0.0,
    )


def build_model(t: Traits, rng: np.random.Generator) -> Model:
    """Shape, paint and hair of a person, ready to be drawn (half a second once kernels are compiled)."""
    from fasnb.simfas import hair, render, skin

    shape = heads.shape(t.macro, t.local)
    style = hair.STYLES[t.style]
    silver = t.hair + (0.5 * t.grey) * (np.array([0.35, 0.34, 0.33]) - t.hair)
    complexion = skin.Complexion(
        t.melanin, t.blood, t.age, t.mottle, t.freckles, t.stubble, t.lipstick,
        silver, t.hair + 0.35 * (silver - t.hair), *t.brow,
    )  # fmt: skip
    paint, relief = skin.paint(rng, complexion, hair.roots(rng, style, t.hairline))
    locks = hair.grow(rng, shape, style, t.hair, t.hairline, t.grey)
    if t.beard:
        locks = hair.joined(locks, hair.beard(rng, shape, t.beard, t.hair * 0.9, t.grey))
    look = {
        "skin": skin.tint(t.melanin, t.blood),
        "cloth": t.cloth,
        "cloth_kind": t.cloth_kind,
        "neckline": t.neckline,
        "vee": t.vee,
        "hair": t.hair,
        "shine": float(rng.uniform(0.5, 1.1)) * (0.5 if t.style in ("afro", "crop") else 1.0),
        "gloss": t.gloss,
        "iris": t.iris,
        "sclera": np.array([0.60, 0.56, 0.53]) * rng.uniform(0.9, 1.08),
        "seed": int(rng.integers(1 << 30)),
    }
    return render.Model(shape, paint, relief, locks, look)

"""The three databases as three domains: one table each of cameras, light, backgrounds, media and viewing.

The values follow the databases' published descriptions where these say something (devices, picture sizes,
light, supports) and typical data of such devices where they do not. Variation inside a domain is modest, as
real databases have few, fixed cameras and places; the variety lies between them. Ranges are drawn from
uniformly, once a clip.
"""

from dataclasses import dataclass, replace

from fasnb.simfas.camera import Camera
from fasnb.simfas.display import Display
from fasnb.simfas.printing import Printer
from fasnb.simfas.scene import LightModel

Range = tuple[float, float]


@dataclass(frozen=True)
class Source:
    """How an attacker got the picture that is shown: a camera, and how large a face it sees."""

    camera: Camera
    face: float  # width of the face box, px of that camera's picture
    photo: bool  # a photograph: one moment is shown for ever
    perfect: bool = False  # no camera in between: the light as it is, to 8 bits
    white: bool = False  # and balanced and exposed so that white paper in that light comes out white


@dataclass(frozen=True)
class Attack:
    """One kind of attack: what is shown on what, and how it is held."""

    source: str  # key of Domain.sources
    medium: Printer | Display
    width: float  # of the picture on the medium, mm
    border: Range = (0.0, 0.0)  # white border of a print, share of the picture's width
    warp: Range = (0.0, 0.0)  # half the angle a print is bent through, degrees
    cut: bool = False  # eye holes with the attacker behind
    levels: Range = (0.0, 0.6)  # strength of the attacker's automatic levels
    gamma: Range = (0.9, 1.1)  # and of brightening
    hand: bool = True  # held by hand where the clip does not say


@dataclass(frozen=True)
class Domain:
    """One database: everything about its pictures that is not the people."""

    name: str
    cameras: dict[str, Camera]  # Clip.camera -> camera
    face: dict[str, Range]  # Clip.camera -> width of the face box, px
    lights: dict[str, LightModel]  # Clip.light -> light
    styles: dict[str, tuple[str, ...]]  # Clip.light -> backgrounds
    sources: dict[str, Source]
    attacks: dict[str, Attack]  # Clip.attack -> attack
    codecs: dict[str, str]  # file suffix -> fourcc
    fps: float = 25.0
    centre: tuple[float, float] = (0.5, 0.47)  # of the face in the picture
    wander: Range = (
        0.015,
        0.02,
    )  # of that centre between clips, share of width and height (standard deviation)
    tilt: float = 4.0  # of a medium to the camera, degrees (standard deviation)
    roll: float = 1.5  # of a medium in the picture, the same
    sway: float = 0.004  # of a head, share of the picture's width
    shake: float = 0.006  # of a hand that holds a medium, the same
    rest: float = 0.0004  # of a fixed medium before a camera on its own stand, the same
    cost: float = 1.0  # time to write a clip, relative to the other domains


# --- the cameras that attackers use, common to the databases

#: A photograph from a compact or system camera, scaled down to what the medium shows.
_PHOTO = Camera(
    640, 480, lens=(0.2, 0.4), defocus=(0, 0.4), aperture=1.0, electrons=30000, full_well=30000,
    read_noise=4, crosstalk=0.05, meter=(0.195, 0.255), balance=(0.6, 0.9), saturation=(0.95, 1.1),
    contrast=(1.0, 1.15),
    sharpen=(0.2, 0.6), sharpen_radius=0.9, denoise=0.3, quality=92, veil=(0.003, 0.012),
)  # fmt: skip
#: A telephone's photograph.
_SNAPSHOT = Camera(
    640, 480, lens=(0.4, 0.75), defocus=(0, 0.6), aperture=1.0, electrons=6000, full_well=9000, read_noise=6,
    crosstalk=0.08, meter=(0.185, 0.255), balance=(0.6, 0.95), saturation=(1.0, 1.2), contrast=(1.0, 1.2),
    sharpen=(0.4, 0.9), sharpen_radius=1.0, denoise=0.5, quality=85, veil=(0.01, 0.04),
)  # fmt: skip
#: High-definition video.
_HD_VIDEO = Camera(
    640, 480, lens=(0.3, 0.6), defocus=(0, 0.5), aperture=0.8, electrons=12000, full_well=15000,
    read_noise=5, crosstalk=0.06, meter=(0.185, 0.245), balance=(0.6, 0.9), saturation=(0.95, 1.15),
    contrast=(1.0, 1.15),
    sharpen=(0.3, 0.6), sharpen_radius=0.9, denoise=0.4, quality=88, veil=(0.005, 0.02),
)  # fmt: skip
#: A telephone's or webcam's video, 640x480.
_SD_VIDEO = Camera(
    640, 480, lens=(0.55, 0.85), defocus=(0, 0.6), aperture=0.7, electrons=4000, full_well=7000, read_noise=8,
    crosstalk=0.09, meter=(0.185, 0.255), balance=(0.6, 0.95), saturation=(1.05, 1.25), contrast=(1.0, 1.15),
    sharpen=(0.4, 0.9), sharpen_radius=1.0, denoise=0.6, quality=75, veil=(0.01, 0.05),
)  # fmt: skip


def _portrait(camera: Camera) -> Camera:
    return replace(camera, width=camera.height, height=camera.width)


# --- Replay-Attack: a laptop's webcam; even light before a cloth, or daylight before an office

_LASER = Printer(
    "colour laser on office paper",
    inks=((0.06, 0.38, 0.62), (0.72, 0.05, 0.26), (0.86, 0.78, 0.07), (0.04, 0.04, 0.04)),
    paper=(0.82, 0.84, 0.88), gain=0.16, drift=(0.96, 1.08, 0.95, 1.04), black=0.7,
    lines=5.9, angles=(15, 75, 0, 45), grain=0.018, mottle=0.030, banding=0.010, band=3.4,
    texture=0.012, gloss=0.020, streak=0.06, polish=28,
)  # fmt: skip
_IPHONE_3GS = Display(
    "iPhone 3GS", width=74, height=49, pitch=0.156, stripes="rgb-y", fill=(0.75, 0.82), gamma=2.0,
    gamut=0.97, white=6700, peak=2.0, contrast=140, gloss=0.075, falloff=0.35, flicker=0.10, hertz=240,
    bezel=14, bezel_albedo=0.03,
)  # fmt: skip
_IPAD_1 = Display(
    "iPad", width=197, height=148, pitch=0.192, stripes="rgb", fill=(0.80, 0.86), gamma=2.2, gamut=0.9,
    white=6700, peak=1.7, contrast=500, gloss=0.087, falloff=0.15, flicker=0.12, hertz=200, bezel=20,
    bezel_albedo=0.03,
)  # fmt: skip

REPLAY = Domain(
    "replay-attack",
    cameras={
        "webcam": Camera(
            320, 240, lens=(0.12, 0.26), defocus=(0, 0.42), aperture=0.35, electrons=9000, full_well=14000,
            read_noise=7, crosstalk=0.08, meter=(0.185, 0.235), balance=(0.75, 0.95), saturation=(0.89, 0.96),
            contrast=(1.025, 1.075), sharpen=(0.4, 0.6), sharpen_radius=0.8, denoise=0.6, quality=88,
            veil=(0.01, 0.05),
        )
    },
    face={"webcam": (98, 122)},
    lights={
        "controlled": LightModel(
            (3700, 4300), (3900, 4500), key=(0.40, 0.55), fill=(0.25, 0.40), ambient=(0.28, 0.40), side=0.4,
            level=(0.85, 1.1), backdrop=(0.5, 0.8), flicker=0.15,
        ),
        "adverse": LightModel(
            (5400, 6800), (6000, 8000), key=(0.65, 1.0), fill=(0.05, 0.20), ambient=(0.12, 0.25), side=0.5,
            level=(0.45, 0.8), backdrop=(0.5, 1.0),
        ),
    },
    styles={"controlled": ("curtain",), "adverse": ("window", "office")},
    sources={
        "photo": Source(_PHOTO, 185, True),
        "snapshot": Source(_SNAPSHOT, 185, True),
        "hd": Source(_HD_VIDEO, 185, False),
        "sd": Source(_SD_VIDEO, 185, False),
    },
    attacks={
        "print": Attack("photo", _LASER, width=290),
        "mobile_photo": Attack("snapshot", _IPHONE_3GS, width=74),
        "mobile_video": Attack("sd", _IPHONE_3GS, width=74),
        "highdef_photo": Attack("photo", _IPAD_1, width=197),
        "highdef_video": Attack("hd", _IPAD_1, width=197),
    },
    codecs={"mov": "jpeg"},
)  # fmt: skip

# --- CASIA-FASD: three cameras of three qualities; ordinary rooms; copper paper bent and cut, a tablet

_COPPER = Printer(
    "inkjet on coated paper",
    inks=((0.04, 0.44, 0.74), (0.78, 0.05, 0.32), (0.92, 0.84, 0.06), (0.018, 0.018, 0.02)),
    paper=(0.88, 0.88, 0.86), gain=0.10, drift=(0.93, 1.06, 0.96, 1.0), black=0.5,
    lines=0, angles=(0, 0, 0, 0), grain=0.013, mottle=0.015, banding=0.014, band=1.7,
    texture=0.006, gloss=0.030, streak=0.28, polish=9,
)  # fmt: skip
_TABLET = Display(
    "iPad, upright", width=148, height=197, pitch=0.192, stripes="rgb-y", fill=(0.80, 0.86), gamma=2.2,
    gamut=0.9, white=6700, peak=1.5, contrast=420, gloss=0.087, falloff=0.15, flicker=0.10, hertz=200,
    bezel=20, bezel_albedo=0.04,
)  # fmt: skip

CASIA = Domain(
    "casia-fasd",
    cameras={
        "low": Camera(
            640, 480, lens=(0.85, 1.15), defocus=(0.3, 0.91), aperture=1.0, electrons=1500, full_well=4000,
            read_noise=9, crosstalk=0.10, meter=(0.185, 0.265), balance=(0.5, 0.75), saturation=(0.8, 0.9),
            contrast=(0.987, 1.062), sharpen=(0.1, 0.3), sharpen_radius=1.2, denoise=0.6, quality=62,
            veil=(0.01, 0.07),
        ),
        "normal": Camera(
            480, 640, lens=(0.45, 0.7), defocus=(0.0, 0.63), aperture=0.7, electrons=3600, full_well=7000,
            read_noise=7, crosstalk=0.07, meter=(0.185, 0.255), balance=(0.75, 0.95), saturation=(1, 1.1),
            contrast=(1.05, 1.15), sharpen=(0.525, 0.775), sharpen_radius=1.0, denoise=0.4, quality=84,
            veil=(0.01, 0.05),
        ),
        "high": Camera(
            720, 1280, lens=(0.2, 0.4), defocus=(0.0, 0.7), aperture=0.4, electrons=16000, full_well=20000,
            read_noise=4, crosstalk=0.05, meter=(0.175, 0.235), balance=(0.75, 0.95), saturation=(1.04, 1.11),
            contrast=(1.038, 1.112), sharpen=(0.375, 0.525), sharpen_radius=1.0, denoise=0.7, quality=None,
            veil=(0.003, 0.03),
        ),
    },
    face={"low": (150, 185), "normal": (165, 205), "high": (260, 320)},
    lights={
        "": LightModel(
            (4300, 6500), (4300, 7000), key=(0.35, 0.85), fill=(0.15, 0.45), ambient=(0.20, 0.45), side=0.5,
            level=(0.6, 1.1), backdrop=(0.4, 0.9), flicker=0.08,
        )
    },
    styles={"": ("office", "wall", "window")},
    sources={
        "photo": Source(_portrait(_PHOTO), 200, True),
        "hd": Source(_portrait(_HD_VIDEO), 200, False),
    },
    attacks={
        "warped": Attack("photo", _COPPER, width=195, border=(0.0, 0.05), warp=(10, 32)),
        "cut": Attack("photo", _COPPER, width=195, border=(0.0, 0.05), warp=(0, 10), cut=True),
        "video": Attack("hd", _TABLET, width=148),
    },
    codecs={"avi": "XVID"},
    shake=0.008,
    cost=2.0,
    tilt=5.0,
)  # fmt: skip

# --- MSU-MFSD: a laptop and a telephone film; a large sharp print, a tablet and a telephone with fine pixels

_PHOTO_PRINTER = Printer(
    "colour laser, A3, heavy paper",
    inks=((0.05, 0.42, 0.70), (0.76, 0.05, 0.30), (0.90, 0.82, 0.07), (0.035, 0.035, 0.035)),
    paper=(0.86, 0.86, 0.87), gain=0.22, drift=(1.15, 0.97, 0.84, 1.06), black=0.55,
    lines=5.2, angles=(15, 75, 30, 45), grain=0.028, mottle=0.022, banding=0.012, band=4.2,
    texture=0.018, gloss=0.042, streak=0.25, polish=14,
)  # fmt: skip
_IPAD_AIR = Display(
    "iPad Air", width=197, height=148, pitch=0.096, stripes="rgb", fill=(0.70, 0.84), gamma=2.2,
    gamut=0.98, white=7100, peak=1.9, contrast=850, gloss=0.065, falloff=0.12, flicker=0.05, hertz=300,
    bezel=18, bezel_albedo=0.05,
)  # fmt: skip
_IPHONE_5S = Display(
    "iPhone 5S", width=88.6, height=50, pitch=0.078, stripes="rgb-y", fill=(0.70, 0.84), gamma=2.2,
    gamut=0.99, white=6800, peak=2.2, contrast=900, gloss=0.042, falloff=0.18, flicker=0.05, hertz=300,
    bezel=15, bezel_albedo=0.04,
)  # fmt: skip

MSU = Domain(
    "msu-mfsd",
    cameras={
        "laptop": Camera(
            640, 480, lens=(0.55, 0.8), defocus=(0.0, 0.63), aperture=0.6, electrons=3200, full_well=6000,
            read_noise=7, crosstalk=0.08, meter=(0.195, 0.255), balance=(0.72, 0.92), saturation=(0.94, 1.01),
            contrast=(1.038, 1.112), sharpen=(0.4, 0.6), sharpen_radius=1.0, denoise=0.5, quality=82,
            veil=(0.01, 0.05),
        ),
        "android": Camera(
            720, 480, lens=(0.15, 0.3), defocus=(0.0, 0.56), aperture=0.35, electrons=5500, full_well=7000,
            read_noise=5, crosstalk=0.07, meter=(0.185, 0.245), balance=(0.78, 0.95), saturation=(1.1, 1.2),
            contrast=(1.1, 1.2), sharpen=(0.925, 1.175), sharpen_radius=1.0, denoise=0.65, quality=None,
            veil=(0.01, 0.05),
        ),
    },
    face={"laptop": (165, 205), "android": (175, 215)},
    lights={
        "": LightModel(
            (3000, 4200), (3400, 5200), key=(0.35, 0.65), fill=(0.25, 0.50), ambient=(0.25, 0.40), side=0.5,
            level=(0.7, 1.0), backdrop=(0.4, 0.8), flicker=0.12, hertz=120,
        )
    },
    styles={"": ("wall", "office")},
    sources={
        "photo": Source(_PHOTO, 172, True),
        "hd": Source(_HD_VIDEO, 172, False),
        "sd": Source(_SD_VIDEO, 172, False),
    },
    attacks={
        "printed_photo": Attack("photo", _PHOTO_PRINTER, width=410, hand=False),
        "ipad_video": Attack("hd", _IPAD_AIR, width=197, hand=False),
        "iphone_video": Attack("sd", _IPHONE_5S, width=88.6, hand=False),
    },
    codecs={"mov": "jpeg", "mp4": "mp4v"},
    centre=(0.5, 0.5),
)  # fmt: skip

DOMAINS = {domain.name: domain for domain in (CASIA, REPLAY, MSU)}

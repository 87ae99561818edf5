# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,-papermill
#     formats: ipynb,py:percent
#     notebook_metadata_filter: kernelspec,jupytext,-papermill
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What a camera, a print and a screen do, stage by stage
#
# **Before:** 10, how fast. **Now:** the simulator taken apart: every stage of its cameras, prints and displays, with
# and without; media that change nothing; every parameter of the three databases. **After:** 12, how hard the databases
# are.
#
# **Regenerates:** the pictures of stages, of moire and of the control - about 40 s on a CPU - every stage changes the
# picture; moire comes and goes with the pitch ratio

# %% [markdown]
# ## Where this runs

# %%
from fasnb import session

session.versions()

# %% tags=["parameters"]
profile: str = "smoke"  # smoke, lite, brief or paper
store: str = ""  # folder of results; empty: the profile's own
data: str = ""  # folder of the three databases; empty: FASNB_DATA, or simulated
seed: int = 0  # of the person, the room and the noise shown

# %%
import tempfile
from dataclasses import asdict, fields, replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from fasnb import layouts, leaks, pictures, plots
from fasnb.simfas import camera as cam
from fasnb.simfas import colour, control, geometry, media, optics, scene, stages
from fasnb.simfas.cast import Cast
from fasnb.simfas.clips import Frame
from fasnb.simfas.domains import CASIA, DOMAINS, MSU, REPLAY, Attack, Domain, Source
from fasnb.simfas.people import Person, Pose
from fasnb.simfas.session import keyed
from fasnb.simfas.trials import shots

lab = session.start(profile, store, data)
cv2.setNumThreads(1)

# %% [markdown]
# ## A person and a room
#
# A person is rendered once, as the light that three lamps send to the camera. A room adds the lamps' colours and
# strengths, and something behind. Radiance 1 is a white sheet under the room's nominal light; nothing has been
# captured yet. On its way to the camera's pixels the rendered person is blurred by half a camera pixel, and so is
# every picture on paper or on a screen (`optics.gridded`): one rule for both, so that sharpness tells nothing by
# itself.

# %%
person = Person("replay-attack/4", seed)
layers = person.render(Pose(yaw=4, smile=0.3), size=384)
light = scene.draw_light(REPLAY.lights["controlled"], keyed(seed, "light"))


# %%
def room(width, height, face, centre):
    """The person in the room: radiance, face box and eyes; `face` px wide at `centre` px."""
    x, y, w, h = layers.box
    matrix = geometry.similarity((x + w / 2, y + h / 2), centre, face / w, 0)
    behind = scene.background("office", width, height, light, keyed(seed, "behind"))
    figure = scene.figure(layers, light, face / w, 400, 400)
    box, eyes = geometry.moved_box(matrix, layers.box), geometry.moved_points(matrix, layers.eyes)
    return scene.placed(figure, matrix, behind), box, eyes


# %%
def cut(picture, centre, side):
    """A square part of a picture."""
    x, y = (int(v - side / 2) for v in centre)
    return picture[y : y + side, x : x + side]


def compared(full, without, part):
    """Rows of pictures with and without each stage and what it changes; the labels; the numbers.

    Each change is enlarged by the power of two that just keeps it (all but 2 % of it) in the picture's range.
    """
    on = [cut(full[stage], *part[stage]) for stage in without]
    off = [cut(picture, *part[stage]) for stage, picture in without.items()]
    most = [np.percentile(np.abs(one.astype(float) - other), 98) for one, other in zip(on, off)]
    times = [float(np.clip(2 ** np.floor(np.log2(127 / max(m, 1))), 1, 16)) for m in most]
    change = [stages.difference(*pair) for pair in zip(on, off, times)]
    size = [stages.levels(one, other) for one, other in zip(on, off)]
    labels = [f"{stage}\n{found:.1f} levels, x {n:g}" for stage, found, n in zip(without, size, times)]
    rows = {"with": on, "without": off, "change": change}
    return rows, labels, pd.DataFrame({"stage": list(without), "levels": size, "enlarged": times})


# %% [markdown]
# ## The camera
#
# The cheapest camera of CASIA-FASD, every setting at the upper end of its range: the most that this camera does. Light
# goes through the lens, which blurs it, more so out of focus, and scatters a part of it all over the picture (veiling
# glare); it falls on a mosaic of colour filters that let a little of each other's colour through (crosstalk), and is
# counted in electrons, with noise. From there on it is arithmetic: colours are interpolated, smoothed, balanced and
# unmixed, a tone curve is applied, edges are sharpened, the picture is compressed. Exposure and white balance are
# metered on what the sensor itself sees.

# %%
webcam = CASIA.cameras["low"]
radiance, box, eyes = room(webcam.width, webcam.height, 170, (320, 230))


def captured(camera, change=lambda settings: settings, capture=cam.capture):
    """The scene by a camera; `change` may alter the metered settings."""
    settings = change(cam.metered(radiance, camera, stages.furthest(camera)))
    return capture(radiance, camera, settings, keyed(seed, "noise"))


# %%
plain = replace(webcam, quality=None)
full = {"compression": captured(webcam)}
without = {stage: captured(camera) for stage, camera in stages.camera_stages(plain).items()}
without["mosaic"] = captured(plain, capture=stages.three_sensors)
without["exposure"] = captured(plain, stages.unmetered)
without["tone curve"] = np.uint8(255 * colour.decode(without["contrast"]))

# %% [markdown]
# Below, each stage is on in the upper row and off in the middle one; the lower row is the difference, about grey. The
# numbers: the mean change in grey levels (of 255) over the part shown, and how many times the lower row enlarges it.
# Blur, noise, sharpening and compression work on small things, so there the part shown is small; exposure and colour
# need the whole face. Compression comes last and blurs the small differences of the others, so these are shown without
# it. "Contrast" is the camera's own S-curve upon the tone curve that every picture has.

# %%
eye, face = ((eyes[0], 48)), (((320, 230), 200))
small = ["lens blur", "defocus", "mosaic", "noise", "noise reduction", "sharpening", "compression"]
large = ["veiling glare", "crosstalk", "exposure", "white balance", "saturation", "tone curve", "contrast"]
order = small + large
part = {stage: face if stage in large else eye for stage in order}
usual = captured(plain)
on = {stage: full.get(stage, usual) for stage in order}
rows, labels, camera_changes = compared(on, {stage: without[stage] for stage in order}, part)

# %%
ax = pictures.side_by_side(
    rows, labels, 7, title="Simulated camera (CASIA-FASD, low quality), stage by stage"
)
plots.save(ax.figure, "stages-camera", camera_changes, lab.figures, dpi=110).name

# %% [markdown]
# What to see:
#
# - Lens and demosaicing take away the finest detail, and so does noise reduction; sharpening puts an edge back, and a
#   halo with it.
# - Noise is coloured and soft, since demosaicing spreads each pixel's noise over its neighbours.
# - Veiling glare is light from everywhere put everywhere: black hair and pupils turn grey, for live people as for
#   attacks.
# - Crosstalk is undone by a matrix, which enlarges the noise. White balance comes before the matrix and is metered on
#   the mixed colours, so what is grey on average stays grey; but scaling mixed colours is not scaling pure ones, and
#   colours far from the average, skin among them, come out a little paler.
# - Defocus, sharpening and saturation are mild in this camera; beside its lens' blur the first hardly counts.
# - Exposure and white balance follow the scene: a print or a screen before the camera moves them too, which is why
#   they hide part of what media do to brightness and colour.
#
# ## The print
#
# A printer's profile looks for the mixture of four inks that comes nearest to each colour; ink can neither be as dark
# as a pupil nor as pure as a screen's colours (gamut), dots spread (dot gain), and the printer lays down more or less
# of an ink than it was told to (drift). What it lays down is uneven: in spots (grain), in patches of a millimetre or
# two (mottle), in bands where the paper feed errs, upon paper that has a structure of its own. Then the sheet is held
# up in a room: it shines (sheen), evenly where it is flat, and in a streak where it is bent as far as a mirror would
# have to be to show the lamp.
#
# The printer here is MSU-MFSD's large colour laser; the shining sheet is CASIA-FASD's coated paper, bent. The camera
# that looks at them is a good one, so that the medium is seen and not the camera: the whole sheet, the face, a cheek
# (0.4 mm a pixel), a close-up of an eye (0.04 mm a pixel).

# %%
attack = MSU.attacks["printed_photo"]
bent = replace(CASIA.attacks["warped"], warp=(25.0, 25.0), border=(0.0, 0.0))
source = MSU.sources[attack.source]
taken, photo_box, photo_eyes = room(640, 480, source.face, (320, 226))
drawn = cam.metered(taken, source.camera, cam.draw(source.camera, keyed(seed, "photo")))
photo = cam.capture(taken, source.camera, drawn, keyed(seed, "photo noise"))

# %%
good = replace(source.camera, width=240, height=240, quality=None)
plainly = {"lens": 0.4, "defocus": 0.0, "veil": 0.0, "sharpen": 0.0, "contrast": 1.0, "saturation": 1.0}
looks = replace(stages.furthest(good), **plainly)
behind = scene.background("office", 240, 240, light, keyed(seed, "behind"))
WHOLE = 190
on_paper = source.face * attack.width / 640  # width of the printed face, mm


def view(face, at=(0.5, 0.5)):
    """The good camera before a face of this width (px), with the place `at` of its box in the middle."""
    centre = (120 + (0.5 - at[0]) * face, 120 + (0.5 - at[1]) * face)
    return media.View(good, looks, light, behind, centre, face)


# %%
def held(attack, yaw=0.0):
    """How the medium is held: straight, or turned."""
    found = media.Held(keyed(seed, "held"), light, attack, MSU, hand=False)
    found.yaw, found.pitch, found.roll = yaw, 0.0, 0.0
    return found


def finished(seen, modulation):
    """What the good camera makes of a medium."""
    settings = cam.metered(seen.radiance, good, looks)
    return cam.capture(seen.radiance, good, settings, keyed(seed, "noise"), modulation)


def print_shot(attack, view):
    sheet = media.printed(photo, photo_box, photo_eyes, attack, keyed(seed, "sheet"))
    seen = media.show_print(sheet, attack, held(attack), view, np.zeros(3), 0.0)
    return finished(seen, seen.modulation)


# %%
near, cheek = view(on_paper / 0.04, (0.33, 0.42)), view(on_paper / 0.4, (0.35, 0.62))
shows = dict.fromkeys(("sheen", "bend"), (bent, view(60)))
shows |= dict.fromkeys(("gamut", "dot gain", "drift"), (attack, view(WHOLE)))
shows |= dict.fromkeys(("mottle", "grain", "banding", "paper texture"), (attack, cheek))
shows |= {"halftone": (attack, near)}
on = {stage: print_shot(*shown) for stage, shown in shows.items()}
off = {
    stage: print_shot(stages.attack_without(made, {stage}), seen_from)
    for stage, (made, seen_from) in shows.items()
}

# %%
part = {stage: ((120, 120), 96 if seen_from.face > WHOLE else 236) for stage, (_, seen_from) in shows.items()}
rows, labels, print_changes = compared(on, off, part)
ax = pictures.side_by_side(
    rows, labels, title="Simulated print (MSU-MFSD's; sheen and bend: CASIA-FASD's), stage by stage"
)
plots.save(ax.figure, "stages-print", print_changes, lab.figures, dpi=110).name

# %% [markdown]
# What to see:
#
# - Sheen is the strongest: paper mirrors light that no ink stops, so black is grey, and greyest in the streak (on the
#   right, best seen on the dark clothes). Bending shades the sheet as well, which no face does that way.
# - Gamut makes black grey too, to a lesser degree. This printer lays down too much cyan and too little yellow, so skin
#   turns bluish; white balance takes a part back, and tints hair and background the other way. Dot gain would darken
#   everything, but the printer's profile allows for it; what is left is seen in the darkest places and at edges.
# - Mottle, grain, feed bands and paper each change less than one grey level. In a finished picture they are an uneven
#   skin; mottle's patches are larger than a camera's blur, so they outlast it. The dots are plain in the close-up and
#   are gone at the distance of the databases (see below).
#
# ## The display
#
# A display sends out its own light, more or less of it than the room (brightness), of its own white and with primaries
# that are not sRGB's (display gamut). Its front is a mirror: what stands before it is seen in it (glare). Its black is
# not black, it is darker from the side, its grid of sub-pixels may be seen, and its back light flickers: the rolling
# shutter turns that into bands.
#
# Replay-Attack's telephone, turned 25 degrees away (but not for the close-up of its grid). Its white is neutral and
# its primaries are nearly sRGB's, so for these two stages other displays are shown: MSU-MFSD's telephone,
# Replay-Attack's tablet. Without "gamma" the display has the curve that pictures are made for; without "brightness" it
# sends out just as much light as was photographed.

# %%
screen = REPLAY.attacks["mobile_photo"]
panel = screen.medium
shown = Frame(photo, photo_box, photo_eyes, drawn.gain)


def display_shot(attack, view, seconds=0.002):
    panel = attack.medium
    yaw = 0.0 if view.face > WHOLE else 25.0
    seen = media.show_display(shown, panel, attack, held(attack, yaw), view, np.zeros(3))
    bands = optics.rows_in_time(240, panel.hertz, panel.flicker, seconds, 0.028, 0.0)
    return finished(seen, bands if seen.modulation is None else seen.modulation * bands)


# %%
mm = screen.width / 640 * source.face  # width of the face on the telephone
near = view(mm / 0.02, (0.33, 0.42))
faces = ("glare", "brightness", "viewing angle", "black level", "gamma", "bands")
shows = {"bezel": (screen, view(60)), "grid": (screen, near)} | dict.fromkeys(faces, (screen, view(WHOLE)))
shows["white point"] = (MSU.attacks["iphone_video"], view(WHOLE))
shows["display gamut"] = (REPLAY.attacks["highdef_photo"], view(WHOLE))
on = {stage: display_shot(*seen) for stage, seen in shows.items()}
off = {
    stage: display_shot(stages.attack_without(made, {stage}), seen_from)
    for stage, (made, seen_from) in shows.items()
}

# %%
part = {stage: ((120, 120), 96 if seen_from is near else 236) for stage, (_, seen_from) in shows.items()}
rows, labels, display_changes = compared(on, off, part)
ax = pictures.side_by_side(rows, labels, title="Simulated displays, stage by stage")
plots.save(ax.figure, "stages-display", display_changes, lab.figures, dpi=110).name

# %% [markdown]
# What to see:
#
# - Close up, the grid is all there is; farther away it is a faint pattern, and may be moire.
# - Glare lifts black, as sheen does on paper, more where something bright stands before the display; the display's own
#   black level adds little to it.
# - Exposure takes back most of how bright the display is, and of what it loses away from its axis. What remains is how
#   much glare weighs: hair is darker where the display is brighter, and lighter from the side.
# - White balance takes back most of a white point. Weak primaries draw skin, lips and everything coloured towards
#   grey, here by a tenth.
# - The bezel is there for whoever sees the whole picture; a face crop lies well inside it.
#
# ## Moire
#
# Nothing paints moire into a picture. The grid of the display has a period; seen by the camera it covers a number of
# camera pixels, the **pitch ratio**. The lens weakens it, and the read-out samples it. A camera that reads every pixel
# averages over whole pixels; one that skips lines (as small cameras do for video) averages over a part of each and
# lets more of the grid through. Near ratio 1 what is left turns up as slow waves; near 2 as well, in colour, since the
# mosaic has each colour at every second pixel.

# %%
ratios = (0.7, 0.8, 0.9, 0.97, 1.05, 1.2, 1.5, 2.1)
cameras = {"skips lines": 0.35, "reads all": 1.0, "skips, soft lens": 0.35}
lenses = {"skips lines": 0.3, "reads all": 0.3, "skips, soft lens": 0.9}


def moire(ratio, aperture, lens):
    """The telephone's picture where one of its pixels covers `ratio` camera pixels."""
    camera = replace(good, aperture=aperture, denoise=0.0)
    at = replace(view(mm / panel.pitch * ratio), camera=camera, settings=replace(looks, lens=lens))
    seen = media.show_display(shown, panel, screen, held(screen), at, np.zeros(3))
    settings = replace(cam.metered(seen.radiance, camera, looks), lens=lens)
    return cam.capture(seen.radiance, camera, settings, keyed(seed, "noise"), seen.modulation), seen


# %%
waves = {name: [moire(r, cameras[name], lenses[name]) for r in ratios] for name in cameras}
rows = {name: [cut(picture, (120, 120), 96) for picture, _ in found] for name, found in waves.items()}
strength = pd.DataFrame(
    [
        {"camera": name, "ratio": ratio, "modulation": float(seen.modulation[..., 1].std())}
        for name, found in waves.items()
        for ratio, (_, seen) in zip(ratios, found)
    ]
)

# %%
labels = [f"ratio {ratio:g}" for ratio in ratios]
ax = pictures.side_by_side(rows, labels, 8, title="Simulated moire: display pixel / camera pixel")
plots.save(ax.figure, "moire", strength, lab.figures, dpi=110).name

# %% [markdown]
# How strong the modulation is that reaches the sensor (root mean square, green):

# %%
strength.pivot(index="camera", columns="ratio", values="modulation").round(3)

# %% [markdown]
# ## What the databases' cameras can see
#
# The same for every attack and camera: how many camera pixels a display pixel or a halftone dot covers at the middle
# of the range of face sizes, and how much of its first harmonic lens and read-out leave (sharpest lens, in focus; 0 =
# nothing).


# %%
def fine(domain, name, attack):
    """The period of an attack's structure in camera pixels, and what is left of it, per camera."""
    source, medium = domain.sources[attack.source], attack.medium
    period = medium.pitch if isinstance(medium, media.Display) else 1 / medium.lines if medium.lines else 0.0
    for key, camera in domain.cameras.items():
        width = source.face * attack.width / source.camera.width
        pitch = period * np.mean(domain.face[key]) / width
        left = abs(optics.transfer(1 / pitch, 0, camera.lens[0], camera.aperture)) if pitch else 0.0
        yield {"database": domain.name, "attack": name, "camera": key, "pitch": pitch, "left": left}


# %%
rows = [row for d in DOMAINS.values() for name, attack in d.attacks.items() for row in fine(d, name, attack)]
pitches = pd.DataFrame(rows)
pitches.style.hide(axis="index").format(precision=2)

# %% [markdown]
# A pitch of 0 is a print without dots (a stochastic screen). No camera sees the dots of a print: less than a
# thousandth of them is left. Three pairs see a grid: Replay-Attack's webcam the telephone's (nearly half is left),
# CASIA-FASD's sharp camera the tablet's (a quarter), MSU-MFSD's telephone the other telephone's (a fifth); of the
# tablet's, Replay-Attack's webcam keeps less than a hundredth. These three skip lines and have sharp lenses. The other
# media must be told by colour, black, shine, uneven ink and blur.
#
# ## Media that change nothing
#
# Whatever tells an attack from a live clip should be the medium, and not how the simulator makes clips. The control
# (`simfas/control.py`) is the proof: the same databases with every stage off. The attacker has no camera but
# the light itself, ink stops exactly one colour each, paper is white and matt and lies flat, a display gives back just
# the light that was recorded, nothing is bent, cut, trimmed, edited or tilted, media move as heads do, and no lamp
# flickers. People, places, filming cameras and their draws stay; only the picture for a print is balanced so
# that white paper comes out white, since it is lit a second time, by the room before the second camera. Beside the stages of print and display above this
# takes the four stages of handling (`stages.HANDLING`: bend, holes, trimming, editing) and the three of working with a
# second camera and a hand (`control.OWN`). A detector that still tells control attacks from live clips goes by something that no medium has done; `control.alone`
# puts a single stage back.

# %%
# Per database: the camera that films, a print and a display.
CASES = {
    "casia-fasd": ("high", "warped", "video"),
    "replay-attack": ("webcam", "print", "mobile_photo"),
    "msu-mfsd": ("android", "printed_photo", "iphone_video"),
}
SUBJECTS = {"casia-fasd": 2, "replay-attack": 4, "msu-mfsd": 5}
poses = tempfile.TemporaryDirectory()  # a person is rendered once for all variants
cast = Cast(seed, Path(poses.name))


# %%
def clips_of(name):
    """The live clip, the print and the display of a case, one each."""
    camera, *media_shown = CASES[name]
    found = {}
    for clip in layouts.official_clips(name):
        alike = (clip.subject, clip.camera) == (SUBJECTS[name], camera) and clip.split != "enroll"
        if alike and clip.light in ("", "controlled") and clip.attack in ("", *media_shown):
            found.setdefault(clip.attack, clip)
    return [found[kind] for kind in ("", *media_shown)]


def faces_of(domain):
    """The faces of a case in a variant of its database: live, print, display."""
    return [shot.faces[0] for shot in shots(domain, clips_of(domain.name), cast, 1, 200)]


# %%
kinds = ["live", "control print", "print", "control display", "display"]
proof = {}
for name, domain in DOMAINS.items():
    live, paper, lit = faces_of(domain)
    _, same_paper, same_lit = faces_of(control.control(domain))
    proof[name] = [live, same_paper, paper, same_lit, lit]
poses.cleanup()
found = {(name, kind): leaks.of_face(face) for name in proof for kind, face in zip(kinds, proof[name])}
statistics = pd.DataFrame(found).T.rename_axis(["database", "face"])

# %%
ax = pictures.side_by_side(
    proof, kinds, title="Live, through media that change nothing, and through real ones"
)
plots.save(ax.figure, "control", statistics.reset_index(), lab.figures, dpi=110).name

# %% [markdown]
# Every clip has its own moment, light, background and exposure; that is why even control faces are not alike, and why
# one row proves nothing (notebook 12 counts over many people). Beside its control, a real medium shows what it does: a
# lifted black, a tint, flat contrast or a grid. The numbers of the same faces (grey levels; `dark` is the 5th
# percentile; saturation 0 to 1):

# %%
statistics.loc[:, ["brightness", "contrast", "dark", "redness", "saturation"]].round(2)

# %% [markdown]
# ## Every parameter
#
# Ranges are what single clips draw from; everything else is fixed by the device. Lengths are in pixels of the finished
# picture for cameras and in millimetres for media. A fourth, wide domain is in no table here: `simfas/wide.py` draws
# its 24 cameras, 8 lights, 12 printers and 12 displays at random from what such devices can be.


# %%
pd.set_option("display.max_colwidth", None)


def readable(value, join=" - "):
    """A parameter as text; the numbers of a pair are joined as those of a range."""
    if value is None or isinstance(value, str | bool):
        return {None: "none", True: "yes", False: "no"}.get(value, value)
    if not isinstance(value, tuple):
        return f"{value:g}"
    inner = " / " if isinstance(value[0], tuple) else ", "
    return (join if len(value) == 2 and inner == ", " else inner).join(map(readable, value))


def table(found, places=()):
    """Settings as columns, their fields as rows; pairs of numbers are ranges, except for `places`."""
    text = {
        name: {key: readable(value, ", " if key in places else " - ") for key, value in fields.items()}
        for name, fields in found.items()
    }
    return pd.DataFrame(text, dtype=object)


def models(kind):
    """The settings of one kind of thing per database: the name and the fields of each."""
    return {f"{d.name} {key}": asdict(thing) for d in DOMAINS.values() for key, thing in kind(d).items()}


# %% [markdown]
# The cameras before which live people and attacks stand:

# %%
filming = table(models(lambda domain: domain.cameras))
filming

# %% [markdown]
# The cameras that attackers took their pictures with, and how wide a face they saw, in pixels (`photo`: one moment is
# shown for ever; `perfect` and `white`: the control's alone):


# %%
def flat(source):
    """A source's camera and its own fields in one."""
    own = asdict(source)
    return own.pop("camera") | own


own_cameras = {f"{d.name} {key}": flat(source) for d in DOMAINS.values() for key, source in d.sources.items()}
taking = table(own_cameras)
taking

# %% [markdown]
# Printers, displays and lights:


# %%
def media_of(kind):
    """The media of one kind, by what they are called; their names are in the head of the table."""
    attacks = [(d, attack) for d in DOMAINS.values() for attack in d.attacks.values()]
    found = {f"{d.name}: {a.medium.name}": asdict(a.medium) for d, a in attacks if isinstance(a.medium, kind)}
    return {name: {k: v for k, v in fields.items() if k != "name"} for name, fields in found.items()}


printers = table(media_of(media.Printer))
printers

# %%
displays = table(media_of(media.Display), places=("fill",))
displays

# %%
lights = table(models(lambda domain: domain.lights))
lights

# %% [markdown]
# How attacks are made and held, and what else belongs to a database:

# %%
attacks = models(lambda domain: domain.attacks)
handling = {name: fields | {"medium": fields["medium"]["name"]} for name, fields in attacks.items()}
handling = table(handling)
handling

# %%
plain_fields = ("fps", "centre", "wander", "tilt", "roll", "sway", "shake", "rest", "cost")
whole = table(
    {name: {field: getattr(d, field) for field in plain_fields} for name, d in DOMAINS.items()},
    places=("centre", "wander"),
)
whole

# %% [markdown]
# `centre` and `wander` are across and down; `tilt`, `roll`, `sway`, `shake`, `rest` and `wander` are standard deviations
# (`shake`: in a hand, `rest`: on a stand); `cost` is the time to write a clip, for sharing out work. The width of a face before each camera, what stands behind under each
# light, and the codec of each kind of file:


# %%
def keyed_fields(domain):
    """What a database has per camera, per light and per file suffix."""
    faces = {f"face, px, {key}": readable(size) for key, size in domain.face.items()}
    behind = {f"behind, {key or 'any'} light": ", ".join(names) for key, names in domain.styles.items()}
    return faces | behind | {f"codec, {suffix}": name for suffix, name in domain.codecs.items()}


pd.DataFrame({d.name: keyed_fields(d) for d in DOMAINS.values()}).fillna("")

# %%
# Every field of every kind of thing is in its table.
TABLES = {cam.Camera: filming, Source: taking, media.Printer: printers, media.Display: displays}
TABLES |= {scene.LightModel: lights, Attack: handling, Domain: whole}
SEPARATE = {"name", "camera", "cameras", "face", "lights", "styles", "sources", "attacks", "codecs"}
for kind, found in TABLES.items():
    assert {field.name for field in fields(kind)} - SEPARATE <= set(found.index), kind
    assert found.notna().all(axis=None), "a parameter is missing"

# %%
DRAWN = {
    "camera": (camera_changes, {*stages.camera_stages(plain), "mosaic", "exposure", "tone curve"}),
    "print": (print_changes, {*stages.PRINT, "bend"}),
    "display": (display_changes, set(stages.DISPLAY)),
}
for changes, wanted in DRAWN.values():
    assert set(changes["stage"]) == wanted, "a stage is not drawn"
    assert (changes["levels"] > 0).all(), changes
wave = strength.pivot(index="ratio", columns="camera", values="modulation")
assert (wave["skips lines"] > wave["reads all"]).all(), "skipping lines must let more of the grid through"
assert (wave["skips, soft lens"] < wave["skips lines"]).all(), "a soft lens must weaken the grid"
assert (wave["reads all"][0.97] < wave["reads all"][[1.2, 1.5]]).all(), "whole pixels average the grid away"
sees = pitches[pitches["left"] > 0.1]
assert set(sees["database"] + " " + sees["camera"]) == {
    "casia-fasd high",
    "replay-attack webcam",
    "msu-mfsd android",
}, "the text above names three pairs"

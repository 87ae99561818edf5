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
# and without, and every parameter of the three databases. **After:** your own data, on your own machine.
#
# **Regenerates:** the pictures of stages and of moire - about 20 s on a CPU - every stage drawn changes the picture;
# moire comes and goes with the pitch ratio

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
from dataclasses import asdict, replace

import cv2
import numpy as np
import pandas as pd

from fasnb import pictures, plots
from fasnb.simfas import camera as cam
from fasnb.simfas import colour, geometry, media, optics, scene, stages
from fasnb.simfas.clips import Frame
from fasnb.simfas.domains import CASIA, DOMAINS, MSU, REPLAY
from fasnb.simfas.people import Person, Pose
from fasnb.simfas.session import keyed

lab = session.start(profile, store, data)
cv2.setNumThreads(1)

# %% [markdown]
# ## A person and a room
#
# A person is rendered once, as the light that three lamps send to the camera. A room adds the lamps' colours and
# strengths, and something behind. Radiance 1 is a white sheet under the room's nominal light; nothing has been
# captured yet.

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


def compared(full, without, part, times=4.0):
    """Rows of pictures with and without each stage and what it changes; the labels; the numbers."""
    on = [cut(full[stage], *part[stage]) for stage in without]
    off = [cut(picture, *part[stage]) for stage, picture in without.items()]
    change = [stages.difference(one, other, times) for one, other in zip(on, off)]
    size = [stages.levels(one, other) for one, other in zip(on, off)]
    labels = [f"{stage}\n{found:.1f} levels" for stage, found in zip(without, size)]
    rows = {"with": on, "without": off, f"change x {times:g}": change}
    return rows, labels, pd.DataFrame({"stage": list(without), "levels": size})


# %% [markdown]
# ## The camera
#
# The cheapest camera of CASIA-FASD, every setting at the upper end of its range: the most that this camera does. Light
# goes through the lens, is blurred where it is out of focus, falls on a mosaic of colour filters, and is counted in
# electrons, with noise. From there on it is arithmetic: colours are interpolated, balanced and smoothed, a tone curve
# is applied, edges are sharpened, the picture is compressed.

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
# Below, each stage is on in the upper row and off in the middle one; the lower row is four times the difference, about
# grey. The number is the mean change in grey levels (of 255). Blur, noise, sharpening and compression work on small
# things, so there the part shown is small; exposure and colour need the whole face. Compression comes last and blurs
# the small differences of the others, so these are shown without it. "Contrast" is the camera's own S-curve upon the
# tone curve that every picture has; the change that the tone curve makes is beyond the scale.

# %%
eye, face = ((eyes[0], 48)), (((320, 230), 200))
large = ("white balance", "saturation", "exposure", "tone curve", "contrast", "crosstalk")
order = [
    "lens blur", "defocus", "mosaic", "noise", "noise reduction", "sharpening", "compression", "crosstalk",
    "exposure", "white balance", "saturation", "tone curve", "contrast",
]  # fmt: skip
part = {stage: face if stage in large else eye for stage in order}
usual = captured(plain)
on = {stage: full.get(stage, usual) for stage in order}
rows, labels, camera_changes = compared(on, {stage: without[stage] for stage in order}, part)

# %%
ax = pictures.side_by_side(rows, labels, title="Simulated camera (CASIA-FASD, low quality), stage by stage")
plots.save(ax.figure, "stages-camera", camera_changes, lab.figures, dpi=110).name

# %% [markdown]
# What to see:
#
# - Lens and demosaicing take away the finest detail, and so does noise reduction; sharpening puts an edge back, and a
#   halo with it.
# - Noise is coloured and soft, since demosaicing spreads each pixel's noise over its neighbours.
# - Crosstalk between the colours is undone by a matrix, but white balance comes before that, on colours that it has made
#   paler: a part stays, as a tint.
# - Defocus, sharpening and saturation are mild in this camera; beside its lens' blur the first hardly counts.
# - Exposure and white balance follow the scene: a print or a screen before the camera moves them too, which is why
#   they hide part of what media do to brightness and colour.
#
# ## The print
#
# MSU-MFSD's: a photograph printed large by a colour laser printer, held before a camera; here also bent, as CASIA-FASD
# bends its prints. The camera that looks at it is a good one, so that the medium is seen and not the camera: the whole
# sheet, the face, a cheek (0.4 mm a pixel), a close-up of an eye (0.04 mm a pixel). Changes are enlarged
# eightfold here.

# %%
attack = replace(MSU.attacks["printed_photo"], warp=(25.0, 25.0))
source = MSU.sources[attack.source]
taken, photo_box, photo_eyes = room(640, 480, source.face, (320, 226))
drawn = cam.metered(taken, source.camera, cam.draw(source.camera, keyed(seed, "photo")))
photo = cam.capture(taken, source.camera, drawn, keyed(seed, "photo noise"))

# %%
good = replace(source.camera, width=240, height=240, quality=None)
looks = replace(stages.furthest(good), lens=0.4, defocus=0.0, sharpen=0.0, contrast=1.0, saturation=1.0)
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
views = {"sheen": view(60), "bend": view(60)} | dict.fromkeys(("gamut", "dot gain", "drift"), view(WHOLE))
views |= {"halftone": near} | dict.fromkeys(("grain", "banding", "paper texture"), cheek)
on = {stage: print_shot(attack, seen_from) for stage, seen_from in views.items()}
variants = stages.print_stages(attack)
off = {stage: print_shot(variants[stage], seen_from) for stage, seen_from in views.items()}

# %%
part = {stage: ((120, 120), 96 if seen_from.face > WHOLE else 236) for stage, seen_from in views.items()}
rows, labels, print_changes = compared(on, off, part, times=8)
ax = pictures.side_by_side(rows, labels, title="Simulated print (MSU-MFSD's printer, bent), stage by stage")
plots.save(ax.figure, "stages-print", print_changes, lab.figures, dpi=110).name

# %% [markdown]
# What to see:
#
# - Sheen is the strongest: paper mirrors light that no ink stops, so black is grey. Gamut does the same to a lesser
#   degree.
# - Drift of the inks tints the picture. Dot gain by itself would darken it, but the printer's profile allows for it,
#   so little is left of it.
# - The dots are plain in the close-up and are gone at the distance of the databases (see below). Grain, feed bands and
#   paper each change less than one grey level, which no eye sees.
#
# ## The display
#
# Replay-Attack's telephone, turned 25 degrees away (but not for the close-up of its grid). It has a visible grid of sub-pixels, a black that is not black,
# and a back light that flickers: the rolling shutter turns that into bands.

# %%
screen = REPLAY.attacks["mobile_photo"]
panel = screen.medium
shown = Frame(photo, photo_box, photo_eyes)


def display_shot(attack, view, seconds=0.002):
    panel = attack.medium
    yaw = 0.0 if view.face > WHOLE else 25.0
    seen = media.show_display(shown, panel, attack, held(attack, yaw), view, np.zeros(3))
    bands = optics.rows_in_time(240, panel.hertz, panel.flicker, seconds, 0.028, 0.0)
    return finished(seen, bands if seen.modulation is None else seen.modulation * bands)


# %%
mm = screen.width / 640 * source.face  # width of the face on the telephone
near = view(mm / 0.02, (0.33, 0.42))
views = dict.fromkeys(("viewing angle", "glare", "bands", "white point", "black level", "gamma"), view(WHOLE))
views = {"grid": near} | views | {"bezel": view(60)}
on = {stage: display_shot(screen, seen_from) for stage, seen_from in views.items()}
variants = stages.display_stages(screen)
off = {stage: display_shot(variants[stage], seen_from) for stage, seen_from in views.items()}

# %%
part = {stage: ((120, 120), 96 if seen_from is near else 236) for stage, seen_from in views.items()}
rows, labels, display_changes = compared(on, off, part)
ax = pictures.side_by_side(
    rows, labels, 4, title="Simulated display (Replay-Attack's telephone), stage by stage"
)
plots.save(ax.figure, "stages-display", display_changes, lab.figures, dpi=110).name

# %% [markdown]
# What to see:
#
# - Close up, the grid is all there is; farther away it is a faint pattern, and may be moire.
# - Glare lifts black, as sheen does on paper; the display's own black level adds little to it.
# - Away from its axis the display is darker. Exposure takes that back, so what remains is that glare weighs more; and
#   white balance takes back most of a white point so near the neutral one.
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
# A pitch of 0 is a print without dots (a stochastic screen). No camera sees the dots of a print, and only the sharp ones
# that skip lines see a grid, that of a telephone or of the tablet nearby. The other media must be told by colour, black,
# shine and blur.
#
# ## Every parameter
#
# Ranges are what single clips draw from; everything else is fixed by the device. Lengths are in pixels of the finished
# picture for cameras and in millimetres for media.


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
# The cameras that attackers took their pictures with:

# %%
table(models(lambda domain: {key: source.camera for key, source in domain.sources.items()}))

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
table(handling)

# %%
plain_fields = ("fps", "centre", "wander", "tilt", "sway", "shake")
table(
    {name: {field: getattr(d, field) for field in plain_fields} for name, d in DOMAINS.items()},
    places=("centre", "wander"),
)

# %% [markdown]
# `centre` and `wander` are across and down; `tilt`, `sway`, `shake` and `wander` are standard
# deviations.

# %%
pd.DataFrame(
    {d.name: {f"face, px, {key}": readable(size) for key, size in d.face.items()} for d in DOMAINS.values()}
).fillna("")

# %%
for changes in (camera_changes, print_changes, display_changes):
    assert (changes["levels"] > 0).all(), changes
wave = strength.pivot(index="ratio", columns="camera", values="modulation")
assert (wave["skips lines"] > wave["reads all"]).all(), "skipping lines must let more of the grid through"
assert (wave["skips, soft lens"] < wave["skips lines"]).all(), "a soft lens must weaken the grid"
assert (wave["reads all"][0.97] < wave["reads all"][[1.2, 1.5]]).all(), "whole pixels average the grid away"
for found in (filming, printers, displays, lights):
    assert found.notna().all(axis=None), "a parameter is missing"

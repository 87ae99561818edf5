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
# # Explore: light, media and where the network looks
#
# **Before:** 14, a threshold and its cost. **Now:** change the light on any face, switch stages of a simulated capture
# off, ask any stored network for its evidence. **After:** 16, the methods that the paper compares itself with.
#
# **Regenerates:** the pictures of these explorers - about 40 s on a CPU - halving all light leaves the PLGF map as it is

# %% [markdown]
# ## Where this runs

# %%
from fasnb import session

session.versions()

# %% tags=["parameters"]
profile: str = "smoke"  # smoke, lite, brief or paper
store: str = ""  # folder of results; empty: the profile's own
data: str = ""  # folder of the three databases; empty: FASNB_DATA, or simulated
seed: int = 0  # of the runs shown, and of the simulated people

# %%
from dataclasses import replace

import pandas as pd
from IPython.display import Image

from fasnb import experiments, explore_heat, explore_light, explore_pictures, explore_simulator, plots
from fasnb import widgets_pictures as widgets
from fasnb.explore_faces import Gallery
from fasnb.explore_light import Light
from fasnb.explore_simulator import Setup, Studio

lab = session.start(profile, store, data)
gallery = Gallery.of_corpus(lab.shown)
face = gallery.face(gallery.first("casia"))


# %%
def show(figure, stem, frame):
    return Image(plots.save(figure, stem, frame, lab.figures), width=round(90 * figure.get_figwidth()))


def readouts(rows):
    return pd.DataFrame(rows, columns=["what", "value"]).set_index("what")


# %% [markdown]
# Every picture below stands still, with the settings shown. The controls under it need a running kernel (`make lab`):
# reach them with Tab, move sliders with the arrow keys, switch boxes with Space.
#
# ## Light and the PLGF map
#
# PLGF divides the pull of a pixel's neighbours by the pixel's own intensity, so light that is the same everywhere
# cancels. Here all intensities are halved: the picture changes by half, the map only where a pixel is so dark that PLGF
# divides by its epsilon, a grey level, instead.

# %%
half = explore_light.read(face.picture, Light(gain=0.5))
frame = pd.DataFrame(
    {
        "what": ["rgb", "plgf"],
        "change": [half.rgb_change, half.map_change],
        "mean": [half.rgb_mean, half.map_mean],
    }
)
show(explore_pictures.light_figure(half, face.what), "explore-light", frame)

# %%
readouts(widgets.light_readouts(half))

# %% [markdown]
# Other light is not a factor. A tone curve (gamma) changes the ratio of neighbours, light from the side changes it
# slowly across the face, and what is clipped has lost its texture:

# %%
lights = {
    "gain 0.5": Light(gain=0.5),
    "gain 2": Light(gain=2),
    "gamma 0.5": Light(gamma=0.5),
    "gamma 2": Light(gamma=2),
    "side light 0.5": Light(side=0.5),
}
found = {name: explore_light.read(face.picture, light) for name, light in lights.items()}
changes = pd.DataFrame(
    {
        name: {
            "RGB, % of its mean": 100 * r.rgb_change / r.rgb_mean,
            "PLGF, % of its mean": 100 * r.map_change / r.map_mean,
            "made full, %": 100 * r.clipped,
        }
        for name, r in found.items()
    }
).T
changes.round(1)

# %% [markdown]
# ### Now you
#
# "Literal" is the mask as the formula is usually printed (notebook 02): it folds left onto right.

# %%
light_explorer = widgets.LightExplorer(gallery)
light_explorer

# %% [markdown]
# ## A simulated capture, stage by stage
#
# A telephone's screen before Replay-Attack's webcam. Left, the face in the webcam's own pixels; in the middle, the
# power of every spatial frequency, in cycles per pixel; right, its mean over all directions. The bright points off the
# middle are the screen's grid of pixels, seen through the webcam's. The first picture of a person may take seconds: the
# person is rendered, unless the pose is kept on disk.

# %%
studio = Studio(seed)
setup = Setup("replay-attack", 1, "webcam", "mobile_photo")
shot = explore_simulator.read(studio, setup)
frequency, power = explore_simulator.radial(shot.spectrum)
frame = pd.DataFrame({"cycles_per_pixel": frequency, "log10_power": power})
show(explore_pictures.simulator_figure(shot), "explore-simulator", frame)

# %% [markdown]
# The same without the grid; every random draw stays, so what is gone is what the stage did.

# %%
without = explore_simulator.read(studio, replace(setup, off=frozenset({"grid"})))
_, left = explore_simulator.radial(without.spectrum)
frame = frame.assign(without_grid=left)
show(explore_pictures.simulator_figure(without), "explore-simulator-grid", frame)

# %% [markdown]
# What each stage of this capture does to the face, in grey levels of 255; the bezel lies outside of it:

# %%
stages = [name for name in explore_simulator.stages_of(setup) if name != "second camera"]
alone = {
    name: explore_simulator.read(studio, replace(setup, off=frozenset({name}))).change for name in stages
}
pd.Series(alone, name="grey levels").sort_values(ascending=False).round(1).to_frame()

# %% [markdown]
# ### Now you
#
# Boxes that do nothing here are grey: a live face has no grid, a screen no halftone. A stage of a camera or a screen
# answers at once; one of a print takes a third of a second, since another sheet is printed; "second camera" a second or
# two, since the attacker's picture is taken anew.

# %%
simulator_explorer = widgets.SimulatorExplorer(studio, setup)
simulator_explorer

# %% [markdown]
# ## Where a network looks
#
# Grad-CAM (notebook 13) of any network whose weights are there, for either class. The dashed box holds eyes, nose and
# mouth. Read it as "here it looks", never as "this is why".

# %%
run = experiments.make("mpl_uda", "casia", seed)
lab.result(run)
networks = explore_heat.Networks(lab.store, seed)
pd.DataFrame({"run": [str(one) for one in networks.experiments]})

# %%
heat = explore_heat.read(networks.network(run), run, face, "live", "whole face")
figure = explore_pictures.heat_figure(heat, face, networks.title(run, "live"))
frame = pd.DataFrame({"live": [heat.live], "heat_inside": [heat.inside], "area_inside": [heat.area]})
show(figure, "explore-heat", frame)

# %%
heat_explorer = widgets.HeatExplorer(gallery, networks)
heat_explorer

# %% [markdown]
# ## Do the widgets say what the functions say?
#
# Moving a control from here does the same as moving it by hand.

# %%
light_explorer.gain.value = 0.5
simulator_explorer.stages["grid"].value = False
heat_explorer.network.value = run
[w.message.value for w in (light_explorer, simulator_explorer, heat_explorer)]

# %%
assert half.map_change < 0.05 * half.map_mean, "a gain must leave the map"
assert abs(half.rgb_change / half.rgb_mean - 0.5) < 1e-3
assert light_explorer.readout.value == widgets.table(widgets.light_readouts(half))
assert simulator_explorer.readout.value == widgets.table(widgets.simulator_readouts(without))
assert heat_explorer.readout.value == widgets.table(widgets.heat_readouts(heat))
grid = (frequency > 0.17) & (frequency < 0.22)
assert (power - left)[grid].max() > 0.3, "the grid must stand out of the spectrum"
assert all(alone[name] > 0 for name in ("grid", "glare", "noise", "compression")), "a stage changes nothing"
for explorer in (light_explorer, simulator_explorer, heat_explorer):
    assert explorer.message.value == ""
light_explorer.gain.value = 1

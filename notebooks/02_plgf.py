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
# # PLGF: a map that light does not change
#
# **Before:** 01, the databases. **Now:** the Pattern of Local Gravitational Force, its properties checked, Fig. 5.
# **After:** 03, the networks.
#
# **Regenerates:** Fig. 5 - about 5 s on a CPU - doubling the light changes the map by less than 0.001 rad

# %% [markdown]
# ## Where this runs

# %%
from fasnb import session

session.versions()

# %% tags=["parameters"]
profile: str = "smoke"  # smoke, lite, brief or paper
store: str = ""  # folder of results; empty: the profile's own
data: str = ""  # folder of the three databases; empty: FASNB_DATA, or simulated
seed: int = 0  # of the runs shown

# %%
import numpy as np
import pandas as pd
import torch

from fasnb import pictures, plots
from fasnb.plgf import masks, plgf

lab = session.start(profile, store, data)
torch.set_num_threads(1)

# %% [markdown]
# ## The equation
#
# Every pixel is pulled by its neighbours as by masses: more by brighter and by nearer ones. Over the offsets (m, n)
# of a k x k window, without the centre:
#
# ```
# Mx(m, n) = cos(theta) / (m² + n²)      My(m, n) = sin(theta) / (m² + n²)      theta = atan2(m, n)
#
# PLGF = arctan( sqrt( ((I * Mx) / I)² + ((I * My) / I)² ) )          in [0, pi/2)
# ```
#
# Dividing by the pixel itself removes the light: twice the light makes both sides twice as large.

# %%
x_mask, y_mask = masks(3)
print(np.round(x_mask.squeeze().numpy(), 2), np.round(y_mask.squeeze().numpy(), 2), sep="\n\n")

# %% [markdown]
# Both masks are odd and sum to 0, so a constant image has no force anywhere.

# %%
flat = torch.full((1, 1, 8, 8), 0.4)
plgf(flat).abs().max().item()

# %% [markdown]
# ## Light in, light out
#
# A face at three exposures, and its map at each. The map stays.

# %%
faces = lab.shown.training_faces("replay")
face = torch.from_numpy(faces.batch([0])).permute(0, 3, 1, 2).float() / 255  # (1, 3, 256, 256)
gains = (0.5, 0.75, 1.0)
changed = [(plgf(face * gain) - plgf(face)).abs().mean().item() for gain in gains]
pd.DataFrame({"gain": gains, "mean change of the map (rad)": changed})

# %% [markdown]
# Where a pixel is darker than one grey level the division is held back, or noise would become force; so very dark
# pixels do change a little.


# %%
def picture(x):
    return (x[0].permute(1, 2, 0).clamp(0, 1) * 255).byte().numpy()


def grey_map(x, **options):
    return plgf(x.mean(1, keepdim=True), **options)[0, 0].numpy()


# %%
images = [picture(face * gain) for gain in gains]
maps = [grey_map(face * gain) for gain in gains]
ax = pictures.plgf_pairs(images, maps, [f"light x {gain}" for gain in gains])
frame = pd.DataFrame({"gain": gains, "mean_plgf": [m.mean() for m in maps]})
plots.save(ax.figure, "plgf-light", frame, lab.figures).name

# %% [markdown]
# ## Two readings of theta
#
# Printed, the angle is arctan(m/n), which forgets in which half the neighbour lies: then all of Mx is positive, and a
# constant image is not 0 but near saturation. We take the angle that knows its quadrant (atan2) and keep the literal
# one as an option.

# %%
variants = {variant: plgf(flat, variant=variant).mean().item() for variant in ("quadrant", "literal")}
pd.Series(variants, name="a constant image maps to (rad)").round(3)

# %%
variants = ("quadrant", "literal")
maps = [grey_map(face, variant=variant) for variant in variants]
ax = pictures.plgf_pairs([picture(face)] * 2, maps, list(variants))
frame = pd.DataFrame({"variant": variants, "mean_plgf": [m.mean() for m in maps]})
plots.save(ax.figure, "plgf-variants", frame, lab.figures).name

# %% [markdown]
# ## Window sizes

# %%
sizes = (3, 5, 7)
maps = [grey_map(face, k=k) for k in sizes]
ax = pictures.plgf_pairs([picture(face)] * 3, maps, [f"k = {k}" for k in sizes])
frame = pd.DataFrame({"k": sizes, "mean_plgf": [m.mean() for m in maps]})
plots.save(ax.figure, "plgf-windows", frame, lab.figures).name

# %% [markdown]
# ## Fig. 5: real and fake in two scenes
#
# Replay-Attack's two scenes: *controlled* (even light, plain background) and *adverse* (daylight, busy background).


# %%
def one(kind, light):
    fits = [clip.light == light and (clip.attack == kind) for clip in faces.clips]
    index = int(np.flatnonzero(np.array(fits)[faces.clip_index])[0])
    return faces.batch([index])[0], faces.clips[faces.clip_index[index]].path


# %%
columns = [("", "controlled"), ("", "adverse"), ("print", "controlled"), ("print", "adverse")]
found = [one(*column) for column in columns]
images = [image for image, _ in found]
tensors = [torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255 for image in images]
maps = [grey_map(x) for x in tensors]

# %%
labels = [f"{'fake' if kind else 'real'}, {light}" for kind, light in columns]
ax = pictures.plgf_pairs(images, maps, labels, title=f"Fig. 5 ({lab.shown_kind} data)")
frame = pd.DataFrame(
    {"column": labels, "path": [path for _, path in found], "mean_plgf": [m.mean() for m in maps]}
)
plots.save(ax.figure, "figure5", frame, lab.figures).name

# %% [markdown]
# The room's light is gone from the lower row. What stays is texture: skin's pores, the print's dots, the camera's
# noise. That is the branch's strength and its weakness.

# %%
assert plgf(flat).abs().max() < 1e-6
assert (plgf(face * 0.5) - plgf(face)).abs().median() < 1e-3
assert min(m.min() for m in maps) >= 0
assert max(m.max() for m in maps) < np.pi / 2

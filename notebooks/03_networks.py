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
# # The networks
#
# **Before:** 02, what the second branch sees. **Now:** both networks drawn and counted, Table 14. **After:** 04, the
# learning-rate schedules.
#
# **Regenerates:** Figs 4 and 6, Table 14 - about 20 s on a CPU - WideResNet-28-2 has 1,466,578 parameters

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
import pandas as pd
import torch
from IPython.display import HTML, display

from fasnb import networks, pictures, plots, table14

lab = session.start(profile, store, data)
torch.set_num_threads(1)

# %% [markdown]
# ## Fig. 4: WideResNet
#
# A stem and three groups of residual blocks. It is fully convolutional: trained on 64x64 patches, tested on whole
# 256x256 faces, its last map averaged over all places.

# %%
blocks = pictures.wide_resnet_blocks(28, 2)
ax = pictures.block_diagram(blocks, title="Fig. 4: WideResNet-28-2 on a 64x64 patch")
plots.save(ax.figure, "figure4", pd.DataFrame([vars(b) for b in blocks]), lab.figures).name

# %%
wrn = networks.build("wrn-28-2")
networks.count_parameters(wrn)

# %% [markdown]
# Any size goes in; two logits come out, class 1 is live.

# %%
with torch.inference_mode():
    shapes = {side: tuple(wrn.eval()(torch.zeros(1, 3, side, side)).shape) for side in (64, 256)}
shapes

# %% [markdown]
# ## Fig. 6: AttVLAD
#
# Four convolutions that halve the map, attention (CBAM: which channels, then which places) after the first two, then
# NetVLAD: every place is softly assigned to one of 16 learned centres, and what is summed is how far it lies from it.
# The figure in the surviving copy of the paper is not legible: this arrangement is ours, chosen because it meets the
# printed parameter count.

# %%
blocks = pictures.attvlad_blocks()
ax = pictures.block_diagram(blocks, title="Fig. 6: AttVLAD on the PLGF map of a 256x256 face")
plots.save(ax.figure, "figure6", pd.DataFrame([vars(b) for b in blocks]), lab.figures).name

# %%
attvlad = networks.build("attvlad")
baseline = networks.build("attvlad-novlad")
networks.count_parameters(attvlad), networks.count_parameters(baseline)

# %% [markdown]
# The second number is Table 10's baseline: the same without the VLAD layer.
#
# ## Table 14: parameters, multiply-accumulates, time
#
# Counted as the paper must have counted: by ptflops, for a picture of 224x224. Timed here and now on one thread, one
# frame after another, the networks in turn: median and quartiles. `fasnb table t14` prints the same table.

# %%
table14_frame = table14.build()
display(HTML(table14.render(table14_frame, "html")))

# %% [markdown]
# Parameters and multiply-accumulates agree to the digits printed, with two remarks. MobileNetV2 differs by 0.02 %: this
# count has no final pooling. AttVLAD meets 44.12 M only if ptflops counts functions as well as modules, which counts
# each ReLU twice; counted like the others it is 43.15 M. DenseNet-121's parameters are read from a damaged digit.
#
# The paper's machine is not ours, so look at the order of the times, not at the numbers.

# %%
times = table14_frame.assign(paper=table14_frame["paper_ms"], network=table14_frame["title"])
where = table14_frame["device"].iloc[0]
ax = plots.latency_bars(times, title=f"Table 14 on one thread of {where}")
plots.save(ax.figure, "table14", table14_frame, lab.figures).name

# %% [markdown]
# A WideResNet has few parameters but keeps its maps large: by far the most work per picture. AttVLAD is the opposite,
# which is why it can be added to the RGB branch almost for free.

# %%
assert networks.count_parameters(wrn) == 1_466_578
assert networks.count_parameters(attvlad) == 95_958
assert set(shapes.values()) == {(1, 2)}
for counted in ("params", "macs"):
    relative = (table14_frame[counted] / table14_frame[f"paper_{counted}"] - 1).abs()
    assert (relative < 0.005).all(), relative
assert (times["ms"] > 0).all()

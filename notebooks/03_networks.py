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

from fasnb import latency, networks, pictures, plots, published
from fasnb.device import title as device_title

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
# ## Table 14: parameters and multiply-accumulates
#
# Counted as the paper must have counted: by ptflops, for a picture of 224x224.

# %%
keys = dict(
    zip(networks.TABLE14, ("resnet18", "inception3", "mobilenetv2", "densenet", "wideresnet", "attvlad"))
)
built = {name: networks.build(name) for name in networks.TABLE14}
counts = pd.DataFrame(
    {
        name: {
            "parameters": networks.count_parameters(network),
            "MACs": networks.macs(network, 224, functions=networks.TABLE14[name]),
        }
        for name, network in built.items()
    }
).T

# %%
papers = published.load()["t14"]
for column, name in (("params", "parameters"), ("macs", "MACs"), ("ms_per_frame", "ms")):
    counts[f"paper's {name}"] = [papers.cell(keys[network], column).value for network in counts.index]
counts["certainty"] = [papers.cell(keys[network], "params").certainty for network in counts.index]
counts.style.format("{:,.0f}", subset=["parameters", "MACs", "paper's parameters", "paper's MACs"])

# %% [markdown]
# They agree to the digits printed, with two remarks. MobileNetV2 differs by 0.02 %: this count has no final pooling.
# AttVLAD meets 44.12 M only if ptflops counts functions as well as modules, which counts each ReLU twice; counted like
# the others it is 43.15 M. DenseNet-121's parameters are read from a damaged digit.
#
# ## Table 14: time per frame
#
# One frame of 224x224 after another, the networks in turn, median and quartiles. The paper's machine is not ours, so
# look at the order, not at the numbers.

# %%
times = latency.compare(built, runs=7)
times["paper"] = counts["paper's ms"].to_numpy()
where = device_title(torch.device("cpu"))
ax = plots.latency_bars(times, title=f"Table 14 on one thread of {where}")
plots.save(ax.figure, "table14", times.assign(device=where), lab.figures).name

# %%
times.round(1)

# %% [markdown]
# A WideResNet has few parameters but keeps its maps large: by far the most work per picture. AttVLAD is the opposite,
# which is why it can be added to the RGB branch almost for free.

# %%
assert networks.count_parameters(wrn) == 1_466_578
assert networks.count_parameters(attvlad) == 95_958
assert set(shapes.values()) == {(1, 2)}
relative = (counts["MACs"] / counts["paper's MACs"] - 1).abs()
assert (relative < 0.005).all(), relative
assert (times["ms"] > 0).all()

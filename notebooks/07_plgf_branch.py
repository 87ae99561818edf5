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
# # The PLGF branch
#
# **Before:** 06, Meta Pseudo Labels. **Now:** the small network on the PLGF map: how it learned, where it looks, and
# what light does to both branches. **After:** 08, all of Tables 7 and 8.
#
# **Regenerates:** the PLGF branch (section 3.2) - about 30 s on a CPU - its scores move less with the light than the
# RGB branch's

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

from fasnb import experiments, networks, plots, scores, training
from fasnb.metrics import auc
from fasnb.plgf import network_input, plgf

lab = session.start(profile, store, data)
torch.set_num_threads(1)
own = {method: experiments.make(method, "casia", seed) for method in ("attvlad", "pl")}
results = {method: lab.result(experiment) for method, experiment in own.items()}


# %% [markdown]
# ## Learning
#
# All training faces, all labelled, at a rate of 0.01 that drops to a tenth at s1 and to a hundredth at s2 (eq. 30).

# %%
curve = pd.DataFrame(results["attvlad"].extra["curve"])
frame = pd.DataFrame({"curve": "AttVLAD", "step": curve["step"], "value": curve["loss"]})
ax = plots.learning_curves(
    frame, "cross entropy (nats)", title=f"AttVLAD on CASIA, profile {lab.profile.name}, seed {seed}"
)
plots.save(ax.figure, "curves-attvlad", frame, lab.figures).name

# %% [markdown]
# ## Within its own database and elsewhere

# %%
rows = []
for method, result in results.items():
    table = scores.answered(result.scores)
    for name, part in table[table["split"] == "test"].groupby("database"):
        rows.append((experiments.TITLES[method], name, auc(part["score"], part["label"])))
pd.DataFrame(rows, columns=["trained on casia", "tested on", "AUC"]).pivot(
    index="trained on casia", columns="tested on"
).round(2)

# %% [markdown]
# ## Where it looks
#
# Under *where* the second attention block's weights for places, under *cluster* the NetVLAD centre that each place is
# assigned to. Colours of clusters have no order.

# %%
faces = lab.shown.training_faces("casia")
kinds = ["", *sorted({clip.attack for clip in faces.clips} - {""})]
first = [next(i for i, c in enumerate(faces.clip_index) if faces.clips[c].attack == kind) for kind in kinds]
x = torch.from_numpy(faces.batch(first)).permute(0, 3, 1, 2)  # (4, 3, 256, 256)

# %%
network = lab.network(own["attvlad"])
seen = {}
last_attention = [m for m in network.stages if isinstance(m, networks.CBAM)][-1]
hooks = [
    last_attention.place.register_forward_hook(lambda m, i, out: seen.update(place=out.sigmoid())),
    network.pool.assign.register_forward_hook(lambda m, i, out: seen.update(cluster=out.argmax(1))),
]
with torch.inference_mode():
    live = networks.live_probability(network(network_input(x)))
for hook in hooks:
    hook.remove()

# %%
fig, grid = plots.plt.subplots(4, len(kinds), figsize=(1.9 * len(kinds) + 0.6, 8), layout="constrained")
rows = (
    ("face", x.permute(0, 2, 3, 1), {}),
    ("PLGF", plgf(x.float().mean(1, keepdim=True) / 255)[:, 0], {"vmin": 0, "vmax": np.pi / 2}),
    ("where", seen["place"][:, 0], {"cmap": "magma"}),
    ("cluster", seen["cluster"], {"cmap": "tab20", "vmin": 0, "vmax": 19, "interpolation": "nearest"}),
)
for row, (name, images, look) in zip(grid, rows):
    for ax, image, kind, p in zip(row, images, kinds, live):
        ax.imshow(image, **look)
        ax.set(xticks=[], yticks=[])
        if name == "face":
            ax.set_title(f"{kind.replace('_', ' ') or 'live'}\np(live) = {p:.2f}", fontsize=9)
    row[0].set_ylabel(name)
frame = pd.DataFrame({"kind": [kind or "live" for kind in kinds], "p_live": live.numpy().round(4)})
plots.save(fig, "attention", frame, lab.figures).name

# %% [markdown]
# ## What light does
#
# Test faces of CASIA, darkened step by step, through both branches. The line is the mean change of the score against
# the unchanged face.

# %%
test = next(
    found for name, split, found in lab.corpus.scored_faces("casia") if (name, split) == ("casia", "test")
)
chosen = np.linspace(0, len(test) - 1, 24).astype(int)
pixels = test.batch(chosen)
gains = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)


def moved(method):
    network = lab.network(own[method])
    branch = own[method].branch
    where = torch.device("cpu")
    p = [training.live_probabilities(network, branch, (pixels * g).astype(np.uint8), where) for g in gains]
    return [float(np.abs(q - p[0]).mean()) for q in p]


# %%
change = pd.concat(
    pd.DataFrame({"curve": name, "step": gains, "value": moved(method)})
    for name, method in (("AttVLAD on PLGF", "attvlad"), ("WideResNet on RGB (PL)", "pl"))
)
ax = plots.learning_curves(change, "mean change of p(live)", title="The same faces in less light")
ax.set_xlabel("gain applied to every pixel")
ax.xaxis.set_major_formatter("{x:.1f}")
ax.invert_xaxis()
plots.save(ax.figure, "light", change, lab.figures).name

# %% [markdown]
# A branch that is blind to light cannot use it, and cannot be fooled by it. That is the reason for adding the two
# (eq. 31). Notebook 09 looks at the weight.

# %%
by_branch = change[change["step"] == min(gains)].set_index("curve")["value"]
assert by_branch["AttVLAD on PLGF"] < min(0.1, by_branch["WideResNet on RGB (PL)"])
assert seen["place"].shape[1] == 1
assert frame["p_live"].between(0, 1).all()

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
# # Where the network looks
#
# **Before:** 12, how hard the databases are. **Now:** Grad-CAM of the RGB branch, on whole faces and on patches, and a
# check that these maps show anything learned. **After:** 14, thresholds to try by hand.
#
# **Regenerates:** Figures 7 and 8 - about 60 s on a CPU - maps of shuffled weights are unlike those of the trained ones

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
count: int = 48  # test faces behind a number, half of them live

# %%
import numpy as np
import pandas as pd
import torch
from IPython.display import display

from fasnb import (
    augment,
    cards,
    committed,
    experiments,
    grid,
    heatmaps,
    heatplots,
    networks,
    plgf,
    plots,
    samples,
    weights,
)

lab = session.start(profile, store, data)
torch.set_num_threads(1)
SIDES = {"whole face": 256, "64x64 patches": 64}

# %% [markdown]
# ## Grad-CAM
#
# Take the last maps $A^k$ before the network averages them over the face. How much does the logit $y_c$ of a class rise
# with each? Weigh the maps by that and keep what speaks for the class:
#
# $$\alpha_k = \frac{1}{Z}\sum_{ij} \frac{\partial y_c}{\partial A^k_{ij}} \qquad
# L = \mathrm{ReLU}\Big(\sum_k \alpha_k A^k\Big)$$
#
# (Selvaraju et al. 2017, equations 1 and 2.) In a WideResNet all that follows the maps is an average and one linear
# layer, so $\alpha_k$ is that layer's weight over the number of places: Grad-CAM is exact here, it splits the positive
# part of the logit among places.
#
# Below, the class is the true one: on a live face the evidence for *live*, on an attack that for *attack*.


# %%
def test_faces(short):
    found = lab.shown.scored_faces(short)
    return next(faces for name, split, faces in found if (name, split) == (short, "test"))


def pixels_of(faces, indices):
    return torch.from_numpy(faces.batch(indices)).permute(0, 3, 1, 2)  # (n, 3, 256, 256) uint8


def evidence_of(network, faces, indices, side):
    """Eq. 2 for the true class of faces seen whole (256) or patch by patch (64): (n, 256, 256)."""
    x = augment.network_input(pixels_of(faces, indices))
    return heatmaps.tiled_evidence(network, x, faces.labels[indices], side)


# %% [markdown]
# ## Which networks
#
# The paper sets networks trained on whole faces of 256x256 beside networks trained on patches of 64x64, as in its
# Table 13. Where this profile's store holds both, they are shown; where it does not, those of another profile whose
# networks are committed. Their people are the same and are dealt into the same splits: the faces below are test faces
# to them, too. Where no profile has both, the patches' side is MPL+UDA, which every profile trains, and the other side
# stays empty: it says so and is not replaced by anything.


# %%
def table13(short, side):
    return experiments.make("supervised", short, seed, labelled=grid.PAPER_SAMPLES, patch=side)


def opened(store, result):
    return weights.network(result.experiment.network(store.profile), cards.weights_of(result, store))


def trained(short):
    """The network trained on inputs of each side, with its result; None: no profile has one."""
    if found := committed.trained(lab.store, [table13(short, side) for side in (256, 64)]):
        store, results = found
        return {side: (one, opened(store, one)) for side, one in zip((256, 64), results)}
    own = experiments.make("mpl_uda", short, seed)
    return {256: None, 64: (lab.result(own), lab.network(own))}


def origin(one):
    """A network's run, and the data and the profile of its training."""
    if one is None:
        return {"run": "none in a store", "data": "", "profile": ""}
    record = one[0].record
    return {"run": record["experiment"], "data": record["data"]["source"], "profile": record["profile"]}


# %%
shown = {short: trained(short) for short in ("casia", "replay")}
missing = "not trained:\nTable 13's runs\nare in\nno store"
rows = [
    {"database": short, "trained on": f"{side}x{side}"} | origin(one)
    for short, both in shown.items()
    for side, one in both.items()
]
with pd.option_context("display.max_colwidth", None):
    display(pd.DataFrame(rows))

# %% [markdown]
# ## A number beside the pictures
#
# A picture can be picked to please. So for many test faces: which part of the heat lies inside the face's inner region
# (eyes, nose and mouth; dashed in the figures)? A network that looks everywhere alike gives that region's part of the
# area. Intervals are of 95 % over subjects.


# %%
def chosen_of(faces):
    rng = np.random.default_rng(seed)
    return samples.order_by_strata(faces.labels, samples.subjects_of(faces), min(count, len(faces)), rng)


def shares_of(network, faces, indices, tile):
    maps = evidence_of(network, faces, indices, tile)
    facts = faces.boxes[indices], faces.labels[indices], samples.subjects_of(faces)[indices]
    return heatmaps.shares_by_class(maps, *facts).to_dict("records")


# %%
def shares(short):
    faces, rows = test_faces(short), []
    indices = chosen_of(faces)
    for side, one in shown[short].items():
        for tested, tile in SIDES.items():
            facts = {"database": short, "trained_on": side, "tested_on": tested}
            facts |= origin(one)
            rows += [facts | row for row in (shares_of(one[1], faces, indices, tile) if one else [{}])]
    return pd.DataFrame(rows)


numbers = {short: shares(short) for short in shown}
pd.concat(numbers.values()).drop(columns=["run", "data", "profile"]).round(3)


# %% [markdown]
# ## Figures 7 and 8
#
# One person's test faces, live and in each attack. Patches are seen one by one and put back in their places, all
# sixteen of a face on one scale. The lines between them are the networks' own: at a patch's edge the convolutions see
# the zeros beyond it.


# %%
def rows_of(faces):
    """One face per kind, live first, of the subject who has the most kinds."""
    clips = pd.DataFrame([(c.subject, c.attack) for c in faces.clips], columns=["subject", "attack"])
    kinds = clips.groupby("subject")["attack"].nunique()
    own = clips[clips["subject"] == kinds.idxmax()].drop_duplicates("attack").sort_values("attack")
    first = [int(np.flatnonzero(faces.clip_index == clip)[0]) for clip in own.index]
    return np.array(first), [kind.replace("_", "\n") or "live" for kind in own["attack"]]


# %%
def name_of(side, tested):
    return f"trained on {side}x{side}\ntested on {tested}"


def panels_of(short, faces, indices):
    columns, notes = {}, {}
    for side, one in shown[short].items():
        for tested, tile in SIDES.items():
            name = name_of(side, tested)
            columns[name] = missing
            if one:
                columns[name] = list(heatmaps.scaled(evidence_of(one[1], faces, indices, tile)))
                x = augment.network_input(pixels_of(faces, indices))
                notes[name] = [f"p(live) {p:.2f}" for p in mean_live(one[1], x, tile)]
    return columns, notes


def mean_live(network, x, tile):
    """p(live) of faces, the mean over their patches where they are seen in patches."""
    with torch.inference_mode():
        scores = networks.live_probability(network(heatmaps.patches(x, tile)))
    return scores.view(len(x), -1).mean(1).tolist()


# %%
def draw(short, stem, title):
    faces = test_faces(short)
    indices, labels = rows_of(faces)
    columns, notes = panels_of(short, faces, indices)
    regions = heatmaps.inner_regions(faces.boxes[indices], 256)
    rows = numbers[short].dropna(subset="heat_inside").groupby(["trained_on", "tested_on"])
    below = {name_of(*key): part for key, part in rows}
    profiles = {one[0].record["profile"] for one in shown[short].values() if one}
    title = f"{title} for the true class ({lab.shown_kind} faces, networks of {' and '.join(profiles)}, seed {seed})"
    fig = heatplots.heat_panels(list(faces.batch(indices)), labels, columns, regions, notes, below, title)
    return plots.save(fig, stem, numbers[short], lab.figures).name


draw("casia", "figure7", "Fig. 7. Grad-CAM on CASIA")

# %%
draw("replay", "figure8", "Fig. 8. Grad-CAM on Replay")

# %% [markdown]
# What the paper reads from its figures is not legible in our copy. Ours are read in the bottom row, not in the pictures:
# does an interval leave the dashed line, and on which side? One that holds the line says no more than heat spread evenly.
#
# ## Is there anything learned in these maps?
#
# Some heat maps look convincing and show edges of the picture, whatever the network. Adebayo et al. (2018) ask for a
# sanity check: shuffle the weights, so that nothing learned is left, and look again. Heat maps that stay the same have
# shown nothing. First the last layer alone is shuffled, then every layer.
#
# For comparison, a change that should *not* matter: the network sees the faces in a mirror, and its heat is mirrored
# back. And one that should: heat for the other class.


# %%
def checks(short):
    """Rank correlation of the heat of trained weights with that after each change, a mean over 12 faces."""
    faces, (_, network) = test_faces(short), shown[short][64]
    indices = chosen_of(faces)[:12]
    pixels, labels = pixels_of(faces, indices), faces.labels[indices]
    x = augment.network_input(pixels)
    kept = heatmaps.evidence(network, x, labels)
    mirrored = heatmaps.evidence(network, augment.network_input(pixels.flip(3)), labels)[:, :, ::-1]
    changed = [("mirrored faces", mirrored), ("the other class", heatmaps.evidence(network, x, 1 - labels))]
    for what, part in (("last layer shuffled", "fc"), ("every layer shuffled", "")):
        for shuffle in range(3):
            other = heatmaps.randomised(network, shuffle, part)
            changed.append((what, heatmaps.evidence(other, x, labels)))
    return [(short, what, np.nanmean(heatmaps.rank_correlation(kept, maps))) for what, maps in changed]


# %%
check = pd.DataFrame(
    [row for short in shown for row in checks(short)], columns=["database", "what", "correlation"]
)
check = check.groupby(["database", "what"], sort=False)["correlation"].agg(["mean", "min", "max"])
check.round(2)

# %% [markdown]
# The correlation is over places, of ranks: 1 is the same order, 0 none. Shuffling the last layer changes the weights
# $\alpha_k$ only, not the maps that they weigh: what stays is what those maps have in common.
#
# Where the other class has nearly the same heat, the map shows where the last maps are strong at all, edges above all,
# and not what tells live from attack. Short runs that hardly leave p(live) = 0.5 are like that. Read such a figure as
# "here it looks", never as "this is why".
#
# ## The PLGF branch
#
# AttVLAD sees another picture of the same face. NetVLAD's pooling is not linear, so here Grad-CAM is an approximation,
# on maps of 16x16.

# %%
faces = test_faces("casia")
indices, labels = rows_of(faces)
rgb, light = (experiments.make(method, "casia", seed) for method in ("mpl_uda", "attvlad"))
for one in (rgb, light):
    lab.result(one)
maps = heatmaps.grad_cam(
    lab.network(light), plgf.network_input(pixels_of(faces, indices)), faces.labels[indices]
)
columns = {"AttVLAD on PLGF": list(maps)}
columns["MPL+UDA on RGB"] = list(heatmaps.scaled(evidence_of(lab.network(rgb), faces, indices, 256)))
regions = heatmaps.inner_regions(faces.boxes[indices], 256)

# %%
title = f"Both branches, CASIA ({lab.shown_kind} faces, networks of {lab.profile.name}, seed {seed})"
fig = heatplots.heat_panels(list(faces.batch(indices)), labels, columns, regions, title=title)
where = heatmaps.inside(256, regions)
frame = pd.DataFrame({"kind": labels, "area_inside": where.mean(axis=(1, 2))})
for name, column in columns.items():
    frame[name] = heatmaps.share_inside(np.stack(column), where)
plots.save(fig, "heat-branches", frame, lab.figures).name

# %% [markdown]
# ## What these maps do not show
#
# - **That the network would fail without it.** For that, cover the place and look at the score.
# - **What it saw there**: skin, a moire pattern and the edge of a photo look alike once they are heat.
# - **What spoke against**: the ReLU cuts it off. An attack that is taken for live has heat for *attack*, too.
# - **Anything finer than its maps**: a place of the last maps has seen a neighbourhood of the face, not a point.
# - **How sure the network is**: every face is scaled to its own largest heat.

# %%
means = check["mean"].unstack()
assert (means["every layer shuffled"] < 0.5).all(), f"heat stays without what was learned: {means}"
kept = means["mirrored faces"] - means["every layer shuffled"]
assert (kept > 0.2).all(), f"a mirror changes heat as much as losing all that was learned: {means}"
for rows in numbers.values():
    drawn = rows[rows["heat_inside"].notna()]
    assert len(drawn) >= 4
    assert drawn["heat_inside"].between(0, 1).all()

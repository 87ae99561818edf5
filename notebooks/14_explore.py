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
# # Explore: a threshold, and what it costs at your door
#
# **Before:** 13, where the network looks. **Now:** move the threshold, the fusion weight, the schedules and the
# pseudo labels yourself. **After:** 15, light, media and heat to play with.
#
# **Regenerates:** the pictures of the explorer - about 15 s on a CPU - with few people the 95 % intervals are wide

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
from dataclasses import replace

import pandas as pd
from IPython.display import Image

from fasnb import explore, explore_door, explore_learning, explore_plots, plots, widgets

lab = session.start(profile, store, data)
results = lab.ensure(["t7", "t8"])
library = explore.Library.of_store(lab.store, seed)
state = library.default()
state


# %%
def show(figure, stem, frame):
    return Image(plots.save(figure, stem, frame, lab.figures), width=round(90 * figure.get_figwidth()))


# %% [markdown]
# Every picture below stands still, with the settings just shown. The sliders under it need a running kernel
# (`make lab`): reach them with Tab, move them with the arrow keys.
#
# ## One threshold, seen three ways
#
# Left, how the scores are spread and where the threshold cuts them. Right, every other threshold there could have
# been. The threshold comes from the **training** database; the scores are of another one.

# %%
reading = explore.read(library, state)
frame = reading.scores[["database", "subject", "label", "attack", "score"]]
show(explore_plots.threshold_figure(reading), "explore-threshold", frame)

# %%
readouts = widgets.readouts(reading)
pd.DataFrame(readouts, columns=["what", "value"]).set_index("what")

# %% [markdown]
# The standard (ISO/IEC 30107-3) counts the worst attack type, since that is the one an attacker will use.
#
# ## What would this cost at my door?
#
# Rates say little to a doorkeeper. So many visitors a day, so many of them attacks: how many people are turned away,
# how many attacks get in? The bands are the 95 % interval over the subjects of the test: with few people, a wide one.

# %%
readings = explore.by_rule(library, state)
doors = explore_door.doors(readings, state.visitors, state.attack_rate)
show(explore_plots.door_figure(doors, state), "explore-door", doors)

# %% [markdown]
# The last row is **the wrong way**: its threshold was fitted on the very videos that it judges. At a real door nobody
# hands you the answers first.
#
# BPCER20 lets at most 5 % of each attack type pass *on the training database*. On another one that promise does not
# hold by itself.

# %%
costs = doors.pivot(index="rule", columns="error", values="a_day").loc[list(readings)]
costs.assign(where=[r.threshold.where for r in readings.values()]).round(2)

# %% [markdown]
# ## The fusion weight
#
# The paper gives the RGB branch 0.8 and the PLGF branch 0.2 (eq. 31). The thick line is the split that may choose; the
# others are for show.

# %%
sweep = explore.fusion(library, state)
show(explore_plots.fusion_figure(sweep, state, library.source(state)), "explore-fusion", sweep)

# %% [markdown]
# ## Now you
#
# Choose an experiment, where it was trained and where it is tested, how the threshold is set. Moving the threshold
# chooses "a fixed value".

# %%
explorer = widgets.Thresholds(lab.store, seed)
explorer

# %% [markdown]
# ## The schedules
#
# Eq. 28 (RGB branch) and eq. 30 (PLGF branch) with the paper's steps; below, every parameter.

# %%
paper = explore_learning.Schedules.of_profile("paper")
curves = explore_learning.schedule_curves(paper)
show(explore_plots.schedule_figure(curves), "explore-schedules", curves)

# %%
widgets.ScheduleExplorer("paper")

# %% [markdown]
# ## Pseudo labels
#
# How many predictions does a confidence threshold keep, and how many of those are right? Here the stored scores of
# frames stand for the patches that training sees: they are means over patches, so they are less spread out. A
# temperature below 1 makes every prediction more certain, so more are kept, and no more of them are right.

# %%
guesses = explore_learning.stored(library, "PL+UDA", state.train)
guess = explore_learning.pseudo_labels(guesses, tau=0.6, temperature=0.7)
show(explore_plots.pseudo_figure(guess), "explore-pseudo-labels", guess.curve)

# %%
widgets.PseudoExplorer(guesses)

# %% [markdown]
# ## Does the widget say what the functions say?
#
# Moving a slider from here does the same as moving it by hand.

# %%
explorer.threshold.value = 0.5
half = explore.read(library, replace(state, rule="fixed", fixed=0.5))
explorer.rule.value, f"{100 * half.far:.1f} %"

# %%
assert f"{100 * half.far:.1f} %" in explorer.readout.value
assert explorer.message.value == ""
assert not reading.wrong
assert readings["target"].wrong
assert [r.threshold.where.split()[-1] for r in readings.values()][-1] == "test", "the wrong way, and only it"
assert guess.curve["kept"].diff().dropna().le(0).all()
explorer.rule.value = "eer"

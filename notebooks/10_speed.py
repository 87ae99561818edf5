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
# # How fast, and compared with what
#
# **Before:** 09, scores and thresholds. **Now:** what was measured, on which device, beside a plain way of doing the
# same, and where the goal was missed. **After:** 11, what a camera, a print and a screen do.
#
# **Regenerates:** the figures of speed and of scale - about 10 s on a CPU - ratios on the right of the line are where
# ours is the cheaper way; not all are

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

from fasnb import bench, plots
from fasnb.bench import report, row

lab = session.start(profile, store, data)
frame = report.load()

# %% [markdown]
# ## Whose numbers these are
#
# A time belongs to the machine it was taken on. What follows was measured earlier, on the devices named here, and is
# kept in `results/bench/`, one file a device, whatever machine or profile runs this notebook. A file of a GPU also has
# rows of the processor beside it: some work is done there.

# %%
frame.groupby(["file", "device", "threads", "torch"], sort=False).size().rename("rows").reset_index()

# %% [markdown]
# How many rows each file has of each benchmark. A 0 means that it was not measured there: that question is open.

# %%
pd.crosstab(frame["bench"], frame["file"]).reindex(list(bench.BENCHES), fill_value=0)

# %% [markdown]
# ## Compared with what
#
# A time alone says little. Each benchmark does the same work in two ways, in turns (ours, plain, ours, plain ...) in one
# process, so that a machine that slows down slows both.
#
# | benchmark | what is measured | what is plain |
# |---|---|---|
# | mpl-step | One step of Meta Pseudo Labels (notebook 06), with the making of its batch and without. | The same networks, losses and update as usually written: 32-bit numbers, all images through the teacher at once with gradients on all, every image augmented on its own in worker processes. |
# | augmentation | The step with augmentation. | The step on batches made beforehand: the ratio is the share of speed that augmentation leaves. |
# | plgf | The PLGF map (notebook 02) of a batch of faces. | Copying the same pictures, which nothing that reads and writes them can beat; on a CPU also the map by OpenCV, picture by picture. |
# | faces | From a video to its face crops, kept on disk; and the peak memory of a video ten times as long. | Reading all frames into memory, then choosing, keeping nothing on disk; for memory, the short video. |
# | score | From a face to its score, one at a time and 16 together; and how long a new process takes to its first score. | The same network in 32-bit numbers, as a script has it; for the first score, a process that only loads torch. |
# | simulate | A simulated frame, stage by stage. | Nothing: only times. |
# | scale | Time and memory at 1 to 8 times the size. | The same at size 1. |
# | grid | Four runs, one thread each, by two worker processes. | The same four by one. |
# | paper | A step of each method at the paper's size, and from it hours a run and days for the grid. | Nothing: only times. |
# | where | What the operations of a step take, by kind. | As mpl-step, on a batch that is there already. |
#
# ## The ratios
#
# The ratio is the cost of the plain way divided by ours: 2 is twice as fast, below 1 the plain way wins. It is the
# median over the rounds, with its quartiles; ours and plain are in the unit named. The goals were set before measuring.

# %%
compared = frame[frame["ratio"].notna() & ~frame["bench"].isin(["scale", "where"])]
shown = ["device", "bench", "what", "ours", "reference", "unit", "ratio", "low", "high", "goal", "verdict"]
table = compared[shown].rename(columns={"reference": "plain"})
table.style.hide(axis="index").format(precision=3, na_rep="")

# %%
ax = plots.ratios(compared, title="Ours against the plain way")
plots.save(ax.figure, "speed-ratios", compared[[*shown, "note"]], lab.figures).name

# %% [markdown]
# Long bars mean that the machine was not quiet, or that the work is too short to time well: do not read much into
# them.
#
# ## What did not reach its goal

# %%
missed = compared[compared["verdict"] == "missed"]
missed[["device", "bench", "what", "ratio", "goal", "note"]].style.hide(axis="index").format(precision=3)

# %% [markdown]
# Why, as far as we know:
#
# - **plgf against a copy.** The map is several passes over memory, each reading and writing all of it, where one fused
#   kernel would take one. On a CPU the arc tangent alone takes longer than a copy.
# - **augmentation on a GPU.** The step consists of many small operations; starting them takes longer than doing them,
#   and augmentation adds more of them. Replaying a recorded step (CUDA graphs) is the next thing to try.
# - **score of AttVLAD** has no goal, but ours is slower on a CPU: the network is so small that the conversions to
#   16-bit numbers cost more than they save.
# - **score, one face at a time on a GPU** has no goal, but ours is slower there: 16-bit numbers need conversions that
#   pay only for a batch.
#
# `docs/log.md` has what was tried.
#
# ## Times without a counterpart
#
# Median and quartiles, in the unit named.

# %%
alone = frame[frame["ratio"].isna() & ~frame["bench"].isin(["scale", "where"])]
alone[["device", "bench", "what", "ours", "low", "high", "unit"]].round(2)

# %% [markdown]
# ## Where the time goes
#
# A step of Meta Pseudo Labels under a profiler, by kind of operation. What is saved comes from 16-bit numbers, from
# channels kept last in memory, and from gradients only where they are used.

# %%
spent = frame[frame["bench"] == "where"]
wide = spent.set_index(["device", "what"])[["reference", "ours"]].rename(columns={"reference": "plain"})
ax = plots.axes(None, (6.8, 3.6))
wide.iloc[::-1].plot.barh(ax=ax, color=[plots.SKY, plots.BLUE], width=0.75)
ax.set_yticks(range(len(wide)), [what for _, what in wide.index[::-1]])
plots.decorate(ax, "time in a step (ms)", "", ", ".join(spent["device"].unique()), grid="x")
ax.legend(frameon=False)
plots.save(ax.figure, "speed-where", spent, lab.figures).name

# %% [markdown]
# ## As things grow
#
# If a cost is proportional to a size, its exponent is 1: twice the clips, twice the time. At 0 it does not grow at all,
# which is what memory should do when a video gets longer.

# %%
growth = report.growth(frame)
if growth.empty:
    print("no file has rows of `scale`; measure them with: fasnb bench scale --json")
else:
    fig, panels = plots.panels(2, (5.2, 5.2))
    for ax, (cost, part) in zip(panels, growth.groupby("cost", sort=False)):
        plots.growth(part, ax, cost)
    plots.save(fig, "speed-scale", growth, lab.figures)

# %%
fits = growth.drop_duplicates(["file", "cost", "axis"])
fits[["device", "cost", "axis", "exponent", "low", "high"]].round(2)

# %% [markdown]
# ## On your machine
#
# One benchmark, live. `quick` makes everything tiny: it shows how, its numbers mean nothing.

# %%
here = bench.run("plgf", quick=True)
print(row.table(here))

# %% [markdown]
# For numbers that mean something, close other programs and run `fasnb bench plgf`, or `fasnb bench` for all of them
# (minutes). With `--json` into a file of `results/bench/`, this notebook shows your machine beside the others.

# %%
assert not frame.empty
assert frame["device"].str.len().gt(0).all(), "a row without a device"
assert (frame["ratio"].dropna() > 0).all(), "a ratio must be positive"
assert set(frame["verdict"]) <= {"met", "missed", "no goal"}
assert here, "the quick run measured nothing"

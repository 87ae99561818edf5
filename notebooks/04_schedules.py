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
# # The two learning-rate schedules
#
# **Before:** 03, the networks. **Now:** how fast each learns, and when. **After:** 05, learning from few labels.
#
# **Regenerates:** the schedules of eq. 28 and eq. 30 - about 3 s on a CPU - the student starts at half its rate

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

from fasnb import plots, profiles
from fasnb.schedules import eq28, eq30

lab = session.start(profile, store, data)
paper = profiles.get("paper")

# %% [markdown]
# ## Eq. 28: the RGB branch
#
# ```
# lr(t) / lr_0 = 0                                                   t < s_wt
#                t / max(1, s_wt + s_wu)                             s_wt <= t < s_wt + s_wu
#                max(0, 0.5 + 0.5 cos(pi (t - s_wu - s_wt) / max(1, s_t - s_wu - s_wt)))     afterwards
# ```
#
# Wait, warm up, and come to rest along half a cosine. The teacher does not wait (s_wt = 0); the student waits 3,000 of
# the 64,000 steps, so that it does not learn from a teacher that knows nothing yet.


# %%
def rgb(p):
    rows = []
    for name, wait in (("teacher", 0), ("student", p.wait)):
        for t in range(0, p.steps + 1, max(1, p.steps // 640)):
            rows.append({"schedule": name, "step": t, "factor": eq28(t, wait, p.warmup, p.steps)})
    return pd.DataFrame(rows)


# %%
frame = rgb(paper)
ax = plots.schedules(frame, title="Eq. 28, RGB branch: initial rate 0.05")
plots.save(ax.figure, "schedule-eq28", frame, lab.figures).name

# %% [markdown]
# Look at the student's first step: as printed, the warm-up counts from step 0, not from the end of the wait. So the
# student begins at 3,000 / 6,000 = one half of its rate, with a jump.

# %%
first = {t: eq28(t, paper.wait, paper.warmup, paper.steps) for t in (2999, 3000, 5999, 6000, 63999, 64000)}
pd.Series(first, name="student's factor").round(4)

# %% [markdown]
# ## Eq. 30: the PLGF branch
#
# ```
# lr(t) / lr_0 = 1        t < s1 = 200
#                0.1      s1 <= t < s2 = 2000
#                0.01     s2 <= t
# ```

# %%
rows = [
    {"schedule": "AttVLAD", "step": t, "factor": eq30(t, paper.s1, paper.s2)} for t in range(paper.plgf_steps)
]
frame = pd.DataFrame(rows)
ax = plots.schedules(frame, title="Eq. 30, PLGF branch: initial rate 0.01", log=True)
plots.save(ax.figure, "schedule-eq30", frame, lab.figures).name

# %%
pd.Series({t: eq30(t) for t in (0, 199, 200, 1999, 2000)}, name="factor")

# %% [markdown]
# ## In this profile
#
# Smaller profiles keep the fractions of the wait and the warm-up, with fewer steps. The smoke profile keeps s1 as
# printed: a tenth of it would end the learning before it began.

# %%
frame = rgb(lab.profile)
ax = plots.schedules(frame, title=f"Eq. 28 in the profile {lab.profile.name}")
plots.save(ax.figure, "schedule-profile", frame, lab.figures).name

# %%
sizes = ["steps", "wait", "warmup", "plgf_steps", "s1", "s2", "lr_rgb", "lr_plgf"]
pd.DataFrame({p.name: {name: getattr(p, name) for name in sizes} for p in (lab.profile, paper)}).T

# %%
assert first[2999] == 0
assert first[3000] == 0.5
assert first[6000] == 1
assert first[64000] == 0
assert [eq30(t) for t in (199, 200, 1999, 2000)] == [1, 0.1, 0.1, 0.01]

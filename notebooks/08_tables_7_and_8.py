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
# # Tables 7 and 8
#
# **Before:** 07, the second branch. **Now:** every arm of the two comparison tables, within and across databases, each
# number beside the paper's. **After:** 09, what is behind a single number.
#
# **Regenerates:** Tables 7 and 8 - about 10 s on a CPU once the runs are there - intra columns below cross columns

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
from IPython.display import HTML, display

from fasnb import committed, evaluation, plots, rendering, tables

lab = session.start(profile, store, data)

# %% [markdown]
# ## What is compared
#
# | arm | RGB branch | PLGF branch |
# |---|---|---|
# | PL, PL+UDA, MPL+UDA | one of the three methods | - |
# | AttVLAD | - | the small network |
# | ... + AttVLAD | one of the three, weight 0.8 | weight 0.2 |
#
# Trained on one database, tested on all three. *Intra*: the EER of its own test videos (Replay-Attack's on its
# development set too). *Cross*: the HTER at the threshold of the **training** database, as at a door that was set up
# before these people came.
#
# ## The runs
#
# Four methods on three databases are twelve runs per seed; the fused arms need none of their own.

# %%
results = lab.ensure(["t7", "t8"])
runs = pd.DataFrame(
    {"run": r.experiment.name, "steps/s": r.extra["steps_per_s"], "train (s)": r.extra["seconds"]["train"]}
    for r in results
)
runs

# %% [markdown]
# ## Table 7

# %%
table7 = tables.build("t7", lab.store)
display(HTML(rendering.render(table7, "html")))

# %%
caption = f"Table 7 ({lab.store.source.kind} data, profile {lab.profile.name})"
ax = plots.table_dots(table7, title=caption)
plots.save(ax.figure, "table7", table7, lab.figures).name

# %% [markdown]
# ## Table 8

# %%
table8 = tables.build("t8", lab.store)
display(HTML(rendering.render(table8, "html")))

# %%
caption = f"Table 8 ({lab.store.source.kind} data, profile {lab.profile.name})"
ax = plots.table_dots(table8, title=caption)
plots.save(ax.figure, "table8", table8, lab.figures).name

# %% [markdown]
# ## How sure are we?
#
# The bars are 95 % intervals over people: what other test subjects from the same world would give. Two arms with
# overlapping bars may still differ, because both saw the same people; bars far apart surely do. Here is how wide the
# intervals are, by table.

# %%
width = pd.concat([table7, table8]).assign(width=lambda t: t["high"] - t["low"])
width.groupby(["table", "measure"])["width"].agg(["median", "max", "count"]).round(1)

# %% [markdown]
# ## Intra and cross
#
# The mean of all arms, by training database (rows) and test database (columns); NaN where the paper has no column.

# %%
both = pd.concat([table7, table8]).drop_duplicates(["row", "column"])
both.pivot_table(index="train", columns="test", values="value").round(1)

# %% [markdown]
# Which videos set the threshold of a number? Always the training database's:

# %%
pd.DataFrame({"threshold from": {t: f"{t} {evaluation.threshold_split(t)}" for t in both["train"].unique()}})

# %% [markdown]
# ## Other profiles
#
# Where results of other profiles are committed, the same two tables of them. Compare arms within a table: a profile has
# its own networks, faces and steps.

# %%
for name in ("t7", "t8"):
    for frame in committed.build(name, committed.stores(lab.store))[1:]:
        display(HTML(rendering.render(frame, "html")))
        ax = plots.table_dots(frame, title=f"Table {name[1:]} ({committed.origin(frame)})")
        plots.save(ax.figure, f"table{name[1:]}-{frame['profile'].iloc[0]}", frame, lab.figures)

# %%
assert table7["value"].notna().all()
assert table8["value"].notna().all()
assert both["value"].between(0, 100).all()
assert (both["low"] <= both["high"]).all()
intra = both.loc[both["train"] == both["test"], "value"].mean()
cross = both.loc[both["train"] != both["test"], "value"].mean()
assert intra < cross, (intra, cross)

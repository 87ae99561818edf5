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
# # The paper's claims
#
# **Before:** 17, the ablations. **Now:** each claim of the paper as an effect with an interval, beside the effect in the
# paper's own tables, and a verdict by a rule that was fixed beforehand. **After:** your own question.
#
# **Regenerates:** a verdict for each of nine claims - about 20 s on a CPU once the runs are there - most claims are "not
# measured" in the smoke profile

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
from IPython.display import Markdown, display

from fasnb import claims, committed, effectplots, plots

lab = session.start(profile, store, data)

# %% [markdown]
# ## What a claim is
#
# That some cells of a table have a smaller error than others. As data: the pairs of cells, and which should be better.

# %%
rows = [(one.key, one.says, one.table, len(one.pairs), one.measure) for one in claims.CLAIMS]
pd.DataFrame(rows, columns=["claim", "what the paper says", "table", "pairs of cells", "measure"])

# %% [markdown]
# ## The effect and its interval
#
# The effect is the error saved, in percentage points, the mean over the pairs and over the seeds: positive where the
# paper is right. The interval draws people anew, 1,000 times. Both arms of a pair meet the **same** people in each draw,
# so what makes a person hard for both arms cancels; different databases are drawn independently.
#
# It is an interval over people, not over trainings. One seed may be lucky: where there are several, `spread` tells.

# %%
used = dict.fromkeys(one.table for one in claims.CLAIMS)
results = lab.ensure([name for name in used if name in lab.profile.tables])
frame = claims.judge(lab.store)
wholes = frame[frame["part"] == ""]
wholes.set_index("claim")[["effect", "low", "high", "spread", "paper", "verdict"]].round(1)

# %% [markdown]
# ## The rule

# %%
display(Markdown(f"> {claims.RULE}"))

# %% [markdown]
# "Not" is not a proof of the opposite: with few people an interval is wide, and an effect of the paper's size may lie
# inside. Look at the interval, and at the paper's effect beside it.
#
# ## The verdicts

# %%
display(Markdown("\n".join(f"1. {claims.sentence(row)}" for _, row in wholes.iterrows())))

# %%
ax = effectplots.forest(frame, title=f"The paper's claims on {committed.origin(frame)}")
plots.save(ax.figure, "claims", frame, lab.figures).name

# %% [markdown]
# On simulated faces a verdict is about the method in a world that we made, not about the paper's numbers. The claim of
# Fig. 9 has no printed number: its measure is how much the area under the curve falls from CASIA's test videos to
# Replay's, with the network trained on CASIA.
#
# ## The parts
#
# A claim of several columns or rivals may hold for some and not for others.

# %%
parts = frame[frame["part"] != ""].set_index(["claim", "part"])
parts[["effect", "low", "high", "paper"]].round(1)

# %% [markdown]
# By the paper's own numbers, too, not every part goes its way:

# %%
parts.loc[parts["paper"] < 0, ["paper"]].round(1)

# %% [markdown]
# ## Other profiles
#
# Where results of other profiles are committed, their verdicts; longer training may change them.

# %%
judged = {one.profile.name: claims.judge(one) for one in committed.stores(lab.store)[1:]}
for name, found in judged.items():
    ax = effectplots.forest(found, title=f"The paper's claims on {committed.origin(found)}")
    plots.save(ax.figure, f"claims-{name}", found, lab.figures)

# %%
for name, found in judged.items():
    text = "\n".join(f"1. {claims.sentence(row)}" for _, row in found[found["part"] == ""].iterrows())
    display(Markdown(f"**Profile {name}**\n\n{text}"))

# %%
assert list(wholes["claim"]) == [one.key for one in claims.CLAIMS]
assert set(wholes["verdict"]) <= set(claims.VERDICTS)
measured = wholes["verdict"] != "not measured"
assert wholes.loc[measured, ["effect", "low", "high"]].notna().all(axis=None)
assert (measured | ~wholes["table"].isin(lab.profile.tables)).all()
assert (wholes.loc[measured, "low"] <= wholes.loc[measured, "high"]).all()

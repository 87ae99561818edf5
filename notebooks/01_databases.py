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
# # The three databases
#
# **Before:** 00, the question. **Now:** what is on disk, who is in which split, and what each attack looks like.
# **After:** 02, a map that light does not change.
#
# **Regenerates:** the contact sheets of the three databases - about 10 s on a CPU - no subject in two splits

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

from fasnb import layouts, leaks, pictures, plots
from fasnb.databases import databases_report

lab = session.start(profile, store, data)
databases = lab.corpus.databases

# %% [markdown]
# ## What is on disk, beside the official numbers
#
# | database | subjects | camera | attacks |
# |---|---|---|---|
# | CASIA-FASD | 50 | three qualities | warped photo, photo with the eyes cut out, video |
# | Replay-Attack | 50 | a laptop's webcam, 320x240 | print, phone and tablet, photo and video, fixed and hand-held |
# | MSU-MFSD | 35 | an Android phone and a laptop | print, iPhone video, iPad video |
#
# The smoke profile holds a few subjects of each; a complete copy would meet the last column.

# %%
report = pd.DataFrame(databases_report(lab.corpus.root))
first = report["protocol"].isin([layouts.default_protocol(name) for name in layouts.DATABASES])
report[first].set_index(["database", "split", "kind"])[["source", "found", "official"]]

# %% [markdown]
# A database whose counts are off is refused unless a profile asks for a part of one; what is missing is said:

# %%
for database in databases.values():
    print(database.name, "-", database.source, "-", database.problem() or "as its scale wants it")

# %% [markdown]
# ## Protocols
#
# A protocol picks attacks; live clips always stay.

# %%
protocols = report[report["kind"] == "attack"].pivot_table(
    "official", ["database", "protocol"], "split", aggfunc="sum"
)
protocols.fillna(0).astype(int)

# %% [markdown]
# ## Nobody is on both sides
#
# A network that has seen a person in training may recognise the person instead of the attack, so splits share no
# subject.

# %%
people = {
    name: {
        split: {clip.subject for clip in database.clips_in(split)} for split in layouts.SPLITS[database.name]
    }
    for name, database in databases.items()
}
counts = {name: {split: len(who) for split, who in splits.items()} for name, splits in people.items()}
pd.DataFrame(counts).fillna(0).astype(int)

# %% [markdown]
# ## Frames and faces
#
# From each clip a few frames are taken at even distances. The face box comes from the database's own face file, or
# from a detector where there is none (CASIA-FASD); a square around it, a quarter wider than the box, is scaled to
# 256x256. A clip in which no face is found is counted here, and never dropped in silence.

# %%
training = {short: lab.corpus.training_faces(short) for short in databases}
pd.DataFrame(
    {
        short: {"faces": len(f), "clips": len(f.clips), "without a face": len(f.failures)}
        for short, f in training.items()
    }
)

# %% [markdown]
# ## Every attack, in every database
#
# Two faces of each kind. Blue frames: live.


# %%
def sheet(short):
    faces = lab.shown.training_faces(short)
    rows = []
    for kind in sorted({clip.attack for clip in faces.clips}):
        clips = [i for i, clip in enumerate(faces.clips) if clip.attack == kind]
        for clip in (clips[0], clips[-1]):
            index = int(np.flatnonzero(faces.clip_index == clip)[0])
            rows.append({"kind": kind or "live", "path": faces.clips[clip].path, "index": index})
    frame = pd.DataFrame(rows)
    labels = [kind.replace("_", " ") for kind in frame["kind"]]
    title = f"{databases[short].name} ({lab.shown_kind} data)"
    images = list(faces.batch(frame["index"]))
    return pictures.contact_sheet(images, labels, [k == "live" for k in labels], 4, title=title), frame


# %%
ax, frame = sheet("casia")
plots.save(ax.figure, "databases-casia", frame, lab.figures).name

# %%
ax, frame = sheet("replay")
plots.save(ax.figure, "databases-replay", frame, lab.figures).name

# %%
ax, frame = sheet("msu")
plots.save(ax.figure, "databases-msu", frame, lab.figures).name

# %% [markdown]
# A print loses contrast and colour: paper shines, so a pupil is grey, and a bent sheet has a bright streak; its inks
# are uneven and a little off. A screen has a bluish white, mirrors the room in its front, and shows its grid to the
# sharpest cameras. Both have been through two cameras.
#
# ## Do simple statistics give it away?
#
# If the mean brightness alone told live from attack, a network would learn brightness and nothing else. So here are
# simple statistics per clip, as AUC of live against each medium (0.5: no clue; far from it on either side: a clue).

# %%
measured = {short: leaks.measure(databases[short], faces) for short, faces in training.items()}
single = pd.concat(leaks.single(table).assign(database=short) for short, table in measured.items())
wide = single.pivot(index=["database", "medium"], columns="statistic", values="auc")
wide[[*leaks.FACE]].style.format("{:.2f}").background_gradient("RdBu_r", vmin=0, vmax=1)

# %% [markdown]
# The same of the files and of where the face is: nothing here has to do with print or screen, so all should be near
# 0.5. What is far from it tells how the people were filmed, not what was held up.

# %%
wide[[*leaks.FILE]].style.format("{:.2f}").background_gradient("RdBu_r", vmin=0, vmax=1)

# %% [markdown]
# The eight together, by logistic regression, each person scored by a fit without them:

# %%
regression = pd.concat(leaks.together(table).assign(database=short) for short, table in measured.items())
regression.set_index(["database", "medium"]).round(2)

# %% [markdown]
# Some clues are physics: shining paper costs saturation and lifts the dark, a screen's white lacks red, a second lens
# costs gradient and a grid adds some. None of them alone is the answer in all databases, which is why a network
# trained on one of them stumbles on another.

# %%
for splits in people.values():
    sets = list(splits.values())
    assert sum(map(len, sets)) == len(set().union(*sets)), "a subject is in two splits"
assert report["found"].sum() > 0
assert all(len(faces) for faces in training.values())

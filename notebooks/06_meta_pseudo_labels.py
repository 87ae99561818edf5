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
# # Meta Pseudo Labels
#
# **Before:** 05, pseudo labels and UDA. **Now:** a teacher that learns from how its student does, step by step, and a
# check that what it is told points the right way. **After:** 07, the second branch.
#
# **Regenerates:** the MPL step and its gradient check (section 3.3) - about 15 s on a CPU - sampled labels with old
# minus new: cosine 1.000 with the exact gradient

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
import inspect

import pandas as pd

from fasnb import experiments, gradient_check, meta, pictures, plots

lab = session.start(profile, store, data)

# %% [markdown]
# ## The idea
#
# Pseudo labels repeat their maker's mistakes. Here two networks of the same kind are trained side by side. The
# **teacher** labels the unlabelled patches, the **student** sees nothing but these labels, and then takes a test on
# labelled patches. If it did better than before the lesson, the teacher makes such labels likelier; if worse, less
# likely.

# %%
blocks = [
    pictures.Block("unlabelled", "strong view x", "data"),
    pictures.Block("teacher", "z_s = f(x; theta_T)", "conv"),
    pictures.Block("label", "y drawn from softmax z_s", "dense"),
    pictures.Block("student", "one step on (x, y)", "conv"),
    pictures.Block("labelled test", "h = s_old - s_new", "pool"),
    pictures.Block("teacher's step", "L_uda + h H(y, z_s)", "attention"),
]
ax = pictures.block_diagram(blocks, title="One step of Meta Pseudo Labels", per_row=3)
plots.save(ax.figure, "mpl-step", pd.DataFrame([vars(b) for b in blocks]), lab.figures).name

# %% [markdown]
# ## The student's lesson
#
# Like is compared with like: both losses are of the same labelled patches under the same kind of batch statistics, so
# a student that did not move reports exactly nothing.

# %%
print(inspect.getsource(meta.lesson))

# %% [markdown]
# ## The whole step

# %%
print(inspect.getsource(meta.mpl_step))

# %% [markdown]
# ## Why this rule? The exact gradient of a small problem
#
# What should the teacher follow? The student's labelled loss *after* its lesson, averaged over all labels that the
# teacher might draw:
#
# ```
# J(theta_T) = sum_y p(y; theta_T) L_lb(theta_S'(y))
# ```
#
# With two linear networks, two classes and four unlabelled points there are just 16 ways to label, so the gradient of
# J can be computed exactly, and set beside what the rule says on average.

# %%
problem = gradient_check.toy(seed=seed)
exact = gradient_check.exact_gradient(problem)
estimate = gradient_check.estimated_gradient(problem, "old_minus_new", "sampled")
pd.DataFrame({"exact": exact.flatten().detach(), "estimated": estimate.flatten().detach()}).round(6)

# %% [markdown]
# Now every choice, on nine random problems: which way round the difference is taken, and what the teacher labels with.

# %%
check = pd.DataFrame(gradient_check.gradient_table())
summary = check.groupby(["feedback", "pseudo_label"])[["cosine", "length"]].agg(["min", "median", "max"])
summary.round(3)

# %%
ax = plots.axes(None, (6.4, 3.0))
names = []
for i, ((kind, labels), part) in enumerate(check.groupby(["feedback", "pseudo_label"], sort=False)):
    names.append(f"{kind.replace('_', ' ')}, {labels}")
    cosine = part["cosine"].fillna(0)
    ax.plot(cosine, [i] * len(part), "o", color=plots.LINES[i % 3], alpha=0.6)
ax.set_yticks(range(len(names)), names)
ax.set_xlim(-1.08, 1.08)
ax.invert_yaxis()
plots.decorate(
    ax, "cosine with the exact gradient (0: no gradient at all)", "", "Nine random problems", grid="x"
)
plots.save(ax.figure, "gradient-check", check, lab.figures).name

# %% [markdown]
# - **old minus new, sampled**: the exact gradient. This is our default; Table 12 calls it *improved*.
# - **new minus old**: exactly against it. Much published code has this sign. It does less harm than it ought to,
#   because the feedback is small beside the UDA loss.
# - **argmax**: only roughly right, at times wrong: the most likely label says nothing of the others.
# - **soft** labels of its own: the gradient of the cross entropy at its own output is 0. Nothing is learned.
#
# A student with rate 0 must give no feedback at all:

# %%
still = gradient_check.toy(seed=seed, eta=0.0)
grad_still = gradient_check.estimated_gradient(still, "old_minus_new", "sampled")
grad_still.abs().max().item()

# %% [markdown]
# ## What happened in the run on CASIA

# %%
result = lab.result(experiments.make("mpl_uda", "casia", seed))
curve = pd.DataFrame(result.extra["curve"])
curve.tail(3)

# %%
parts = {
    "labelled": "teacher: labelled",
    "consistency": "teacher: consistency",
    "student": "student's lesson",
}
frame = curve.melt("step", list(parts), "curve", "value").dropna().replace({"curve": parts})
ax = plots.learning_curves(frame, "loss", title=f"MPL+UDA on CASIA, profile {lab.profile.name}, seed {seed}")
plots.save(ax.figure, "curves-mpl", frame, lab.figures).name

# %%
told = curve.dropna(subset=["feedback"])[["step", "feedback"]].rename(columns={"feedback": "value"})
told = told.assign(curve="h = s_old - s_new")
ax = plots.learning_curves(told, "feedback h (nats)", title="What the teacher was told")
ax.axhline(0, color=plots.GREY, linewidth=0.8)
plots.save(ax.figure, "feedback", told, lab.figures).name

# %% [markdown]
# The feedback is small and noisy: one lesson of one student. It changes the teacher slowly, and more steps let its
# sum speak. The paper trains for 64,000.

# %%
good = check[(check["feedback"] == "old_minus_new") & (check["pseudo_label"] == "sampled")]
turned = check[(check["feedback"] == "new_minus_old") & (check["pseudo_label"] == "sampled")]
assert (good["cosine"] > 0.999).all()
assert (turned["cosine"] < -0.999).all()
assert (check.loc[check["pseudo_label"] == "soft", "length"] < 1e-12).all()
assert grad_still.abs().max() == 0
assert len(told) > 0

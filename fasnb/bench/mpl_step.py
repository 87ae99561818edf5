"""mpl-step: a step of meta pseudo labels with its batch, ours against `plain`."""

import copy
import itertools
import os
from collections.abc import Iterator

import torch

from fasnb import training
from fasnb.bench import material, plain, timing
from fasnb.bench.row import Row
from fasnb.meta import mpl_step

#: On 2 cores, and on one GPU.
GOALS = {"cpu": 2.5, "cuda": 3.0}


def reference(made: training.Task, size: material.Size) -> plain.Plain:
    """The plain step with copies of the networks of `made` (MPL) and with its rate and settings."""
    sizes = material.profile(size)
    teacher, student = (
        copy.deepcopy(learner.network).to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        for learner in (made.state.teacher, made.state.student)
        if learner is not None
    )
    return plain.Plain(teacher, student, made.config, sizes.lr_rgb, sizes.steps, sizes.weight_decay)


def given(made: training.Task, theirs: plain.Plain, steps: int) -> tuple[timing.Work, timing.Work]:
    """`steps` steps of ours and as many of the plain one's, all on one batch that is there already."""
    there = made.batch(0, torch.Generator().manual_seed(0))
    views = [v.contiguous() for v in (there.x_lb, there.y_lb, there.weak(), there.strong())]

    def ours() -> None:
        for _ in range(steps):
            mpl_step(made.state, there, made.config)

    def plainly() -> None:
        for _ in range(steps):
            theirs.step(*views)

    return ours, plainly


def rows(where: torch.device, quick: bool) -> list[Row]:
    """ms a step, with the making of its batch, and on a batch that is there already."""
    size = material.size_for(where, quick)
    made, generator = material.task("mpl_uda", where, size), torch.Generator()
    theirs, drawn = reference(made, size), material.patches(size)
    # On the CPU two workers; beside a GPU one a core; a quarter serves the labelled stream.
    workers = 2 if where.type == "cpu" else max(2, os.cpu_count() or 2)
    few, pin = max(1, workers // 4), where.type == "cuda"
    labelled, y = drawn.x[: drawn.labelled], drawn.y[: drawn.labelled]
    loaders = (
        plain.batches(labelled, y, size.batch, size.steps + 1, few, pin),
        plain.batches(drawn.x, None, size.batch * size.mu, size.steps + 1, workers - few, pin),
    )
    epoch: Iterator[tuple[plain.Views, plain.Views]] = iter(())

    def fill() -> None:
        nonlocal epoch
        epoch = plain.filled(loaders)

    def their_steps() -> None:
        for views in epoch:
            theirs.step(*(v.to(where, non_blocking=True) for v in itertools.chain(*views)))

    whole = timing.alternate(
        lambda: material.run_steps(made, "mpl_uda", size.steps, generator),
        their_steps,
        size.rounds,
        where,
        before=fill,
    )
    bare = timing.alternate(*given(made, theirs, size.steps), size.rounds, where)
    note = f"{size}; ours in {'bfloat16' if made.state.autocast else 'float32'}"
    ours, plainly = (times / size.steps for times in whole)
    loading = f"{note}; plain with {workers} loader processes"
    found = [
        timing.row("mpl-step", "step", ours, plainly, where, goal=GOALS.get(where.type), note=loading),
    ]
    ours, plainly = (times / size.steps for times in bare)
    return [*found, timing.row("mpl-step", "step, batch given", ours, plainly, where, note=note)]

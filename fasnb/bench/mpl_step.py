"""mpl-step: a step of meta pseudo labels with its batch, ours against `plain`."""

import itertools
import os
from collections.abc import Iterator

import torch

from fasnb import training
from fasnb.bench import material, plain, timing
from fasnb.bench.row import Row
from fasnb.semisup import SemiConfig

#: On 2 cores, and on one GPU.
GOALS = {"cpu": 2.5, "cuda": 3.0}


def reference(where: torch.device, size: material.Size, config: SemiConfig) -> plain.Plain:
    """The plain step with the networks and the rate of `material.task`, and its settings `config`."""
    chosen, sizes = material.experiment("mpl_uda"), material.profile(size)
    teacher, student = (
        training.new_network(chosen, sizes, where, twin).to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        for twin in (0, 1)
    )
    return plain.Plain(teacher, student, config, sizes.lr_rgb, sizes.steps, sizes.weight_decay)


def rows(where: torch.device, quick: bool) -> list[Row]:
    """One row: ms a step, augmentation included."""
    size = material.size_for(where, quick)
    made, generator = material.task("mpl_uda", where, size), torch.Generator()
    theirs, drawn = reference(where, size, made.config), material.patches(size)
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

    def step_by_step() -> None:
        for views in epoch:
            x_lb, y_lb, x_w, x_s = (v.to(where, non_blocking=True) for v in itertools.chain(*views))
            theirs.step(x_lb, y_lb, x_w, x_s)

    ours, plainly = timing.alternate(
        lambda: material.run_steps(made, "mpl_uda", size.steps, generator),
        step_by_step,
        size.rounds,
        where,
        before=fill,
    )
    precision = "bfloat16" if made.state.autocast else "float32"
    note = f"{size}; ours {precision}, plain float32 with {workers} loader processes"
    goal = GOALS.get(where.type)
    ours, plainly = ours / size.steps, plainly / size.steps
    return [timing.row("mpl-step", "step", ours, plainly, where, goal=goal, note=note)]

"""where: what a step of meta pseudo labels spends its time on, ours beside `plain`, by kind of operation."""

from collections.abc import Callable

import torch
from torch.profiler import ProfilerActivity, profile

from fasnb.bench import material, mpl_step
from fasnb.bench.row import Row
from fasnb.device import title
from fasnb.meta import mpl_step as our_step

#: Kind -> beginnings of the names of torch's operators.
KINDS = {
    "convolution": ("mkldnn_convolution", "cudnn_convolution", "convolution", "_slow_conv", "thnn_conv"),
    "convolution, backward": ("convolution_backward",),
    "batch-norm": ("native_batch_norm", "cudnn_batch_norm", "batch_norm"),
    "activation": ("leaky_relu", "threshold"),
}
OTHER = "everything else"


def kind_of(name: str) -> str:
    """The kind of an operator: "aten::leaky_relu_backward" -> "activation"."""
    bare = name.removeprefix("aten::")
    ends = [kind for kind, begins in KINDS.items() if bare.startswith(begins)]
    # "convolution_backward" begins like "convolution" too: the later kind is the narrower one.
    return ends[-1] if ends else OTHER


def spent(work: Callable[[], object], where: torch.device) -> dict[str, float]:
    """Milliseconds of `work` by kind: on a GPU those of its kernels, else those of the processor."""
    on_gpu = where.type == "cuda"
    kinds = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if on_gpu else [])]
    with profile(activities=kinds) as recorded:
        work()
    total = dict.fromkeys([*KINDS, OTHER], 0.0)
    for event in recorded.key_averages():
        if on_gpu and event.device_type == torch.autograd.DeviceType.CUDA:
            continue  # a kernel, whose time the operator that started it has already
        micros = event.self_device_time_total if on_gpu else event.self_cpu_time_total
        total[kind_of(event.key)] += micros / 1000
    return total


def rows(where: torch.device, quick: bool) -> list[Row]:
    """One row a kind: ms of a step on a batch that is there already, from one profiled block of steps."""
    size = material.size_for(where, quick)
    made, generator = material.task("mpl_uda", where, size), torch.Generator().manual_seed(0)
    theirs = mpl_step.reference(where, size, made.config)
    there = made.batch(0, generator)
    views = [v.contiguous() for v in (there.x_lb, there.y_lb, there.weak(), there.strong())]

    def ours() -> None:
        for _ in range(size.steps):
            our_step(made.state, there, made.config)

    def plain() -> None:
        for _ in range(size.steps):
            theirs.step(*views)

    ours()
    plain()  # both warm
    mine, plainly = spent(ours, where), spent(plain, where)
    note = f"{size}; profiled"
    return [
        Row(
            "where",
            kind,
            mine[kind] / size.steps,
            plainly[kind] / size.steps,
            plainly[kind] / mine[kind] if mine[kind] else None,
            plainly[kind] / mine[kind] if mine[kind] else 0.0,
            plainly[kind] / mine[kind] if mine[kind] else 0.0,
            "ms",
            None,
            title(where),
            note,
        )
        for kind in mine
    ]

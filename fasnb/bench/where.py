"""where: what a step of meta pseudo labels spends its time on, ours beside `plain`, by kind of operation."""

from collections.abc import Callable

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile

from fasnb.bench import material, mpl_step, timing
from fasnb.bench.row import Row

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
    made = material.task("mpl_uda", where, size)
    ours, plain = mpl_step.given(made, mpl_step.reference(made, size), size.steps)
    ours()
    plain()  # both warm
    mine, plainly = spent(ours, where), spent(plain, where)
    found = []
    for kind in mine:
        a, b = np.array([mine[kind]]) / size.steps, np.array([plainly[kind]]) / size.steps
        both = b if a.all() and b.all() else None  # a kind that one side lacks has no ratio
        found.append(timing.row("where", kind, a, both, where, note=f"{size}; profiled"))
    return found

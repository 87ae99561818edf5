"""long: one training loop for `n` seconds; its memory, open files and threads, sampled every second.

The trend is the slope of least squares over the second half, with its standard error; it is flat if it is
within two of them of nothing, or under a megabyte a minute.
"""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from fasnb import experiments, plots, training
from fasnb.errors import FasnbError
from tests.torture import toys
from tests.torture.report import PAGE, Row

N = 180
RUN = experiments.make("mpl_uda", "casia")
FLAT = 1.0  # MB or pieces a minute
_TITLES = {"rss_mb": "memory (RSS), MB", "files": "open files", "threads": "threads"}


def _work(folder: Path, seconds: float) -> None:
    """Train in a child until the time is over, keeping a checkpoint every third step as always."""
    torch.set_num_threads(1)
    until = time.monotonic() + seconds

    class Over(Exception):
        pass

    def step(state, batch, config):
        if time.monotonic() > until:
            raise Over
        toys.note(folder / "log", f"step {state.step}")
        return training.STEPS[RUN.method](state, batch, config)

    task = training.rgb_task(RUN, replace(toys.TINY, steps=10**6), toys.CORPUS, torch.device("cpu"))
    try:
        training.loop(step, task, 0, toys.TINY.checkpoint_every, folder, lambda part, message: None)
    except Over:
        return


def sample(pid: int) -> dict[str, float]:
    """Memory (MB), open files and threads of a process, read from /proc; OSError if it is gone."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return {
        "rss_mb": int(status["VmRSS"].split()[0]) / 1024,
        "files": files,
        "threads": int(status["Threads"]),
    }


def slope(seconds: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    """The slope of least squares per minute and its standard error, of samples (n,) at `seconds` (n,)."""
    x = (seconds - seconds.mean()) / 60
    y = values - values.mean()
    b = (x @ y) / (x @ x)
    rest = y - b * x
    return float(b), float(np.sqrt(rest @ rest / (len(x) - 2) / (x @ x)))


def measured(seconds: float, folder: Path, every_s: float = 1.0) -> tuple[pd.DataFrame, int]:
    """Samples of a training of so many seconds (columns second, rss_mb, files, threads), and its steps.

    FasnbError where the system has no /proc, or the training fails.
    """
    if not Path("/proc/self/fd").exists():
        raise FasnbError("the system tells nothing in /proc; measure long runs on Linux")
    process = toys.child(_work, folder, seconds)
    rows: list[dict[str, float]] = []
    begun = 0.0
    while process.is_alive():
        if (folder / "log").exists():  # it trains
            begun = begun or time.monotonic()
            try:
                rows.append({"second": time.monotonic() - begun} | sample(process.pid))
            except (OSError, KeyError):  # it has just ended
                break
        process.join(every_s)
    if code := toys.finish(process):
        raise FasnbError(f"the training ended with exit code {code}")
    return pd.DataFrame(rows), len(toys.notes(folder / "log"))


def judge(found: pd.DataFrame) -> dict[str, tuple[float, float, bool]]:
    """Of memory, files and threads: slope per minute over the second half, its error, whether it is flat."""
    half = found[found["second"] >= found["second"].max() / 2]
    trends = {name: slope(half["second"].to_numpy(), half[name].to_numpy(float)) for name in _TITLES}
    return {name: (b, error, b <= max(FLAT, 2 * error)) for name, (b, error) in trends.items()}


def draw(found: pd.DataFrame, folder: Path) -> Path:
    """The three curves over time, as long.png and long.csv."""
    fig, rows = plots.plt.subplots(3, 1, figsize=(7, 5), sharex=True, layout="constrained")
    for ax, (name, title) in zip(rows, _TITLES.items(), strict=True):
        ax.plot(found["second"], found[name], color=plots.BLUE, linewidth=1)
        ax.set_ylim(0, 1.2 * found[name].max())
        plots.decorate(ax, "seconds" if ax is rows[-1] else "", title)
    path = plots.save(fig, "long", found, folder)
    plots.plt.close(fig)
    return path


def run(n: int, folder: Path, seed: int) -> list[Row]:
    """`n` seconds of training, one row; the curves go beside the page. The seed plays no part."""
    found, steps = measured(n, folder)
    draw(found, PAGE.parent / "reliability")
    trends = judge(found)
    words = [
        f"{_TITLES[name].split(',')[0]} {b:+.2f} ± {error:.2f}" for name, (b, error, _) in trends.items()
    ]
    peak = found["rss_mb"].max()
    text = f"{', '.join(words)} a minute; {peak:.0f} MB at most, {len(found)} samples"
    flat = all(good for *_, good in trends.values())
    return [Row(f"{n} s of training, {steps} steps, a checkpoint every third", 1, int(flat), text)]

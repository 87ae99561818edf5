"""Table 14: what the networks cost. Counted and timed here and now; no run and no store is behind it."""

from collections.abc import Mapping

import pandas as pd
import torch

from fasnb import device, latency, networks, published
from fasnb.rendering import Sheet, Shown, formatted

NAME = "t14"
TITLE = "Table 14. Parameters, multiply-accumulates and time per frame"
SIDE = 224  # pixels of the frame, as the paper must have counted
RUNS = 21
#: The row of published.yaml of each network.
ROWS = {
    "resnet18": "resnet18",
    "inceptionv3": "inception3",
    "mobilenetv2_w1": "mobilenetv2",
    "densenet121": "densenet",
    "wrn-28-2": "wideresnet",
    "attvlad": "attvlad",
}


def build(runs: int = RUNS, models: Mapping[str, torch.nn.Module] | None = None) -> pd.DataFrame:
    """Table 14, one row per network, on one thread of the CPU, a frame (1, 3, 224, 224) at a time.

    Columns row, network, title, params, macs (as ptflops counts, see `networks.macs`), ms (median of `runs`
    passes, the networks taking turns), low, high (its quartiles), paper_params, paper_macs, paper_ms,
    certainty, runs, device. `models` (name -> network) are some of the six, in place of all.
    """
    built = dict(models or {name: networks.build(name) for name in ROWS})
    paper = published.load()[NAME]
    counted = []
    for name, network in built.items():
        row = ROWS[name]
        printed = {
            f"paper_{key}": paper.cell(row, column).value
            for key, column in (("params", "params"), ("macs", "macs"), ("ms", "ms_per_frame"))
        }
        counted.append(
            {"row": row, "network": name, "title": paper.titles[row]}
            | {"params": networks.count_parameters(network)}
            | {"macs": networks.macs(network, SIDE, functions=networks.TABLE14[name])}
            | printed
            | {"certainty": paper.cell(row, "params").certainty}
        )
    where, threads = torch.device("cpu"), torch.get_num_threads()
    device.prepare(where)
    try:
        times = latency.compare(built, SIDE, runs)
    finally:
        torch.set_num_threads(threads)
    frame = pd.DataFrame(counted).merge(times, on="network")
    return frame.assign(runs=runs, device=device.title(where))


def render(frame: pd.DataFrame, format: str = "md") -> str:
    """The table as md, latex, html or csv (the frame itself); UsageError for another format."""
    if format == "csv":
        return frame.to_csv(index=False, float_format="%.6g", lineterminator="\n")
    rows = []
    for one in frame.to_dict("records"):
        mark = "?" if one["certainty"] == "inferred" else ""
        cells = [
            Shown(short(one["params"]), "", short(one["paper_params"]) + mark),
            Shown(short(one["macs"]), "", short(one["paper_macs"])),
            Shown(f"{one['ms']:.1f}", f"[{one['low']:.1f}, {one['high']:.1f}]", f"{one['paper_ms']:.2f}"),
        ]
        rows.append((one["title"], cells))
    headings = ["trainable parameters", f"MACs ({SIDE}x{SIDE})", "ms per frame"]
    return formatted(Sheet(TITLE, "quartiles", headings, rows, caption(frame)), format)


def caption(frame: pd.DataFrame) -> list[str]:
    """What a reader must know beside the numbers."""
    lines = [
        f"Parameters and multiply-accumulates (MACs) as ptflops counts them, for one frame of {SIDE}x{SIDE}.",
        f"Time: median of {frame['runs'].iloc[0]} passes, in brackets the quartiles; one thread of "
        f"{frame['device'].iloc[0]}. The paper's machine is not named: compare the order, not the numbers.",
    ]
    if (frame["certainty"] == "inferred").any():
        lines.append("? a digit restored from a poor scan of the paper.")
    return lines


def short(count: float) -> str:
    """A count with the paper's digits: "10.57 G", "1.47 M", "96 K"."""
    for unit, size in (("G", 1e9), ("M", 1e6)):
        if count >= size:
            return f"{count / size:.2f} {unit}"
    return f"{count / 1e3:.0f} K"

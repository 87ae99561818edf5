import time

import torch
from torch import nn

from fasnb import latency


class Sleeper(nn.Module):
    """Takes a known time and counts its passes."""

    def __init__(self, seconds: float):
        super().__init__()
        self.seconds, self.passes, self.shape = seconds, 0, ()

    def forward(self, x):
        time.sleep(self.seconds)
        self.passes += 1
        self.shape = tuple(x.shape)
        return x


def test_warm_up_is_not_counted_and_times_are_milliseconds():
    network = Sleeper(0.002)
    times = latency.milliseconds(network, torch.zeros(1, 3, 4, 4), runs=5, warmup=2)
    assert network.passes == 7
    assert times.shape == (5,)
    assert (times >= 2).all()
    assert times.min() < 1000


def test_networks_take_turns_on_one_frame():
    networks = {"slow": Sleeper(0.02), "fast": Sleeper(0.0)}
    table = latency.compare(networks, size=8, runs=3)
    assert table["network"].tolist() == ["slow", "fast"]
    assert (table["low"] <= table["ms"]).all()
    assert (table["ms"] <= table["high"]).all()
    assert table["ms"][0] > table["ms"][1]
    assert networks["slow"].shape == (1, 3, 8, 8)
    assert networks["slow"].passes == 5

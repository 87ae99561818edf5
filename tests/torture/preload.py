"""Imported by the fork server alone: what a run loads late (torch's compiler, with its first optimiser)."""

import torch

from fasnb import experiments, training
from tests.torture import toys

torch.set_num_threads(1)  # a fork of a process with OpenMP threads may hang
training.rgb_task(experiments.make("mpl_uda", "casia"), toys.TINY, toys.CORPUS, torch.device("cpu"))

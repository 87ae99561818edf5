"""Which code carries out a run: that of the paper's method, or of a method it is compared with."""

from pathlib import Path
from typing import Any

import pandas as pd

from fasnb.corpus import Corpus
from fasnb.experiments import Experiment
from fasnb.profiles import Profile
from fasnb.running import Report


def train(
    experiment: Experiment, profile: Profile, corpus: Corpus, folder: Path, report: Report
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Train, or go on from `folder`'s checkpoint, and score: (what to record, scores per video)."""
    if experiment.branch == "other":
        from fasnb.baselines import runs

        return runs.train(experiment, profile, corpus, folder, report)
    from fasnb import training

    return training.train(experiment, profile, corpus, folder, report)

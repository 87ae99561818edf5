"""Leaks of the three databases (fasnb/leaks.py), on training and development splits alone."""

from typing import Any

import pandas as pd

from fasnb import leaks
from fasnb.corpus import Corpus
from fasnb.difficulty.texture import Say
from fasnb.experiments import HAS_DEVEL, TRAIN_DATABASES


def measured(corpus: Corpus, short: str) -> pd.DataFrame:
    """`leaks.measure` of a database's training and, where it has one, development split; split added."""
    found = [("train", corpus.training_faces(short))]
    if short in HAS_DEVEL:
        found += [(split, faces) for _, split, faces in corpus.scored_faces(short) if split == "devel"]
    database = corpus.databases[short]
    return pd.concat([leaks.measure(database, faces).assign(split=split) for split, faces in found])


def rows(corpus: Corpus, workers: int = 1, say: Say | None = None) -> dict[str, pd.DataFrame]:
    """The tables "leaks-single" (kind: face or file) and "leaks-together", of all databases."""
    single, together = [], []
    for short in TRAIN_DATABASES:
        if say:
            say(f"leaks of {short}")
        table = measured(corpus, short)
        size: dict[str, Any] = {"database": short, "people": table["subject"].nunique(), "clips": len(table)}
        single.append(leaks.single(table).assign(**size))
        together.append(leaks.together(table).assign(**size))
    found = pd.concat(single)
    kinds = found["statistic"].map(lambda name: "face" if name in leaks.FACE else "file")
    return {"leaks-single": found.assign(kind=kinds), "leaks-together": pd.concat(together)}

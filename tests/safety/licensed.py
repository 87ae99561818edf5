"""A tiny run over what passes for licensed databases: `python -m tests.safety.licensed`.

FASNB_HOME and FASNB_DATA say where; the profile's results go where committed ones do. Prints what came of
publishing the figures. What reaches for the network is refused (`offline`).
"""

import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd

from fasnb import cards, experiments, paths, pictures, plots, publish, reproduce, runs
from fasnb.__main__ import main
from fasnb.errors import FasnbError
from fasnb.layouts import DATABASES, SPLITS, official_clips
from fasnb.running import run_missing
from tests.safety.offline import alone
from tests.test_training import TINY
from tests.tiny import drawn_face, touch_tree, write_video

PROFILE = replace(TINY, name="lite", allow_partial=True)


def write_databases(root: Path) -> None:
    """One live and one attack clip of a drawn face for each split of the databases, without any mark."""
    for name in DATABASES:
        clips = [clip for clip in official_clips(name) if clip.split in SPLITS[name]]
        some = [
            next(clip for clip in clips if clip.split == split and clip.is_live == live)
            for split in dict.fromkeys(clip.split for clip in clips)
            for live in (True, False)
        ]
        touch_tree(root / name, some, faces=False)
        for clip in some:
            shade = 1.0 if clip.is_live else 0.7
            write_video(root / name / clip.path, [(drawn_face(160) * shade).astype("uint8")] * 3)


def work() -> None:
    """Train, draw, print a table, score and try to publish, as a user of licensed copies does."""
    corpus, source = reproduce.opened(PROFILE)
    store = runs.Store(paths.store(PROFILE.name), PROFILE, source)
    results = run_missing([experiments.make("attvlad", "casia")], reproduce.TRAIN, store, corpus)
    (card,) = cards.beside(store, results)
    faces = corpus.training_faces("casia")
    ax = pictures.contact_sheet(list(faces.batch([0, 1])), ["live", "attack"], [True, False], 2)
    plots.save(ax.figure, "faces", pd.DataFrame({"face": [0, 1]}), paths.figures(PROFILE.name))
    assert main(["table", "t8", "--profile", PROFILE.name]) == 0
    casia = corpus.databases["casia"]
    assert main(["score", str(casia.file(casia.clips[0])), "--weights", str(card.parent)]) == 0
    print(source.kind)
    try:
        publish.publish(PROFILE.name, source.kind, source.digest)
    except FasnbError as error:
        print(error)


if __name__ == "__main__":
    sys.exit(alone(work))

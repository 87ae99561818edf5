"""The long supervised run: its sizes, and its rows from made-up results."""

from pathlib import Path

import pandas as pd
import pytest

from fasnb import profiles
from fasnb.difficulty import network
from fasnb.runs import Result
from fasnb.scores import COLUMNS


def test_the_profile_passes_enough_patches_with_every_label() -> None:
    for base in (profiles.SMOKE, profiles.LITE):
        long = network.profile(base)
        assert long.steps * long.batch >= 300_000
        assert long.rgb_network == base.rgb_network
        assert long.scale == base.scale
        assert [e.labelled(long) for e in network.EXPERIMENTS] == [long.samples] * 3


class Made(Result):
    """A result whose scores are given, not read."""

    @property
    def scores(self) -> pd.DataFrame:  # type: ignore[override]
        return self.record["table"]


def result(train: str) -> Made:
    """Live videos score 0.8 and 0.6, attacks 0.1 and 0.3, one of the test attacks 0.7: a FAR of 1/4."""
    rows = []
    for split in ("train", "devel", "test"):
        for database in ("casia", "replay", "msu"):
            for subject in (1, 2):
                values = [(1, "", 0.8), (1, "", 0.6), (0, "print", 0.1), (0, "video", 0.3)]
                if split == "test" and subject == 2:
                    values[3] = (0, "video", 0.7)
                rows += [
                    {"database": database, "split": split, "subject": subject, "label": label,
                     "attack": attack, "score": score, "n_frames": 1, "path": f"{split}{subject}{i}",
                     "frames": str(score)}
                    for i, (label, attack, score) in enumerate(values)
                ]  # fmt: skip
    table = pd.DataFrame(rows).reindex(columns=list(COLUMNS)).fillna({"camera": "", "light": ""})
    name = network.EXPERIMENTS[("casia", "replay", "msu").index(train)].name
    curve = [{"step": 0, "loss": 0.7}, {"step": 100, "loss": 0.1}]
    return Made({"experiment": name, "table": table, "extra": {"curve": curve}}, Path("none.json"))


def test_rows_media_and_curve_by_hand() -> None:
    found = [result("casia"), result("replay")]
    rows = network.rates(found)
    assert len(rows) == 6
    first = rows.iloc[0]
    assert (first["train"], first["test"], first["videos"]) == ("casia", "casia", 8)
    assert first["hter"] == pytest.approx((1 / 4 + 0) / 2)
    assert "casia train" in first["threshold"]
    assert "replay devel" in rows.iloc[3]["threshold"]
    media = network.media(found).set_index(["database", "medium"])
    assert media.loc[("casia", "video"), "far"] == pytest.approx(0.5)
    assert media.loc[("casia", "print"), "far"] == 0
    assert media.loc[("casia", "print"), "auc"] == 1
    curve = network.curves(found)
    assert list(curve["patches"]) == [0, 100 * network.BATCH] * 2
    assert set(curve["database"]) == {"casia", "replay"}

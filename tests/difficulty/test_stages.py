"""Stages one at a time: what is tried, on whom, and that scores never come from the subject itself."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fasnb import layouts
from fasnb.difficulty import stages
from fasnb.simfas import cast, control
from tests.simfas import plain


@pytest.mark.parametrize("database", layouts.DATABASES)
def test_each_stage_is_tried_alone_and_left_out_on_the_attacks_it_changes(database: str) -> None:
    found = stages.trials(database)
    assert [t.variant for t in found[:2]] == ["full", "control"]
    assert len(found) == len({(t.variant, t.stage) for t in found})
    names = {t.stage for t in found[2:]}
    assert {"second camera", "tilt", "editing"} <= names <= set(control.STAGES)
    for trial in found[2:]:
        assert trial.attacks
        assert (trial.stage == "drift") <= all("video" not in attack for attack in trial.attacks)
    assert found[0].domain() is stages.DOMAINS[database]
    assert found[1].domain() == control.control(stages.DOMAINS[database])


@pytest.mark.parametrize("database", layouts.DATABASES)
def test_no_clip_of_the_test_people_is_used_and_every_attack_is(database: str) -> None:
    attacks = tuple(stages.DOMAINS[database].attacks)
    live, found = (stages.clips_of(database, attacks, "lite", live=live) for live in (True, False))
    assert all(clip.is_live for clip in live)
    assert {clip.attack for clip in found} == set(attacks)
    assert all(clip.split != "test" for clip in (*live, *found))
    if database == "replay-attack":
        assert {(c.support, c.light) for c in found} == {
            (s, t) for s in ("hand", "fixed") for t in ("adverse", "controlled")
        }
        assert len(found) == len({(c.subject, c.attack) for c in found}) == 30 * 5


def made(seed: int, shift: float) -> pd.DataFrame:
    """Clips whose histograms tell the class by `shift`, and the subject in any case."""
    rng = np.random.default_rng(seed)
    rows = []
    for subject in range(10):
        own = rng.normal(0, 3, 354)
        for label in (1, 1, 0, 0):
            x = own + rng.normal(0, 1, 354) + shift * label
            rows.append((subject, label, "live" if label else "print", x))
    return pd.DataFrame(rows, columns=["subject", "label", "medium", "histograms"])


def test_rows_say_what_can_be_told_apart() -> None:
    trial = stages.Trial("msu-mfsd", "alone", "grain", ("print",))
    for shift, low, high in ((0.0, 0.25, 0.75), (3.0, 0.95, 1.0)):
        rows = pd.DataFrame(stages.rows_of(trial, made(0, shift)), columns=list(stages.COLUMNS))
        assert list(rows["medium"]) == ["print", "all"]
        assert rows["auc"].between(low, high).all()
        assert (rows["low"] <= rows["auc"]).all()
        assert (rows["auc"] <= rows["high"]).all()
        assert (rows["people"] == 10).all()


class Here:
    """A pool that works in this process."""

    def __enter__(self) -> "Here":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    map = staticmethod(map)


def test_a_stopped_measurement_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[stages.Trial] = []

    def attacks(job: tuple[stages.Trial, str, cast.Cast]) -> pd.DataFrame:
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(job[0])
        found = made(len(calls), 1.0)
        return found[found["label"] == 0]

    def live(job: object) -> pd.DataFrame:
        found = made(7, 1.0)
        return found[found["label"] == 1]

    tried = [stages.Trial("msu-mfsd", "alone", name, ("print",)) for name in ("grain", "drift", "sheen")]
    for name, value in (
        ("_attacks", attacks), ("_live", live), ("rendered", lambda corpus: 3),
        ("DATABASES", ("msu-mfsd",)), ("trials", lambda database: tried),
    ):  # fmt: skip
        monkeypatch.setattr(stages, name, value)
    monkeypatch.setattr(stages.pools, "pool", lambda workers: Here())
    monkeypatch.setattr(stages.paths, "BUILD", tmp_path)
    corpus: Any = SimpleNamespace(profile=SimpleNamespace(name="lite", scale="lite"))
    with pytest.raises(KeyboardInterrupt):
        stages.rows(corpus, 1, print)
    calls.clear()
    found = stages.rows(corpus, 1, print)["stages"]
    assert [trial.stage for trial in calls] == ["sheen"]
    assert list(found["stage"]) == ["grain", "grain", "drift", "drift", "sheen", "sheen"]
    assert list(found.columns) == list(stages.COLUMNS)


def test_a_clip_measured_before_a_changed_medium_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cast, "Person", plain.Person)
    clips = [c for c in layouts.official_clips("msu") if c.subject == 2 and c.attack == "printed_photo"][:1]
    whole, clear = (
        stages.measured(domain, clips, cast.Cast(0))
        for domain in (stages.DOMAINS["msu-mfsd"], control.control(stages.DOMAINS["msu-mfsd"]))
    )
    assert list(whole["medium"]) == ["printed_photo"]
    assert whole["histograms"][0].shape == (354,)
    assert np.abs(whole["histograms"][0] - clear["histograms"][0]).sum() > 0.05

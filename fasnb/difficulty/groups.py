"""Error rates by group of people: sex, age, skin tone; with intervals over the people of the group.

Only of simulated databases whose people are rendered is known who they are: each is a function of the
database, the subject's number and the simulation's seed. FRR is the standard's BPCER, FAR its APCER over all
attacks. Rates are fractions.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from fasnb import metrics
from fasnb.corpus import Corpus
from fasnb.databases import Database
from fasnb.difficulty import NotOfThese, texture
from fasnb.intervals import Statistic, bootstrap, bootstrap_interval, interval
from fasnb.metrics import Threshold

AGES, _AGES = ("under 30", "30 to 49", "50 and over"), (30, 50)
TONES, _TONES = ("light", "medium", "dark"), (1 / 3, 2 / 3)  # of 0 light .. 1 dark
GROUPS = {"everyone": ("everyone",), "sex": ("female", "male"), "age": AGES, "tone": TONES}
RESAMPLES = 1000
RATES: tuple[tuple[Statistic, Callable[..., float]], ...] = (("frr", metrics.frr), ("far", metrics.far))


def age_band(age: float) -> str:
    """The band of an age in years; 30 belongs to "30 to 49"."""
    return AGES[bisect_right(_AGES, age)]


def tone_band(tone: float) -> str:
    """The third of the range of tones, 0 light .. 1 dark."""
    return TONES[bisect_right(_TONES, tone)]


def people(database: Database) -> pd.DataFrame:
    """Who the subjects are: subject, sex, age (band), tone (band), years, shade (the tone as a number).

    NotOfThese (a FasnbError) for a database that is not simulated, or that photographed people play.
    """
    if database.marker is None:
        raise NotOfThese(
            f"{database.root} is not simulated; who the people are is known only of simulated databases"
        )
    if database.marker.get("faces", 0):
        raise NotOfThese(
            f"the people of {database.root} are photographs; who the people are is known only of simulated "
            "databases with rendered people"
        )
    from fasnb.simfas.people import Person

    rows = []
    for subject in sorted({clip.subject for clip in database.clips}):
        one = Person(f"{database.name}/{subject}", database.marker["seed"])
        rows.append((subject, one.sex, age_band(one.age), tone_band(one.tone), one.age, one.tone))
    return pd.DataFrame(rows, columns=["subject", "sex", "age", "tone", "years", "shade"])


def named(videos: pd.DataFrame, databases: Mapping[str, Database]) -> pd.DataFrame:
    """Videos (database, subject, label, score) with sex, age, tone, and who: one name per person.

    Errors as in `people`.
    """
    wanted = videos["database"].unique()
    known = pd.concat([people(databases[short]).assign(database=short) for short in wanted])
    out = videos.merge(known, on=["database", "subject"], how="left", validate="many_to_one")
    return out.assign(everyone="everyone", who=out["database"] + "/" + out["subject"].astype(str))


def _parts(videos: pd.DataFrame) -> Iterator[tuple[str, list[tuple[str, pd.DataFrame]]]]:
    """Each grouping with its groups, in order; those without a video are left out."""
    for group, values in GROUPS.items():
        parts = [(value, videos[videos[group] == value]) for value in values]
        yield group, [(value, part) for value, part in parts if len(part)]


def rates(videos: pd.DataFrame, threshold: Threshold, n: int = RESAMPLES) -> pd.DataFrame:
    """One row a group of `named` videos: group, value, frr and far with _low, _high, people, live, attacks.

    People counts persons, live and attacks videos. Intervals are NaN for fewer than two people.
    """
    rows = []
    for group, parts in _parts(videos):
        for value, part in parts:
            s, y, who = (part[name].to_numpy() for name in ("score", "label", "who"))
            row: dict[str, Any] = {"group": group, "value": value}
            for kind, rate in RATES:
                low, high = bootstrap_interval(kind, s, y, who, threshold, n)
                row |= {kind: rate(s, y, threshold), f"{kind}_low": low, f"{kind}_high": high}
            live = int((y == 1).sum())
            rows.append(row | {"people": len(np.unique(who)), "live": live, "attacks": len(y) - live})
    return pd.DataFrame(rows)


def gaps(videos: pd.DataFrame, threshold: Threshold, n: int = RESAMPLES) -> pd.DataFrame:
    """The widest difference of each grouping: group, rate, worst, best, gap, low, high.

    The interval is of these two groups' difference, people of both drawn anew; that the two were picked as
    the extremes makes it look wider than chance alone would: an interval that only just excludes 0 is no
    finding.
    """
    rows = []
    for group, parts in _parts(videos):
        if len(parts) < 2:
            continue
        for kind, rate in RATES:
            values = [rate(part["score"], part["label"], threshold) for _, part in parts]
            if np.isnan(values).all():
                continue
            worst, best = int(np.nanargmax(values)), int(np.nanargmin(values))
            draws = [
                bootstrap(kind, part["score"], part["label"], part["who"], threshold, n, seed)
                for seed, part in ((0, parts[worst][1]), (1, parts[best][1]))
            ]
            low, high = interval(draws[0] - draws[1])
            gap = values[worst] - values[best]
            rows.append((group, kind, parts[worst][0], parts[best][0], gap, low, high))
    return pd.DataFrame(rows, columns=["group", "rate", "worst", "best", "gap", "low", "high"])


def pooled(
    found: tuple[texture.Scored, ...] | list[texture.Scored], own: bool
) -> tuple[pd.DataFrame, Threshold]:
    """Test videos of all databases before one threshold: score = how far above its detector's threshold.

    `own`: each video by the detector of its own database; else by those of the other two, twice.
    """
    parts = []
    for one in found:
        mine = one.tests["database"] == one.train
        part = one.tests[mine if own else ~mine]
        parts.append(part.assign(train=one.train, score=part["score"] - one.threshold.value))
    where = "each training database" if own else "each other training database"
    return pd.concat(parts, ignore_index=True), Threshold(0.0, where, "EER")


def rows(corpus: Corpus, workers: int = 1, say: texture.Say | None = None) -> dict[str, pd.DataFrame]:
    """The tables "groups" and "groups-gaps" of Color-LBP: domain is "within" or "across" (pooled)."""
    for database in corpus.databases.values():
        people(database)  # refused before anything is computed
    found = texture.scored(corpus, workers, say)
    tables, differences = [], []
    for domain in ("within", "across"):
        videos, threshold = pooled(found, domain == "within")
        videos = named(videos, corpus.databases)
        tables.append(rates(videos, threshold).assign(domain=domain, where=threshold.where))
        differences.append(gaps(videos, threshold).assign(domain=domain))
    return {"groups": pd.concat(tables), "groups-gaps": pd.concat(differences)}

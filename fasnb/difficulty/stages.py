"""What tells an attack from a live face: media that change nothing, single stages, all stages but one.

Clips are captured anew in memory for every variant of a database (fasnb/simfas/control.py); Color-LBP with a
logistic regression, fitted with a subject's clips left out, says how far attacks and live clips can be told
apart. People are those of the training and development splits.
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from fasnb.baselines.color_lbp import ColorLbp, histograms
from fasnb.intervals import bootstrap_interval
from fasnb.layouts import DATABASES, Clip, subset
from fasnb.metrics import auc
from fasnb.simfas import control
from fasnb.simfas.cast import Cast
from fasnb.simfas.domains import DOMAINS, Domain
from fasnb.simfas.trials import shots

FRAMES, EVERY, SIZE = 2, 5, 256  # faces of a clip, frames between them, their side in px
FOLDS = 5
COLUMNS = ("database", "variant", "stage", "medium", "auc", "low", "high", "people", "clips")


@dataclass(frozen=True)
class Trial:
    """One variant of a database, and the attacks that it changes."""

    database: str
    variant: str  # "full", "control", "alone" = this stage only, "without" = all but this stage
    stage: str
    attacks: tuple[str, ...]

    def domain(self) -> Domain:
        """The database as the variant has it."""
        whole = DOMAINS[self.database]
        made: dict[str, Callable[[], Domain]] = {
            "full": lambda: whole,
            "control": lambda: control.control(whole),
            "alone": lambda: control.alone(whole, self.stage),
            "without": lambda: control.without(whole, [self.stage]),
        }
        return made[self.variant]()


def trials(database: str) -> list[Trial]:
    """Every variant of a database: whole, control, each of its stages alone and left out."""
    domain = DOMAINS[database]
    everything = tuple(domain.attacks)
    found = [Trial(database, "full", "", everything), Trial(database, "control", "", everything)]
    for stage in control.STAGES:
        concerned = tuple(control.concerned(domain, stage))
        if concerned:
            found += [Trial(database, variant, stage, concerned) for variant in ("alone", "without")]
    return found


def clips_of(database: str, attacks: Sequence[str], scale: str, live: bool) -> list[Clip]:
    """Training and development clips: the live ones, or the attacks named. Of Replay-Attack's attacks, which
    it has under each light and support, one in four is taken.
    """
    kept = []
    for clip in subset(database, scale):
        if clip.split == "test" or clip.is_live != live or (not live and clip.attack not in attacks):
            continue
        if (
            not live
            and clip.support
            and zlib.crc32(f"{clip.subject} {clip.attack}".encode()) % 4 != _turn(clip)
        ):
            continue
        kept.append(clip)
    return kept


def _turn(clip: Clip) -> int:
    """Which of the four combinations of support and light a Replay-Attack clip has."""
    return 2 * (clip.support == "hand") + (clip.light == "adverse")


def measured(domain: Domain, clips: Sequence[Clip], cast: Cast) -> pd.DataFrame:
    """One row a clip: subject, label, medium, and its mean histograms (354,)."""
    rows = []
    for shot in shots(domain, clips, cast, FRAMES, SIZE, EVERY):
        clip = shot.clip
        mean = np.mean([histograms(face) for face in shot.faces], axis=0)
        rows.append((clip.subject, clip.label, clip.attack or "live", mean))
    return pd.DataFrame(rows, columns=["subject", "label", "medium", "histograms"])


def scored(clips: pd.DataFrame) -> np.ndarray:
    """(N,) scores of `measured` clips by a Color-LBP that never saw the clip's subject."""
    from sklearn.model_selection import GroupKFold

    x, y, who = np.stack(list(clips["histograms"])), clips["label"].to_numpy(), clips["subject"].to_numpy()
    out = np.empty(len(y))
    for fit, rest in GroupKFold(min(FOLDS, len(np.unique(who)))).split(x, y, who):
        out[rest] = ColorLbp().fit(x[fit], y[fit]).score(x[rest])
    return out


def rows_of(trial: Trial, clips: pd.DataFrame) -> Iterator[tuple]:
    """AUC with its 95 % interval over subjects: of each medium against live, and of all of them together."""
    scores = scored(clips)
    label, medium, who = (clips[name].to_numpy() for name in ("label", "medium", "subject"))
    for name in (*trial.attacks, "all"):
        part = (label == 1) | (medium == name) | (name == "all")
        low, high = bootstrap_interval("auc", scores[part], label[part], who[part], n=400)
        people = len(np.unique(who[part]))
        value = auc(scores[part], label[part])
        yield (trial.database, trial.variant, trial.stage, name, value, low, high, people, int(part.sum()))


def _attacks(job: tuple[Trial, str, Cast]) -> pd.DataFrame:
    trial, scale, cast = job
    cv2.setNumThreads(1)
    return measured(trial.domain(), clips_of(trial.database, trial.attacks, scale, live=False), cast)


def _live(job: tuple[str, bool, str, Cast]) -> pd.DataFrame:
    database, steady, scale, cast = job
    cv2.setNumThreads(1)
    domain = control.steady(DOMAINS[database]) if steady else DOMAINS[database]
    return measured(domain, clips_of(database, (), scale, live=True), cast)


def rows(
    scale: str, seed: int, poses: Path | None, workers: int, databases: Sequence[str] = DATABASES,
    say: Callable[[str], None] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """All variants of the databases: COLUMNS. With kept `poses` some seconds a variant, else minutes."""
    cast = Cast(seed, poses)
    out: list[tuple] = []
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for database in databases:
            planned = trials(database)
            lives = pool.map(_live, [(database, steady, scale, cast) for steady in (False, True)])
            attacks = pool.map(_attacks, [(trial, scale, cast) for trial in planned])
            live = dict(zip((False, True), lives))
            for trial, found in zip(planned, attacks):
                steady = trial.variant in ("control", "alone")
                out += rows_of(trial, pd.concat([live[steady], found], ignore_index=True))
                if say:
                    value = out[-1][4]
                    say(f"difficulty {database} {trial.variant} {trial.stage}: AUC {value:.2f}")
    return pd.DataFrame(out, columns=list(COLUMNS))

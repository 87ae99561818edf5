"""What tells an attack from a live face: media that change nothing, single stages, all stages but one.

Clips are captured anew in memory for every variant of a database (fasnb/simfas/control.py); Color-LBP with a
logistic regression, fitted with a subject's clips left out, says how far attacks and live clips can be told
apart. People are those of the training and development splits.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from fasnb import atomic, paths, pools, provenance
from fasnb.baselines.color_lbp import histograms
from fasnb.corpus import Corpus
from fasnb.difficulty import NotOfThese, texture
from fasnb.intervals import bootstrap_interval
from fasnb.layouts import DATABASES, Clip, subset
from fasnb.metrics import auc
from fasnb.simfas import control
from fasnb.simfas.cast import Cast
from fasnb.simfas.domains import DOMAINS, Domain
from fasnb.simfas.trials import shots

FRAMES, EVERY, SIZE = 2, 5, 256  # faces of a clip, frames between them, their side in px
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
    """Training and development clips: the live ones, or the attacks named, thinned."""
    clips = [clip for clip in subset(database, scale) if clip.split != "test" and clip.is_live == live]
    return clips if live else thinned([clip for clip in clips if clip.attack in attacks])


def thinned(clips: Iterable[Clip]) -> list[Clip]:
    """Clips, but of the four combinations of support and light under which Replay-Attack has each attack of a
    subject one, in turns.
    """
    return [clip for clip in clips if not clip.support or _turn(clip) == _own_turn(clip)]


def _turn(clip: Clip) -> int:
    return 2 * (clip.support == "hand") + (clip.light == "adverse")


def _own_turn(clip: Clip) -> int:
    return zlib.crc32(f"{clip.subject} {clip.attack}".encode()) % 4


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
    fold = texture.folds(clips["subject"].to_numpy())
    return texture.held_out(np.stack(list(clips["histograms"])), clips["label"].to_numpy(), fold)


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


def rows(corpus: Corpus, workers: int, say: Callable[[str], None]) -> dict[str, pd.DataFrame]:
    """ "stages": every variant of the three databases, COLUMNS. Kept poses (paths.kept_poses) spare minutes.

    Each variant's rows are kept below build/ as they come, so that a stopped measurement goes on. NotOfThese
    unless the databases are simulated with rendered people.
    """
    cast, scale = Cast(rendered(corpus), paths.kept_poses()), corpus.profile.scale
    code = provenance.code_digest((__name__,))[:16]
    folder = paths.build(corpus.profile.name) / "stages" / f"seed{cast.seed}-{code}"
    done: list[Path] = []
    with pools.pool(workers) as pool:
        for database in DATABASES:
            files = {
                trial: folder / f"{database}-{trial.variant}-{trial.stage}.csv" for trial in trials(database)
            }
            done += files.values()
            missing = [trial for trial, file in files.items() if not file.exists()]
            if not missing:
                continue
            lives = pool.map(_live, [(database, steady, scale, cast) for steady in (False, True)])
            attacks = pool.map(_attacks, [(trial, scale, cast) for trial in missing])
            live = dict(zip((False, True), lives))
            for trial, found in zip(missing, attacks):
                steady = trial.variant in ("control", "alone")
                clips = pd.concat([live[steady], found], ignore_index=True)
                table = pd.DataFrame(rows_of(trial, clips), columns=list(COLUMNS))
                atomic.write_text(files[trial], table.to_csv(index=False))
                say(f"{database} {trial.variant} {trial.stage}: AUC {table['auc'].iloc[-1]:.2f}")
    kept = [pd.read_csv(file, keep_default_na=False) for file in done]
    return {"stages": pd.concat(kept, ignore_index=True)}


def rendered(corpus: Corpus) -> int:
    """The seed of the simulated people of all databases; NotOfThese where they are others."""
    markers = [database.marker for database in corpus.databases.values()]
    seeds = {marker["seed"] for marker in markers if marker and not marker.get("faces")}
    if len(seeds) != 1 or not all(markers):
        raise NotOfThese(
            "stages can be switched off only in simulated databases of one seed and rendered people"
        )
    return seeds.pop()

"""From nothing to the index page: simulate, cut faces, run the grid, run the notebooks."""

import hashlib
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from fasnb import book, cards, committed, grid, paths, profiles, recipes
from fasnb.corpus import Corpus
from fasnb.running import duration, run_missing
from fasnb.runs import Source, Store

Say = Callable[[str], None]

#: The seed of the simulated people and captures; another one gives other databases.
DATA_SEED = 0
#: What carries out a run; loaded when there is one to carry out.
TRAIN = "fasnb.methods:train"


def say(line: str) -> None:
    """Progress goes to standard error, at once, so that it shows in a log too."""
    print(line, file=sys.stderr, flush=True)


def simulated(profile: profiles.Profile, root: Path, workers: int, say: Say = say) -> None:
    """Write what the simulated databases of this profile lack below `root`."""
    from fasnb.simfas import simulate

    begun, told = time.monotonic(), [0.0]

    def progress(done: int, total: int, path: str) -> None:
        now = time.monotonic()
        if now - told[0] < 10 and done < total:
            return
        told[0] = now
        left = (now - begun) / done * (total - done)
        say(f"simulated {done}/{total} clips, about {duration(left)} left")

    poses = paths.kept_poses()
    simulate(root, profile.scale, DATA_SEED, workers=workers, progress=progress, poses=poses)


def opened(
    profile: profiles.Profile, workers: int = 1, root: Path | None = None, say: Say = say
) -> tuple[Corpus, Source]:
    """The corpus of a profile and its source; simulated first, where no licensed copies are set.

    Simulated databases go by the name under which the profile's store knows them (fasnb.recipes).
    """
    root = root or paths.data_root(profile.scale)
    if not paths.real_data() and root == paths.data_root(profile.scale):
        simulated(profile, root, workers, say)
    corpus = Corpus(root, profile)
    source = corpus.source(workers, say)
    return corpus, recipes.named(paths.store(profile.name), corpus, source, say)


def reproduce(
    profile: profiles.Profile,
    workers: int = 1,
    store_folder: Path | None = None,
    only: Iterable[str] = (),
    say: Say = say,
    scheduler: str | None = None,
) -> Path:
    """Everything that is missing, up to the index page, whose path is returned."""
    begun = time.monotonic()
    say(f"[1/4] data, profile {profile.name}")
    corpus, source = opened(profile, workers, say=say)
    say(f"[2/4] runs of tables {', '.join(profile.tables)}")
    store = Store(store_folder or paths.store(profile.name), profile, source)
    wanted = grid.grid_of(profile, profile.tables)
    results = run_missing(wanted, TRAIN, store, corpus, workers, say, scheduler=scheduler)
    cards.beside(store, results)
    say("[3/4] notebooks")
    folder = paths.build(profile.name)
    parameters = {"profile": profile.name, "store": str(store.folder), "data": str(corpus.root), "seed": 0}
    seen = "real faces" if paths.real_faces() else ""
    parts = [source.digest, *(result.key for result in results), seen, committed.digest()]
    inputs = hashlib.sha256("".join(parts).encode()).hexdigest()
    pages = book.run_all(folder, parameters, inputs, only, workers, say)
    say("[4/4] index")
    index = book.index(
        folder, f"fasnb, profile {profile.name}", _note(profile, source), pages, _tables(store)
    )
    say(f"done in {duration(time.monotonic() - begun)}: open {index}")
    return index


def _note(profile: profiles.Profile, source: Source) -> str:
    smoke = (
        " Smoke numbers prove that the chain works, not that the method does."
        if profile.name == "smoke"
        else ""
    )
    return f"Data: {source.kind}. Digest {source.digest[:12]}.{smoke}"


def _tables(store: Store) -> dict[str, str]:
    from fasnb import rendering, tables

    return {name: rendering.render(tables.build(name, store), "html") for name in store.profile.tables}

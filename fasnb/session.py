"""What every notebook starts with: its data, its store and its figures folder, from four parameters."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from fasnb import grid, paths, profiles, provenance, reproduce
from fasnb.corpus import Corpus
from fasnb.errors import FasnbError, UsageError
from fasnb.experiments import Experiment
from fasnb.running import run_missing
from fasnb.runs import Result, Source, Store

if TYPE_CHECKING:  # a notebook that shows stored numbers need not load it
    import torch


@dataclass(frozen=True)
class Session:
    """A notebook's view of a profile. `store` and `data` default to the profile's own folders."""

    profile: profiles.Profile
    store_folder: Path
    root: Path | None

    @cached_property
    def _opened(self) -> tuple[Corpus, Source]:
        return reproduce.opened(self.profile, root=self.root, say=print)

    @property
    def corpus(self) -> Corpus:
        """The faces of the three databases; simulated first where nothing is there."""
        return self._opened[0]

    @cached_property
    def shown(self) -> Corpus:
        """The faces that pictures show: simulated ones, unless licensed ones are allowed to be seen.

        Where the data are licensed, the simulated databases of the profile's scale stand in for them, which
        are made where they are not there. `fasnb reproduce --allow-real-faces` allows the licensed ones.
        """
        if self._opened[1].kind == "simulated" or paths.real_faces():
            return self.corpus
        print("pictures show simulated faces; `fasnb reproduce --allow-real-faces` shows the licensed ones")
        root = paths.simulated(self.profile.scale)
        reproduce.simulated(self.profile, root, 1, print)
        return Corpus(root, self.profile)

    @property
    def shown_kind(self) -> str:
        """What the pictures are of, for their titles: simulated, real or mixed."""
        return self._opened[1].kind if self.shown is self.corpus else "simulated"

    @cached_property
    def store(self) -> Store:
        """The results of the profile on these data."""
        return Store(self.store_folder, self.profile, self._opened[1])

    def ensure(self, tables: Iterable[str]) -> list[Result]:
        """The results behind these tables; what the store lacks is run first, with a line now and then."""
        wanted = grid.grid_of(self.profile, tables)
        return run_missing(wanted, reproduce.TRAIN, self.store, self.corpus, progress=print)

    def result(self, experiment: Experiment) -> Result:
        """The result of one experiment, run first if the store lacks it."""
        (found,) = run_missing([experiment], reproduce.TRAIN, self.store, self.corpus, progress=print)
        return found

    def weights(self, experiment: Experiment) -> Path:
        """The trained network's weights; where only the scores were kept, it is trained again for them.

        The stored result stays as it is; the new training's own lies below build/.
        """
        path = paths.trained(self.profile.name, self.store.stem(experiment))
        if not path.exists():
            print(f"{experiment.name}: its scores are stored, its weights are not here; training it for them")
            apart = Store(paths.build(self.profile.name) / "again", self.profile, self._opened[1])
            run_missing([experiment], reproduce.TRAIN, apart, self.corpus, progress=print)
        if not path.exists():
            raise FasnbError(
                f"{path} was deleted after its training; delete {apart.folder} to train it again"
            )
        return path

    def network(self, experiment: Experiment) -> "torch.nn.Module":
        """The trained network of one experiment, on the CPU in eval mode."""
        from fasnb import weights

        return weights.network(experiment.network(self.profile), self.weights(experiment))

    @property
    def figures(self) -> Path:
        """Where this profile's figures go."""
        return paths.figures(self.profile.name)


def start(profile: str = "smoke", store: str = "", data: str = "") -> Session:
    """The session of a notebook's parameters; an empty `store` or `data` means the profile's own.

    UsageError for an unknown profile, or a parameter that is no text.
    """
    for name, value in {"profile": profile, "store": store, "data": data}.items():
        if not isinstance(value, str):
            raise UsageError(f"the notebook's parameter {name} must be text, not {str(value)[:40]!r}")
    chosen = profiles.get(profile)
    folder = Path(store) if store else paths.store(chosen.name)
    return Session(chosen, folder, Path(data) if data else None)


def versions() -> pd.DataFrame:
    """Versions, revision and device as a small table, the second cell of every notebook."""
    from fasnb import device

    git = provenance.revision() or {"revision": "unknown"}
    changed = " + changes" if git.get("dirty") else ""
    facts = provenance.versions() | {"revision": str(git["revision"])[:12] + changed}
    facts["device"] = device.title(device.choose())
    return pd.DataFrame(facts.items(), columns=["what", "which"]).set_index("what")

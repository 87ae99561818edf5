"""An experiment is one training run: a method, a training database, the settings that tables vary, a seed.

Its name spells all of that (`mpl_uda-casia-tau0.5-sigma0.1-seed0`) and `parse` reads it back. `grid.py`
says which experiments are behind which cell of which table.
"""

import re
from dataclasses import dataclass

import numpy as np

from fasnb.errors import UsageError
from fasnb.profiles import PAPER_LABELLED, PAPER_SAMPLES, Branch, Profile

Value = float | int | str
TRAIN_DATABASES = ("casia", "replay", "msu")
#: The databases that have a development set; the threshold comes from it, else from the training split.
HAS_DEVEL = frozenset({"replay"})

#: Settings that tables vary, in the order of the name: type, default (as in Tables 7, 8 and 11).
#: `labelled` counts on the paper's scale (of 16,000); profiles keep the fraction. `patch` is the side of
#: the training input in pixels. `loss` is the teacher's feedback in Meta Pseudo Labels (Table 12):
#: improved = follows the true meta-gradient, original = as the released code has it.
SETTINGS: dict[str, tuple[type, Value]] = {
    "tau": (float, 0.6),
    "sigma": (float, 0.15),
    "labelled": (int, PAPER_LABELLED),
    "patch": (int, 64),
    "loss": (str, "improved"),
}
#: Always spelled in the name, since the paper is of two minds about them; the others where not the default.
SPELLED = frozenset({"tau", "sigma"})
CHOICES: dict[str, tuple[Value, ...]] = {"patch": (64, 256), "loss": ("improved", "original")}

#: Which settings each method of the paper has. AttVLAD (PLGF branch) varies none of them.
OWN: dict[str, tuple[str, ...]] = {
    "supervised": ("sigma", "labelled", "patch"),
    "pl": ("tau", "sigma", "labelled", "patch"),
    "pl_uda": ("tau", "sigma", "labelled", "patch"),
    "mpl_uda": ("tau", "sigma", "labelled", "patch", "loss"),
    "attvlad": (),
    "attvlad_novlad": (),
}
#: The methods that the paper compares itself with (Tables 5, 6), by row: a module each in baselines/.
OTHERS = {
    "cnn": "CNN (Yang 2014)",
    "color_lbp": "Color LBP (Boulkenafet 2015)",
    "color_texture": "Color texture (Boulkenafet 2016)",
    "auxiliary": "Auxiliary (Liu 2018)",
    "despoofing": "De-Spoofing (Jourabloo 2018)",
    "msr_mobilenet": "MSR-MobileNet (Chen 2019)",
    "drl_fas": "DRL-FAS (Cai 2020)",
}
METHODS: dict[str, tuple[str, ...]] = OWN | dict.fromkeys(OTHERS, ())
TITLES = {
    "supervised": "supervised",
    "pl": "PL",
    "pl_uda": "PL+UDA",
    "mpl_uda": "MPL+UDA",
    "attvlad": "AttVLAD",
    "attvlad_novlad": "AttVLAD without VLAD",
    **OTHERS,
}


@dataclass(frozen=True)
class Experiment:
    """One training run. `overrides` is kept typed and in canonical order: equal runs are equal objects.

    Raises UsageError for an unknown method, database or setting, and for a setting the method does not have.
    """

    method: str
    train: str
    overrides: tuple[tuple[str, Value], ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        """Check every part and bring the overrides to their one canonical form."""
        if self.method not in METHODS:
            raise UsageError(f"unknown method {self.method!r}; choose one of {', '.join(METHODS)}")
        if self.train not in TRAIN_DATABASES:
            raise UsageError(
                f"unknown training database {self.train!r}; choose one of {', '.join(TRAIN_DATABASES)}"
            )
        if isinstance(self.seed, bool) or not isinstance(self.seed, int | np.integer) or self.seed < 0:
            raise UsageError(f"the seed must be a whole number >= 0, not {self.seed!r}")
        given = dict(self.overrides)
        for name in given:
            if name not in METHODS[self.method]:
                known = ", ".join(METHODS[self.method]) or "none"
                raise UsageError(f"method {self.method} has no setting {name!r}; it has {known}")
        kept = []
        for name, (kind, default) in SETTINGS.items():
            if name in METHODS[self.method]:
                value = _checked(name, kind, given.get(name, default))
                if name in SPELLED or value != default:
                    kept.append((name, value))
        object.__setattr__(self, "overrides", tuple(kept))
        object.__setattr__(self, "seed", int(self.seed))

    @property
    def branch(self) -> Branch:
        """The branch it trains: "plgf" for AttVLAD and its baseline; "other" for a compared method; "rgb"."""
        if self.method in OTHERS:
            return "other"
        return "plgf" if self.method.startswith("attvlad") else "rgb"

    @property
    def name(self) -> str:
        """For example `mpl_uda-casia-tau0.5-sigma0.1-loss=original-seed0`; `parse` is its inverse."""
        spelled = [f"{name}{_spell(value)}" for name, value in self.overrides]
        return "-".join([self.method, self.train, *spelled, f"seed{self.seed}"])

    def setting(self, name: str) -> Value:
        """The value of a setting, default included; UsageError where the method does not have it."""
        if name not in METHODS[self.method]:
            raise UsageError(f"method {self.method} has no setting {name!r}")
        return dict(self.overrides).get(name, SETTINGS[name][1])

    def labelled(self, profile: Profile) -> int:
        """How many of the profile's samples keep their label (RGB branch): the paper's fraction of 16,000."""
        paper = self.setting("labelled")
        if paper == PAPER_LABELLED:
            return profile.labelled
        return max(2, round(profile.samples * float(paper) / PAPER_SAMPLES))

    def network(self, profile: Profile) -> str:
        """The network's name for `networks.build`; a compared method's own name."""
        if self.branch == "other":
            return self.method
        if self.branch == "rgb":
            return profile.rgb_network
        return profile.plgf_network + ("-novlad" if self.method == "attvlad_novlad" else "")

    @property
    def code(self) -> tuple[str, ...]:
        """The modules whose code, imports included, its numbers depend on."""
        if self.branch == "other":
            return ("fasnb.baselines.runs", f"fasnb.baselines.{self.method}")
        return ("fasnb.training",)

    def __str__(self) -> str:
        """The name."""
        return self.name


def _checked(name: str, kind: type, value: Value) -> Value:
    """`value` as the setting's type and within its range, or UsageError."""
    try:
        typed: Value = kind(value)
        exact = kind is str or float(typed) == float(value)
    except (TypeError, ValueError, OverflowError):
        exact = False
    if not exact:
        raise UsageError(f"setting {name} must be {kind.__name__}, not {value!r}")
    if name in CHOICES and typed not in CHOICES[name]:
        raise UsageError(f"setting {name} must be one of {', '.join(map(str, CHOICES[name]))}, not {value!r}")
    if kind is float and not 0 <= float(typed) < 1:
        raise UsageError(f"setting {name} must lie in [0, 1), not {value!r}")
    if name == "labelled" and not 2 <= int(typed) <= PAPER_SAMPLES:
        raise UsageError(f"setting labelled counts of {PAPER_SAMPLES} samples, not {value!r}")
    return typed


def _spell(value: Value) -> str:
    """A value for a name: exact, without exponent, minus or trailing zeros; a word has = before it."""
    if isinstance(value, str):
        return "=" + value
    return str(value) if isinstance(value, int) else np.format_float_positional(value + 0.0, trim="-")


_SETTING = re.compile(rf"({'|'.join(SETTINGS)})=?(.+)")


def parse(name: str) -> Experiment:
    """The experiment a name spells; the inverse of `Experiment.name`. UsageError where it spells none."""
    parts = name.split("-")
    if len(parts) < 3 or not re.fullmatch(r"seed\d+", parts[-1]):
        raise UsageError(f"{name!r} is no experiment; a name is method-database-settings-seedN")
    overrides: dict[str, Value] = {}
    for part in parts[2:-1]:
        match = _SETTING.fullmatch(part)
        if not match or match[1] in overrides:
            raise UsageError(
                f"{name!r} is no experiment: {part!r} is no setting; known: {', '.join(SETTINGS)}"
            )
        overrides[match[1]] = match[2]
    experiment = Experiment(parts[0], parts[1], tuple(overrides.items()), int(parts[-1][4:]))
    if experiment.name != name:
        raise UsageError(f"{name!r} is no experiment; did you mean {experiment.name!r}?")
    return experiment


def make(method: str, train: str, seed: int = 0, **overrides: Value) -> Experiment:
    """Short form: `make("mpl_uda", "casia", tau=0.5, sigma=0.1)`."""
    return Experiment(method, train, tuple(overrides.items()), seed)

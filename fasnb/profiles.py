"""The sizes the same method runs at: smoke, lite, brief, paper. A profile changes sizes, never the method.

Settings that paper.md calls illegible follow the recipe the paper's terms point to (labelled batch 128, mu 7,
temperature 0.7, ramp 5,000, EMA 0.995); everything legible in section 4.2 is as printed.
"""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal

from fasnb.errors import UsageError

#: The paper's two branches; other = the methods that it compares itself with.
Branch = Literal["rgb", "plgf", "other"]

#: Table 11: the paper draws 16,000 training samples and keeps the label of 4,000.
PAPER_SAMPLES = 16_000
PAPER_LABELLED = 4_000
ALL_TABLES = tuple(f"t{number}" for number in range(5, 14))


def _for(*branches: str) -> Any:
    """A field whose value can change the numbers of these branches (none: it cannot change any)."""
    return field(metadata={"branches": branches})


@dataclass(frozen=True)
class Profile:
    """Every size of a run. Fields say which branch they touch, so that a run's key holds only those.

    Steps are optimiser steps, rates are per step, faces are per clip, samples are 64x64 patches.
    """

    name: str = _for()
    scale: str = _for()  # of the simulated databases: smoke | lite | full; real data ignore it
    rgb_network: str = _for("rgb")
    plgf_network: str = _for("plgf")  # "-novlad" is appended for Table 10's baseline
    train_faces: int = _for(
        "rgb", "plgf", "other"
    )  # more = more variety within a clip, more disk and reading
    test_faces: int = _for(
        "rgb", "plgf", "other"
    )  # a video's score is the mean of these; more make it steadier
    samples: int = _for("rgb")  # patches drawn from the training faces
    labelled: int = _for("rgb")  # of them keep their label; a quarter, as in the paper
    steps: int = _for("rgb")  # s_t of eq. 28
    batch: int = _for("rgb")  # labelled patches per step
    mu: int = _for("rgb")  # unlabelled patches per step, in units of batch
    lr_rgb: float = _for("rgb")
    wait: int = _for("rgb")  # s_wt of eq. 28, student only
    warmup: int = _for("rgb")  # s_wu of eq. 28
    ramp: int = _for("rgb")  # steps over which the UDA weight rises to lambda_u
    lambda_u: float = _for("rgb")
    temperature: float = _for("rgb")  # below 1 sharpens the weak view's prediction
    ema: float = _for("rgb", "plgf", "other")  # decay of the evaluated average; lower it for short runs
    bn_momentum: float = _for("rgb")  # torch's convention; raise it for short runs
    weight_decay: float = _for("rgb", "plgf", "other")  # off for batch-norm
    grad_clip: float = _for("rgb")  # largest gradient norm; 0 = off
    plgf_steps: int = _for("plgf")
    plgf_batch: int = _for("plgf")
    lr_plgf: float = _for("plgf")
    s1: int = _for("plgf")  # eq. 30: rate x 0.1 from here ...
    s2: int = _for("plgf")  # ... and x 0.01 from here
    other_steps: int = _for("other")  # of the compared networks
    other_batch: int = _for("other")  # faces per step
    tables: tuple[str, ...] = _for()  # those that `reproduce` runs
    seeds: int = _for()  # runs per arm of Tables 5-8
    ablation_seeds: int = _for()  # runs per arm of Tables 9-13
    allow_partial: bool = _for()  # accept databases whose counts are off (simulated subsets)
    checkpoint_every: int = _for()  # steps

    def __post_init__(self) -> None:
        """Raise UsageError for sizes that contradict each other."""
        for name in ("train_faces", "test_faces", "samples", "labelled", "steps", "batch", "mu", "plgf_steps",
                     "plgf_batch", "other_steps", "other_batch", "seeds", "ablation_seeds",
                     "checkpoint_every"):  # fmt: skip
            if getattr(self, name) < 1:
                raise UsageError(f"profile {self.name}: {name} must be at least 1, not {getattr(self, name)}")
        if self.labelled > self.samples:
            raise UsageError(f"profile {self.name}: {self.labelled} labelled of {self.samples} samples")
        if min(self.wait, self.warmup, self.ramp) < 0 or self.wait + self.warmup >= self.steps:
            raise UsageError(f"profile {self.name}: wait + warmup must lie below its {self.steps} steps")
        if not 0 < self.s1 <= self.s2 <= self.plgf_steps:
            raise UsageError(f"profile {self.name}: it must hold that 0 < s1 <= s2 <= plgf_steps")

    def settings(self, branch: Branch) -> dict[str, Any]:
        """The fields that can change a number of this branch, by name, for a run's key and record."""
        values = asdict(self)
        return {f.name: values[f.name] for f in fields(self) if branch in f.metadata["branches"]}


PAPER = Profile(
    name="paper",
    scale="full",
    rgb_network="wrn-28-2",
    plgf_network="attvlad",
    train_faces=16,
    test_faces=16,
    samples=PAPER_SAMPLES,
    labelled=PAPER_LABELLED,
    steps=64_000,
    batch=128,
    mu=7,
    lr_rgb=0.05,
    wait=3_000,
    warmup=3_000,
    ramp=5_000,
    lambda_u=1.0,  # the weight UDA itself uses; see docs/deviations.md and docs/log.md
    temperature=0.7,
    ema=0.995,
    bn_momentum=0.001,
    weight_decay=5e-4,
    grad_clip=0.0,
    plgf_steps=3_000,
    plgf_batch=64,
    lr_plgf=0.01,
    s1=200,
    s2=2_000,
    other_steps=6_000,
    other_batch=64,
    tables=ALL_TABLES,
    seeds=3,
    ablation_seeds=1,
    allow_partial=False,
    checkpoint_every=1_000,
)


def scaled(base: Profile, name: str, steps: int, plgf_steps: int, samples: int, **changes: Any) -> Profile:
    """`base` with fewer steps and samples: waits, ramp, s1, s2, labelled share keep their fractions."""
    part, plgf_part = steps / base.steps, plgf_steps / base.plgf_steps
    kept = {
        "labelled": round(samples * base.labelled / base.samples),
        "wait": round(base.wait * part),
        "warmup": round(base.warmup * part),
        "ramp": round(base.ramp * part),
        "s1": max(1, round(base.s1 * plgf_part)),
        "s2": max(1, round(base.s2 * plgf_part)),
    }
    sizes = {"name": name, "steps": steps, "plgf_steps": plgf_steps, "samples": samples}
    return replace(base, **sizes | kept | changes)  # type: ignore[arg-type]


#: A CPU night. Steps from learning curves on development videos, which are flat by then (docs/log.md).
LITE = scaled(
    PAPER,
    "lite",
    steps=2_000,
    plgf_steps=1_000,
    samples=8_000,
    scale="lite",
    rgb_network="wrn-10-1",
    train_faces=6,
    test_faces=4,
    batch=16,
    mu=1,
    ema=0.99,
    bn_momentum=0.02,
    plgf_batch=16,
    s1=200,  # as printed
    other_steps=1_200,
    other_batch=16,
    checkpoint_every=500,
)

#: A first look and CI: proves the chain, not the method.
SMOKE = scaled(
    PAPER,
    "smoke",
    steps=400,
    plgf_steps=220,
    samples=6_400,
    scale="smoke",
    rgb_network="wrn-10-1",
    train_faces=4,
    test_faces=3,
    batch=24,
    mu=1,
    lr_rgb=0.025,  # half the paper's: a few hundred noisy steps, no time to recover from a bad one
    ramp=400,  # all of the run
    ema=0.98,  # over the last fifty steps: the student of a short MPL run swings
    bn_momentum=0.1,
    plgf_batch=16,
    s1=200,  # as printed: a tenth of it would leave the network untrained
    s2=210,
    other_steps=80,
    other_batch=16,
    tables=("t5", "t6", "t7", "t8", "t10"),
    seeds=1,
    allow_partial=True,
    checkpoint_every=100,
)

#: Minutes on one GPU: the paper's networks, samples and rates, a thirtieth of its steps, smaller batches.
BRIEF = scaled(
    PAPER,
    "brief",
    steps=2_000,
    plgf_steps=2_100,
    samples=PAPER_SAMPLES,
    scale="lite",
    train_faces=6,
    test_faces=4,
    batch=64,
    mu=1,
    ema=0.99,
    bn_momentum=0.02,
    s1=200,  # as printed, both
    s2=2_000,
    other_steps=2_000,
    other_batch=32,
    seeds=1,
    checkpoint_every=1_000,
)

PROFILES: dict[str, Profile] = {p.name: p for p in (SMOKE, LITE, BRIEF, PAPER)}


def get(name: str) -> Profile:
    """The profile of this name; UsageError names the known ones."""
    if name not in PROFILES:
        raise UsageError(f"unknown profile {name!r}; choose one of {', '.join(PROFILES)}")
    return PROFILES[name]

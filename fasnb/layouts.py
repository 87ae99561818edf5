"""The names, splits and protocols of the databases, official ones and "wide"; nothing here looks at a disk.

CASIA-FASD (50 subjects, 600 clips), Replay-Attack (50, 1200 and 100 enrolment clips), MSU-MFSD (35, 280).
The fourth (60, 1080) exists in simulation only and is part of no table: see deal.py.
Label convention of the whole project: 1 = live (bona fide), 0 = attack.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from fasnb import deal
from fasnb.errors import UsageError

#: Folder names below the data root.
DATABASES = ("casia-fasd", "replay-attack", "msu-mfsd")
SHORT = {"casia": "casia-fasd", "replay": "replay-attack", "msu": "msu-mfsd"}
#: The simulated database of many devices; its short name is the same. Only who names it gets it.
WIDE = deal.NAME

LIVE, ATTACK = 1, 0

CASIA_TRAIN = tuple(range(1, 21))
#: test_release/1..30 restart the numbering; these are the folder numbers, the subject is the folder + 20.
CASIA_TEST_FOLDERS = tuple(range(1, 31))
CASIA_TEST_OFFSET = 20
REPLAY_TRAIN = (1, 2, 4, 6, 7, 8, 12, 16, 18, 25, 27, 103, 105, 108, 110)
REPLAY_DEVEL = (3, 5, 10, 15, 17, 22, 29, 30, 101, 111, 113, 114, 116, 118, 119)
REPLAY_TEST = (9, 11, 13, 14, 19, 20, 21, 23, 24, 26, 28, 31, 102, 104, 106, 107, 109, 112, 115, 117)
MSU_TRAIN = (2, 3, 5, 6, 7, 8, 9, 11, 12, 21, 22, 34, 53, 54, 55)
MSU_TEST = (1, 13, 14, 23, 24, 26, 28, 29, 30, 32, 33, 35, 36, 37, 39, 42, 48, 49, 50, 51)

#: CASIA's clip codes: code -> (attack type, "" for live; camera quality).
CASIA_CODES = {
    "1": ("", "normal"),
    "2": ("", "low"),
    "HR_1": ("", "high"),
    "3": ("warped", "normal"),
    "4": ("warped", "low"),
    "HR_2": ("warped", "high"),
    "5": ("cut", "normal"),
    "6": ("cut", "low"),
    "HR_3": ("cut", "high"),
    "7": ("video", "normal"),
    "8": ("video", "low"),
    "HR_4": ("video", "high"),
}
#: Replay-Attack's five attacks: type -> (device shown to the camera, device that took the sample, its kind).
REPLAY_ATTACKS = {
    "print": ("print", "highdef", "photo"),
    "mobile_photo": ("mobile", "mobile", "photo"),
    "mobile_video": ("mobile", "mobile", "video"),
    "highdef_photo": ("highdef", "highdef", "photo"),
    "highdef_video": ("highdef", "highdef", "video"),
}
REPLAY_LIGHTS = ("adverse", "controlled")
REPLAY_SUPPORTS = ("fixed", "hand")
MSU_ATTACKS = ("ipad_video", "iphone_video", "printed_photo")
#: MSU-MFSD's cameras and the suffix of their files.
MSU_CAMERAS = {"android": "mp4", "laptop": "mov"}
#: Live MSU-MFSD clips whose pictures are stored upside down; their face files hold upright coordinates.
MSU_ROTATED_180 = frozenset(
    f"scene01/real/real_client{subject:03d}_android_SD_scene01.mp4" for subject in (3, 5, 6, 7, 8, 9)
)
MSU_LISTS = {"train": "train_sub_list.txt", "test": "test_sub_list.txt"}

SPLITS = {
    "casia-fasd": ("train", "test"),
    "replay-attack": ("train", "devel", "test"),
    "msu-mfsd": ("train", "test"),
    WIDE: tuple(deal.SUBJECTS),
}
SUBJECTS = {
    "casia-fasd": {"train": CASIA_TRAIN, "test": tuple(n + CASIA_TEST_OFFSET for n in CASIA_TEST_FOLDERS)},
    "replay-attack": {"train": REPLAY_TRAIN, "devel": REPLAY_DEVEL, "test": REPLAY_TEST},
    "msu-mfsd": {"train": MSU_TRAIN, "test": MSU_TEST},
    WIDE: deal.SUBJECTS,
}
#: Clips per (split, "real" | "attack"), as published.
OFFICIAL_COUNTS = {
    "casia-fasd": {
        ("train", "real"): 60,
        ("train", "attack"): 180,
        ("test", "real"): 90,
        ("test", "attack"): 270,
    },
    "replay-attack": {
        ("train", "real"): 60,
        ("train", "attack"): 300,
        ("devel", "real"): 60,
        ("devel", "attack"): 300,
        ("test", "real"): 80,
        ("test", "attack"): 400,
    },
    "msu-mfsd": {
        ("train", "real"): 30,
        ("train", "attack"): 90,
        ("test", "real"): 40,
        ("test", "attack"): 120,
    },
    WIDE: deal.COUNTS,
}
SCALES = ("smoke", "lite", "full")
#: Frames per clip that the simulator writes at each scale.
FRAMES = {"smoke": 6, "lite": 12, "full": 48}
#: Subjects of each split (the first ones of SUBJECTS) that the smoke scale keeps.
SMOKE_SUBJECTS = {
    "casia-fasd": {"train": 9, "test": 7},
    "replay-attack": {"train": 7, "devel": 4, "test": 6},
    "msu-mfsd": {"train": 12, "test": 8},
    WIDE: deal.SMOKE_SUBJECTS,
}


@dataclass(frozen=True)
class Clip:
    """One video of a database.

    `path` is the official one, posix, relative to the database's folder. `subject` is unique within the
    database (CASIA's test folder n is subject n + 20). `split` is train, devel, test, or enroll
    (Replay-Attack's enrolment clips, part of no protocol). `label` is 1 live, 0 attack; `attack` its type, ""
    for live. `camera`: CASIA low, normal, high; Replay-Attack webcam; MSU-MFSD android, laptop. `light` and
    `support` are Replay-Attack's, else "". Wide: camera-01 .., light-1 .., attacks print-01 .., see deal.py.
    """

    database: str
    path: str
    subject: int
    split: str
    label: int
    attack: str
    camera: str
    light: str = ""
    support: str = ""

    @property
    def is_live(self) -> bool:
        return self.label == LIVE

    @property
    def kind(self) -> str:
        """The class as the databases' folders name it: "real" or "attack"."""
        return "real" if self.is_live else "attack"


def database_name(name: str) -> str:
    """The folder name of a database given by folder name or by short name; UsageError if it is neither."""
    full = SHORT.get(name, name)
    if full not in SUBJECTS:
        raise UsageError(f"unknown database {name!r}; choose from {', '.join((*SHORT, *SUBJECTS))}")
    return full


def official_clips(database: str, enroll: bool = False) -> list[Clip]:
    """Every clip of a database, sorted by path: CASIA-FASD 600, Replay-Attack 1200, MSU-MFSD 280, wide 1080.

    `enroll` adds Replay-Attack's 100 enrolment clips. UsageError for an unknown database.
    """
    name = database_name(database)
    clips = {"casia-fasd": _casia, "replay-attack": _replay, "msu-mfsd": _msu, WIDE: _wide}[name]()
    found = [clip for clip in clips if enroll or clip.split != "enroll"]
    return sorted(found, key=lambda clip: clip.path)


def _casia() -> Iterator[Clip]:
    for split, subjects in SUBJECTS["casia-fasd"].items():
        for subject in subjects:
            folder = subject - (CASIA_TEST_OFFSET if split == "test" else 0)
            for code, (attack, camera) in CASIA_CODES.items():
                path = f"{split}_release/{folder}/{code}.avi"
                label = ATTACK if attack else LIVE
                yield Clip("casia-fasd", path, subject, split, label, attack, camera)


def _replay() -> Iterator[Clip]:
    name, camera = "replay-attack", "webcam"
    for split, subjects in SUBJECTS[name].items():
        for subject in subjects:
            who = f"client{subject:03d}_session01"
            for light in REPLAY_LIGHTS:
                for take in (1, 2):
                    path = f"{split}/real/{who}_webcam_authenticate_{light}_{take}.mov"
                    yield Clip(name, path, subject, split, LIVE, "", camera, light)
                path = f"enroll/{split}/{who}_webcam_enroll_{light}.mov"
                yield Clip(name, path, subject, "enroll", LIVE, "", camera, light)
                for support in REPLAY_SUPPORTS:
                    for attack, (device, sampler, sample) in REPLAY_ATTACKS.items():
                        stem = f"attack_{device}_{who}_{sampler}_{sample}_{light}"
                        path = f"{split}/attack/{support}/{stem}.mov"
                        yield Clip(name, path, subject, split, ATTACK, attack, camera, light, support)


def _msu() -> Iterator[Clip]:
    for split, subjects in SUBJECTS["msu-mfsd"].items():
        for subject in subjects:
            for camera, suffix in MSU_CAMERAS.items():
                who = f"client{subject:03d}_{camera}_SD"
                path = f"scene01/real/real_{who}_scene01.{suffix}"
                yield Clip("msu-mfsd", path, subject, split, LIVE, "", camera)
                for attack in MSU_ATTACKS:
                    path = f"scene01/attack/attack_{who}_{attack}_scene01.{suffix}"
                    yield Clip("msu-mfsd", path, subject, split, ATTACK, attack, camera)


def _wide() -> Iterator[Clip]:
    for row in deal.rows():
        label = ATTACK if row.attack else LIVE
        yield Clip(WIDE, row.path, row.subject, row.split, label, *row[3:])


def _everything(clip: Clip) -> bool:
    return True


def _camera(camera: str) -> Callable[[Clip], bool]:
    return lambda clip: clip.camera == camera


def _attacks(*attacks: str) -> Callable[[Clip], bool]:
    return lambda clip: clip.is_live or clip.attack in attacks


#: Per database: protocol name -> which clips belong to it. The first one is the default: everything.
PROTOCOLS: dict[str, dict[str, Callable[[Clip], bool]]] = {
    "casia-fasd": {
        "overall": _everything,
        "low": _camera("low"),
        "normal": _camera("normal"),
        "high": _camera("high"),
        "warped": _attacks("warped"),
        "cut": _attacks("cut"),
        "video": _attacks("video"),
    },
    "replay-attack": {
        "grandtest": _everything,
        "print": _attacks("print"),
        "mobile": _attacks("mobile_photo", "mobile_video"),
        "highdef": _attacks("highdef_photo", "highdef_video"),
        "photo": _attacks("print", "mobile_photo", "highdef_photo"),
        "video": _attacks("mobile_video", "highdef_video"),
        "digitalphoto": _attacks("mobile_photo", "highdef_photo"),
    },
    "msu-mfsd": {"grandtest": _everything},
    WIDE: {"grandtest": _everything},
}


def default_protocol(database: str) -> str:
    """The protocol that takes every clip: CASIA-FASD's overall, the others' grandtest."""
    return next(iter(PROTOCOLS[database_name(database)]))


def select(clips: Iterable[Clip], protocol: str | None = None) -> list[Clip]:
    """The clips that belong to a protocol of their own database, in order; enrolment clips belong to none.

    None means each database's default. UsageError for a protocol that a clip's database does not have.
    """
    kept = []
    for clip in clips:
        known = PROTOCOLS[clip.database]
        name = protocol if protocol is not None else next(iter(known))
        if name not in known:
            raise UsageError(f"{clip.database} has no protocol {name!r}; choose from {', '.join(known)}")
        if clip.split != "enroll" and known[name](clip):
            kept.append(clip)
    return kept


def subset(database: str, scale: str) -> list[Clip]:
    """The clips of a scale, sorted by path: smoke (the first few subjects), lite and full (all of them).

    Smoke keeps the first SMOKE_SUBJECTS of each split with all their clips; of Replay-Attack 2 live clips and
    each of the 5 attacks once, support and light alternating. UsageError for an unknown database or scale.
    """
    name = database_name(database)
    if scale not in SCALES:
        raise UsageError(f"unknown scale {scale!r}; choose from {', '.join(SCALES)}")
    clips = official_clips(name)
    if scale != "smoke":
        return clips
    rank = {
        (split, subject): rank
        for split, keep in SMOKE_SUBJECTS[name].items()
        for rank, subject in enumerate(SUBJECTS[name][split][:keep])
    }
    kept = [clip for clip in clips if (clip.split, clip.subject) in rank]
    if name != "replay-attack":
        return kept
    return [clip for clip in kept if _thinned(clip, rank[clip.split, clip.subject])]


def _thinned(clip: Clip, rank: int) -> bool:
    """Whether smoke keeps this Replay-Attack clip of its split's subject number `rank`."""
    if clip.is_live:
        return clip.path.endswith("_1.mov")
    place = list(REPLAY_ATTACKS).index(clip.attack)
    # Light turns at half the pace of support, so that the two are not the same variable.
    support = REPLAY_SUPPORTS[(rank + place) % 2]
    light = REPLAY_LIGHTS[(rank // 2 + place) % 2]
    return clip.support == support and clip.light == light

"""The wide domain: devices that could exist, the same ones every time, and clips that are read back."""

from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from fasnb import databases, deal, layouts, profiles
from fasnb.corpus import Corpus
from fasnb.errors import FasnbError
from fasnb.simfas import cast, domains, printing, registry, simulate, tree, wide
from fasnb.simfas import clips as sim
from fasnb.simfas.colour import decode
from fasnb.simfas.display import SRGB, Display
from fasnb.simfas.printing import Printer
from fasnb.simfas.wide import WIDE
from tests.simfas import plain

CAMERAS = {**WIDE.cameras, **{name: source.camera for name, source in WIDE.sources.items()}}
MEDIA = {name: attack.medium for name, attack in WIDE.attacks.items()}


def ranges(table: object) -> list[tuple[float, float]]:
    """Every pair of numbers among a dataclass' fields that is a range."""
    return [v for k, v in asdict(table).items() if isinstance(v, tuple) and len(v) == 2 and k != "fill"]


def test_it_stands_beside_the_official_domains() -> None:
    assert set(registry.DOMAINS) == {*layouts.DATABASES, "wide"}
    assert all(registry.DOMAINS[name] is domains.DOMAINS[name] for name in layouts.DATABASES)


def test_the_draw_is_fixed() -> None:
    assert wide.domain() == WIDE
    assert wide.domain(1) != WIDE


def test_every_clip_finds_its_devices() -> None:
    for clip in layouts.official_clips("wide"):
        assert clip.path.rsplit(".", 1)[1] in WIDE.codecs
        assert clip.camera in WIDE.cameras
        assert clip.camera in WIDE.face
        assert set(WIDE.styles[clip.light]) == set(wide.STYLES)
        assert clip.light in WIDE.lights
        assert clip.is_live or WIDE.attacks[clip.attack].source in WIDE.sources


@pytest.mark.parametrize("name", CAMERAS)
def test_cameras_are_possible(name: str) -> None:
    camera = CAMERAS[name]
    assert all(0 <= low <= high for low, high in ranges(camera))
    assert camera.width % 2 == camera.height % 2 == 0
    assert 240 <= min(camera.width, camera.height) <= max(camera.width, camera.height) <= 1280
    assert 0.2 < camera.lens[0] < camera.lens[1] < 1.5
    assert 0.3 <= camera.aperture <= 1
    assert 1000 <= camera.electrons <= camera.full_well <= 50000
    assert 2 <= camera.read_noise <= 10
    assert 0 < camera.crosstalk <= 0.1
    assert 0.15 < camera.meter[0] < camera.meter[1] < 0.28
    assert camera.balance[1] <= 1
    assert camera.veil[1] < 0.08
    assert camera.quality is None or 55 <= camera.quality <= 95
    assert 1 / 60 <= camera.longest <= 1 / 25
    assert camera.readout < 1 / 25
    if name in WIDE.face:
        low, high = WIDE.face[name]
        assert 80 <= low < high <= 0.5 * min(camera.width, camera.height)


def test_lights_are_possible() -> None:
    for light in WIDE.lights.values():
        assert all(0 < low < high for low, high in ranges(light))
        assert 2700 <= light.key_kelvin[0] < light.fill_kelvin[1] <= 8000
        assert 0.3 <= light.level[0] < light.level[1] <= 1.3
        assert 0 <= light.flicker <= 0.2
        assert light.hertz in (100, 120)
    assert {light.flicker > 0 for light in WIDE.lights.values()} == {False, True}


def test_media_are_numbered_alike() -> None:
    for number in range(1, deal.MEDIA + 1):
        one, cut, photo, video = (MEDIA[deal.attack_name(kind, number)] for kind in deal.KINDS)
        assert one is cut
        assert photo is video
    assert not WIDE.attacks["print-01"].cut
    assert WIDE.attacks["cut-01"].cut
    for name, attack in WIDE.attacks.items():
        assert WIDE.sources[attack.source].photo == (not name.startswith("video"))
        assert all(low <= high for low, high in ranges(attack))


@pytest.mark.parametrize("number", range(1, deal.MEDIA + 1))
def test_printers_are_possible_and_print_skin_right(number: int) -> None:
    attack = WIDE.attacks[deal.attack_name("print", number)]
    printer = attack.medium
    assert isinstance(printer, Printer)
    assert 100 <= attack.width <= 410
    assert all(0 < t < 1 for ink in printer.inks for t in ink)
    assert all(0.7 < r < 0.95 for r in printer.paper)
    assert 0.05 <= printer.gain <= 0.22
    assert all(0.85 <= drift <= 1.15 for drift in printer.drift)
    assert printer.lines == 0 or 2 <= printer.lines <= 8
    assert 0 < printer.gloss < 0.08
    colours = np.array([[[128, 128, 128], [200, 200, 200], [198, 150, 125]]], np.uint8)
    exact = replace(printer, drift=(1.0, 1.0, 1.0, 1.0))
    got = printing.reflectance(printing.separated(colours, exact), exact)[0] / np.array(printer.paper)
    np.testing.assert_allclose(got, decode(colours)[0], rtol=0.25, atol=0.02)


@pytest.mark.parametrize("number", range(1, deal.MEDIA + 1))
def test_displays_are_possible(number: int) -> None:
    attack = WIDE.attacks[deal.attack_name("photo", number)]
    panel = attack.medium
    assert isinstance(panel, Display)
    assert 55 < panel.width < 610
    assert 0.45 < panel.height / panel.width < 2.1
    assert 0.05 <= panel.pitch <= 0.30
    assert 400 < panel.width / panel.pitch < 4000  # px
    assert panel.stripes in ("rgb", "bgr", "rgb-y", "bgr-y")
    assert all(0 < share < 1 for share in panel.fill)
    assert panel.gamma == SRGB or 1.8 <= panel.gamma <= 2.5
    assert 5500 <= panel.white <= 9300
    assert 1 < panel.peak < 2.5
    assert panel.contrast >= 100
    assert 0 < panel.gloss <= 0.1
    assert 0.7 < panel.gamut < 1.1
    assert 0 <= panel.flicker < 0.2
    source = WIDE.sources[attack.source].camera
    assert (source.width > source.height) == (panel.width > panel.height)


def test_one_clip_of_each_kind_is_written_and_read_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cast, "Person", plain.Person)
    sim._stranger_take.cache_clear()
    monkeypatch.setitem(layouts.FRAMES, "smoke", 2)
    mine = [clip for clip in layouts.official_clips("wide") if clip.subject == 1]
    kinds = {clip.attack.split("-")[0]: clip for clip in mine}
    monkeypatch.setattr(tree, "clips_of", lambda database, scale: list(kinds.values()))
    assert simulate(tmp_path, "smoke", 0, ["wide"], 1) == {"wide": 5}
    with pytest.raises(FasnbError, match="run the same `fasnb simulate` again"):
        databases.open_database("wide", tmp_path)
    database = databases.open_database("wide", tmp_path, allow_partial=True)
    assert database.source == "simulated"
    assert Counter(clip.kind for clip in database.clips) == {"real": 1, "attack": 4}
    for clip in database.clips:
        camera = WIDE.cameras[clip.camera]
        pictures = [picture for _, picture in database.read_frames(clip, 2)]
        assert [picture.shape for picture in pictures] == [(camera.height, camera.width, 3)] * 2
        boxes = database.boxes(clip)
        assert boxes is not None
        assert all(width >= 75 for _, _, width, _ in boxes.values())
    profile = replace(profiles.SMOKE, train_faces=2, allow_partial=True)
    found = Corpus(tmp_path, profile, tmp_path / "cache").training_faces("wide")
    assert len(found) == 10
    assert not found.failures
    rows = {row.database: row for row in databases.databases_report(tmp_path)}
    assert rows["casia-fasd"].source == "absent"
    assert rows["wide"].source == "simulated"
    (tmp_path / "wide" / "SIMULATED.json").unlink()
    with pytest.raises(FasnbError, match="exists in simulation only"):
        databases.open_database("wide", tmp_path)


def test_the_report_leaves_out_what_is_not_there(tmp_path: Path) -> None:
    assert {row.database for row in databases.databases_report(tmp_path)} == set(layouts.DATABASES)

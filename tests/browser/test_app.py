"""Voila's pages in a real browser: `make app` over made-up scores, explorers of pictures on toy faces."""

import shutil
from dataclasses import replace

import nbformat
import pytest

from fasnb import app, explore, explore_door, explore_light, widgets, widgets_pictures
from fasnb.experiments import make
from fasnb.explore import Library
from fasnb.explore_faces import Pick
from fasnb.explore_light import Light
from fasnb.paths import BUILD, NOTEBOOKS, ROOT
from tests.browser.conftest import errors_of, served, slider_of
from tests.test_runs import put, store
from tests.toy_gallery import gallery

PREAMBLE = """
from fasnb import widgets_pictures as widgets
from fasnb.explore_simulator import Setup, Studio
from tests.test_widgets_pictures import Toys
from tests.toy_gallery import gallery

gallery, studio, networks = gallery(), Studio(), Toys()
setup = Setup("replay-attack", 1, "webcam")
"""


@pytest.fixture
def home(tmp_path):
    """A checkout with the app's page and made-up scores."""
    shutil.copytree(ROOT / "app", tmp_path / "app")
    where = store(tmp_path / "build" / "smoke" / "results")
    put(where, make("mpl_uda", "casia"), 1)
    put(where, make("attvlad", "casia"), 2)
    return tmp_path


def shot(page, name):
    """Keep what is shown under build/screenshots; Voila scrolls within its page, so the window grows."""
    page.set_viewport_size({"width": 1000, "height": 2300})
    (BUILD / "screenshots").mkdir(parents=True, exist_ok=True)
    page.screenshot(path=BUILD / "screenshots" / f"{name}.png")


def rows_of(page, rows):
    """The values that the page shows for the names of `rows`."""
    cells = (page.locator("tr", has=page.get_by_text(name, exact=True)).locator("td").nth(1) for name in rows)
    return [cell.inner_text() for cell in cells]


def test_the_app_says_what_the_pure_functions_say(page, home):
    errors = errors_of(page)
    with served(home, ["-m", "fasnb.app"], "Voila", "Voila", FASNB_HOME=str(home)) as at:
        page.goto(at(""))
        handle, number = slider_of(page, "threshold")
        handle.wait_for(timeout=120_000)
        assert page.locator("text=widgets.Thresholds").count() == 0  # the reader sees no code
        before = float(number.inner_text())
        handle.focus()
        for _ in range(30):
            page.keyboard.press("ArrowRight")
        after = float(number.inner_text())
        assert 29 * 0.005 < after - before < 31 * 0.005
        library = Library.of_store(store(home / "build" / "smoke" / "results"))
        state = replace(library.default(), rule="fixed", fixed=after)
        reading = explore.read(library, state)
        cost = explore_door.door(reading, state.visitors, state.attack_rate)
        wanted = dict(widgets.readouts(reading) + widgets.door_readouts(cost))
        row = page.locator("tr", has=page.get_by_text("threshold", exact=True))
        row.get_by_text(f"{after:.4g} (fixed on no data)").wait_for(timeout=20_000)
        assert rows_of(page, wanted) == list(wanted.values())
        shot(page, "app")
    assert errors == []


def test_light_simulator_and_heat_are_moved_by_keyboard(page, tmp_path):
    book = nbformat.read(NOTEBOOKS / "15_explore_pictures.ipynb", 4)
    cells = [cell for cell in book.cells if cell.source.startswith(("light_ex", "simulator_ex", "heat_ex"))]
    cells = [cell for cell in cells if "Explorer(" in cell.source]
    assert len(cells) == 3
    book.cells = [
        nbformat.v4.new_code_cell(source) for source in (PREAMBLE, *(cell.source for cell in cells))
    ]
    nbformat.write(book, tmp_path / "pictures.ipynb")
    errors = errors_of(page)
    options = ["-m", "voila", str(tmp_path / "pictures.ipynb"), *app.SERVED]
    with served(tmp_path, options, "Voila", "Voila", JUPYTER_PATH=str(app.folder())) as at:
        page.goto(at(""))
        page.get_by_text("evidence for", exact=True).wait_for(timeout=120_000)
        handle, _ = slider_of(page, "gain")
        handle.focus()
        for _ in range(5):
            page.keyboard.press("ArrowLeft")
        face = gallery().face(Pick("casia", 3))
        wanted = dict(widgets_pictures.light_readouts(explore_light.read(face.picture, Light(gain=0.5))))
        page.get_by_text(wanted["RGB, mean absolute change"], exact=True).wait_for(timeout=20_000)
        assert rows_of(page, wanted) == list(wanted.values())

        page.get_by_text("0.0 grey levels, against every stage on").wait_for(timeout=20_000)
        page.get_by_label("noise", exact=True).focus()
        page.keyboard.press("Space")
        page.get_by_text("0.0 grey levels, against every stage on").wait_for(state="detached", timeout=20_000)
        row = page.locator("tr", has=page.get_by_text("probability of live", exact=True))
        live = row.locator("td").nth(1).inner_text()
        network = page.locator(".widget-dropdown", has=page.get_by_text("network", exact=True)).locator(
            "select"
        )
        heat = page.locator("img.widget-image").last.element_handle()
        before = heat.get_attribute("src")
        network.focus()
        page.keyboard.press("ArrowDown")
        row.get_by_text(live, exact=True).wait_for(state="detached", timeout=20_000)
        page.wait_for_function("([image, was]) => image.src != was", arg=[heat, before], timeout=20_000)
        shot(page, "pictures")
    assert errors == []

"""The explorer in a real browser: JupyterLab runs notebook 14's own cell, an arrow key moves the threshold.

The scores are made up, so that it needs no finished runs. Chromium is taken from the system.
"""

import os
from dataclasses import replace

import nbformat
import pytest

from fasnb import explore, widgets
from fasnb.experiments import make
from fasnb.explore import Library
from fasnb.paths import NOTEBOOKS
from tests.browser.conftest import served
from tests.test_runs import put, store

PREAMBLE = """
from pathlib import Path
from types import SimpleNamespace

from fasnb import profiles, widgets
from fasnb.runs import Store

lab, seed = SimpleNamespace(store=Store(Path("results"), profiles.SMOKE)), 0
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with a store and a notebook: a preamble in place of the session, and notebook 14's cell."""
    where = store(tmp_path / "results")
    put(where, make("mpl_uda", "casia"), 1)
    put(where, make("attvlad", "casia"), 2)
    book = nbformat.read(NOTEBOOKS / "14_explore.ipynb", 4)
    (cell,) = [cell for cell in book.cells if "widgets.Thresholds(" in cell.source]
    book.cells = [nbformat.v4.new_code_cell(PREAMBLE), nbformat.v4.new_code_cell(cell.source)]
    nbformat.write(book, tmp_path / "explorer.ipynb")
    return tmp_path


@pytest.fixture
def lab(folder):
    """JupyterLab on a free port; its address with the token."""
    options = ["-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"]
    with served(folder, [*options, f"--ServerApp.root_dir={folder}"], "ServerApp", "IdentityProvider") as at:
        yield at("lab/tree/explorer.ipynb")


def test_an_arrow_key_moves_the_threshold_and_the_readouts(page, lab, folder):
    page.goto(lab)
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=40_000)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=40_000)  # what is run before gets lost
    for cell in range(2):
        page.locator(".jp-CodeCell .cm-content").nth(cell).click()
        page.keyboard.press("Shift+Enter")
    slider = page.locator(".widget-slider", has=page.get_by_text("threshold", exact=True))
    handle, number = slider.locator(".noUi-handle"), slider.locator(".widget-readout")
    handle.wait_for(timeout=40_000)
    before = float(number.inner_text())

    frr = page.locator("tr", has=page.get_by_text("FRR = BPCER, live rejected [95 %]", exact=True))
    frr_before = frr.inner_text()
    handle.focus()
    for _ in range(30):  # far enough that some live videos fall below the threshold
        page.keyboard.press("ArrowRight")
    after = float(number.inner_text())
    assert 29 * 0.005 < after - before < 31 * 0.005

    shelf = Library.of_store(store(folder / "results"))
    state = replace(shelf.default(), rule="fixed", fixed=after)
    wanted = dict(widgets.readouts(explore.read(shelf, state)))
    row = page.locator("tr", has=page.get_by_text("threshold", exact=True))
    row.get_by_text(f"{after:.4g} (fixed on no data)").wait_for(timeout=20_000)
    assert frr.inner_text() != frr_before
    for name in ("FAR, attacks accepted [95 %]", "FRR = BPCER, live rejected [95 %]", "HTER"):
        shown = page.locator("tr", has=page.get_by_text(name, exact=True)).locator("td").nth(1)
        assert shown.inner_text() == wanted[name]
    if picture := os.environ.get("FASNB_SCREENSHOT"):
        page.screenshot(path=picture, full_page=True)

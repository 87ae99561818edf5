"""The explorer in a real browser: JupyterLab runs notebook 14's own cell, an arrow key moves the threshold.

The scores are made up, so that it needs no finished runs. Chromium is taken from the system.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import replace

import nbformat
import pytest

from fasnb import explore, widgets
from fasnb.experiments import make
from fasnb.explore import Library
from fasnb.paths import NOTEBOOKS, ROOT
from tests.test_runs import put, store

CHROMIUM = "/usr/bin/chromium" if os.path.exists("/usr/bin/chromium") else shutil.which("chromium")
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
    """JupyterLab on a free port; its address with the token. Its settings are its own, its folder is tmp."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = "only-for-this-test"
    options = [
        f"--ServerApp.root_dir={folder}",
        f"--ServerApp.port={port}",
        f"--IdentityProvider.token={token}",
    ]
    options += ["--ServerApp.port_retries=0", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"]
    home = {f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "RUNTIME", "DATA")}
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    log = (folder / "lab.log").open("wb")
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *options],
        env=os.environ | home | {"PYTHONPATH": path},
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api?token={token}", timeout=2).close()
                break
            except OSError:
                assert server.poll() is None, (folder / "lab.log").read_text()[-2000:]
                time.sleep(0.25)
        yield f"http://127.0.0.1:{port}/lab/tree/explorer.ipynb?token={token}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)  # its kernels with it
        server.wait(20)
        log.close()


@pytest.fixture
def page():
    """A page of the system's Chromium."""
    api = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: pip install '.[dev]'"
    )
    if not CHROMIUM:
        pytest.skip("there is no chromium on this system: install it to test the widgets in a browser")
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 1300, "height": 1400})
        browser.close()


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

"""A page of the system's Chromium, and servers for it to look at."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from fasnb.paths import ROOT

CHROMIUM = "/usr/bin/chromium" if os.path.exists("/usr/bin/chromium") else shutil.which("chromium")
TOKEN = "only-for-this-test"


@pytest.fixture(scope="session")
def browser():
    """The system's Chromium."""
    api = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: pip install '.[dev]'"
    )
    if not CHROMIUM:
        pytest.skip("there is no chromium on this system: install it to test the widgets in a browser")
    with api.sync_playwright() as play:
        found = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def page(browser):
    """A new page."""
    found = browser.new_page(viewport={"width": 1300, "height": 1400})
    yield found
    found.close()


@contextmanager
def served(folder, options, server, identity, **more):
    """A Jupyter server on a free port, its settings in `folder` alone: a function path -> address with token.

    `options` follow the interpreter; `server` and `identity`: the classes that have the port and the token.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = {f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "RUNTIME", "DATA")}
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    log = (folder / "server.log").open("wb")
    process = subprocess.Popen(
        [
            sys.executable,
            *options,
            f"--{server}.port={port}",
            f"--{server}.port_retries=0",
            f"--{identity}.token={TOKEN}",
        ],
        env=os.environ | home | {"PYTHONPATH": path} | more,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api?token={TOKEN}", timeout=2).close()
                break
            except urllib.error.HTTPError:  # it answers: Voila has no such page
                break
            except OSError:
                assert process.poll() is None, (folder / "server.log").read_text()[-2000:]
                time.sleep(0.25)
        yield lambda path: f"http://127.0.0.1:{port}/{path}?token={TOKEN}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # its kernels with it
        process.wait(20)
        log.close()


def errors_of(page):
    """A list that fills with what goes wrong on a page."""
    found = []
    page.set_default_navigation_timeout(120_000)
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def slider_of(page, name):
    """The handle and the read-out of the slider with this description."""
    slider = page.locator(".widget-slider", has=page.get_by_text(name, exact=True))
    return slider.locator(".noUi-handle"), slider.locator(".widget-readout")

"""The page of the threshold explorer: which scores it takes, how it is served, and that it needs no torch."""

import subprocess
import sys

import nbformat
import pytest

from fasnb import app, paths, profiles
from fasnb.errors import FasnbError
from fasnb.experiments import make
from fasnb.runs import Source, Store
from tests.test_runs import put


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A checkout without results."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "BUILD", tmp_path / "build")
    return tmp_path


def fill(name):
    put(
        Store(paths.store(name), profiles.get(name), Source("simulated", "d"), ("fasnb.metrics",)),
        make("pl", "casia"),
        1,
    )


def test_the_most_advanced_profile_with_scores_is_shown(home):
    fill("smoke")
    assert app.scores().profile.name == "smoke"
    fill("lite")
    assert app.scores().profile.name == "lite"
    assert app.scores().folder == home / "results" / "lite"


def test_without_scores_one_line_says_what_to_run(home, capsys):
    with pytest.raises(FasnbError, match="no scores to show yet; run `make reproduce` first"):
        app.scores()
    assert app.main([]) == 1
    assert capsys.readouterr().err == "fasnb: there are no scores to show yet; run `make reproduce` first\n"


def test_without_its_page_one_line_says_so(home, capsys):
    fill("smoke")
    assert app.main([]) == 1
    assert "thresholds.ipynb is missing" in capsys.readouterr().err


def test_it_is_served_here_alone_behind_a_token_and_idle_kernels_are_ended():
    served = app.command(["--port=1"])
    assert {"--Voila.ip=127.0.0.1", "--Voila.auto_token=True"} <= set(served)
    assert (app.folder() / "voila" / "templates" / "offline" / "index.html.j2").exists()
    assert f"--MappingKernelManager.cull_idle_timeout={app.IDLE}" in served
    assert served[-1] == "--port=1"


def test_the_page_loads_no_torch(tmp_path):
    page = nbformat.read(paths.ROOT / "app" / "thresholds.ipynb", 4)
    code = "\n".join(cell.source for cell in page.cells if cell.cell_type == "code")
    assert all(not cell.outputs for cell in page.cells if cell.cell_type == "code")
    script = f"""
import sys
from pathlib import Path
from fasnb import paths
paths.ROOT, paths.BUILD = Path({str(tmp_path)!r}), Path({str(tmp_path)!r}) / "build"
{code.replace("widgets.Thresholds(", "page = widgets.Thresholds(")}
page.weight.value = 0.3
sys.exit(f"loaded torch: {{'torch' in sys.modules}}, said: {{page.message.value!r}}")
"""
    folder = tmp_path / "build" / "smoke" / "results"
    where = Store(folder, profiles.SMOKE, Source("simulated", "d"), ("fasnb.metrics",))
    put(where, make("mpl_uda", "casia"), 1)
    put(where, make("attvlad", "casia"), 2)
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert run.stderr.strip() == "loaded torch: False, said: ''"

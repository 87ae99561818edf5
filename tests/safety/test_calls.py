"""No source of the package, its notebooks and its page turns files into code or reaches the network."""

import ast

import nbformat
import pytest

from fasnb import paths
from tests.safety.calls import refused

SOURCES = sorted(
    [
        *(paths.ROOT / "fasnb").rglob("*.py"),
        *paths.NOTEBOOKS.glob("*.py"),
        *(paths.ROOT / "app").rglob("*.py"),
    ]
)


@pytest.mark.parametrize(
    "source",
    [
        "import pickle\npickle.load(f)",
        "import pickle as p",
        "from pickle import loads",
        "import joblib",
        "import torch\ntorch.load('a.pt', weights_only=True)",
        "import numpy as np\nnp.load('a.npy')",
        "import numpy as np\nnp.load('a.npy', allow_pickle=True)",
        "import numpy as np\nnp.load('a.npy', allow_pickle=flag)",
        "import yaml\nyaml.load(f)",
        "import pandas as pd\npd.read_pickle('a')",
        "eval(text)",
        "exec(text)",
        "import shutil\nshutil.unpack_archive('a.zip')",
        "from zipfile import ZipFile",
        "import tarfile",
        "import subprocess\nsubprocess.run(text, shell=True)",
        "import os\nos.system(text)",
        "import urllib.request",
        "from http.client import HTTPConnection",
        "import torch\ntorch.hub.load('a', 'b')",
    ],
)
def test_what_is_refused_is_found(source):
    assert list(refused(source))


@pytest.mark.parametrize(
    "source",
    [
        "network.eval()",
        "import numpy as np\nnp.load('a.npy', mmap_mode='r', allow_pickle=False)",
        "import yaml\nyaml.safe_load(f)",
        "import pickle\npickle.dumps(job)",
        "from zipfile import BadZipFile",
    ],
)
def test_what_is_safe_passes(source):
    assert not list(refused(source))


def test_no_source_unpickles_evaluates_unpacks_or_calls_out():
    assert len(SOURCES) > 100
    assert [f"{path}:{what}" for path in SOURCES for what in refused(path.read_text())] == []


def test_nor_does_the_page():
    for path in (paths.ROOT / "app").glob("*.ipynb"):
        cells = [cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
        assert [what for cell in cells for what in refused(cell)] == []
        assert all(ast.parse(cell) for cell in cells)

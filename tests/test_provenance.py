"""The code digest follows imports and ignores what cannot change a number."""

import sys

import pytest

from fasnb import provenance
from fasnb.errors import FasnbError


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of three modules: train imports steps (relative) and plumbing; steps imports maths inside a
    function.
    """
    folder = tmp_path / "pkgdigest"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "train.py").write_text("import os\nfrom . import steps\nfrom pkgdigest.plumbing import write\n")
    (folder / "steps.py").write_text("def step(x):\n    from pkgdigest import maths\n    return maths.f(x)\n")
    (folder / "maths.py").write_text("def f(x):\n    return x + 1\n")
    (folder / "plumbing.py").write_text("def write():\n    pass\n")
    (folder / "other.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [n for n in sys.modules if n.startswith("pkgdigest")]:
        del sys.modules[name]


def digest():
    return provenance.code_digest(["pkgdigest.train"], ["pkgdigest.plumbing", "pkgdigest"])


def test_imports_are_followed_and_plumbing_is_not(package):
    found = provenance.modules_behind(["pkgdigest.train"], ["pkgdigest.plumbing", "pkgdigest"])
    assert list(found) == ["pkgdigest.maths", "pkgdigest.steps", "pkgdigest.train"]
    assert found["pkgdigest.maths"] == package / "maths.py"
    assert not any(name.startswith("pkgdigest.") for name in sys.modules)  # read, not run


def test_digest_changes_with_code_and_only_with_code(package):
    before = digest()
    (package / "other.py").write_text("x = 2\n")
    (package / "plumbing.py").write_text("def write():\n    return 3\n")
    (package / "maths.py").write_text(
        '"""What it is."""\n\n\ndef f(x):\n    """Adds."""\n    # why\n    return x + 1  # how\n'
    )
    assert digest() == before
    (package / "maths.py").write_text("def f(x):\n    return x + 2\n")
    assert digest() != before


def test_code_of_keeps_strings_that_look_like_comments():
    source = 'def f():\n    """Doc\n\n    string."""\n    return "# no comment"  # a comment\n'
    source += '\n\nclass A:\n    "doc"\n    x = 1\n'
    assert provenance.code_of(source) == 'def f():\n    return "# no comment"\nclass A:\n    x = 1'
    assert provenance.code_of('def f(): "doc"\n') == 'def f(): "doc"'


def test_code_behind_training_is_the_method_and_not_the_store():
    found = {name.removeprefix("fasnb.") for name in provenance.modules_behind()}
    assert {
        "training",
        "semisup",
        "meta",
        "networks",
        "augment",
        "schedules",
        "plgf",
        "faces",
        "video",
    } <= found
    assert not found & {"fasnb", "runs", "provenance", "profiles", "atomic", "tables", "plots", "grid"}


def test_missing_root_is_named():
    with pytest.raises(FasnbError, match=r"module fasnb\.nothing is missing"):
        provenance.code_digest(["fasnb.nothing"])


def test_versions_without_importing():
    found = provenance.versions()
    assert found["numpy"].split(".")[0].isdigit()
    assert provenance.version("no-such-library") == "none"
    assert provenance.processor()


def test_revision_outside_git_is_none(tmp_path):
    assert provenance.revision(tmp_path) is None

"""pyproject.toml, constraints.txt and environment.yml name the same packages at versions that agree."""

import re
import tomllib
from importlib import metadata

import pytest
import yaml
from packaging.requirements import Requirement

from fasnb.paths import ROOT


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REQUIREMENTS = [
    Requirement(text) for text in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]
]
PINS = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split() if "==" in line)
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda r: r.name)
def test_pin_lies_in_the_declared_range(requirement):
    assert requirement.specifier.contains(PINS[normalised(requirement.name)])


def test_conda_environment_lists_the_same_packages_at_the_pinned_versions():
    listed = dict(
        line.split("==")
        for line in next(d["pip"] for d in CONDA["dependencies"] if isinstance(d, dict))
        if "==" in line
    )
    assert listed == {normalised(r.name): PINS[normalised(r.name)] for r in REQUIREMENTS}


def test_conda_python_satisfies_the_project():
    python = next(d for d in CONDA["dependencies"] if isinstance(d, str) and d.startswith("python="))
    assert Requirement("python" + PROJECT["requires-python"]).specifier.contains(python.split("=")[1])


def test_installed_versions_are_the_pinned_ones():
    wrong = {
        name: (found, pin)
        for name, pin in PINS.items()
        if (found := _installed(name)) is not None and found != pin
    }
    assert not wrong, f"run `make venv`, or regenerate constraints.txt: {wrong}"


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name).split("+")[0]
    except metadata.PackageNotFoundError:
        return None


def test_nothing_depends_on_torchvision():
    assert "torchvision" not in PINS

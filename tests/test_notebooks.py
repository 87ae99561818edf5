"""Every notebook keeps the house's habits; its own asserts, under papermill, check what it computes."""

import ast
import re

import jupytext
import nbformat
import pytest

from fasnb.paths import NOTEBOOKS

PAIRS = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
PARAMETERS = ("profile", "store", "data", "seed")


@pytest.fixture(params=PAIRS, ids=lambda path: path.stem, scope="module")
def notebook(request):
    return request.param, nbformat.read(request.param, 4)


def code(notebook) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def test_numbers_run_from_00_without_gaps():
    assert [path.stem[:2] for path in PAIRS] == [f"{i:02}" for i in range(len(PAIRS))]
    assert len(PAIRS) >= 10


def test_title_says_before_now_after_and_what_it_regenerates(notebook):
    _, content = notebook
    title = " ".join(content.cells[0].source.split())
    assert content.cells[0].cell_type == "markdown"
    assert title.startswith("# ")
    places = [title.index(f"**{word}:**") for word in ("Before", "Now", "After", "Regenerates")]
    assert places == sorted(places)
    what, took, expect = title.split("**Regenerates:**")[1].split(" - ", 2)
    assert what.strip()
    assert re.search(r"about \d+ (s|min) on a CPU", took)
    assert expect.strip()


def test_versions_come_first_and_then_the_one_cell_of_typed_parameters(notebook):
    _, content = notebook
    assert "versions()" in code(content)[0]
    tagged = [cell for cell in content.cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    assert tagged[0].source == code(content)[1]
    body = ast.parse(tagged[0].source).body
    assert all(isinstance(line, ast.AnnAssign) for line in body)
    names = [line.target.id for line in body]
    assert tuple(names[:4]) == PARAMETERS
    assert all("#" in line for line in tagged[0].source.splitlines())


def test_cells_are_many_and_short(notebook):
    path, content = notebook
    assert len(content.cells) >= 12
    assert max(len(source.splitlines()) for source in code(content)) <= 25
    assert path.stat().st_size <= 150_000


def test_the_last_code_cell_asserts(notebook):
    _, content = notebook
    assert any(isinstance(line, ast.Assert) for line in ast.parse(code(content)[-1]).body)


def test_it_is_stored_without_outputs_and_names_the_kernel(notebook):
    _, content = notebook
    assert content.metadata["kernelspec"]["name"] == "python3"
    cells = [cell for cell in content.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)


def test_both_forms_say_the_same(notebook):
    path, content = notebook
    text = jupytext.read(path.with_suffix(".py"))
    pairs = [(cell.cell_type, cell.source) for cell in content.cells]
    assert pairs == [(cell.cell_type, cell.source) for cell in text.cells], "run jupytext --sync"


def test_nothing_in_it_belongs_to_one_machine_or_the_network(notebook):
    path, _ = notebook
    text = path.with_suffix(".py").read_text()
    assert not re.search(r"""["'(](/[a-z]+/|[A-Z]:\\|https?://)""", text)
    assert not re.search(r"^ *[!%](pip|conda|cd)\b", text, re.M)

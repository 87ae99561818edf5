import json
import re
from concurrent.futures import ThreadPoolExecutor

import jupytext
import nbformat
import pytest

from fasnb import book
from fasnb.errors import FasnbError, UsageError

GOOD = """# %% [markdown]
# # A title
# **Regenerates:** Fig. 0 - 1 s - 42

# %% tags=["parameters"]
n: int = 1  # how many

# %%
print("n is", n, type(n).__name__)
"""
BAD = GOOD + "\n# %%\nraise ValueError('no luck')\n"


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A folder of two notebooks, one of which fails; executions share this process."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name, text in (("00_good", GOOD), ("01_bad", BAD)):
        notebook = jupytext.reads(text, "py:percent")
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "x", "language": "python"}
        nbformat.write(notebook, folder / f"{name}.ipynb")
    monkeypatch.setattr(book.paths, "NOTEBOOKS", folder)
    monkeypatch.setattr(book.pools, "pool", ThreadPoolExecutor)
    return tmp_path


def test_notebooks_by_number_stem_or_all(shelf):
    assert [path.stem for path in book.notebooks()] == ["00_good", "01_bad"]
    assert [path.stem for path in book.notebooks(["01"])] == ["01_bad"]
    assert [path.stem for path in book.notebooks(["00_good"])] == ["00_good"]
    with pytest.raises(UsageError, match="no notebook '07'"):
        book.notebooks(["07"])


def test_a_folder_without_notebooks_names_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(book.paths, "NOTEBOOKS", tmp_path)
    with pytest.raises(FasnbError, match="FASNB_HOME"):
        book.notebooks()


def test_a_misspelt_parameter_is_refused_before_anything_runs(shelf):
    with pytest.raises(UsageError, match="no parameter 'm'"):
        book.run_notebook(shelf / "notebooks" / "00_good.ipynb", shelf / "out.ipynb", {"m": 1})
    assert not (shelf / "out.ipynb").exists()


@pytest.mark.parametrize(
    "content", ["", "[]", '{"cells": []}', '{"cells": [{"source": 5}]}', "[" * 100_000, '{"cells": [[]]}']
)
def test_a_damaged_notebook_is_named(shelf, content):
    path = shelf / "notebooks" / "00_good.ipynb"
    path.write_text(content)
    for read in (
        lambda: book.heading(path),
        lambda: book.dependencies(path, {}, ""),
        lambda: book.run_notebook(path, shelf / "out.ipynb", {"n": 1}),
    ):
        with pytest.raises(FasnbError, match=r"00_good\.ipynb is no notebook .*restore it") as caught:
            read()
        assert "\n" not in str(caught.value)


def test_a_notebook_of_a_damaged_format_is_named(shelf):
    path = shelf / "notebooks" / "00_good.ipynb"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"nbformat": "four", "metadata": []}))
    with pytest.raises(FasnbError, match=r"00_good\.ipynb"):
        book.run_notebook(path, shelf / "out.ipynb", {"n": 1})
    assert not (shelf / "out.ipynb").exists()


def test_a_run_makes_an_offline_page_and_the_next_one_keeps_it(shelf):
    lines = []
    first = book.run_all(shelf / "b", {"n": 7}, "inputs", ["00"], say=lines.append)
    page = (shelf / "b" / first[0].page).read_text()
    assert "n is 7 int" in page  # a number stays a number
    assert not re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="(?:https?:)?//', page)
    assert (first[0].title, first[0].regenerates) == ("A title", "Fig. 0 - 1 s - 42")
    again = book.run_all(shelf / "b", {"n": 7}, "inputs", ["00"], say=lines.append)
    assert again == first
    assert lines[-1] == "1 of 1 notebooks are up to date"
    assert book.dependencies(book.notebooks(["00"])[0], {"n": 7}, "other inputs") != book.dependencies(
        book.notebooks(["00"])[0], {"n": 7}, "inputs"
    )


def test_a_failing_cell_is_one_line_that_names_the_kept_output(shelf):
    with pytest.raises(FasnbError, match="ValueError: no luck") as caught:
        book.run_all(shelf / "b", {"n": 7}, "inputs", ["01"], say=lambda line: None)
    kept = shelf / "b" / "notebooks" / "01_bad.ipynb"
    assert str(kept) in str(caught.value)
    assert "no luck" in kept.read_text()
    assert "\n" not in str(caught.value)


def test_the_index_lists_pages_tables_and_figures(tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "fig5.png").write_bytes(b"x")
    (tmp_path / "figures" / "fig5.csv").write_bytes(b"x")
    pages = [book.Page("00_a", "A & B", "Table 8", 3.0, "notebooks/00_a.html")]
    text = book.index(tmp_path, "title", "note <b>", pages, {"t8": "<table>8</table>"}).read_text()
    for piece in (
        "notebooks/00_a.html",
        "A &amp; B",
        "note &lt;b&gt;",
        "<table>8</table>",
        "figures/fig5.png",
    ):
        assert piece in text


def test_a_notebook_without_a_kernel_says_how_to_mend_it(shelf):
    path = shelf / "notebooks" / "00_good.ipynb"
    notebook = nbformat.read(path, 4)
    del notebook.metadata["kernelspec"]
    nbformat.write(notebook, path)
    with pytest.raises(FasnbError, match=r"00_good\.ipynb.*kernelspec"):
        book.run_notebook(path, shelf / "out.ipynb", {"n": 1})

"""The notebooks: run each with papermill, turn it into HTML that opens offline, list everything on one page.

A notebook is run again only if something it depends on changed: its own source, its parameters, the code of
the package, the data and results it reads. Outputs go to build/<profile>/, never into notebooks/.
"""

import hashlib
import html
import io
import json
import logging
import re
import time
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fasnb import atomic, paths, pools, provenance
from fasnb.errors import FasnbError, UsageError

KERNEL = "python3"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Page:
    """A notebook that was run: its number and title, what it regenerates, how long it took, its HTML."""

    stem: str
    title: str
    regenerates: str
    seconds: float
    page: str


def notebooks(only: Iterable[str] = ()) -> list[Path]:
    """The numbered notebooks in order, or those whose number or stem is in `only`; UsageError if unknown."""
    found = sorted(paths.NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    if not found:
        raise FasnbError(f"{paths.NOTEBOOKS} holds no notebooks; run from a checkout or set FASNB_HOME")
    wanted = set(only)
    known = {name: path for path in found for name in (path.stem, path.stem[:2])}
    for name in wanted - known.keys():
        raise UsageError(f"no notebook {name!r}; choose from {', '.join(path.stem for path in found)}")
    chosen = {known[name] for name in wanted} or set(found)
    return [path for path in found if path in chosen]


def run_notebook(path: Path, out: Path, parameters: dict[str, Any]) -> None:
    """Execute a notebook into `out` with these parameters, of the types given.

    UsageError for a parameter that the notebook does not have. FasnbError names the executed notebook, kept
    with its error, and the cell that failed.
    """
    import papermill
    from papermill.exceptions import PapermillExecutionError

    logging.getLogger("papermill").setLevel(logging.ERROR)
    _cells(path)
    try:
        known = papermill.inspect_notebook(str(path))
    except ValueError as error:
        raise FasnbError(f"{path} has no kernelspec; set it to {KERNEL} (jupytext --set-kernel)") from error
    except Exception as error:  # nbformat raises all kinds of errors for a damaged notebook
        raise _damaged(path, error) from error
    for name in parameters:
        if name not in known:
            raise UsageError(f"{path.name} has no parameter {name!r}; it has {', '.join(known)}")
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            papermill.execute_notebook(
                str(path), str(out), parameters, kernel_name=KERNEL, progress_bar=False,
                cwd=str(path.parent), extra_arguments=["--IPKernelApp.log_level=40"],
            )  # fmt: skip
    except PapermillExecutionError as error:
        reason = f"cell {error.exec_count}: {error.ename}: {' '.join(str(error.evalue).split())[:200]}"
        raise FasnbError(f"{path.name} failed in {reason}; see {out}") from error
    except OSError as error:
        raise FasnbError(
            f"cannot write {out}: {error.strerror or error}; free space and run again"
        ) from error


def to_html(executed: Path) -> str:
    """An executed notebook as one HTML page that loads nothing from the network."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(template_name="lab")
    exporter.mathjax_url = exporter.require_js_url = exporter.jquery_url = ""
    exporter.mermaid_js_url = exporter.widget_renderer_url = exporter.html_manager_semver_range = ""
    exporter.embed_images = True
    body, _ = exporter.from_filename(str(executed))
    # What the template loads all the same: scripts and styles by address. Everything needed is inlined.
    body = re.sub(r'<script[^>]*\bsrc="[^"]*"[^>]*>\s*</script>', "", body)
    body = re.sub(r"<script type=\"module\">\s*import mermaid.*?</script>", "", body, flags=re.DOTALL)
    body = re.sub(r'<link[^>]*\bhref="https?://[^"]*"[^>]*>', "", body)
    return body.replace("<body", '<body data-offline="yes"', 1)


def _cells(path: Path) -> list[tuple[str, str]]:
    """(type, source) of a notebook's cells, one at least; FasnbError where the file is damaged."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        found = [(str(cell["cell_type"]), "".join(cell["source"])) for cell in cells]
        if not found:
            raise ValueError("it has no cells")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(path, error) from error
    return found


def _damaged(path: Path, error: Exception) -> FasnbError:
    reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return FasnbError(f"{path} is no notebook ({reason}); restore it from the repository")


def heading(path: Path) -> tuple[str, str]:
    """Title and "Regenerates" paragraph of a notebook, from its first cell."""
    text = _cells(path)[0][1]
    title = re.search(r"^# (.+)$", text, re.MULTILINE)
    what = re.search(r"\*\*Regenerates:?\*\*:? *(.+?)(?:\n\n|$)", text, re.DOTALL)
    return (title[1] if title else path.stem), (" ".join(what[1].split()) if what else "")


def dependencies(path: Path, parameters: dict[str, Any], inputs: str) -> str:
    """A digest of everything an execution depends on; `inputs` stands for data and results."""
    total = hashlib.sha256()
    total.update(json.dumps(_cells(path)).encode())
    total.update(json.dumps(parameters, sort_keys=True).encode() + inputs.encode())
    package = Path(__file__).parent
    for file in sorted([*package.rglob("*.py"), *package.rglob("*.yaml")]):
        source = file.read_text(encoding="utf-8")
        total.update(str(file.relative_to(package)).encode())
        total.update((provenance.code_of(source) if file.suffix == ".py" else source).encode())
    return total.hexdigest()


def _make(path: Path, folder: Path, parameters: dict[str, Any], key: str) -> Page:
    """Run one notebook, write its page and its stamp."""
    begun = time.monotonic()
    executed = folder / "notebooks" / path.name
    run_notebook(path, executed, parameters)
    page = executed.with_suffix(".html")
    atomic.write_text(page, to_html(executed))
    title, regenerates = heading(path)
    made = Page(path.stem, title, regenerates, time.monotonic() - begun, f"notebooks/{page.name}")
    atomic.write_text(executed.with_suffix(".json"), json.dumps({"key": key} | vars(made), indent=1) + "\n")
    return made


def _kept(path: Path, folder: Path, key: str) -> Page | None:
    """The page of an execution that still holds, or None."""
    stamp = folder / "notebooks" / f"{path.stem}.json"
    try:
        record = json.loads(stamp.read_text())
        if record.pop("key") != key or not (folder / record["page"]).exists():
            return None
        return Page(**record)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def run_all(
    folder: Path,
    parameters: dict[str, Any],
    inputs: str,
    only: Iterable[str] = (),
    workers: int = 1,
    say: Say = print,
) -> list[Page]:
    """Run what is not up to date, `workers` notebooks at a time; the pages of all, in order.

    One that fails does not stop the others; FasnbError names the first one at the end.
    """
    chosen = notebooks(only)
    keys = {path: dependencies(path, parameters, inputs) for path in chosen}
    pages = {path: page for path in chosen if (page := _kept(path, folder, keys[path]))}
    waiting = [path for path in chosen if path not in pages]
    if pages:
        say(f"{len(pages)} of {len(chosen)} notebooks are up to date")
    failures: list[FasnbError] = []
    with pools.pool(max(1, min(workers, len(waiting)))) as pool:
        at_work = {pool.submit(_make, path, folder, parameters, keys[path]): path for path in waiting}
        for number, future in enumerate(as_completed(at_work), 1):
            path = at_work[future]
            try:
                pages[path] = future.result()
                how = f"done, {pages[path].seconds:.0f} s"
            except FasnbError as error:
                failures.append(error)
                how = "failed"
            say(f"notebook {number}/{len(waiting)} {path.stem}: {how}")
    if failures:
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        raise FasnbError(f"{failures[0]}{more}")
    return [pages[path] for path in chosen]


_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:1100px;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse;margin:1em 0;font-size:14px}
td,th{border-bottom:1px solid #ccc;padding:.3em .6em;
text-align:left;vertical-align:top}figure{margin:1.5em 0}img{max-width:100%;border:1px solid #eee}
figcaption,.note{color:#555;font-size:14px}.scroll{overflow-x:auto}h2{margin-top:2em}
"""


def index(folder: Path, title: str, note: str, pages: list[Page], tables: dict[str, str]) -> Path:
    """Write folder/index.html: every notebook, table (name -> HTML) and figure; returns its path."""
    out = io.StringIO()
    out.write("<!doctype html><html lang='en'><meta charset='utf-8'>")
    out.write(f"<title>{html.escape(title)}</title>")
    out.write("<meta name='viewport' content='width=device-width'>")
    out.write(f"<style>{_STYLE}</style><h1>{html.escape(title)}</h1><p class='note'>{html.escape(note)}</p>")
    out.write("<h2>Notebooks</h2><table><tr><th>Notebook</th><th>Regenerates</th><th>Seconds</th></tr>")
    for page in pages:
        out.write(
            f"<tr><td><a href='{page.page}'>{page.stem[:2]} {html.escape(page.title)}</a></td>"
            f"<td>{html.escape(page.regenerates)}</td><td>{page.seconds:.0f}</td></tr>"
        )
    out.write("</table><h2>Tables</h2>")
    for name, text in tables.items():
        out.write(f"<section id='{name}' class='scroll'>{text}</section>")
    out.write("<h2>Figures</h2>")
    for picture in sorted((folder / "figures").glob("*.png")):
        data = picture.with_suffix(".csv")
        source = f" (<a href='figures/{data.name}'>its data</a>)" if data.exists() else ""
        out.write(
            f"<figure id='{picture.stem}'><img src='figures/{picture.name}' alt='{picture.stem}'>"
            f"<figcaption>{picture.stem}{source}</figcaption></figure>"
        )
    out.write("</html>\n")
    atomic.write_text(folder / "index.html", out.getvalue())
    return folder / "index.html"

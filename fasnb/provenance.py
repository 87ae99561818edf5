"""Where a number comes from: the code that computes it, the libraries, the machine, the revision."""

import ast
import hashlib
import importlib.metadata
import io
import platform
import subprocess
import tokenize
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from fasnb.errors import FasnbError
from fasnb.paths import ROOT

#: The modules a run starts from; what they import of fasnb counts too.
ROOTS = ("fasnb.training",)
#: Imported by them, but unable to change a number: plumbing and the record of runs; what a run's key holds as
#: values already (settings of experiment and profile; the clips, through the digest of the data).
_PLUMBING = ("atomic", "errors", "locks", "paths", "provenance", "runs", "scores")
_IN_THE_KEY = ("databases", "experiments", "grid", "layouts", "profiles", "trees")
EXEMPT = frozenset({"fasnb"} | {f"fasnb.{name}" for name in (*_PLUMBING, *_IN_THE_KEY)})
_LIBRARIES = ("fasnb", "torch", "numpy", "pandas", "opencv-python-headless", "scikit-learn")


def module_file(name: str) -> Path | None:
    """The source file of a module, found without importing anything; None if there is none."""
    top, *rest = name.split(".")
    spec = find_spec(top)
    for folder in (spec.submodule_search_locations if spec else None) or ():
        place = Path(folder).joinpath(*rest)
        for file in (place / "__init__.py", place.with_suffix(".py")):
            if file.is_file():
                return file
    return None


def modules_behind(roots: Iterable[str] = ROOTS, exempt: Iterable[str] = EXEMPT) -> dict[str, Path]:
    """The modules of the roots' packages that the roots import, directly or not, with their files, sorted.

    Read from the source, nothing is run. FasnbError where a root is missing.
    """
    roots, skip = tuple(roots), frozenset(exempt)
    packages = {root.split(".")[0] for root in roots}
    found: dict[str, Path] = {}
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in found or name in skip or name.split(".")[0] not in packages:
            continue
        file = module_file(name)
        if file is None:
            if name in roots:
                raise FasnbError(f"module {name} is missing; reinstall fasnb")
            continue  # `from package import name`, where the name is no module
        found[name] = file
        package = name if file.name == "__init__.py" else name.rpartition(".")[0]
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Import):
                waiting += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                above = package.rsplit(".", node.level - 1)[0] if node.level else ""
                base = ".".join(part for part in (above, node.module) if part)
                waiting += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return dict(sorted(found.items()))


def code_of(source: str) -> str:
    """The source without comments, docstrings and blank lines: what is left can change a number."""
    dropped: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            string = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            if first and string and first.lineno > getattr(node, "lineno", 0):
                dropped |= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    kept = (line.rstrip() for number, line in enumerate(lines, 1) if number not in dropped)
    return "\n".join(line for line in kept if line)


def code_digest(roots: Iterable[str] = ROOTS, exempt: Iterable[str] = EXEMPT) -> str:
    """SHA-256 over the code behind the roots; comments, docstrings and blank lines do not count."""
    total = hashlib.sha256()
    for name, file in modules_behind(roots, exempt).items():
        total.update(f"{name}\n{code_of(file.read_text(encoding='utf-8'))}\n".encode())
    return total.hexdigest()


def version(library: str) -> str:
    """The installed version of a library, "none" where it is not installed; nothing is imported."""
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return "none"


def versions() -> dict[str, str]:
    """Versions of Python, the system and the libraries a number depends on."""
    system = f"{platform.system()} {platform.machine()}"
    return {"python": platform.python_version(), "system": system} | {
        name: version(name) for name in _LIBRARIES
    }


def processor() -> str:
    """The processor's name, as far as the system tells."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def revision(folder: Path = ROOT) -> dict[str, str | bool] | None:
    """The git revision of a checkout and whether its package differs from it; None where there is no git."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(folder), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()

    try:
        return {
            "revision": git("rev-parse", "HEAD"),
            "dirty": bool(git("status", "--porcelain", "--", "fasnb")),
        }
    except (OSError, subprocess.SubprocessError):
        return None

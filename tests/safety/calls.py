"""Calls that turn a file into code, unpack an archive or reach the network, found in source text."""

import ast
from collections.abc import Iterator

#: Module -> what may be used of it; everything else is refused.
_MODULES: dict[str, set[str]] = {
    "pickle": {"dumps", "PicklingError"},
    "zipfile": {"BadZipFile"},
    **{name: set() for name in ("cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib", "runpy")},
    "tarfile": set(),
    **{name: set() for name in ("socket", "ssl", "urllib", "http", "ftplib", "smtplib", "requests", "httpx")},
    **{name: set() for name in ("aiohttp", "urllib3", "huggingface_hub", "torchvision")},
}
_NAMES = {"eval", "exec", "compile", "__import__"}
#: Attributes that are refused whatever they belong to.
_ATTRIBUTES = {
    "read_pickle",
    "unpack_archive",
    "urlretrieve",
    "urlopen",
    "extractall",
    "unsafe_load",
    "full_load",
}
_ATTRIBUTES |= {"load_state_dict_from_url", "download_url_to_file", "Unpickler"}
#: (module's usual name, function): refused.
_CALLS = {
    ("torch", "load"),
    ("torch.hub", "load"),
    ("yaml", "load"),
    ("os", "system"),
    ("os", "popen"),
    ("pd", "eval"),
}


def refused(source: str) -> Iterator[str]:
    """ "line: what" for everything in a module's source that is refused."""
    for node in ast.walk(ast.parse(source)):
        if what := _refused(node):
            yield f"{node.lineno}: {what}"


def _refused(node: ast.AST) -> str:
    if isinstance(node, ast.Import):
        # Under another name its use could not be followed.
        known = [(one.name, _MODULES.get(one.name.split(".")[0]), one.asname) for one in node.names]
        return next((name for name, allowed, other in known if allowed == set() or (allowed and other)), "")
    if isinstance(node, ast.ImportFrom):
        allowed = _MODULES.get((node.module or "").split(".")[0])
        names = [one.name for one in node.names if allowed is not None and one.name not in allowed]
        return f"{node.module}.{names[0]}" if names else ""
    if isinstance(node, ast.Attribute):
        owner = ast.unparse(node.value)
        if owner in _MODULES and node.attr not in _MODULES[owner]:
            return f"{owner}.{node.attr}"
        return node.attr if node.attr in _ATTRIBUTES or (owner, node.attr) in _CALLS else ""
    if not isinstance(node, ast.Call):
        return ""
    called = ast.unparse(node.func)
    options = {one.arg: one.value for one in node.keywords}
    if called in _NAMES:
        return called
    if called in ("np.load", "numpy.load") and not _is(options.get("allow_pickle"), False):
        return "np.load without allow_pickle=False"
    if "shell" in options and not _is(options["shell"], False):
        return "a shell"
    return ""


def _is(node: ast.expr | None, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value

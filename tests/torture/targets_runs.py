"""What is damaged and what then reads it: results, checkpoints, weights, notebooks, the paper's numbers."""

import contextlib
import hashlib
import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image

from fasnb import atomic, book, experiments, publish, published, runs, session, training, weights
from fasnb.errors import FasnbError
from fasnb.running import run_missing
from fasnb.scores import per_frame
from tests.test_training import CORPUS, TINY
from tests.tiny import drawn_face
from tests.torture import mutations, targets
from tests.torture.targets import Target, called, commanded, damaged_json


def results(folder: Path) -> Target:
    """Records and scores of runs, read by `fasnb table` and as a notebook reads them."""
    kept = targets.pair(folder).folder
    files = sorted(path for path in kept.iterdir() if path.suffix in (".json", ".csv"))

    def damage(path: Path, content: bytes, rng: np.random.Generator) -> None:
        if path.suffix == ".json":
            damaged_json(path, content, rng)
            return
        path.write_bytes(mutations.of_lines(content, rng))
        if rng.integers(2):  # with its checksum mended, the damage gets past it
            record = json.loads(path.with_suffix(".json").read_bytes())
            record["scores_sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
            path.with_suffix(".json").write_text(json.dumps(record))

    def use(path: Path) -> str:
        called(path, lambda: per_frame(runs.read(path.with_suffix(".json")).scores))
        return commanded(path, "table", "t8", "--store", kept)

    return Target(files, damage, use)


def _header(content: bytes, change: Callable[[dict[str, Any]], Any]) -> bytes:
    """A safetensors file with another header: 8 bytes of length, JSON, tensors."""
    (length,) = struct.unpack("<Q", content[:8])
    header = json.dumps(change(json.loads(content[8 : 8 + length]))).encode()
    return struct.pack("<Q", len(header)) + header + content[8 + length :]


def of_tensors(content: bytes, rng: np.random.Generator) -> bytes:
    """Damage to a safetensors file: its bytes, its header's values, the plain numbers in it, or NaN."""
    kind = rng.integers(4)
    if kind == 0:
        return mutations.of_bytes(content, rng)
    if kind == 1:
        return _header(content, lambda header: mutations.of_tree(header, rng))
    if kind == 2:

        def numbers(header: dict[str, Any]) -> dict[str, Any]:
            held = json.loads(header["__metadata__"]["fasnb"])
            header["__metadata__"]["fasnb"] = json.dumps(mutations.of_tree(held, rng))
            return header

        return _header(content, numbers)
    at = len(content) - 4 * int(rng.integers(1, len(content) // 8))
    return content[:at] + np.full(8, np.nan, np.float32).tobytes() + content[at + 32 :]


def checkpoints(folder: Path) -> Target:
    """A checkpoint in mid-run, from which `run_missing` goes on; a refusal names the run."""
    experiment = experiments.make("attvlad", "casia")
    one = runs.Store(folder / "store", TINY, runs.Source("simulated", "d"), ("fasnb.metrics",))
    path, kept = folder / "runs" / one.stem(experiment) / training.CHECKPOINT, []

    def report(fraction: float, message: str) -> None:
        if path.exists():
            kept.append(path.read_bytes())
            raise InterruptedError

    with contextlib.suppress(InterruptedError):
        training.train(experiment, TINY, CORPUS, path.parent, report)
    atomic.write_bytes(path, kept[0])

    def go_on() -> None:
        shutil.rmtree(one.folder, ignore_errors=True)
        run_missing([experiment], training.train, one, CORPUS, 1, lambda line: None, folder / "runs")

    def damage(path: Path, content: bytes, rng: np.random.Generator) -> None:
        path.write_bytes(of_tensors(content, rng) if rng.integers(2) else mutations.of_bytes(content, rng))

    return Target([path], damage, lambda path: called(Path(experiment.name), go_on), folder)


def networks(folder: Path) -> Target:
    """The networks of a weights folder, scored with by the command."""
    own = targets.weights(folder)
    face = folder / "face.png"
    Image.fromarray(drawn_face(120)).save(face)

    def damage(path: Path, content: bytes, rng: np.random.Generator) -> None:
        path.write_bytes(of_tensors(content, rng))
        if rng.integers(4):  # with its checksum mended, the damage gets past it
            card = own / weights.CARD
            facts = json.loads(card.read_bytes())
            for one in facts["branches"]:
                if one["file"] == path.name:
                    one["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
            card.write_text(json.dumps(facts))

    files = sorted(own.glob("*.safetensors"))
    made = Target(files, damage, lambda path: commanded(path, "score", face, "--weights", own))
    made.clean[own / weights.CARD] = (own / weights.CARD).read_bytes()
    return made


def cards(folder: Path) -> Target:
    """card.json, read by the command that scores."""
    own = targets.weights(folder)
    face = folder / "face.png"
    Image.fromarray(drawn_face(120)).save(face)
    return Target(
        [own / weights.CARD], damaged_json, lambda path: commanded(own, "score", face, "--weights", own)
    )


def notebooks(folder: Path) -> Target:
    """A notebook's file, its stamp and its parameters; none gets as far as a kernel."""
    path = folder / "00_any.ipynb"
    cells = [
        {"cell_type": "markdown", "metadata": {}, "id": "a", "source": "# Title\n\n**Regenerates:** nothing"},
        {
            **{"cell_type": "code", "metadata": {"tags": ["parameters"]}, "id": "b", "outputs": []},
            **{"execution_count": None, "source": 'profile: str = "smoke"  # size\nseed: int = 0  # seed'},
        },
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    path.write_text(
        json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}, indent=1)
    )
    out = folder / "out"

    def use(path: Path) -> str:
        ends = {
            called(path, lambda: book.heading(path)),
            called(path, lambda: book.run_notebook(path, out / path.name, {"no such": 1})),
        }
        return "refused" if "refused" in ends else "done"

    return Target([path], damaged_json, use, out)


def parameters(folder: Path) -> Target:
    """The four parameters of a notebook, as JSON: a session either starts or says what is wrong."""
    path = folder / "parameters.json"
    whole = {"profile": "smoke", "store": str(folder / "store"), "data": str(folder / "data")}
    path.write_text(json.dumps(whole))

    def use(path: Path) -> str:
        try:
            given = json.loads(path.read_bytes())
        except (ValueError, RecursionError):
            return "no JSON"
        if not isinstance(given, dict) or not set(given) <= set(whole) or not given.get("data"):
            return "other parameters"
        try:
            lab = session.start(**given)
            lab.figures, lab.ensure(["t8"])
        except FasnbError as error:
            if len(str(error)) < 20:
                raise targets.Wrong(str(error)) from error
            return "refused"
        raise targets.Wrong("ran without data")

    return Target([path], damaged_json, use)


def published_numbers(folder: Path) -> Target:
    """published.yaml, as tables read it."""
    path = folder / "published.yaml"
    path.write_bytes(published.FILE.read_bytes())

    def damage(path: Path, content: bytes, rng: np.random.Generator) -> None:
        if rng.integers(2):
            path.write_bytes(mutations.of_lines(content, rng))
        else:
            tree = mutations.of_tree(TREE, rng)
            path.write_text(yaml.safe_dump(tree, allow_unicode=False), encoding="utf-8")

    def use(path: Path) -> str:
        tables: dict[str, published.PublishedTable] = {}
        end = called(path, lambda: tables.update(published.load.__wrapped__(path)))
        values = [cell.value for one in tables.values() for row in one.rows.values() for cell in row]
        if not all(value is None or np.isfinite(value) for value in values):
            raise targets.Wrong("a number that is none was taken as printed")
        return end

    return Target([path], damage, use)


def origins(folder: Path) -> Target:
    """PROVENANCE.json of the committed figures, which decides what may replace them."""
    targets.paths.BUILD = folder / "build"
    drawn = targets.paths.figures("smoke")
    drawn.mkdir(parents=True)
    (drawn / "a.png").write_bytes(b"picture")
    out = folder / "figures"
    publish.publish("smoke", "simulated", "d", out)
    file = out / "PROVENANCE.json"
    return Target(
        [file],
        damaged_json,
        lambda path: called(path, lambda: publish.publish("smoke", "simulated", "d", out)),
        out,
    )


#: The paper's numbers as a tree, for damage to its values.
TREE = yaml.safe_load(published.FILE.read_text(encoding="utf-8"))

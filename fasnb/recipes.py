"""Which simulated databases these are: told by how they were made, not by their last bits.

The simulator writes the same databases everywhere, but not the same bits: with other vector instructions
numpy rounds a sine or a power otherwise, and a pixel here and there becomes one grey level brighter. A store
of results therefore keeps, in data.json, the recipe behind each digest of data that it knows. Databases of
the same recipe go by that digest, whichever processor wrote them, so that committed results are current on
any machine; records of runs hold the digest of the copy they read beside it. Names and numbers of files are
checked against the recipe, their contents cannot be: a copy that differs is said to.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from fasnb import atomic, provenance
from fasnb.corpus import Corpus
from fasnb.errors import FasnbError
from fasnb.runs import Source

FILE = "data.json"


def recipe(corpus: Corpus) -> dict[str, Any] | None:
    """All that decides what a run reads: each simulation's hash, the faces per clip, the decoder.

    None where a database is licensed, or is not just what its simulation writes: then only the bits tell.
    """
    simulations = {}
    for database in corpus.databases.values():
        made = (database.marker or {}).get("config_hash")
        if not made or not database.regular:
            return None
        simulations[database.name] = made
    return {
        "simulations": simulations,
        "faces": [corpus.profile.train_faces, corpus.profile.test_faces],
        "opencv": provenance.version("opencv-python-headless"),
    }


def named(folder: Path, corpus: Corpus, source: Source, say: Callable[[str], None]) -> Source:
    """The source as the store in `folder` knows it: by the digest of the first copy of the same recipe.

    The first copy is entered. FasnbError where data.json is damaged or cannot be written.
    """
    made = recipe(corpus)
    if made is None:
        return source
    known = _known(folder / FILE)
    digest = next((name for name, one in known.items() if one == made), None)
    if digest is None:
        atomic.write_text(folder / FILE, json.dumps(known | {source.digest: made}, indent=1) + "\n")
    if digest in (None, source.digest):
        return source
    say(
        f"simulated like {folder.name}'s data {digest[:8]}, by whose name they go, with other bits "
        f"({source.digest[:8]}): on another processor, unless a file was changed"
    )
    return replace(source, digest=digest, copy=source.digest)


def _known(path: Path) -> dict[str, Any]:
    """Recipe by digest; {} where nothing has been entered."""
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(known, dict):
            raise ValueError("it holds no names")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise FasnbError(f"{path} cannot be read ({error}); restore it from git, or delete it") from error
    return known

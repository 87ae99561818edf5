"""A pickle that would run a command, put where a file of ours is read: refused, and never run."""

import hashlib
import json
import os
import pickle
from dataclasses import asdict

import numpy as np
import pytest

from fasnb import cards, checkpoints, facecache, published, weights
from fasnb.errors import FasnbError
from fasnb.simfas import cast
from tests.pair import pair_store


class Malicious:
    """Unpickled, it leaves a file."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.mkdir, (str(self.trace),)


@pytest.fixture
def trace(tmp_path):
    """What running the pickle would leave behind; first it is shown that it would."""
    path = tmp_path / "was-run"
    pickle.loads(pickle.dumps(Malicious(path)))
    path.rmdir()
    yield path
    assert not path.exists()


def pickled_array(path, trace):
    """A .npy or .npz of objects, which numpy reads by unpickling."""
    objects = np.array([Malicious(trace)], dtype=object)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npz":
        np.savez(path, places=objects)
    else:
        np.save(path, objects, allow_pickle=True)


def test_as_a_checkpoint(tmp_path, trace):
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(pickle.dumps(Malicious(trace)))
    with pytest.raises(FasnbError, match=r"checkpoint\.safetensors: not a readable checkpoint"):
        checkpoints.read(path)


def test_as_weights_with_a_card_that_vouches_for_it(tmp_path, trace, monkeypatch):
    one = pair_store(tmp_path, monkeypatch)
    folder = cards.write(cards.make(one, "mpl_uda", "casia", root=tmp_path), tmp_path / "weights" / "own")
    content = pickle.dumps(Malicious(trace))
    (folder / "rgb.safetensors").write_bytes(content)
    facts = json.loads((folder / weights.CARD).read_text())
    facts["branches"][0]["sha256"] = hashlib.sha256(content).hexdigest()
    (folder / weights.CARD).write_text(json.dumps(facts))
    with pytest.raises(FasnbError, match=r"rgb\.safetensors does not fit"):
        weights.load(weights.read(folder))


def test_as_faces_in_the_cache(tmp_path, trace):
    path = tmp_path / "a.npy"
    pickled_array(path, trace)
    state = path.stat()
    entry = facecache.Entry(
        frames=(0,),
        boxes=((0.0, 0.0, 1.0, 1.0),),
        checksum=facecache.content_hash(path),
        npy_bytes=state.st_size,
        modified=state.st_mtime_ns,
    )
    path.with_suffix(".json").write_text(json.dumps(asdict(entry)))
    assert facecache.load(tmp_path / "a", (8, 8, 3)) is None


def test_as_a_kept_pose_it_is_rendered_again(tmp_path, trace, monkeypatch):
    class Rendered(Exception):
        pass

    def render(pose):
        raise Rendered

    monkeypatch.setattr(cast, "asdict", lambda pose: {})
    name = hashlib.blake2b(b"key {}", digest_size=12).hexdigest()
    pickled_array(tmp_path / f"{name}.npz", trace)
    with pytest.raises(Rendered):
        cast.kept(render, tmp_path, "key")(None)


def test_as_yaml_that_calls(tmp_path, trace):
    path = tmp_path / "published.yaml"
    path.write_text(f"t7: !!python/object/apply:os.mkdir ['{trace}']\n")
    with pytest.raises(FasnbError, match=r"published\.yaml is no YAML"):
        published.load(path)

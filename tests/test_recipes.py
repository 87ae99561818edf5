import json
from dataclasses import replace

import pytest

from fasnb import layouts, profiles, provenance, recipes, reproduce
from fasnb.corpus import Corpus
from fasnb.errors import FasnbError
from fasnb.runs import Source, Store
from fasnb.simfas import tree
from tests.test_runs import CODE, MPL, put
from tests.tiny import touch_tree

HERE, THERE = Source("simulated", "a" * 64), Source("simulated", "b" * 64)


def simulated(folder, seed=0):
    """Complete simulations of the smoke scale, as far as their files' names and markers go."""
    for name in layouts.DATABASES:
        touch_tree(folder / name, layouts.subset(name, "smoke"))
        marker = tree.marker(name, "smoke", seed, complete=True)
        (folder / name / tree.DONE).write_text(json.dumps(marker))
    return Corpus(folder, profiles.SMOKE, folder / "cache")


@pytest.fixture
def corpus(tmp_path):
    return simulated(tmp_path / "data")


def test_a_recipe_is_the_simulations_the_faces_and_the_decoder(corpus):
    made = recipes.recipe(corpus)
    hashes = {name: tree.config_hash(name, "smoke", 0) for name in layouts.DATABASES}
    assert made["simulations"] == hashes
    assert made["faces"] == [profiles.SMOKE.train_faces, profiles.SMOKE.test_faces]
    assert made["opencv"] == provenance.version("opencv-python-headless") != "none"


def test_another_seed_or_more_faces_are_another_recipe(corpus, tmp_path):
    others = (
        simulated(tmp_path / "other", seed=1),
        replace(corpus, profile=replace(profiles.SMOKE, train_faces=5)),
    )
    assert all(recipes.recipe(other) != recipes.recipe(corpus) for other in others)


@pytest.mark.parametrize("spoil", ["licensed", "unfinished", "clip gone", "old marker"])
def test_only_whole_simulations_have_one(corpus, spoil):
    folder = corpus.root / "msu-mfsd"
    done = folder / tree.DONE
    if spoil == "licensed":
        done.unlink()
    elif spoil == "unfinished":
        done.rename(folder / tree.PARTIAL)
    elif spoil == "clip gone":
        next(folder.rglob("*.mp4")).unlink()
    else:
        done.write_text(json.dumps({"scale": "smoke", "seed": 0, "complete": True}))
    fresh = Corpus(corpus.root, corpus.profile, corpus.cache)
    assert recipes.recipe(fresh) is None
    assert recipes.named(corpus.root / "store", fresh, HERE, print) == HERE
    assert not (corpus.root / "store").exists()


def test_the_first_copy_gives_its_name_to_the_others(corpus, tmp_path):
    lines = []
    folder = tmp_path / "results" / "lite"
    assert recipes.named(folder, corpus, HERE, lines.append) == HERE
    entered = (folder / recipes.FILE).read_bytes()
    assert recipes.named(folder, corpus, HERE, lines.append) == HERE
    assert lines == []
    other = recipes.named(folder, corpus, THERE, lines.append)
    assert other == Source("simulated", HERE.digest, copy=THERE.digest)
    (line,) = lines
    assert "lite's data aaaaaaaa" in line
    assert "bbbbbbbb" in line
    assert (folder / recipes.FILE).read_bytes() == entered


def test_other_recipes_stay_apart(corpus, tmp_path):
    recipes.named(tmp_path, corpus, HERE, print)
    assert recipes.named(tmp_path, simulated(tmp_path / "other", seed=1), THERE, print) == THERE
    assert set(json.loads((tmp_path / recipes.FILE).read_text())) == {HERE.digest, THERE.digest}


def test_results_of_the_first_copy_are_current_and_a_new_one_records_its_own(corpus, tmp_path):
    folder = tmp_path / "store"
    first = Store(folder, profiles.SMOKE, recipes.named(folder, corpus, HERE, print), CODE)
    old = put(first)
    assert "copy" not in old.record["data"]
    second = Store(folder, profiles.SMOKE, recipes.named(folder, corpus, THERE, print), CODE)
    assert second.get(MPL).record == old.record
    new = put(second, seed=1)
    assert new.path == old.path
    assert new.record["data"] == {"source": "simulated", "digest": HERE.digest, "copy": THERE.digest}
    assert first.get(MPL).record == new.record


@pytest.mark.parametrize("content", ["{", "[]", "\udcff"])
def test_a_damaged_file_is_named(corpus, tmp_path, content):
    (tmp_path / recipes.FILE).write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(
        FasnbError, match=rf"{recipes.FILE} cannot be read .*; restore it from git, or delete"
    ):
        recipes.named(tmp_path, corpus, HERE, print)


def test_a_profile_opens_its_data_under_its_stores_name(corpus, tmp_path, monkeypatch):
    folder = tmp_path / "results"
    recipes.named(folder, corpus, HERE, print)
    monkeypatch.setattr(reproduce.paths, "store", lambda profile: folder)
    monkeypatch.setattr(Corpus, "source", lambda self, workers, say: THERE)
    _, source = reproduce.opened(profiles.SMOKE, root=corpus.root, say=lambda line: None)
    assert (source.digest, source.copy) == (HERE.digest, THERE.digest)


@pytest.mark.parametrize("name", [name for name in profiles.PROFILES if name != "smoke"])
def test_committed_results_name_their_data(name):
    """Else a reader's own simulation, another processor's, would have every run computed again."""
    store = Store(reproduce.paths.ROOT / "results" / name, profiles.get(name))
    digests = {result.record["data"]["digest"] for result in store.results()}
    known = json.loads((store.folder / recipes.FILE).read_text()) if digests else {}
    assert digests <= set(known)
    assert all(set(one["simulations"]) == set(layouts.DATABASES) for one in known.values())

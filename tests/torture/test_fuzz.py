"""A few damaged files of each kind; and that what goes wrong would be seen."""

import json

import numpy as np
import pytest

from fasnb import facecache
from fasnb.errors import FasnbError
from tests.safety import offline
from tests.torture import fuzz, mutations
from tests.torture.fuzz_child import TARGETS, used
from tests.torture.targets import Target, Wrong, called

#: Fewer of those that are read by networks or tables.
SLOW = ("videos", "results", "checkpoints", "weights", "cards")
COUNTS = {name: 10 if name in SLOW else 30 for name in TARGETS}


def fail(error):
    raise error


def test_damaged_files_are_refused_or_read_and_nothing_else(tmp_path):
    found = fuzz.rows(COUNTS, tmp_path, seed=1)
    assert [row.what for row in found] == [f"damaged {name}" for name in COUNTS]
    assert [row.tried for row in found] == list(COUNTS.values())
    assert [row for row in found if row.held != row.tried] == []


def test_damage_depends_on_the_seed_alone_and_changes_the_file():
    content = bytes(range(256)) * 4
    made = [mutations.of_bytes(content, np.random.default_rng(i), [b"\x89PNG" * 16]) for i in range(200)]
    assert made == [
        mutations.of_bytes(content, np.random.default_rng(i), [b"\x89PNG" * 16]) for i in range(200)
    ]
    assert sum(one != content for one in made) > 190
    assert len(set(map(len, made))) > 50
    tree = {"a": [1, {"b": "c"}], "d": 2.5}
    changed = [mutations.of_tree(tree, np.random.default_rng(i)) for i in range(100)]
    assert tree == {"a": [1, {"b": "c"}], "d": 2.5}
    assert sum(repr(one) != repr(tree) for one in changed) > 90


@pytest.mark.parametrize(
    ("use", "outcome", "what"),
    [
        (lambda path: "done", "done", ""),
        (lambda path: int("x"), "wrong", "ValueError"),
        (lambda path: called(path, lambda: 1 / 0), "wrong", "ZeroDivisionError"),
        (lambda path: fail(MemoryError()), "wrong", "MemoryError"),
        (lambda path: path.with_name("other").write_text("x") and "done", "wrong", "touched"),
        (lambda path: path.unlink() or "done", "wrong", "touched"),
        (lambda path: exit(3), "wrong", "SystemExit"),
        (lambda path: offline.tried.append("socket.connect 192.0.2.1") or "done", "wrong", "192.0.2.1"),
    ],
)
def test_a_breach_is_seen(tmp_path, use, outcome, what):
    path = tmp_path / "a.json"
    path.write_text("{}")
    found, said = used(Target([path], lambda *_: None, use), path, tmp_path)
    assert found == outcome
    assert what in said


def test_an_error_must_name_the_file(tmp_path):
    path = tmp_path / "b7.json"
    assert called(path, lambda: fail(FasnbError("b7.json is damaged"))) == "refused"
    for text in ("something is damaged", "b7.json is\ndamaged"):
        with pytest.raises(Wrong):
            called(path, lambda text=text: fail(FasnbError(text)))


CHILD = """
import json, os, sys, time
for one in sys.argv[3:]:
    name, first, last = one.rsplit(":", 2)
    print(json.dumps({"target": name, "ready": True}), flush=True)
    for i in range(int(first), int(last)):
        if i == 1 and name == "dies":
            os._exit(7)
        if i == 1 and name == "hangs":
            time.sleep(60)
        line = {"target": name, "i": i, "outcome": "done", "what": "", "ready": True}
        print(json.dumps(line | {"s": 11.0 * (name == "slow")}), flush=True)
"""


def test_a_death_and_a_hang_are_one_failure_each_and_the_rest_is_tried(tmp_path, monkeypatch):
    monkeypatch.setattr(fuzz, "CHILD", ("-c", CHILD))
    monkeypatch.setattr(fuzz, "SILENCE", 2.0)
    found = fuzz.rows({"fine": 3, "dies": 3, "hangs": 3, "slow": 1}, tmp_path, 0)
    assert [(row.tried, row.held) for row in found] == [(3, 3), (3, 2), (3, 2), (1, 0)]
    assert "exit code 7" in found[1].worst
    assert "took more than 2 s" in found[2].worst
    assert found[3].worst == "input 0 took 11 s"


def test_a_child_that_never_starts_is_no_result(tmp_path, monkeypatch):
    monkeypatch.setattr(fuzz, "CHILD", ("-c", "raise SystemExit('no libraries')"))
    with pytest.raises(RuntimeError, match="no libraries"):
        fuzz.rows({"fine": 1}, tmp_path, 0)


@pytest.fixture
def stem(tmp_path):
    """A whole cache entry of one face."""
    facecache.save_faces(tmp_path / "a", np.zeros((1, 8, 8, 3), np.uint8), [0], [(0.0, 0.0, 1.0, 1.0)])
    return tmp_path / "a"


@pytest.mark.parametrize(
    "change",
    [
        {"frames": [float("inf")]},
        {"frames": [10**30]},
        {"boxes": [[1.0]]},
        {"unreadable": "many"},
        {"failure": 5},
    ],
)
def test_a_cache_entry_with_values_of_the_wrong_kind_is_not_believed(stem, change):
    path = stem.with_suffix(".json")
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert facecache.load(stem, (8, 8, 3)) is None


@pytest.mark.parametrize(
    ("suffix", "old", "new"), [(".npy", b"8, 3)", b"8, 3a"), (".json", b"{", b"[" * 100_000)]
)
def test_nor_is_one_that_no_parser_gets_through(stem, suffix, old, new):
    path = stem.with_suffix(suffix)
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    assert facecache.load(stem, (8, 8, 3)) is None

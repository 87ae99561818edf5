"""Cleaning: what can be made again goes, after a question; all else stays."""

import io
import json

import pytest

from fasnb import clean, locks, paths
from fasnb.__main__ import main
from fasnb.errors import FasnbError, UsageError


def laid(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x" * 5000)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A checkout in which everything was made, two of its databases simulated, one of them unfinished."""
    for name, place in {"ROOT": "", "BUILD": "build", "DATA": "data", "CACHE": "data/cache"}.items():
        monkeypatch.setattr(paths, name, tmp_path / place)
    monkeypatch.delenv("FASNB_DATA", raising=False)
    laid(tmp_path, "build/smoke/index.html", "build/smoke/results/a.json", "build/lite/checkpoints/a/w.bin")
    laid(tmp_path, "build/torture/fuzz.json", "results/lite/a.json", "figures/a.png", "weights/a/card.json")
    laid(tmp_path, "data/cache/faces/msu-mfsd/a.npy", "data/poses/a/1.npz", "fasnb/clean.py")
    simulated = tmp_path / "data" / "simulated"
    laid(simulated, *(f"smoke/{name}/a.mov" for name in ("casia-fasd", "msu-mfsd", "replay-attack")))
    laid(simulated, "smoke/casia-fasd/SIMULATED.json", "smoke/msu-mfsd/SIMULATING.json")
    return tmp_path


def left(home):
    return {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}


def test_a_profiles_build_goes_and_nothing_else(home, capsys):
    before = left(home)
    assert main(["clean", "--profile", "smoke", "--yes"]) == 0
    assert before - left(home) == {"build/smoke/index.html", "build/smoke/results/a.json"}
    out = capsys.readouterr().out
    assert f"{home / 'build' / 'smoke'}: 0.0 MB in 2 files (again: fasnb reproduce --profile smoke)" in out
    assert out.endswith("removed 1 folders, 0.0 MB\n")


def test_with_data_cut_faces_and_marked_databases_go_too(home):
    before = left(home)
    assert main(["clean", "--data", "--yes"]) == 0
    gone = {path.rpartition("/")[0] for path in before - left(home)}
    assert gone == {
        *("build/smoke", "build/smoke/results", "build/lite/checkpoints/a"),
        *("data/cache/faces/msu-mfsd", "data/simulated/smoke/casia-fasd", "data/simulated/smoke/msu-mfsd"),
    }
    assert (home / "data" / "simulated" / "smoke" / "replay-attack" / "a.mov").exists()  # without a mark


def test_it_counts_what_is_freed(home):
    (one,) = clean.found(["lite"])
    assert (one.files, one.size >= 5000) == (1, True)
    assert clean.found(["paper"]) == []
    with pytest.raises(UsageError, match="unknown profile"):
        clean.found(["large"])


@pytest.mark.parametrize(
    "place", ["", "data", "data/cache", "data/simulated/smoke", "data/simulated/smoke/casia-fasd"]
)
def test_what_fasnb_data_names_stays_mark_or_not(home, monkeypatch, place):
    monkeypatch.setenv("FASNB_DATA", str(home / place))
    theirs = {str(path.relative_to(home)) for path in (home / place).rglob("*") if path.is_file()}
    kept = (
        theirs
        if place not in ("", "data")
        else {path for path in theirs if "simulated" in path or "cache" in path}
    )
    assert main(["clean", "--data", "--yes"]) == 0
    assert kept <= left(home)


def test_without_yes_it_asks_and_no_terminal_is_a_no(home, monkeypatch, capsys):
    before = left(home)
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert main(["clean"]) == 2
    assert "say --yes" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    for answer in ("", "n", "yess"):
        monkeypatch.setattr("builtins.input", lambda question, answer=answer: answer)
        assert main(["clean"]) == 0
        assert capsys.readouterr().out.endswith("nothing was removed\n")
    assert left(home) == before
    monkeypatch.setattr("builtins.input", lambda question: " Y ")
    assert main(["clean"]) == 0
    assert not (home / "build" / "smoke").exists()


def test_nothing_to_remove_is_no_error(home, capsys):
    assert main(["clean", "--profile", "paper", "--yes"]) == 0
    assert capsys.readouterr().out == "there is nothing to remove\n"


def test_links_go_and_what_they_lead_to_stays(home):
    outside = home / "outside"
    laid(outside, "mine.mov")
    (home / "build" / "smoke" / "link").symlink_to(outside)
    assert main(["clean", "--profile", "smoke", "--yes"]) == 0
    assert (outside / "mine.mov").exists()
    (home / "build" / "smoke").symlink_to(outside)
    with pytest.raises(FasnbError, match="cannot remove"):
        clean.remove(clean.found(["smoke"])[0])
    assert (outside / "mine.mov").exists()


def test_a_run_that_is_being_computed_is_not_swept_away(home, capsys):
    lock = home / "results" / "lite" / ".pl-casia.lock"
    lock.write_text(json.dumps(vars(locks.myself())))
    assert main(["clean", "--yes"]) == 1
    assert "is held by process" in capsys.readouterr().err
    assert (home / "build" / "lite").exists()
    assert main(["clean", "--profile", "smoke", "--yes"]) == 0

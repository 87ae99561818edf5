from pathlib import Path

from fasnb import paths


def test_licensed_copies_win_over_simulated_ones(monkeypatch):
    monkeypatch.delenv("FASNB_DATA", raising=False)
    assert paths.data_root("lite") == paths.DATA / "simulated" / "lite"
    assert not paths.real_data()
    monkeypatch.setenv("FASNB_DATA", "~/faces")
    assert paths.data_root("lite") == Path.home() / "faces"
    assert paths.real_data()


def test_smoke_results_stay_out_of_the_repository():
    assert paths.store("smoke").is_relative_to(paths.BUILD)
    assert paths.store("lite") == paths.ROOT / "results" / "lite"
    assert paths.figures("lite").is_relative_to(paths.build("lite"))


def test_weights_are_those_a_run_left_else_the_committed_ones(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "BUILD", tmp_path / "build")
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    left, kept = tmp_path / "build/lite/checkpoints/a-1/weights.safetensors", paths.kept("lite", "a-1")
    assert kept == tmp_path / "results" / "lite" / "networks" / "a-1.safetensors"
    assert paths.trained("lite", "a-1") == left  # where they will be
    kept.parent.mkdir(parents=True)
    kept.touch()
    assert paths.trained("lite", "a-1") == kept
    assert paths.trained("lite", "a-2") != kept
    left.parent.mkdir(parents=True)
    left.touch()
    assert paths.trained("lite", "a-1") == left

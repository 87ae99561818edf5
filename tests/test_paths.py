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

import json

import pytest

from fasnb import layouts, paths, reproduce
from fasnb.__main__ import main


def run(capsys, *arguments):
    try:
        code = main([str(a) for a in arguments])
    except SystemExit as stop:
        code = stop.code
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.mark.parametrize(
    "command",
    ["reproduce", "run", "table", "figures", "score", "card", "clean", "simulate", "databases", "bench"],
)
def test_every_command_has_help(capsys, command):
    code, out, _ = run(capsys, command, "--help")
    assert code == 0
    assert command in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("run", "--profile", "huge"),
        ("run", "--list", "--only", "t99"),
        ("run", "--workers", "0"),
        ("table", "t99"),
        ("simulate", "--out", "x", "--scale", "giant"),
        ("simulate", "--out", "x", "--scale", "smoke", "--databases", "nope"),
        (),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(capsys, arguments):
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert len(err.strip().splitlines()) == 1


def test_missing_data_is_one_line_that_names_the_folder_and_exit_code_1(capsys, tmp_path):
    code, _, err = run(capsys, "databases", "--root", tmp_path / "none")
    assert code == 1
    assert str(tmp_path / "none") in err
    assert len(err.strip().splitlines()) == 1


def test_run_on_an_absent_database_names_it(capsys, tmp_path):
    code, _, err = run(capsys, "run", "--data", tmp_path, "--store", tmp_path / "store")
    assert code == 1
    assert "casia-fasd" in err
    assert not (tmp_path / "store").exists()


def test_list_names_the_runs_of_the_profiles_tables_and_counts_them(capsys):
    code, out, err = run(capsys, "run", "--list")
    assert code == 0
    assert err == "36 distinct runs\n"
    names = out.split()
    # 12 of Tables 7 and 8, 21 of the compared methods, 3 of AttVLAD without VLAD
    assert len(names) == len(set(names)) == 36
    assert "mpl_uda-replay-tau0.6-sigma0.15-seed0" in names


def test_an_empty_store_shows_missing_cells_never_zero(capsys, tmp_path):
    code, out, _ = run(capsys, "table", "t8", "--store", tmp_path)
    assert code == 0
    assert out.count("missing /") == 28


def test_list_of_one_table_counts_shared_runs_once(capsys):
    code, out, err = run(capsys, "run", "--profile", "lite", "--list", "--only", "t9,t12")
    assert code == 0
    # six settings (tau 0 is tau 0.5) on three databases; Table 12's original loss is two more
    assert len(out.split()) == 18 + 2
    assert err == "20 distinct runs\n"


def test_databases_as_json_carry_the_official_counts(capsys, tmp_path):
    for clip in layouts.official_clips("msu"):
        file = tmp_path / "msu-mfsd" / clip.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    code, out, _ = run(capsys, "databases", "--root", tmp_path, "--json")
    assert code == 0
    rows = [row for row in json.loads(out) if row["database"] == "msu-mfsd"]
    assert {(r["split"], r["kind"]): r["found"] for r in rows} == {
        ("train", "real"): 30,
        ("train", "attack"): 90,
        ("test", "real"): 40,
        ("test", "attack"): 120,
    }
    assert all(row["found"] == row["official"] for row in rows)


@pytest.mark.parametrize(("options", "seen"), [((), False), (("--allow-real-faces",), True)])
def test_licensed_faces_are_seen_only_where_that_is_asked_for(monkeypatch, capsys, options, seen):
    monkeypatch.setenv("FASNB_REAL_FACES", "")
    monkeypatch.setattr(reproduce, "reproduce", lambda *_, **__: paths.real_faces())
    code, out, _ = run(capsys, "reproduce", *options)
    assert (code, out) == (0, f"{seen}\n")

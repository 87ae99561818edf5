"""`fasnb score` and `fasnb card` as a user meets them."""

import csv
import io
import json
import subprocess
import sys

import pytest
from PIL import Image

from fasnb import cards
from fasnb.scoring import COLUMNS
from tests.pair import face_picture, no_face, pair_store
from tests.test_main import run


@pytest.fixture
def pair(tmp_path, monkeypatch):
    one = pair_store(tmp_path, monkeypatch)
    return cards.write(cards.make(one, "mpl_uda", "casia", root=tmp_path), tmp_path / "weights" / "own")


def table(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_score_prints_a_row_for_everything_and_says_what_it_scored_with(capsys, pair, tmp_path):
    face_picture(tmp_path / "in" / "b, c.jpg")
    Image.fromarray(no_face()).save(tmp_path / "in" / "d.png")
    code, out, err = run(capsys, "score", tmp_path / "in", tmp_path / "none.png", "--threshold", 0)
    assert code == 0
    rows = table(out)
    assert list(rows[0]) == list(COLUMNS)
    assert [(r["faces"], r["decision"]) for r in rows] == [("1", "live"), ("0", ""), ("0", "")]
    assert rows[0]["path"].endswith("b, c.jpg")
    p = {name: float(rows[0][name]) for name in ("p_rgb", "p_plgf", "p_live")}
    assert p["p_live"] == pytest.approx(0.8 * p["p_rgb"] + 0.2 * p["p_plgf"], abs=2e-6)
    assert "trained on casia, simulated data, profile smoke" in err
    assert "threshold 0 (given on no data)" in err


def test_json_carries_the_thresholds_origin(capsys, pair, tmp_path):
    code, out, _ = run(capsys, "score", face_picture(tmp_path / "a.png"), "--json", "--weights", pair)
    assert code == 0
    (row,) = json.loads(out)
    assert "(EER on casia train)" in row["threshold_from"]
    assert row["faces"] == 1


def test_annotated_pictures_appear_and_the_input_stays(capsys, pair, tmp_path):
    path = face_picture(tmp_path / "in" / "a.png")
    before = path.read_bytes()
    code, _, _ = run(capsys, "score", path, "--annotate", tmp_path / "out")
    assert code == 0
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["0001-a.jpg"]
    assert path.read_bytes() == before
    code, out, err = run(capsys, "score", path, "--annotate", tmp_path / "in")
    assert (code, out) == (2, "")
    assert "choose another folder" in err
    assert path.read_bytes() == before


def test_nothing_scored_is_exit_code_1_with_the_rows(capsys, pair, tmp_path):
    (tmp_path / "words.mp4").write_text("words")
    code, out, err = run(capsys, "score", tmp_path / "words.mp4", tmp_path / "absent")
    assert code == 1
    assert [r["reason"].split(";")[0] for r in table(out)] == [
        "is damaged or not a video",
        "no such file or folder",
    ]
    assert err.strip().splitlines()[-1] == "fasnb: nothing could be scored; the rows say why"


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("a.png", "--threshold", "2"),
        ("a.png", "--threshold", "nan"),
        ("a.png", "--threshold", "high"),
        ("a.png", "--frames", "0"),
        ("a.png", "--method", "magic"),
        ("a.png", "--method", "drl_fas"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(capsys, pair, arguments):
    code, out, err = run(capsys, "score", *arguments)
    assert (code, out) == (2, "")
    assert len(err.strip().splitlines()) == 1


def test_absent_weights_are_one_line_that_says_how_to_make_them(capsys, tmp_path):
    code, out, err = run(capsys, "score", face_picture(tmp_path / "a.png"), "--weights", tmp_path / "none")
    assert (code, out) == (1, "")
    assert len(err.strip().splitlines()) == 1
    assert str(tmp_path / "none") in err
    assert "fasnb card" in err


def test_card_makes_a_folder_that_score_finds(capsys, tmp_path, monkeypatch):
    one = pair_store(tmp_path, monkeypatch)
    code, out, _ = run(capsys, "card", "--store", one.folder)
    assert code == 0
    assert out.strip() == str(tmp_path / "weights" / "smoke-mpl_uda-casia-seed0")
    code, out, err = run(capsys, "score", face_picture(tmp_path / "a.png"))
    assert code == 0
    assert "smoke-mpl_uda-casia-seed0" in err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--profile", "huge"), 2),
        (("--method", "magic"), 2),
        (("--train", "mars"), 2),
        (("--train", "msu"), 1),
    ],
)
def test_a_card_of_what_is_not_there_is_one_line(capsys, tmp_path, monkeypatch, arguments, code):
    one = pair_store(tmp_path, monkeypatch)
    got, out, err = run(capsys, "card", "--store", one.folder, *arguments)
    assert (got, out) == (code, "")
    assert len(err.strip().splitlines()) == 1
    assert not (tmp_path / "weights").exists()


def test_torch_is_not_loaded_where_no_face_is(pair, tmp_path):
    Image.fromarray(no_face()).save(tmp_path / "a.png")
    program = (
        "import sys; from fasnb.__main__ import main; "
        f"code = main(['score', {str(tmp_path / 'a.png')!r}, 'absent', '--weights', {str(pair)!r}]); "
        "sys.exit(10 * code + ('torch' in sys.modules) + 2 * ('matplotlib' in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True).returncode == 10

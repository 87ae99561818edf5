import dataclasses
import json

import pytest

from fasnb.bench import report, row
from fasnb.errors import FasnbError, UsageError

MET = row.Row("faces", "memory", 2.0, 1.9, 0.96, 0.95, 0.97, "MB", 0.95, "a processor", "note")
MISSED = dataclasses.replace(MET, ratio=0.94)
LONE = row.Row("simulate", "live: all", 30.0, None, None, 29, 31, "ms", None, "a processor")


def cost(cost, factor, ratio):
    return row.Row("scale", f"{cost}, {factor}x clip length", 1 / ratio, 1, ratio, 0, 1, "s", None, "a GPU")


SCALE = [
    *(cost("time", factor, 1 / factor) for factor in (1, 2, 4)),
    row.Row("scale", "time by clip length", 1.0, None, None, 0.9, 1.1, "exponent", None, "a GPU"),
]


def write(folder, name, rows):
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(row.as_json(rows, row.provenance()))
    return folder


def test_files_become_one_frame_with_devices_and_verdicts(tmp_path):
    write(tmp_path, "cpu", [MET, MISSED, LONE])
    frame = report.load(write(tmp_path, "gpu", [SCALE[0]]))
    assert frame["verdict"].tolist() == ["met", "missed", "no goal", "no goal"]
    assert frame["device"].tolist() == ["a processor"] * 3 + ["a GPU"]
    assert frame["file"].tolist() == ["cpu"] * 3 + ["gpu"]
    assert frame["ratio"].isna().tolist() == [False, False, True, False]
    assert (frame["threads"] >= 1).all()


def test_the_committed_ones_can_be_read():
    assert report.load()["device"].all()


@pytest.mark.parametrize("there", [True, False])
def test_no_folder_and_an_empty_one_say_how_to_measure(tmp_path, there):
    folder = tmp_path / "bench"
    if there:
        folder.mkdir()
    with pytest.raises(UsageError, match=r"bench holds no measurements; .* fasnb bench --json") as caught:
        report.load(folder)
    assert len(str(caught.value).splitlines()) == 1


GOOD = json.loads(row.as_json([MET], row.provenance()))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"rows": []}',
        json.dumps(GOOD)[:-40],
        json.dumps(GOOD | {"rows": []}),
        json.dumps(GOOD | {"rows": [{"bench": "plgf"}]}),
        json.dumps(GOOD | {"rows": [GOOD["rows"][0] | {"ratio": "fast"}]}),
        json.dumps(GOOD | {"provenance": None}),
    ],
)
def test_a_damaged_file_is_named_in_one_line(tmp_path, text):
    write(tmp_path, "cpu", [MET])
    (tmp_path / "gpu.json").write_text(text)
    with pytest.raises(FasnbError, match=r"gpu\.json is damaged \(.+\)") as caught:
        report.load(tmp_path)
    assert len(str(caught.value).splitlines()) == 1


def test_growth_is_read_from_the_scale_rows(tmp_path):
    frame = report.growth(report.load(write(tmp_path, "gpu", [MET, LONE, *SCALE])))
    assert frame["factor"].tolist() == [1, 2, 4]
    assert frame["times"].tolist() == [1, 2, 4]
    assert set(frame["axis"]) == {"clip length"}
    assert set(zip(frame["cost"], frame["exponent"], frame["low"])) == {("time", 1.0, 0.9)}


def test_no_scale_rows_no_growth(tmp_path):
    assert report.growth(report.load(write(tmp_path, "cpu", [MET]))).empty

import json

from fasnb.bench import row

LINE = row.Row("plgf", "copy", 2.0, 1.0, 0.5, 0.45, 0.55, "ms", 0.6, "a processor", "note")
LONE = row.Row("scale", "by steps", 1234.5, None, None, 1, 2, "s", None, "a GPU")


def test_table_names_each_device_once_and_marks_what_is_not_there():
    lines = row.table([LINE, LONE, LINE]).splitlines()
    assert [lines.index("a processor"), lines.index("a GPU"), len(lines)] == [0, 4, 7]
    assert lines[2].split() == ["plgf", "copy", "2", "1", "0.5", "0.45", "0.55", "ms", "0.6", "note"]
    assert lines[6].split() == ["scale", "by", "steps", "1234", "-", "-", "1", "2", "s", "-"]


def test_json_gives_the_rows_back_with_their_origin():
    found = json.loads(row.as_json([LINE, LONE], row.provenance()))
    assert [row.Row(**one) for one in found["rows"]] == [LINE, LONE]
    assert found["provenance"]["threads"] >= 1
    assert "torch" in found["provenance"]["versions"]

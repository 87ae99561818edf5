"""The report: rows come back as a table, between the page's marks and nowhere else."""

import json

import pytest

from fasnb.errors import FasnbError
from tests.torture import __main__ as command
from tests.torture import report
from tests.torture.report import Row


def test_rows_become_the_pages_table(tmp_path):
    report.save(tmp_path, "crash", [Row("killed", 1500, 1499, "3 steps")], 61.4)
    page = tmp_path / "page.md"
    page.write_text(f"before\n{report._BEGIN}\nold\n{report._END}\nafter\n")
    report.refresh(tmp_path, page)
    text = page.read_text()
    assert "| crash | killed | 1,500 | 1,499 | 3 steps |" in text
    assert "crash 61 s." in text
    assert "old" not in text
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    report.refresh(tmp_path, page)
    assert page.read_text() == text


def test_a_page_without_marks_a_damaged_record_and_none_are_refused(tmp_path):
    with pytest.raises(FasnbError, match="nothing was measured"):
        report.markdown(tmp_path)
    path = report.save(tmp_path, "crash", [Row("killed", 1, 1)], 1)
    page = tmp_path / "page.md"
    page.write_text("no marks")
    with pytest.raises(FasnbError, match="no place for the table"):
        report.refresh(tmp_path, page)
    assert page.read_text() == "no marks"
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"rows": [{"what": "x"}]}))
    with pytest.raises(FasnbError, match=r"crash\.json is damaged"):
        report.markdown(tmp_path)


def test_the_command_runs_a_torture_and_tells_by_its_exit_code(tmp_path, monkeypatch, capsys):
    made = []

    class Module:
        N = 7

        @staticmethod
        def run(n, folder, seed):
            made.append((n, folder.is_dir(), seed))
            return [Row("broken", n, n - (seed == 5), "worst")]

    monkeypatch.setattr(command, "names", lambda: ["mock"])
    monkeypatch.setattr(command, "import_module", lambda name: Module)
    assert command.main(["mock", "--out", str(tmp_path)]) == 0
    assert command.main(["mock", "--out", str(tmp_path), "--n", "3", "--seed", "5"]) == 1
    assert made == [(7, True, 0), (3, True, 5)]
    assert "2/3 broken: worst" in capsys.readouterr().out
    assert json.loads((tmp_path / "mock.json").read_text())["rows"][0]["held"] == 2
    with pytest.raises(SystemExit):
        command.main(["nothing"])

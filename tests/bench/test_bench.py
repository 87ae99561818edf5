import json

import pytest

from fasnb import bench
from fasnb.__main__ import main
from fasnb.errors import UsageError


def test_an_unknown_benchmark_is_bad_usage_that_lists_the_names(capsys):
    with pytest.raises(UsageError, match=r"'nope'; choose one of mpl-step, augmentation, plgf"):
        bench.run("nope", quick=True)
    assert main(["bench", "nope"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_one_benchmark_as_json_and_as_a_table(capsys):
    assert main(["bench", "plgf", "--quick", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {row["bench"] for row in found["rows"]} == {"plgf"}
    assert found["provenance"]["revision"] is None or found["provenance"]["revision"]["revision"]
    assert main(["bench", "plgf", "--quick"]) == 0
    assert "against OpenCV" in capsys.readouterr().out

import time

import pytest
import torch

from fasnb.bench import simulate as bench
from fasnb.simfas import camera, cast
from tests.simfas import plain


@pytest.fixture(autouse=True)
def _cheap_people(monkeypatch):
    monkeypatch.setattr(cast, "Person", plain.Person)


def test_calls_add_up_under_their_stage_and_everything_is_put_back(monkeypatch):
    monkeypatch.setattr(camera, "capture", lambda seconds: time.sleep(seconds))
    before = camera.capture
    with bench.timed() as spent:
        camera.capture(0.01)
        camera.capture(seconds=0.01)
    assert 20 <= spent["camera"] < 1000
    assert sum(spent.values()) == spent["camera"]
    assert camera.capture is before


def test_stages_add_up_to_all(tmp_path):
    spent = bench.one_clip(bench.of_kind("print"), 2, tmp_path)
    assert all(value > 0 for value in spent.values())
    assert sum(spent.values()) == pytest.approx(2 * spent["all"])


def test_rows_by_kind_and_stage():
    what = [row.what for row in bench.rows(torch.device("cpu"), quick=True)]
    assert "live: medium" not in what
    assert {"live: person", "print: medium", "display: camera", "display: all"} <= set(what)

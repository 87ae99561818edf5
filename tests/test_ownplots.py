import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from fasnb import own, ownplots
from fasnb.errors import FasnbError
from fasnb.metrics import Threshold

FRAME = pd.DataFrame(
    {"person": list("abcabc"), "label": [1, 1, 1, 0, 0, 0], "score": [0.9, 0.8, 0.7, 0.3, 0.2, 0.1]}
)
GIVEN = Threshold(0.4, "casia train", "EER")


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def test_every_clip_is_a_mark_in_its_persons_row():
    choice = own.choose(FRAME["score"], FRAME["label"], FRAME["person"])
    ax = ownplots.own_scores(FRAME, choice, GIVEN)
    lines = {line.get_label(): line for line in ax.lines}
    assert list(lines["live"].get_xdata()) == [0.9, 0.8, 0.7]
    assert list(np.round(lines["attack"].get_ydata())) == [0, 1, 2]
    assert (lines["live"].get_ydata() < lines["attack"].get_ydata()).all()  # neither hides the other
    assert lines["own threshold"].get_xdata()[0] == choice.threshold.value
    assert lines["threshold of casia train"].get_xdata()[0] == 0.4
    with pytest.raises(FasnbError, match="no scores"):
        ownplots.own_scores(FRAME[:0], choice, GIVEN)


def test_the_curve_is_the_exact_interval():
    frame = ownplots.proof(100)
    assert frame["people"].is_unique
    assert frame["high"].is_monotonic_decreasing
    row = frame[frame["people"] == 2].iloc[0]
    assert row["high"] == pytest.approx(100 * (1 - 0.025**0.5))
    ax = ownplots.proof_curve(frame, 8)
    assert "8 people: up to 37 %" in [text.get_text() for text in ax.texts]

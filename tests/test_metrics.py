"""Error rates against hand-computed six-sample arrays, scikit-learn, and their own invariances."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import det_curve, roc_auc_score

from fasnb import metrics
from fasnb.errors import FasnbError
from fasnb.metrics import Threshold

#                  attack attack attack live  live  live
SIX = np.array([0.1, 0.4, 0.6, 0.35, 0.8, 0.9])
LABELS = np.array([0, 0, 0, 1, 1, 1])
AT_HALF = Threshold(0.5, "replay devel", "EER")


def test_rates_of_six_samples():
    # at 0.5: attack 0.6 accepted (1 of 3), live 0.35 rejected (1 of 3)
    assert metrics.far(SIX, LABELS, 0.5) == pytest.approx(1 / 3)
    assert metrics.frr(SIX, LABELS, 0.5) == pytest.approx(1 / 3)
    assert metrics.bpcer(SIX, LABELS, AT_HALF) == pytest.approx(1 / 3)
    assert metrics.hter(SIX, LABELS, AT_HALF) == pytest.approx(1 / 3)
    # at 0.35: attacks 0.4 and 0.6 accepted, the live 0.35 accepted too (score >= threshold)
    assert metrics.far(SIX, LABELS, 0.35) == pytest.approx(2 / 3)
    assert metrics.frr(SIX, LABELS, 0.35) == 0
    assert metrics.hter(SIX, LABELS, Threshold(0.35, "here", "test")) == pytest.approx(1 / 3)


def test_eer_of_six_samples_and_threshold_midway():
    # FAR = FRR = 1/3 for thresholds in (0.4, 0.6]; the middle of it is 0.5
    value, threshold = metrics.eer(SIX, LABELS, "casia test")
    assert value == pytest.approx(1 / 3)
    assert threshold == Threshold(0.5, "casia test", "EER")
    assert str(threshold) == "0.5 (EER on casia test)"


def test_auc_of_six_samples():
    # of 9 pairs, live 0.35 beats only attack 0.1; the other two live beat all: 7 of 9
    assert metrics.auc(SIX, LABELS) == pytest.approx(7 / 9)


def test_eer_interpolates_where_no_point_meets_it():
    # 2 attacks, 3 live. Points (FAR, FRR) over thresholds: (1, 0) (1, 1/3) (1/2, 1/3) (0, 1/3) ... scores:
    # live .1, attack .2, attack .3, live .4, live .5; FAR - FRR = 1/6 then -1/3: a third of the way from
    # FAR 1/2 to FAR 0, that is 1/3. The point of least |gap| holds for (.2, .3].
    value, threshold = metrics.eer([0.1, 0.2, 0.3, 0.4, 0.5], [1, 0, 0, 1, 1])
    assert value == pytest.approx(1 / 3)
    assert threshold.value == pytest.approx(0.25)


def test_perfect_and_reversed_scores():
    good, threshold = metrics.eer([0.1, 0.2, 0.3, 0.7, 0.8, 0.9], LABELS)
    assert good == 0
    assert threshold.value == pytest.approx(0.5)
    bad, _ = metrics.eer([0.9, 0.8, 0.7, 0.3, 0.2, 0.1], LABELS)
    assert bad == 1
    assert metrics.auc([0.9, 0.8, 0.7, 0.3, 0.2, 0.1], LABELS) == 0


def test_all_scores_tied():
    # only "accept all" (1, 0) and "reject all" (0, 1) exist: 1/2 between them; the stricter one is taken
    value, threshold = metrics.eer([0.5] * 6, LABELS)
    assert value == pytest.approx(0.5)
    assert threshold.value > 0.5
    assert metrics.far([0.5] * 6, LABELS, threshold) == 0
    assert metrics.auc([0.5] * 6, LABELS) == 0.5


def test_tie_between_classes():
    # live and attack share 0.5: points (1,0) (1/2,0) (0,1/2) (0,1); the gap halves between the two middle
    # ones: 1/4
    value, threshold = metrics.eer([0.2, 0.5, 0.5, 0.8], [0, 0, 1, 1])
    assert value == pytest.approx(1 / 4)
    assert threshold.value == pytest.approx(0.65)  # of two equally near points the stricter, (0.5, 0.8]
    assert metrics.auc([0.2, 0.5, 0.5, 0.8], [0, 0, 1, 1]) == pytest.approx(3.5 / 4)


def test_threshold_between_neighbouring_floats_still_separates():
    low, high = 0.5, np.nextafter(0.5, 1)
    value, threshold = metrics.eer([low, high], [0, 1])
    assert value == 0
    assert low < threshold.value <= high


def test_apcer_per_type_and_headline():
    attacks = ["print", "print", "video", "", "", ""]
    by_type = metrics.apcer_by_type(SIX, LABELS, attacks, 0.35)
    assert by_type.to_dict() == {"print": 0.5, "video": 1.0}
    assert metrics.apcer(SIX, LABELS, attacks, 0.35) == (1.0, "video")
    # pooled FAR hides it
    assert metrics.far(SIX, LABELS, 0.35) == pytest.approx(2 / 3)


def test_bpcer_at_apcer():
    # no attack accepted needs a threshold above 0.6: live 0.35 is lost (1/3); one of three attacks allowed:
    # same until the threshold falls to 0.35, which accepts two.
    assert metrics.bpcer_at_apcer(SIX, LABELS, 0.01) == pytest.approx(1 / 3)
    assert metrics.bpcer_at_apcer(SIX, LABELS, 2 / 3) == 0
    # pooled 2/3 is allowed, but the video type alone is accepted every time at 0.35
    attacks = np.array(["print", "print", "video", "", "", ""])
    assert metrics.bpcer_at_apcer(SIX, LABELS, 2 / 3, attacks) == pytest.approx(1 / 3)


def test_the_threshold_of_bpcer20_is_the_one_of_its_rate():
    assert metrics.threshold_at_apcer(SIX, LABELS, 0.05, "casia train") == Threshold(
        pytest.approx(0.7), "casia train", "BPCER20"
    )
    assert metrics.threshold_at_apcer(SIX, LABELS, 2 / 3, "here").value == pytest.approx(0.225)
    for limit in (0.01, 0.05, 0.4, 0.7):
        at = metrics.threshold_at_apcer(SIX, LABELS, limit, "here")
        assert metrics.far(SIX, LABELS, at) <= limit
        assert metrics.bpcer(SIX, LABELS, at) == metrics.bpcer_at_apcer(SIX, LABELS, limit)
    with pytest.raises(FasnbError, match=r"no BPCER at an APCER of 0\.05 on here: it holds no attack"):
        metrics.threshold_at_apcer([0.3], [1], 0.05, "here")


def test_det_points_agree_with_own_rates():
    det = metrics.det_points(SIX, LABELS)
    assert list(det.columns) == ["apcer", "bpcer", "threshold"]
    for row in det.itertuples():
        assert row.apcer == pytest.approx(metrics.far(SIX, LABELS, row.threshold))
        assert row.bpcer == pytest.approx(metrics.frr(SIX, LABELS, row.threshold))
    assert (np.diff(det["apcer"]) <= 0).all()
    assert (det["apcer"].iloc[0], det["bpcer"].iloc[0]) == (1, 0)
    assert (det["apcer"].iloc[-1], det["bpcer"].iloc[-1]) == (0, 1)
    ours = set(zip(det["apcer"].round(9), det["bpcer"].round(9)))
    apcer, bpcer, _ = det_curve(LABELS, SIX)
    assert set(zip(apcer.round(9), bpcer.round(9))) <= ours


def test_missing_class_is_nan_and_never_zero():
    only_live, only_attack = [1, 1, 1], [0, 0, 0]
    scores = [0.2, 0.5, 0.9]
    assert math.isnan(metrics.far(scores, only_live, 0.5))
    assert metrics.frr(scores, only_live, 0.5) == pytest.approx(1 / 3)
    assert math.isnan(metrics.frr(scores, only_attack, 0.5))
    assert math.isnan(metrics.hter(scores, only_attack, AT_HALF))
    assert math.isnan(metrics.auc(scores, only_attack))
    assert math.isnan(metrics.auc([], []))
    assert math.isnan(metrics.bpcer_at_apcer(scores, only_live, 0.1))
    assert metrics.apcer_by_type(scores, only_live, ["", "", ""], 0.5).empty
    worst, kind = metrics.apcer(scores, only_live, ["", "", ""], 0.5)
    assert math.isnan(worst)
    assert kind == ""


@pytest.mark.parametrize(("labels", "lacking"), [([1, 1], "attack"), ([0, 0], "live"), ([], "live")])
def test_eer_refuses_a_missing_class(labels, lacking):
    with pytest.raises(FasnbError, match=f"msu test: it holds no {lacking}"):
        metrics.eer([0.1, 0.2][: len(labels)], labels, "msu test")
    with pytest.raises(FasnbError, match="DET"):
        metrics.det_points([0.1, 0.2][: len(labels)], labels)


def test_bad_input_is_refused():
    with pytest.raises(FasnbError, match="score 1 of 3 is not a number"):
        metrics.far([0.1, float("nan"), 0.2], [0, 1, 1], 0.5)
    with pytest.raises(FasnbError, match="one length"):
        metrics.auc([0.1, 0.2], [1])
    with pytest.raises(FasnbError, match="labels must be"):
        metrics.frr([0.1, 0.2], [1, 2], 0.5)
    with pytest.raises(TypeError, match="Threshold"):
        metrics.hter(SIX, LABELS, 0.5)


# few distinct values, so that ties are common
samples = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=2, max_size=40)


@given(samples)
def test_auc_agrees_with_scikit_learn(rows):
    scores, labels = np.array([r[0] for r in rows]) / 7, np.array([r[1] for r in rows], dtype=int)
    assume(0 < labels.sum() < len(labels))
    assert metrics.auc(scores, labels) == pytest.approx(roc_auc_score(labels, scores))


@given(samples)
def test_eer_and_auc_ignore_monotone_transforms_and_mirror(rows):
    scores, labels = np.array([r[0] for r in rows], dtype=float), np.array([r[1] for r in rows], dtype=int)
    assume(0 < labels.sum() < len(labels))
    value, _ = metrics.eer(scores, labels)
    assert metrics.eer(np.exp(scores / 3) - 5, labels)[0] == pytest.approx(value)
    assert metrics.eer(-scores, 1 - labels)[0] == pytest.approx(value)
    assert metrics.auc(scores**3, labels) == pytest.approx(metrics.auc(scores, labels))
    assert metrics.auc(-scores, labels) == pytest.approx(1 - metrics.auc(scores, labels))


@given(samples, st.floats(-1, 13), st.floats(0, 5))
def test_a_higher_threshold_accepts_less(rows, low, step):
    scores, labels = np.array([r[0] for r in rows], dtype=float), np.array([r[1] for r in rows], dtype=int)
    assume(0 < labels.sum() < len(labels))
    assert metrics.far(scores, labels, low + step) <= metrics.far(scores, labels, low)
    assert metrics.frr(scores, labels, low + step) >= metrics.frr(scores, labels, low)


@given(samples)
def test_eer_threshold_is_the_best_of_all(rows):
    """No threshold comes nearer to FAR = FRR, and the interpolated EER lies between its FAR and FRR
    neighbours.
    """
    scores, labels = np.array([r[0] for r in rows], dtype=float), np.array([r[1] for r in rows], dtype=int)
    assume(0 < labels.sum() < len(labels))
    value, threshold = metrics.eer(scores, labels)

    def gap(t):
        return abs(metrics.far(scores, labels, t) - metrics.frr(scores, labels, t))

    best = min(gap(t) for t in np.arange(-0.5, 14))
    assert gap(threshold) == pytest.approx(best)
    assert 0 <= value <= 1
    if best == pytest.approx(0, abs=1e-12):
        assert value == pytest.approx(metrics.far(scores, labels, threshold))

"""The machine beside scikit-learn's, its folds and sigmoid by hand, what is kept of it."""

import numpy as np
import pytest
import torch
from scipy.special import expit
from sklearn.svm import SVC

from fasnb import checkpoints, metrics
from fasnb.baselines import svm
from fasnb.errors import FasnbError


def cloud(n=60, d=6, gap=1.5, seed=0):
    """Features, labels, ten people of both classes; live ones lie `gap` apart in each feature."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    x = rng.normal(0, 1, (n, d)) + gap * labels[:, None]
    return (7 + 3 * x).astype(np.float32), labels, np.arange(n) // 2 % 10


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_decisions_are_those_of_scikit_learn(kernel):
    x, labels, people = cloud()
    machine = svm.Svm(kernel)
    facts = machine.fit(x, labels, people)
    mean, scale = x.mean(0, dtype=np.float64), x.std(0, dtype=np.float64)
    # K linear is s.z / d: scikit-learn's on features divided by sqrt(d); K rbf has gamma 1 / d
    root = np.sqrt(x.shape[1]) if kernel == "linear" else 1.0
    other = SVC(C=facts["c"], kernel=kernel, gamma=1 / x.shape[1], class_weight="balanced")
    other.fit((x - mean) / scale / root, labels)
    new, _, _ = cloud(seed=1)
    assert machine.decide(new) == pytest.approx(
        other.decision_function((new - mean) / scale / root), abs=1e-4
    )
    assert facts["vectors"] == len(other.support_)


def test_kernels_by_hand():
    one, other = np.array([[1.0, 3.0]]), np.array([[2.0, 1.0], [1.0, 3.0]])
    assert svm.kernel_of("linear", one, other) == pytest.approx(np.array([[2.5, 5.0]]))
    assert svm.kernel_of("rbf", one, other) == pytest.approx(np.array([[np.exp(-2.5), 1.0]]))


def test_folds_keep_people_together_and_leave_both_classes():
    for seed in range(50):
        rng = np.random.default_rng(seed)
        people, labels = rng.integers(0, 7, 40), rng.integers(0, 2, 40)
        labels[people == 6], labels[people == 5] = 1, 0  # not everybody shows both classes
        fold = svm.folds(people, labels)
        assert all(len(np.unique(fold[people == one])) == 1 for one in np.unique(people))
        assert all(len(np.unique(labels[fold != number])) == 2 for number in np.unique(fold))


def test_folds_of_the_fewest_groups():
    labels = np.array([1, 1, 0, 0])
    fold = svm.folds(np.array([3, 8, 4, 9]), labels)  # nobody shows both classes
    assert all(len(np.unique(labels[fold != number])) == 2 for number in np.unique(fold))
    for groups in ([3, 3, 4, 9], [3, 8, 4, 4]):
        with pytest.raises(FasnbError, match="two live and two attack"):
            svm.folds(np.array(groups), labels)


@pytest.mark.parametrize("only", [0, 1])
def test_a_single_class_is_refused(only):
    x, labels, people = cloud()
    with pytest.raises(FasnbError, match="two live and two attack"):
        svm.Svm("rbf").fit(x, np.full_like(labels, only), people)


def test_the_sigmoid_finds_the_one_that_drew_the_labels():
    rng = np.random.default_rng(0)
    decisions = rng.uniform(-3, 3, 20_000)
    labels = (rng.random(20_000) < expit(2 * decisions)).astype(int)
    a, c = svm.platt(decisions, labels)
    assert a == pytest.approx(-2, abs=0.1)
    assert c == pytest.approx(0, abs=0.1)


def test_the_sigmoid_of_what_is_separated_stays_finite_and_meets_the_softened_targets():
    """All decisions of a class alike: both parameters follow from Platt's targets (N + 1) / (N + 2)."""
    decisions, labels = np.array([2.0, 2.0, 2.0, -1.0]), np.array([1, 1, 1, 0])
    a, c = svm.platt(decisions, labels)
    assert expit(-(a * 2 + c)) == pytest.approx(4 / 5, abs=1e-3)
    assert expit(-(-a + c)) == pytest.approx(1 / 3, abs=1e-3)


def test_more_attacks_than_live_do_not_move_the_sigmoid():
    rng = np.random.default_rng(0)
    live, attack = rng.normal(1, 1, 2000), rng.normal(-1, 1, 2000)
    decisions = np.concatenate([live, *[attack] * 4])
    labels = np.repeat([1, 0], [2000, 8000])
    even = svm.platt(np.concatenate([live, attack]), np.repeat([1, 0], 2000))
    assert svm.platt(decisions, labels) == pytest.approx(even, abs=0.01)


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_it_learns_what_can_be_separated_and_its_probabilities_say_so(kernel):
    x, labels, people = cloud(gap=3)
    machine = svm.Svm(kernel)
    facts = machine.fit(x, labels, people)
    new, truth, _ = cloud(gap=3, seed=1)
    p = machine.score(new)
    assert p.dtype == np.float32
    assert metrics.auc(p, truth) == 1.0
    assert p[truth == 1].min() > 0.5 > p[truth == 0].max()
    assert facts["held_out_auc"] > 0.99


def test_probabilities_come_from_held_out_decisions():
    """Labels that say nothing: on its own faces the machine is sure of itself, the sigmoid is not."""
    x, _, people = cloud(n=80, d=200, gap=0)
    labels = np.random.default_rng(3).integers(0, 2, 80)
    machine = svm.Svm("linear")
    machine.fit(x, labels, people)
    assert metrics.auc(machine.decide(x), labels) > 0.99  # learnt by heart
    assert np.abs(machine.score(x) - 0.5).max() < 0.35


def test_a_feature_that_never_varies_does_no_harm():
    x, labels, people = cloud()
    x = np.hstack([x, np.full((len(x), 1), 0.25, np.float32)])
    machine = svm.Svm("rbf")
    machine.fit(x, labels, people)
    assert np.isfinite(machine.score(np.vstack([x, np.zeros_like(x[:1]), x[:1] + 9]))).all()


def test_what_was_learnt_goes_through_a_file(tmp_path):
    x, labels, people = cloud()
    machine, again = svm.Svm("rbf"), svm.Svm("rbf")
    machine.fit(x, labels, people)
    checkpoints.write(tmp_path / "weights.safetensors", machine.learnt, {})
    again.load(checkpoints.read(tmp_path / "weights.safetensors")[0])
    assert (again.score(x) == machine.score(x)).all()
    assert set(machine.learnt) == {"mean", "scale", "vectors", "dual", "intercept", "sigmoid"}


def test_the_same_faces_give_the_same_machine():
    x, labels, people = cloud()
    one, other = svm.Svm("linear"), svm.Svm("linear")
    one.fit(x, labels, people)
    other.fit(x, labels, people)
    assert all(torch.equal(one.learnt[name], other.learnt[name]) for name in svm.NAMES)


def test_tensors_that_do_not_fit_are_refused():
    x, labels, people = cloud()
    machine = svm.Svm("rbf")
    machine.fit(x, labels, people)
    tensors = machine.learnt
    with pytest.raises(KeyError):
        svm.Svm("rbf").load({name: tensors[name] for name in svm.NAMES[1:]})
    with pytest.raises(RuntimeError, match="dual"):
        svm.Svm("rbf").load(tensors | {"dual": tensors["dual"][:-1]})

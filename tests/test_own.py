import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fasnb import own
from fasnb.errors import FasnbError, UsageError


def test_exact_interval_by_hand():
    # No error in n: the upper end solves (1 - p)^n = 0.025.
    low, high = own.exact_interval(0, 5)
    assert low == 0
    assert high == pytest.approx(1 - 0.025 ** (1 / 5))
    # All wrong mirrors that.
    assert own.exact_interval(5, 5) == pytest.approx((0.025 ** (1 / 5), 1))
    # The textbook's 1 of 10: 0.25 % to 44.5 %.
    assert own.exact_interval(1, 10) == pytest.approx((0.00253, 0.44502), abs=1e-4)
    assert all(np.isnan(own.exact_interval(0, 0)))


@given(st.integers(0, 40), st.integers(1, 40))
def test_exact_interval_holds_the_rate_and_mirrors(errors, trials):
    errors = min(errors, trials)
    low, high = own.exact_interval(errors, trials)
    assert 0 <= low <= errors / trials <= high <= 1
    other = own.exact_interval(trials - errors, trials)
    assert (1 - high, 1 - low) == pytest.approx(other)


def test_exact_interval_covers_at_least_as_often_as_it_says():
    from math import comb

    n = 12
    ends = [own.exact_interval(k, n) for k in range(n + 1)]
    for p in np.linspace(0.02, 0.98, 25):
        covered = sum(
            comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1) if ends[k][0] <= p <= ends[k][1]
        )
        assert covered >= 0.95


@pytest.mark.parametrize("arguments", [(3, 2), (-1, 2), (1, 2, 1.0), (1, 2, 0.0)])
def test_impossible_counts_are_refused(arguments):
    with pytest.raises(UsageError, match="cannot be"):
        own.exact_interval(*arguments)


def test_trials_for_a_promise():
    assert own.trials_for(0.5) == 6  # 0.5^5 = 0.031 > 0.025 >= 0.5^6
    assert own.trials_for(0.01) == 368
    for rate in (0.5, 0.1, 0.01):
        n = own.trials_for(rate)
        assert own.exact_interval(0, n)[1] <= rate + 1e-9 < own.exact_interval(0, n - 1)[1]
    with pytest.raises(UsageError):
        own.trials_for(0)


SCORES = [0.9, 0.8, 0.7, 0.3, 0.2, 0.1]
LABELS = [1, 1, 1, 0, 0, 0]


def test_clips_that_part_cleanly_still_prove_little():
    found = own.choose(SCORES, LABELS, list("abcabc"), "my door")
    assert found.threshold.value == pytest.approx(0.5)
    assert found.threshold.where == "my door"
    assert 0.3 < found.low <= found.high < 0.9
    rows = found.errors.set_index("class")
    assert rows["wrong_people"].tolist() == [0, 0]
    assert rows.loc["live", "high"] == pytest.approx(1 - 0.025 ** (1 / 3))


def test_errors_are_counted_on_the_person_left_out_and_once_a_person():
    # Person e's two live clips lie below both attacks: wrong by the threshold of the others, 0.3 to 0.8.
    scores, labels = [0.9, 0.8] * 4 + [0.1, 0.15, 0.3, 0.25], [1] * 10 + [0, 0]
    found = own.choose(scores, labels, list("aabbccddeefg")).errors.set_index("class")
    assert found.loc["live", ["people", "clips", "wrong_people", "wrong_clips"]].tolist() == [5, 10, 1, 2]
    assert found.loc["live", "rate"] == pytest.approx(1 / 5)
    assert found.loc["attack", "wrong_people"] == 0


@pytest.mark.parametrize(
    ("people", "lacking"), [("aaabcd", "live clips of 1"), ("abcddd", "attack clips of 1")]
)
def test_one_person_of_a_class_is_too_few(people, lacking):
    with pytest.raises(FasnbError, match=lacking):
        own.choose(SCORES, LABELS, list(people))


def test_names_must_be_as_many_as_clips():
    with pytest.raises(FasnbError, match="6 clips need as many names"):
        own.choose(SCORES, LABELS, list("abc"))
